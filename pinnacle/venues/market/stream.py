"""Frames in, stamped records out: what a connection's market means, without the connection.

A connector feeds it from sockets, `pinnacle capture check` from a file; both get the same records.
Time is an argument: recv_ns is when the frames arrived, UTC nanoseconds. What makes a book whole is
each venue's own: a venue says in a stream of its own what becomes of a part.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import EventBuffer, Flag, Kind, Reason, Source
from pinnacle.venues.market.codec import (
    NO_ROW,
    Codec,
    MessageKind,
    excerpt,
)
from pinnacle.venues.market.following import Following, NotWhole, Rule, Watch
from pinnacle.venues.market.tallies import Tally
from pinnacle.venues.port import Sink, Top

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
    own         of what is no row's: faults of the whole connection, and of what nobody can assign
    heard       rows of whose books anything came, whatever became of it; who looks empties it
    frames      how many so far
    unasked     parts of frames of instruments that are not among these
    watch       who is told of each part whose records the sink has, as soon as it has them
    """

    #: Which updates of a book that is whole follow.
    RULE: ClassVar[Rule] = Rule.ANY
    #: Whether all messages of a connection are numbered.
    SEQUENCED: ClassVar[bool] = False

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
        self.following = Following(codec, self.RULE, self.SEQUENCED)
        #: struct pmm_follow_row of each row.
        self.standing = self.following.rows
        self.wanted: set[int] = NotWhole(self.standing, self.rows)
        self.held: dict[int, Reason] = {}
        self.broken, self.reason = Reason.NONE, Reason.STARTING
        self.tallies, self.own = [Tally() for _ in self.rows], Tally()
        self.heard: set[int] = set()
        self.frames = self.unasked = 0
        self._sink = sink
        self._tell = tell
        self._notices = EventBuffer(len(self.rows))
        self.watch: Watch | None = None
        self._first = self._end = 0

    @property
    def live(self) -> bool:
        """Whether every book is in step."""
        return not self.wanted

    def counts(self) -> dict[str, int]:
        """The totals of all rows and of the connection."""
        return {
            shown: sum(getattr(tally, name) for tally in (*self.tallies, self.own))
            for shown, name in self.COUNTED.items()
        }

    def take(self, frames: Sequence[bytes], recv_ns: int) -> list[bytes]:
        """Take frames of the connection; those that are not of the market are returned.

        FrameError: one of them cannot be read, and neither can the connection be trusted.
        """
        codec, others, at = self.codec, [], 0
        while at < len(frames):
            at += self.take_some(frames[at:] if at else frames, recv_ns)
            if codec.ended:
                self.frames += 1
                self.follows(codec.sequence, recv_ns)
                others.append(frames[at])
                at += 1
        return others

    def take_some(self, frames: Sequence[bytes], recv_ns: int) -> int:
        """Take what one scan reads: frames ahead of one that is not of the market; how many.

        FrameError: the first of them cannot be read.
        """
        taken = self.codec.scan(frames, recv_ns)
        self.frames += taken
        self._parts(frames, recv_ns)
        return taken

    def _parts(self, frames: Sequence[bytes], recv_ns: int) -> None:
        """Of the last scan: those that count go to the sink in as few calls as can be."""
        parts, count = self.codec.parts, self.codec.part_count
        i, at, follows = 0, NO_ROW, True
        while i < count:
            # Of a frame that is not to be taken nothing follows.
            if not self.broken and (follows or parts[i].frame != at):
                run = self._run(i, at)
                if run:
                    i += run
                    at, follows = parts[i - 1].frame, True
                    continue
            part = parts[i]
            if self.watch is not None:
                self.watch.sees(part)
            if part.frame != at:
                at, follows = part.frame, self.follows(part.sequence, recv_ns)
            if follows and not self.broken:
                self._part(part, frames[at], recv_ns)
            i += 1
        self.flush()
        self._first = self._end = 0

    def _run(self, first: int, frame: int) -> int:
        """Go over the parts that simply follow, in one step; how many."""
        count = self.following.go(first, frame)
        if not count:
            return 0
        self.heard.update(self.following.touched())
        return self.run(first, count)

    def run(self, first: int, count: int) -> int:
        """Accept parts of the last scan that simply follow; how many, up to one that does not."""
        parts = self.codec.parts
        self._accepted(parts[first].first, parts[first + count - 1])
        self._watched(parts + first, count)
        return count

    def _part(self, part: Any, frame: bytes, recv_ns: int) -> None:
        """One that does not."""
        if part.code or part.row == NO_ROW:
            self._refuse(part, frame, recv_ns)
            return
        self.tallies[part.row].rounded += part.rounded
        if part.kind not in (MessageKind.TRADE, MessageKind.TOP):
            self.heard.add(part.row)
        if part.row not in self.held and self.accept(part, frame, recv_ns):
            self._accepted(part.first, part)
            self.taken(part, recv_ns)

    def _accepted(self, first: int, last: Any) -> None:
        """The records from the first to the last part's last."""
        if first != self._end:
            self.flush()
            self._first = first
        self._end = last.first + last.count

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
            self.own.odd += 1
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
            self._watched(ffi.addressof(part), 1)

    def _watched(self, parts: Any, count: int) -> None:
        if self.watch is not None:
            self.flush()
            self.watch.took(parts, count)

    def follows(self, sequence: int, recv_ns: int) -> bool:
        """Whether a frame is to be taken; asked once of each."""
        return True

    def lose(self, reason: int, recv_ns: int) -> None:
        """The connection cannot be trusted any more."""
        self.broken = Reason(reason)
        self.invalidate(reason, recv_ns)

    def invalidate(self, reason: int, recv_ns: int, rows: Iterable[int] | None = None) -> None:
        """Books are unknown from here: a start, a lost connection.

        rows   of which no connection tells any more, so that what comes next is another's
        None   all, though those that stand may still tell of them
        """
        rows = self.rows if rows is None else list(rows)
        for row in rows:
            self.forget(row)
        self._invalidate(rows, reason, recv_ns)

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
            self.standing[row].whole = 0

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
