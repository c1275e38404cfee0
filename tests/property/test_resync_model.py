"""Whatever a reader misses and whenever it comes, it ends with the books of the writer.

A writer with its books and one outlet, a reader with its own: messages, snapshots of the venue
that are cut anywhere, pauses of the reader, restarts of either, requests. After it all the two are
equal, and what it took was bounded. The reader may have some of the instruments only.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import Book
from pinnacle.core.outlet import Outlet
from pinnacle.core.ring import RingReader, create_ring
from pinnacle.core.schema import (
    EVENT,
    EventBuffer,
    Flag,
    Kind,
    Reason,
    Side,
    Source,
    Venue,
    events_pointer,
)

MIDDLE = 10_000
#: Prices of a side: levels come back to the same ones.
SPAN = 120
HOUSEKEEPINGS_MORE = 8


def as_seen(made: Book):
    """What the owner of a book goes by: the levels count only while it is valid."""
    if not made.top().valid:
        return None
    return [made.depth(side, 2 * SPAN).tolist() for side in (Side.BID, Side.ASK)]


class World:
    def __init__(self, folder: Path, capacity: int, count: int, had: set[int]):
        self.path, self.capacity, self.count = folder / "ring", capacity, count
        self.had = sorted(had)
        create_ring(self.path, capacity, "market")
        self.books = [Book(i, window=4096, far_capacity=4096) for i in range(count)]
        self.theirs = [Book(i, window=4096, far_capacity=4096) for i in range(count)]
        self.feed = ffi.new("struct pmm_feed *")
        for i, mine in enumerate(self.books):
            self.feed.books[i] = mine.cdata
        self.loading = set()
        self.begun = 0
        self.out = EventBuffer(2 * capacity)
        self.outlet = self.reader = None
        self.start_writer()
        self.start_reader()

    def start_writer(self):
        """A new one: its books are empty until the venue has sent them again."""
        if self.outlet is not None:
            self.outlet.ring.close()
        for made in self.books:
            lib.pmm_book_repair(made.cdata)
        self.loading.clear()
        self.outlet = Outlet(self.path, None, self.had, Source.FEED, Venue.SIMULATED)
        self.feed.readers[0] = self.outlet.cdata
        self.begun += self.count

    def start_reader(self):
        if self.reader is not None:
            self.reader.close()
        self.reader = RingReader(self.path)
        self.begun += self.count

    def ask(self):
        self.reader.request_resync()
        self.begun += self.count

    def publish(self, rows):
        events = np.zeros(len(rows), EVENT)
        for event, row in zip(events, rows, strict=True):
            for name, value in row.items():
                event[name] = value
        before = self.outlet.overflows
        for made in self.books:
            made.apply_array(events)
        self.outlet.push(events_pointer(events), len(events))
        touched = len(set(events["instrument_id"].tolist()))
        self.begun += touched * (
            self.outlet.overflows - before or len(events) > lib.PMM_MESSAGE_MAX
        )

    def depth(self, instrument, change, flags=0):
        side, offset, quantity = change
        price = MIDDLE - 1 - offset if side == Side.BID else MIDDLE + 1 + offset
        return {
            "kind": Kind.DEPTH,
            "instrument_id": instrument,
            "side": side,
            "price": price,
            "quantity": quantity,
            "flags": flags,
        }

    def state(self, instrument, kind, reason=0):
        flags = Flag.SNAPSHOT if kind == Kind.BOOK_BEGIN else Flag.LAST
        return {"kind": kind, "instrument_id": instrument, "flags": flags, "reason": reason}

    def message(self, instrument, changes):
        rows = [self.depth(instrument, change) for change in changes]
        rows[-1]["flags"] = Flag.LAST
        self.publish(rows)

    def begin(self, instrument, changes):
        self.loading.add(instrument)
        rows = [self.depth(instrument, change, Flag.SNAPSHOT) for change in changes]
        self.publish([self.state(instrument, Kind.BOOK_BEGIN), *rows])

    def end(self, instrument):
        if instrument in self.loading:
            self.loading.discard(instrument)
            self.publish([self.state(instrument, Kind.BOOK_END)])

    def invalidate(self, instrument):
        self.loading.discard(instrument)
        self.publish([self.state(instrument, Kind.BOOK_INVALID, Reason.SEQUENCE_GAP)])

    def housekeep(self):
        return lib.pmm_feed_resync(self.feed, 0, 1)

    def take(self, n):
        n = self.reader.take(self.out.cdata, n)
        self.reader.release()
        assert np.isin(self.out.array["instrument_id"][:n], self.had).all()
        for made in self.theirs:
            made.apply(self.out.cdata, n)
        return n

    def breathe(self):
        """A turn of each: while a snapshot is under way, its next piece."""
        self.housekeep()
        self.drain()

    def drain(self):
        while self.take(len(self.out)):
            pass
        owed = self.outlet.cdata.stale.words[0] & self.outlet.cdata.untold.words[0]
        for i, (mine, their) in enumerate(zip(self.books, self.theirs, strict=True)):
            if their.top().valid and not owed >> i & 1:
                assert as_seen(their) == as_seen(mine)

    def quiet(self):
        """After bounded housekeepings nothing is owed and the books are equal."""
        levels = sum(sum(made.stats()[-2:]) + 2 for made in self.books)
        for _ in range(levels // (self.capacity // 2) + self.count + HOUSEKEEPINGS_MORE):
            self.drain()
            self.housekeep()
        self.drain()
        assert self.outlet.settled
        for instrument in self.had:
            assert as_seen(self.books[instrument]) == as_seen(self.theirs[instrument])
        assert self.outlet.resent <= self.begun * (2 * SPAN + 2)
        before = self.outlet.ring.cursor
        for _ in range(5):
            assert self.housekeep() == 0
        assert self.outlet.ring.cursor == before


instruments = st.integers(0, 2)
changes = st.tuples(
    st.sampled_from([Side.BID, Side.ASK]), st.integers(0, SPAN - 1), st.sampled_from([0, 1, 5])
)
FULL = [(side, offset, 7) for side in (Side.BID, Side.ASK) for offset in range(0, SPAN, 2)]
few, many = st.lists(changes, min_size=1, max_size=6), st.lists(changes, min_size=1, max_size=200)
steps = st.one_of(
    st.tuples(st.just("message"), instruments, few),
    st.tuples(st.just("message"), instruments, few),
    st.tuples(st.just("message"), instruments, many),
    st.tuples(st.just("begin"), instruments, few),
    st.tuples(st.just("begin"), instruments, many),
    st.tuples(st.just("end"), instruments),
    st.tuples(st.just("end"), instruments),
    st.tuples(st.just("invalidate"), instruments),
    st.tuples(st.just("take"), st.integers(1, 64)),
    st.just(("breathe",)),
    st.just(("breathe",)),
    st.just(("housekeep",)),
    st.just(("drain",)),
    st.just(("start_reader",)),
    st.just(("start_writer",)),
    st.just(("ask",)),
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([2, 8, 16, 64, 256, 1024]),
    st.integers(1, 3),
    st.sets(instruments, min_size=1),
    st.lists(steps, min_size=30, max_size=80),
)
def test_the_readers_books_end_as_the_writers_whatever_comes_between(capacity, count, had, todo):
    with TemporaryDirectory() as folder:
        world = World(Path(folder), capacity, count, {instrument % count for instrument in had})
        for instrument in range(count):
            world.begin(instrument, FULL)
            world.end(instrument)
        for name, *arguments in todo:
            if name in ("message", "begin", "end", "invalidate"):
                arguments[0] %= count
            getattr(world, name)(*arguments)
        for instrument in range(count):
            world.end(instrument)
        world.quiet()
        world.outlet.ring.close()
        world.reader.close()
