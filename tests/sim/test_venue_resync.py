"""The simulated venue's feed gets every book whole, through a ring that is smaller than one."""

import pytest

from pinnacle.core.book import Book
from pinnacle.core.outlet import Outlet
from pinnacle.core.ring import RingReader, create_ring
from pinnacle.core.schema import EventBuffer, Flag, Kind, Side, Source, Venue, events_pointer
from tests.sim.venue_log import MS, Log

CAPACITY = 32


class Feed:
    """Takes the ring as the feed does: a record whose number does not join on is a fault."""

    def __init__(self, path):
        self.ring = RingReader(path)
        self.book = Book(0, 65_536, 8192)
        self.out = EventBuffer(CAPACITY)
        self.last = None

    def take(self):
        n = self.ring.take(self.out.cdata, CAPACITY)
        for row in self.out.array[:n]:
            self.check(row)
        self.book.apply(self.out.cdata, n)
        self.ring.release()

    def check(self, row):
        if row["kind"] == Kind.BOOK_INVALID:
            self.last = None
        elif row["kind"] == Kind.BOOK_BEGIN:
            self.last = int(row["aux"])
        else:
            self.last += not row["flags"] & Flag.SNAPSHOT
            assert row["aux"] == self.last


@pytest.mark.parametrize("pause", [1, 400])
def test_a_book_larger_than_the_ring_arrives_whole_and_goes_on(tmp_path, pause):
    log = Log()
    create_ring(tmp_path / "ring", CAPACITY, "venue")
    outlet = Outlet(tmp_path / "ring", None, [0], Source.EXCHANGE, Venue.SIMULATED)
    feed = Feed(tmp_path / "ring")
    for turn in range(3000):
        log.now += MS
        _, market = log.turn()
        outlet.push(events_pointer(market), len(market))
        log.venue.resync(outlet)
        # A feed that pauses loses changes, and is behind by what it has not taken.
        if turn % pause == 0 or turn > 2000:
            feed.take()
    while feed.ring.ready():
        feed.take()
    engine = log.venue.simulation.engines[0]
    assert feed.book.top().valid and outlet.settled
    assert (outlet.overflows > 0) == (pause > 1)
    for side in (Side.BID, Side.ASK):
        levels = engine.depth(side, 9999).tolist()
        assert len(levels) > CAPACITY // 2
        assert feed.book.depth(side, 9999).tolist() == levels
