"""The connection to Binance: one WebSocket, REST snapshots, and what to do when they fail.

What frames mean is in stream.py, how connections and requests are kept in transport/; here is which
streams and snapshots, and what costs an instrument and what the connection.
"""

import asyncio
from collections.abc import Callable

import numpy as np

from pinnacle.core.clock import Clock
from pinnacle.core.errors import DataError
from pinnacle.core.schema import Reason
from pinnacle.venues.binance.codec import (
    MessageKind,
    OddMessageError,
    UnaskedError,
    decode_control,
    encode_subscribe,
    stream_names,
)
from pinnacle.venues.binance.config import BinanceConfig
from pinnacle.venues.binance.stream import MarketStream
from pinnacle.venues.port import Sink, Top
from pinnacle.venues.transport.fetching import Fetcher, Problem, get
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import ConnectionLost, WebSocketSession

REQUEST_ID = 1
#: Of the stream, what people may want to see; see MarketStream.
COUNTED = ("gaps", "snapshots", "odd", "rounded", "tops_compared", "tops_different")


class BinanceConnector:
    """Binance's MarketData; see port.py.

    Without a `clock` session time begins with the connector. With `top_of` a book that differs
    from the venue's own best prices begins anew.

    What is wrong with one instrument (a symbol that the venue does not know, a level between two
    ticks, a snapshot that cannot be had) is told in its words, tried again with a wait of its own,
    and keeps no other instrument waiting.

    stream       the MarketStream behind it: frames, gaps, snapshots, rounded, live
    """

    def __init__(
        self,
        config: BinanceConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int] | None = None,
        top_of: Callable[[int], Top | None] | None = None,
    ):
        ids = instruments["instrument_id"].tolist()
        rows_top = None if top_of is None else lambda row: top_of(ids[row])
        self.stream = stream = MarketStream(instruments, sink, config.depth_limit, rows_top)
        self._config = config
        self._clock = clock or Clock().session_ns
        self._rows = {number: row for row, number in enumerate(ids)}
        self._different = 0
        self._troubles = Troubles("binance")
        self._session = WebSocketSession(config.ws_url, config, self, self._troubles)
        self._fetcher = Fetcher(
            [f"snapshot of {symbol}" for symbol in stream.codec.symbols],
            config,
            lambda: stream.wanted | stream.renewing,
            self._snapshot,
            self._session.acknowledged,
            self._troubles,
        )

    @property
    def connections(self) -> int:
        """Times subscribed."""
        return self._session.connections

    @property
    def last_error(self) -> str:
        """Why the last connection or request failed."""
        return self._troubles.last

    async def run(self) -> None:
        self.stream.invalidate(Reason.STARTING, self._clock())
        fetching = asyncio.create_task(self._fetcher.run())
        try:
            await self._session.run(fetching)
        finally:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)
            self.lost(Reason.DISCONNECTED)

    def resync(self, instrument_id: int, reason: int) -> None:
        self.stream.resync(self._rows[instrument_id], reason, self._clock())
        self._fetcher.look()

    def counts(self) -> dict[str, int]:
        return {name: getattr(self.stream, name) for name in COUNTED}

    def greeting(self) -> list[str]:
        """One subscription for all streams."""
        streams = [name for symbol in self.stream.codec.symbols for name in stream_names(symbol)]
        return [encode_subscribe(tuple(streams), REQUEST_ID)]

    def take(self, frame: bytes) -> None:
        """A frame, its time, its records."""
        stream = self.stream
        try:
            if stream.frame(frame, self._clock()) == MessageKind.OTHER:
                self._control(frame)
        except OddMessageError as error:
            self._troubles.failed_of(stream.codec.symbols[error.row], str(error))
        except UnaskedError as error:
            self._troubles.failed_of("the stream", str(error))
        if stream.tops_different != self._different:
            self._different = stream.tops_different
            text = f"{self._different} times not the venue's best prices"
            self._troubles.failed_of("the stream", text)
        if stream.wanted or stream.renewing:
            self._fetcher.look()

    def lost(self, reason: int) -> None:
        """Every book is unknown from here."""
        self.stream.invalidate(reason, self._clock())

    def _control(self, frame: bytes) -> None:
        control = decode_control(frame)
        if control.refusal is not None:
            raise ConnectionLost(f"refused: {control.refusal.code} {control.refusal.msg}")
        if control.e == "serverShutdown":
            raise ConnectionLost("the venue announces that it shuts this connection down")
        if control.id == REQUEST_ID:
            self._session.acknowledge()

    async def _snapshot(self, row: int) -> Problem | None:
        """One request, and its answer to the stream; None if it was answered."""
        config, session, connection = self._config, self._session, self.connections
        query = {"symbol": self.stream.codec.symbols[row], "limit": config.depth_limit}
        url, timeout_s = f"{config.rest_url}/api/v3/depth", config.snapshot_timeout_ms / 1000
        body = await get(url, query, session.tls, timeout_s)
        if isinstance(body, Problem):
            return body
        if connection != self.connections or not session.acknowledged.is_set():
            return None
        try:
            fresh = self.stream.snapshot(row, body, self._clock())
        except DataError as error:
            return Problem(f"{type(error).__name__}: {error}")
        return None if fresh else Problem("older than the stream")
