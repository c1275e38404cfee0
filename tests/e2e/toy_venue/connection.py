"""The toy's market: numbered frames on one connection; a number that is missing ends it."""

from pinnacle.core._native import ffi
from pinnacle.core.errors import DataError
from pinnacle.core.market_state import MarketState
from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost, WebSocketSession

from .codec import decode, records_of


class ToyMarket:
    def __init__(self, config, instruments, sink, clock):
        self._ids = {row["symbol"].decode(): int(row["instrument_id"]) for row in instruments}
        self._sink, self._clock = sink, clock
        self._session = WebSocketSession(config.url, config, self, Troubles("toy"))
        self._sequence = self._gaps = 0

    async def run(self):
        self.lost(Reason.STARTING)
        try:
            await self._session.run()
        finally:
            self.lost(Reason.DISCONNECTED)

    def resync(self, instrument_id, reason):
        self._session.give_up(ConnectionLost("a book is to begin anew", reason))

    def counts(self):
        return {"gaps": self._gaps}

    def state(self):
        session = self._session
        return MarketState(session.state, messages=session.frames, subscribed=session.connections)

    def greeting(self):
        return [f"subscribe|{','.join(self._ids)}"]

    def take(self, frames):
        for frame in frames:
            self._take(frame)

    def _take(self, frame):
        if frame == b"subscribed":
            self._sequence = 0
            self._session.acknowledge()
            return
        try:
            sequence, _, symbol, parts = decode(frame)
        except ValueError as error:
            raise DataError(f"no frame of the toy: {error}") from None
        if sequence != self._sequence + 1:
            self._gaps += 1
            raise ConnectionLost("a frame is missing", Reason.SEQUENCE_GAP)
        self._sequence = sequence
        self._give(records_of(parts, sequence, self._ids[symbol], self._clock()))

    def nudge(self):
        return None

    def lost(self, reason):
        for instrument_id in self._ids.values():
            told = records_of([(Kind.BOOK_INVALID, Side.NONE, 0, 0)], 0, instrument_id, 0)
            told["recv_ns"], told["reason"] = self._clock(), reason
            self._give(told)

    def _give(self, records):
        self._sink(ffi.from_buffer("struct pmm_event[]", records), len(records))
