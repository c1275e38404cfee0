"""Frames in, stamped records out: what a connection's market means, without the connection.

A connector feeds it from sockets, `pinnacle capture check` from a file; both get the same records.
Time is an argument: recv_ns is when the frames arrived, UTC nanoseconds. What makes a book whole is
each venue's own: a venue says in a stream of its own what becomes of a part.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import EventBuffer, Flag, Kind, Reason, Source
from pinnacle.venues.codec import (
    NO_ROW,
    NO_SEQUENCE,
    Codec,
    FrameError,
    MessageKind,
    excerpt,
)
from pinnacle.venues.port import Sink, Top
from pinnacle.venues.sync import BookSync, Diff
from pinnacle.venues.tallies import Tally

#: What is wrong (with one instrument, by its symbol, or with "the stream"), in words.
Tell = Callable[[str, str], object]
#: Bid price and quantity, ask price and quantity of a row's book; None while it is not valid.
TopOf = Callable[[int], Top | None]


def untold(about: str, words: str) -> None:
    """For who does not want to know."""


_RANGE: int = lib.PMM_ERR_RANGE


class MarketStream(ABC):
    """The books of one connection.

    wanted      rows whose book is not whole: they need a snapshot
    held        rows that are to give nothing, with the reason; none of them is wanted
    reason      why a book was made invalid last
    broken      not NONE: nothing of this connection can be trusted any more, with the reason, and
                nothing is delivered; who owns it must begin another
    tallies     of each row
    heard       rows of which anything came; who looks empties it
    frames      how many so far
    unasked     parts of frames of instruments that are not among these
    watch       called with each part whose records the sink has, as soon as it has them
    """

    #: What people may want to see of all tallies together, by its name there and theirs.
    COUNTED: ClassVar[dict[str, str]] = {
        "gaps": "gaps",
        "snapshots": "snapshots",
        "resyncs": "resyncs",
        "odd": "odd",
        "off_grid": "off_grid",
        "rounded": "rounded",
    }

    def __init__(self, codec: Codec, sink: Sink, tell: Tell = untold):
        self.codec = codec
        self.rows = range(len(codec.symbols))
        self.wanted: set[int] = set(self.rows)
        self.held: dict[int, Reason] = {}
        self.broken, self.reason = Reason.NONE, Reason.STARTING
        self.tallies = [Tally() for _ in self.rows]
        self.heard: set[int] = set()
        self.frames = self.unasked = 0
        self._sink = sink
        self._tell = tell
        self._notices = EventBuffer(len(self.rows))
        self._notices.array["instrument_id"] = codec.instruments["instrument_id"]
        self.watch: Callable[[Any], object] | None = None
        self._first = self._end = 0

    @property
    def live(self) -> bool:
        """Whether every book is in step."""
        return not self.wanted

    def counts(self) -> dict[str, int]:
        """The totals of all rows."""
        return {
            shown: sum(getattr(tally, name) for tally in self.tallies)
            for shown, name in self.COUNTED.items()
        }

    def take(self, frames: Sequence[bytes], recv_ns: int) -> list[bytes]:
        """Take frames of the connection; those that are not of the market are returned.

        FrameError: one of them cannot be read, and neither can the connection be trusted.
        """
        codec, others, at = self.codec, [], 0
        while at < len(frames):
            waiting = frames[at:] if at else frames
            taken = codec.scan(waiting, recv_ns)
            self.frames += taken
            self._parts(waiting, recv_ns)
            at += taken
            if codec.ended:
                self.frames += 1
                self.follows(codec.sequence, recv_ns)
                others.append(frames[at])
                at += 1
        return others

    def _parts(self, frames: Sequence[bytes], recv_ns: int) -> None:
        """Of the last scan: those that count go to the sink in as few calls as can be."""
        codec, parts = self.codec, self.codec.parts
        at, follows = -1, True
        for i in range(codec.part_count):
            part = parts[i]
            if part.frame != at:
                at, frame = part.frame, frames[part.frame]
                follows = self.follows(part.sequence, recv_ns)
            if self.broken or not follows:
                continue
            if part.code or part.row == NO_ROW:
                self._refuse(part, frame, recv_ns)
                continue
            if part.rounded:
                self.tallies[part.row].rounded += part.rounded
            self.heard.add(part.row)
            if part.row in self.held:
                continue
            if self.accept(part, frame, recv_ns):
                if part.first != self._end:
                    self.flush()
                    self._first = part.first
                self._end = part.first + part.count
                self.taken(part, recv_ns)
        self.flush()
        self._first = self._end = 0

    def flush(self) -> None:
        """What was accepted so far is in the books from here."""
        # Before they are given: who is given them may find something wrong, and deliver that.
        first, self._first = self._first, self._end
        if self._end > first:
            self._sink(self.codec.events.cdata + first, self._end - first)

    def deliver(self, events: Any, count: int) -> None:
        """Records of one's own making, behind all that was accepted."""
        self.flush()
        if count:
            self._sink(events, count)

    def _refuse(self, part: Any, frame: bytes, recv_ns: int) -> None:
        of_book = part.kind not in (MessageKind.TRADE, MessageKind.TOP)
        if part.row == NO_ROW and part.code:
            for tally in self.tallies:
                tally.odd += 1
            self._tell("the stream", self.codec.words(part, frame))
            if of_book:  # Nobody knows of whose: any may have missed it.
                self.lose(Reason.CHECKSUM, recv_ns)
        elif part.row == NO_ROW:
            self.unasked += 1
            kind = MessageKind(part.kind).name
            self._tell("the stream", f"{kind} of a symbol not asked for: {excerpt(frame)}")
        else:
            self.tallies[part.row].odd += 1
            self.tallies[part.row].off_grid += part.code == _RANGE
            self._tell(self.codec.symbols[part.row], self.codec.words(part, frame))
            if of_book:
                self.resync(part.row, Reason.CHECKSUM, recv_ns)

    @abstractmethod
    def accept(self, part: Any, frame: bytes, recv_ns: int) -> bool:
        """Whether a part's records go to the sink."""

    def taken(self, part: Any, recv_ns: int) -> None:
        """A part was accepted; the sink has it after `flush`."""
        if self.watch is not None:
            self.flush()
            self.watch(part)

    def follows(self, sequence: int, recv_ns: int) -> bool:
        """Whether a frame is to be taken; asked once of each."""
        return True

    def lose(self, reason: int, recv_ns: int) -> None:
        """The connection cannot be trusted any more."""
        self.broken = Reason(reason)
        self.invalidate(reason, recv_ns)

    def invalidate(self, reason: int, recv_ns: int) -> None:
        """Every book is unknown from here: a start, a lost connection."""
        for row in self.rows:
            self.forget(row)
        self._invalidate(self.rows, reason, recv_ns)

    def begin(self) -> None:
        """Another connection: what the last one was is forgotten."""
        self.broken = Reason.NONE

    def resync(self, row: int, reason: int, recv_ns: int) -> None:
        """One book is not to be trusted (crossed, asked for): begin it anew."""
        self.forget(row)
        self._invalidate([row], reason, recv_ns)

    def hold(self, row: int, reason: int, recv_ns: int) -> None:
        """Give nothing of a book until it is held for NONE: then it begins anew."""
        if reason == self.held.get(row, Reason.NONE):
            return
        if self.held.pop(row, None) is not None:
            self.wanted.add(row)
        self.resync(row, reason or Reason.RESYNC, recv_ns)
        if reason:
            self.held[row] = Reason(reason)
            self.wanted.discard(row)

    def forget(self, row: int) -> None:
        """A book is not whole."""
        self._lose(row)

    def _lose(self, row: int) -> None:
        if row not in self.wanted and row not in self.held:
            self.wanted.add(row)
            self.tallies[row].resyncs += 1

    def _invalidate(self, rows: Iterable[int], reason: int, recv_ns: int) -> None:
        rows = [row for row in rows if row not in self.held]
        self.reason = Reason(reason)
        notices = self._notices.array[: len(rows)]
        notices[:] = np.zeros(1, notices.dtype)
        notices["recv_ns"] = recv_ns
        notices["instrument_id"] = self.codec.instruments["instrument_id"][rows]
        notices["kind"] = Kind.BOOK_INVALID
        notices["reason"] = reason
        notices["flags"] = Flag.LAST
        notices["venue_id"] = self.codec.instruments["venue_id"][rows]
        notices["source"] = Source.FEED
        self.deliver(self._notices.cdata, len(rows))


