"""Publishes market records: journal, shared books, rings. One call into C per batch."""

from collections.abc import Sequence
from typing import Any

import structlog

from pinnacle.core._native import ffi, lib
from pinnacle.core.bell import Bell
from pinnacle.core.book import SharedBookWriter
from pinnacle.core.clock import Clock, monotonic_ns
from pinnacle.core.counters import Histogram
from pinnacle.core.instruments import Instrument
from pinnacle.core.journal import Journal
from pinnacle.core.outlet import Outlet
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingWriter
from pinnacle.core.schema import Reason
from pinnacle.core.segment import Mode
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.topology import Process, Ring

TELL_NS = 10_000_000_000

log = structlog.get_logger()

#: What a book finds wrong by itself; see csrc/book/book.h.
BROKEN = frozenset(
    {
        Reason.CROSSED,
        Reason.BAD_PRICE,
        Reason.BAD_QUANTITY,
        Reason.BAD_ORDER,
        Reason.OVERFLOW,
    }
)


class Publisher:
    """Wraps struct pmm_feed, of this `process`; `readers` are the rings of its market's readers,
    each of whom gets the instruments that he has.
    """

    def __init__(
        self,
        paths: SessionPaths,
        process: Process,
        readers: Sequence[Ring],
        instruments: list[Instrument],
        journal: Journal,
        clock: Clock | None = None,
    ):
        self.instruments = instruments
        self._outlets = [
            Outlet(
                paths.ring(ring.name),
                Bell(paths.process(ring.reader.name), Mode.SHARED),
                set(process.instruments) & set(ring.reader.instruments),
                process.source,
                instruments[0].venue,
            )
            for ring in readers
        ]
        self._books = {i.instrument_id: SharedBookWriter(paths.book(i.label)) for i in instruments}
        self._journal = journal
        #: The process's, if it calibrates one; else it reads as the kernel's.
        self.clock = clock or Clock()
        self._told_broken: set[int] = set()
        self._told_overflows = self._tell_ns = 0
        self.cdata: Any = ffi.new("struct pmm_feed *")
        feed = self.cdata
        feed.journal = journal.cdata
        feed.clock = self.clock.cdata
        feed.source = process.source
        feed.reader_count = len(readers)
        for number, book in self._books.items():
            feed.books[number] = book.cdata
        for i, outlet in enumerate(self._outlets):
            feed.readers[i] = outlet.cdata
        self._latency: Histogram | None = None
        self._publish = lib.pmm_feed_publish
        self._resync = lib.pmm_feed_resync

    def publish(self, events: Any, n: int) -> None:
        """n normalised records, in order."""
        self.check(self._publish(self.cdata, events, n))

    def venue_clock(self, histogram: Histogram, ahead_ns: int) -> None:
        """From here latencies are recorded: the venue's clock is so far ahead of session time."""
        self._latency = histogram  # C has its address
        self.cdata.venue_to_record = histogram.cdata
        self.cdata.venue_ahead_ns = ahead_ns

    def check(self, code: int) -> int:
        """`code` of a call that publishes, if it is not negative; else its exception."""
        return self._journal.check(code, "market data")

    def tend(self, runtime: Runtime, **counts: int) -> None:
        """Between two turns: housekeeping, readers that are owed something, and what is counted."""
        runtime.housekeep()
        self.resync_readers()
        runtime.counters.show(published=self.published, overflows=self.overflows, **counts)

    def resync_readers(self) -> None:
        """Bring readers that attached, asked or fell behind back to the present."""
        now = self.clock.session_ns()
        for reader in range(len(self._outlets)):
            self._resync(self.cdata, reader, now)
        self._tell_overflows(monotonic_ns())

    def _tell_overflows(self, now_ns: int) -> None:
        """At most once in TELL_NS: a reader that is too slow is so many times a second."""
        new = self.overflows - self._told_overflows
        if new and now_ns >= self._tell_ns:
            self._tell_ns = now_ns + TELL_NS
            self._told_overflows += new
            log.warning("a reader of the market fell behind: its books are sent again", times=new)

    def broken(self) -> list[tuple[int, Reason]]:
        """(instrument, why) of books that have become invalid by what was applied to them.

        Each is told once, until it has been valid again: it needs a new snapshot.
        """
        found = []
        for number, book in self._books.items():
            top = book.top()
            if top.valid:
                self._told_broken.discard(number)
            elif top.reason in BROKEN and number not in self._told_broken:
                self._told_broken.add(number)
                found.append((number, Reason(top.reason)))
        return found

    def top_of(self, instrument_id: int) -> tuple[int, int, int, int] | None:
        """Best bid and its quantity, best ask and its quantity; None while the book is invalid."""
        top = self._books[instrument_id].top()
        return top[:4] if top.valid else None

    @property
    def rings(self) -> list[RingWriter]:
        """The readers' rings, in their order."""
        return [outlet.ring for outlet in self._outlets]

    @property
    def published(self) -> int:
        return self.cdata.published

    @property
    def overflows(self) -> int:
        return sum(outlet.overflows for outlet in self._outlets)
