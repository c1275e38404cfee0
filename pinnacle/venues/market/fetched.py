"""Streams of venues whose snapshots are fetched beside them."""

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from pinnacle.core.schema import Reason
from pinnacle.venues.market.codec import Codec, FrameError, MessageKind, excerpt
from pinnacle.venues.market.following import Rule
from pinnacle.venues.market.stream import MarketStream, Tell, untold
from pinnacle.venues.market.sync import HELD_BYTES_MAX, BookSync, Diff
from pinnacle.venues.port import Sink

#: Trades of an instrument that are known again, whatever their order.
RECENT_MAX = 256


class Recent:
    """The ids of an instrument's newest trades; what is below those that it has let go was there.

    A venue's ids rise, but one may come after a higher one, and is no less new for that.
    """

    def __init__(self) -> None:
        self._ids: dict[int, None] = {}
        self._let_go = -1

    def is_new(self, number: int) -> bool:
        """And it is not from here."""
        if number <= self._let_go or number in self._ids:
            return False
        self._ids[number] = None
        if len(self._ids) > RECENT_MAX:
            oldest = next(iter(self._ids))
            del self._ids[oldest]
            self._let_go = max(self._let_go, oldest)
        return True

    def forget(self) -> None:
        self._ids.clear()
        self._let_go = -1


class FetchedStream(MarketStream):
    """Of a venue whose snapshots are fetched beside the stream; see sync.py.

    Whoever owns the connection fetches those that are `wanted` and calls `snapshot`.

    generations how often each row's book was forgotten, or another snapshot wanted: an answer to a
                request of before that is of no use
    renewing    rows that are live, and want another snapshot all the same
    repeated    several connections say the same: trades and best prices count once, by the venue's
                numbers; updates of books do so anyhow, where several may have one number by their
                bytes
    """

    #: Whether the venue numbers each change of a book.
    NUMBERED: ClassVar[bool] = True
    #: Of updates of one book that wait for its snapshot.
    HELD_BYTES_MAX: ClassVar[int] = HELD_BYTES_MAX

    def __init__(self, codec: Codec, sink: Sink, tell: Tell = untold):
        super().__init__(codec, sink, tell)
        self.syncs = [
            BookSync(self.NUMBERED, self.HELD_BYTES_MAX, self.standing + row) for row in self.rows
        ]
        self.renewing: set[int] = set()
        self.generations = [0 for _ in self.rows]
        self._repeated = False
        self._recent = [Recent() for _ in self.rows]
        self._newest_top = [-1 for _ in self.rows]
        for row in self.rows:
            self.standing[row].rule = Rule.NUMBERED if self.NUMBERED else Rule.LATER

    @property
    def repeated(self) -> bool:
        return self._repeated

    @repeated.setter
    def repeated(self, repeated: bool) -> None:
        self._repeated = repeated
        for row in self.rows if repeated else ():
            self.standing[row].kinds &= self.NUMBERED << MessageKind.DEPTH
            self.syncs[row].repeated = True

    def accept(self, part: Any, frame: bytes, recv_ns: int) -> bool:
        if part.kind == MessageKind.SNAPSHOT:
            symbol = self.codec.symbols[part.row]
            self._tell(symbol, f"a snapshot in the stream: {excerpt(frame)}")
            self.tallies[part.row].odd += 1
            return False
        if self.updates(part):
            return self._depth(part, frame, recv_ns)
        if self.may_repeat(part.row) and not self._is_news(part):
            self.tallies[part.row].dropped += 1
            return False
        return part.kind not in (MessageKind.DEPTH, MessageKind.ORDER)

    def _is_news(self, part: Any) -> bool:
        """Whether a trade, or best prices, have not come by another connection before."""
        row = part.row
        if part.kind == MessageKind.TRADE:
            return self._recent[row].is_new(self.codec.events.cdata[part.first].order_id)
        is_new = bool(part.final_id > self._newest_top[row])
        self._newest_top[row] = max(self._newest_top[row], part.final_id)
        return is_new

    def may_repeat(self, row: int) -> bool:
        """Whether trades of a row, and best prices, may come more than once."""
        return self.repeated

    def invalidate(self, reason: int, recv_ns: int, rows: Iterable[int] | None = None) -> None:
        rows = None if rows is None else list(rows)
        for row in rows or ():
            self._recent[row].forget()
            self._newest_top[row] = -1
        super().invalidate(reason, recv_ns, rows)

    def updates(self, part: Any) -> bool:
        """Whether a part changes the book that the row has."""
        return part.kind == MessageKind.DEPTH

    def _depth(self, part: Any, frame: bytes, recv_ns: int) -> bool:
        row, sync, tally = part.row, self.syncs[part.row], self.tallies[part.row]
        verdict = sync.on_diff(part.first_id, part.final_id, frame)
        if verdict is Diff.APPLY:
            return True
        if verdict is Diff.DROP:
            tally.dropped += 1
        elif verdict is Diff.EARLY:
            tally.early += 1
        elif verdict is Diff.GAP:
            tally.gaps += 1
            self._lose(row)
            self._invalidate([row], Reason.SEQUENCE_GAP, recv_ns)
        return False

    def snapshot(self, row: int, body: bytes, recv_ns: int) -> bool:
        """Take a fetched snapshot; False if it is too old and another is needed, or the connection
        is broken: no update would follow it.

        One that a live book is past already is passed over. Held updates follow it with its
        recv_ns: time never runs backwards in what is delivered. FrameError if it is none, or odd.
        """
        codec, sync = self.codec, self.syncs[row]
        if self.broken:
            return False
        if row in self.held:
            return True
        taken = codec.scan_snapshot(body, recv_ns, row)
        part = codec.parts[0]
        whole = taken == 1 and codec.part_count == 1 and part.kind == MessageKind.SNAPSHOT
        if not whole or part.row != row:
            raise FrameError(f"not a depth snapshot of {codec.symbols[row]}: {body[:80]!r}")
        if part.code:
            raise FrameError(codec.words(part, body))
        self.fits(row, codec.events.array[: part.count])
        number = part.final_id
        if sync.passes_over(number):
            return True
        kept = sync.on_snapshot(number)
        if kept is None:
            return False
        self.wanted.discard(row)
        self.renewing.discard(row)
        self.tallies[row].snapshots += 1
        self.tallies[row].rounded += part.rounded
        self.begins(row, codec.events.array[: part.count])
        self.deliver(codec.events.cdata, part.count)
        self.taken(part, recv_ns)
        for frame in kept:
            codec.scan((frame,), recv_ns)
            for i in range(codec.part_count):
                held = codec.parts[i]
                if held.row == row and not held.code and self.updates(held):
                    self.deliver(codec.events.cdata + held.first, held.count)
                    self.taken(held, recv_ns)
        self.begun(row, recv_ns)
        return True

    def fits(self, row: int, records: np.ndarray) -> None:
        """FrameError if a snapshot is none of the kind that the row needs."""

    def look(self, now_ns: int) -> None:
        """Nothing need have come: what may be only for so long is looked at."""

    def begins(self, row: int, records: np.ndarray) -> None:
        """What a book begins with, before it is delivered."""

    def begun(self, row: int, recv_ns: int) -> None:
        """A book is whole."""

    def renew(self, row: int) -> None:
        """A live book may not be what it seems before long: another snapshot, without a break."""
        if self.syncs[row].live:
            self.syncs[row].renew()
            self.renewing.add(row)
            self.generations[row] += 1

    def forget(self, row: int) -> None:
        super().forget(row)
        self.renewing.discard(row)
        self.syncs[row].reset()
        self.generations[row] += 1