class InlineStream(MarketStream):
    """Of a venue that sends each book's snapshot in its stream, ahead of the updates."""

    def accept(self, part: Any, frame: bytes, recv_ns: int) -> bool:
        if part.kind == MessageKind.SNAPSHOT:
            self.wanted.discard(part.row)
            self.tallies[part.row].snapshots += 1
        elif part.kind == MessageKind.DEPTH and part.row in self.wanted:
            self.tallies[part.row].early += 1
            return False
        return True


class SequencedStream(InlineStream):
    """The same, of a venue that numbers all frames of a connection: 0, 1, 2..."""

    def __init__(self, codec: Codec, sink: Sink, tell: Tell = untold):
        super().__init__(codec, sink, tell)
        self._sequence: int | None = None

    def begin(self) -> None:
        super().begin()
        self._sequence = None

    def follows(self, sequence: int, recv_ns: int) -> bool:
        last = self._sequence
        if sequence == NO_SEQUENCE:
            return True
        if last is not None and sequence <= last:
            for tally in self.tallies:
                tally.dropped += 1
            return False
        self._sequence = sequence
        if last is not None and sequence != last + 1 and not self.broken:
            for tally in self.tallies:
                tally.gaps += 1
            self._tell("the stream", f"frame {sequence} came after {last}")
            self.lose(Reason.SEQUENCE_GAP, recv_ns)
        return True


