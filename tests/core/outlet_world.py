"""Books, an outlet over a ring, and a reader with books of its own."""

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import Book
from pinnacle.core.outlet import Outlet
from pinnacle.core.ring import RingReader, create_ring
from pinnacle.core.schema import (
    EventBuffer,
    Flag,
    Kind,
    Side,
    Source,
    Venue,
    events_pointer,
)
from tests.records import batch, event

WINDOW, FAR = 4096, 64


class World:
    """Books, an outlet over a ring of `capacity`, and a reader with books of its own.

    `had`: the instruments that the reader has, where it has not all.
    """

    def __init__(self, folder, capacity, count=1, had=None):
        create_ring(folder / "ring", capacity, "market")
        self.path = folder / "ring"
        self.feed = ffi.new("struct pmm_feed *")
        self.books = [Book(i, WINDOW, FAR) for i in range(count)]
        self.theirs = [Book(i, WINDOW, FAR) for i in range(count)]
        for i, book in enumerate(self.books):
            self.feed.books[i] = book.cdata
        self.outlet = Outlet(
            self.path, None, range(count) if had is None else had, Source.FEED, Venue.SIMULATED
        )
        self.feed.readers[0] = self.outlet.cdata
        self.reader = RingReader(self.path)
        self.out = EventBuffer(8192)

    def publish(self, *rows):
        events = batch(*rows)
        for book in self.books:
            book.apply_array(events)
        self.outlet.push(events_pointer(events), len(events))

    def fill(self, instrument, levels):
        """A whole book of `levels` a side, from the venue."""
        own = {"instrument_id": instrument}
        rows = [event(Kind.BOOK_BEGIN, flags=Flag.SNAPSHOT, **own)]
        for i in range(levels):
            rows.append(depth(Side.BID, 999 - i, 1 + i, Flag.SNAPSHOT, **own))
            rows.append(depth(Side.ASK, 1001 + i, 1 + i, Flag.SNAPSHOT, **own))
        self.publish(*rows, event(Kind.BOOK_END, flags=Flag.LAST, **own))

    def occupy(self, n):
        """n records in the ring that no outlet has put there."""
        events = batch(*[event(Kind.TRADE, flags=Flag.LAST)] * n)
        assert self.outlet.ring.push_all(events_pointer(events), n)

    def stale(self):
        return {
            i
            for i in range(lib.PMM_INSTRUMENTS_MAX)
            if self.outlet.cdata.stale.words[i // 64] >> i % 64 & 1
        }

    def housekeep(self):
        return lib.pmm_feed_resync(self.feed, 0, 5)

    def read(self):
        n = self.reader.take(self.out.cdata, 8192)
        self.reader.release()
        for book in self.theirs:
            book.apply(self.out.cdata, n)
        return self.out.array[:n].copy()

    def kinds(self):
        return [Kind(kind) for kind in self.read()["kind"]]

    def settle(self, housekeepings=100):
        for _ in range(housekeepings):
            self.housekeep()
            self.read()
        assert self.outlet.settled

    def same(self, instrument=0):
        mine, their = self.books[instrument], self.theirs[instrument]
        levels = [book.depth(side, 9999).tolist() for book in (mine, their) for side in (1, 2)]
        return mine.top().valid == their.top().valid and levels[:2] == levels[2:]


def depth(side, price, quantity, flags=Flag.LAST, **fields):
    return event(Kind.DEPTH, side=side, price=price, quantity=quantity, flags=flags, **fields)


def settled(folder, capacity=64, count=2, levels=2):
    """One whose reader has every book, `levels` a side."""
    world = World(folder, capacity, count)
    for instrument in range(count):
        world.fill(instrument, levels)
    world.settle()
    return world
