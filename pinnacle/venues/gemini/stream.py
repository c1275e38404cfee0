"""What the parts of Gemini's two market data WebSockets mean."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import EventBuffer, Flag, Kind, Reason, Source, Venue
from pinnacle.venues.market.codec import Codec, MessageKind
from pinnacle.venues.market.following import Rule
from pinnacle.venues.market.inline import InlineStream
from pinnacle.venues.market.stream import Tell, untold
from pinnacle.venues.port import Sink

RECORDS_MAX = 1 << 16


class GeminiV2Stream(InlineStream):
    """v2/marketdata: nothing is numbered; the first l2_updates of a symbol is its snapshot."""

    def __init__(
        self,
        instruments: np.ndarray,
        names: Sequence[str] | None,
        sink: Sink,
        tell: Tell = untold,
    ):
        codec = Codec(lib.PMM_WIRE_GEMINI_V2, instruments, names, RECORDS_MAX)
        super().__init__(codec, sink, tell)


class GeminiStream(InlineStream):
    """ws.gemini.com: updates are numbered by symbol, and the first of a connection is the whole
    book: its first and last number are the same, as those of others may be. A gap ends the
    connection: only a new one begins with snapshots, and so it is with a book that is lost.
    """

    RULE = Rule.NUMBERED

    def __init__(
        self,
        instruments: np.ndarray,
        names: Sequence[str] | None,
        sink: Sink,
        tell: Tell = untold,
    ):
        super().__init__(Codec(lib.PMM_WIRE_GEMINI, instruments, names, RECORDS_MAX), sink, tell)
        self._unheard = set(self.rows)  # no update of theirs has come on this connection
        self._whole = EventBuffer(RECORDS_MAX + 2)

    def begin(self) -> None:
        super().begin()
        self._unheard = set(self.rows)
        for row in self.rows:  # Whether its first update follows is to be looked at.
            self.standing[row].whole = 0

    def resync(self, row: int, reason: int, recv_ns: int) -> None:
        self._unheard.discard(row)
        super().resync(row, reason, recv_ns)

    def accept(self, part: Any, frame: bytes, recv_ns: int) -> bool:
        if part.kind != MessageKind.DEPTH:
            return True
        row, tally, follow = part.row, self.tallies[part.row], self.standing[part.row]
        first = row in self._unheard
        self._unheard.discard(row)
        if first and part.first_id == part.final_id:
            self._begin(part, recv_ns)
            self.taken(part, recv_ns)
            return False
        if row in self.wanted:
            tally.early += 1
            if first:
                self._tell(self.codec.symbols[row], "its first update is not the whole book")
            return False
        follow.whole = 1
        if part.final_id <= follow.last_id:
            tally.dropped += 1
            return False
        if part.first_id > follow.last_id + 1:
            tally.gaps += 1
            words = f"update {part.first_id} came after {follow.last_id}"
            self._tell(self.codec.symbols[row], words)
            self.lose(Reason.SEQUENCE_GAP, recv_ns)
            return False
        follow.last_id = part.final_id
        return True

    def _begin(self, part: Any, recv_ns: int) -> None:
        """The first update of a symbol, delivered as the snapshot that it is."""
        row, count = part.row, part.count
        self.wanted.discard(row)
        self.tallies[row].snapshots += 1
        self.standing[row].last_id = part.final_id
        whole = self._whole.array[: count + 2]
        whole[:] = np.zeros(1, whole.dtype)
        whole[1:-1] = self.codec.events.array[part.first : part.first + count]
        whole["kind"][[0, -1]] = Kind.BOOK_BEGIN, Kind.BOOK_END
        whole["recv_ns"], whole["venue_ns"], whole["aux"] = recv_ns, part.event_ns, part.final_id
        whole["instrument_id"] = self.codec.instruments["instrument_id"][row]
        whole["venue_id"], whole["source"] = Venue.GEMINI, Source.FEED
        whole["flags"] = Flag.SNAPSHOT
        whole["flags"][-1] |= Flag.LAST
        self.deliver(self._whole.cdata, count + 2)