class FetchedStream(MarketStream):
    """Of a venue whose snapshots are fetched beside the stream; see sync.py.

    Whoever owns the connection fetches those that are `wanted` and calls `snapshot`.

    repeated    several connections say the same: trades and best prices count once, by the venue's
                numbers; updates of books do so anyhow
    """

    #: Whether the venue numbers each change of a book.
    NUMBERED: ClassVar[bool] = True

    def __init__(self, codec: Codec, sink: Sink, tell: Tell = untold):
        super().__init__(codec, sink, tell)
        self.syncs = [BookSync(self.NUMBERED) for _ in self.rows]
        self.repeated = False
        self._newest: dict[tuple[int, int], int] = {}

    def accept(self, part: Any, frame: bytes, recv_ns: int) -> bool:
        if part.kind == MessageKind.SNAPSHOT:
            symbol = self.codec.symbols[part.row]
            self._tell(symbol, f"a snapshot in the stream: {excerpt(frame)}")
            self.tallies[part.row].odd += 1
            return False
        if self.updates(part):
            return self._depth(part, frame, recv_ns)
        if self.repeated and not self._is_news(part):
            self.tallies[part.row].dropped += 1
            return False
        return part.kind not in (MessageKind.DEPTH, MessageKind.ORDER)

    def _is_news(self, part: Any) -> bool:
        """Whether a trade, or best prices, have not come by another connection before."""
        is_trade = part.kind == MessageKind.TRADE
        number = self.codec.events.cdata[part.first].order_id if is_trade else part.final_id
        key = part.row, part.kind
        if number <= self._newest.get(key, -1):
            return False
        self._newest[key] = number
        return True

    def invalidate(self, reason: int, recv_ns: int) -> None:
        self._newest.clear()
        super().invalidate(reason, recv_ns)

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

    def begins(self, row: int, records: np.ndarray) -> None:
        """What a book begins with, before it is delivered."""

    def begun(self, row: int, recv_ns: int) -> None:
        """A book is whole."""

    def forget(self, row: int) -> None:
        super().forget(row)
        self.syncs[row].reset()
