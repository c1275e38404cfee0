"""Frames and snapshots in, stamped records out: what a connection means, without the connection.

The connector feeds it from sockets, `pinnacle capture check` from a file; both get the same
records. Time is an argument: recv_ns is when the frame arrived, UTC nanoseconds.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import EventBuffer, Flag, Kind, Reason, Source, Venue
from pinnacle.venues.binance.codec import Codec, FrameError, MessageKind
from pinnacle.venues.binance.sync import BookSync, Diff

# Called with (struct pmm_event *, count); the records are overwritten after it returns.
Sink = Callable[[Any, int], object]


class MarketStream:
    """The books of one connection, one BookSync an instrument.

    wanted      rows that wait for a REST snapshot; whoever owns the connection fetches it and
                calls `snapshot`
    message     what the last frame said besides its records (struct pmm_binance_message)
    frames, gaps, snapshots: how many so far
    rounded     quantities finer than a lot, rounded down to lots: see csrc/binance.h
    """

    def __init__(self, instruments: np.ndarray, sink: Sink):
        self.codec = Codec(instruments)
        self.message = self.codec.message
        self.syncs = [BookSync() for _ in self.codec.instruments]
        self.wanted: set[int] = set(range(len(self.syncs)))
        self.frames = 0
        self.snapshots = 0
        self.rounded = 0
        self._sink = sink
        self._notices = EventBuffer(len(self.syncs))

    @property
    def gaps(self) -> int:
        """Depth updates that did not join on, over all instruments."""
        return sum(sync.gaps for sync in self.syncs)

    @property
    def live(self) -> bool:
        """Whether every book is in step."""
        return not self.wanted

    def frame(self, frame: bytes, recv_ns: int) -> int:
        """Take a WebSocket frame; returns its MessageKind, OTHER for one that is a control message.

        FrameError if it is damaged: the connection cannot be trusted any more.
        """
        self.frames += 1
        count = self.codec.scan(frame, recv_ns)
        if count < 0:
            return MessageKind.OTHER
        message = self.message
        kind = message.kind
        self.rounded += message.rounded
        if kind == lib.PMM_BINANCE_DEPTH:
            self._depth(frame, count, recv_ns)
        elif kind == lib.PMM_BINANCE_SNAPSHOT:
            raise FrameError(f"a snapshot in the stream of {self.codec.symbols[message.row]}")
        else:
            self._sink(self.codec.events.cdata, count)
        return kind

    def _depth(self, frame: bytes, count: int, recv_ns: int) -> None:
        message = self.message
        row = message.row
        verdict = self.syncs[row].on_diff(message.first_update_id, message.final_update_id, frame)
        if verdict is Diff.APPLY:
            if count:
                self._sink(self.codec.events.cdata, count)
        elif verdict is Diff.GAP:
            self.wanted.add(row)
            self._invalidate([row], Reason.SEQUENCE_GAP, recv_ns)

    def snapshot(self, row: int, body: bytes, recv_ns: int) -> bool:
        """Take a REST snapshot of an instrument; False if it is too old and another is needed.

        Held updates follow it with its recv_ns: time never runs backwards in what is delivered.
        """
        codec = self.codec
        count = codec.scan(body, recv_ns, row)
        if self.message.kind != lib.PMM_BINANCE_SNAPSHOT or self.message.row != row:
            raise FrameError(f"not a depth snapshot of {codec.symbols[row]}: {body[:80]!r}")
        kept = self.syncs[row].on_snapshot(self.message.final_update_id)
        if kept is None:
            return False
        self.wanted.discard(row)
        self.snapshots += 1
        self.rounded += self.message.rounded
        self._sink(codec.events.cdata, count)
        for frame in kept:
            count = codec.scan(frame, recv_ns)
            if count:
                self._sink(codec.events.cdata, count)
        return True

    def invalidate(self, reason: int, recv_ns: int) -> None:
        """Every book is unknown from here: a start, a lost connection."""
        for sync in self.syncs:
            sync.reset()
        rows = list(range(len(self.syncs)))
        self.wanted.update(rows)
        self._invalidate(rows, reason, recv_ns)

    def resync(self, row: int, reason: int, recv_ns: int) -> None:
        """One book is not to be trusted (crossed, asked for): begin it anew."""
        self.syncs[row].reset()
        self.wanted.add(row)
        self._invalidate([row], reason, recv_ns)

    def _invalidate(self, rows: list[int], reason: int, recv_ns: int) -> None:
        notices = self._notices.array[: len(rows)]
        notices[:] = np.zeros(1, notices.dtype)
        notices["recv_ns"] = recv_ns
        notices["instrument_id"] = self.codec.instruments["instrument_id"][rows]
        notices["kind"] = Kind.BOOK_INVALID
        notices["reason"] = reason
        notices["flags"] = Flag.LAST
        notices["venue_id"] = Venue.BINANCE
        notices["source"] = Source.FEED
        self._sink(self._notices.cdata, len(rows))
