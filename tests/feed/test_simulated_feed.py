"""The feed on the simulated venue's ring: gaps invalidate, snapshots heal, readers catch up."""

import numpy as np
import pytest
import structlog

from pinnacle.core._native import ffi, lib
from pinnacle.core.bell import create_bell
from pinnacle.core.book import Book, SharedBookReader, create_shared_book
from pinnacle.core.journal import Journal
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import EventBuffer, Flag, Kind, Reason, Side, Source, events_pointer
from pinnacle.feed.publisher import Publisher
from pinnacle.feed.simulated import SimulatedFeed
from tests.records import batch, event, instruments
from tests.seats import topology_of


class Venue:
    """Writes the venue's ring: numbered records, and snapshots that begin anywhere."""

    def __init__(self, path):
        self.ring = RingWriter(path)
        self.sequence = 0

    def send(self, *rows):
        sent = batch(*rows)
        self.ring.push_all(events_pointer(sent), len(sent))

    def depth(self, side, price, quantity, flags=Flag.LAST):
        self.sequence += 1
        return event(
            Kind.DEPTH, side=side, price=price, quantity=quantity, flags=flags, aux=self.sequence
        )

    def snapshot(self, bids, asks):
        rows = [event(Kind.BOOK_BEGIN, aux=self.sequence)]
        for side, levels in ((Side.BID, bids), (Side.ASK, asks)):
            rows += [
                event(
                    Kind.DEPTH,
                    side=side,
                    price=p,
                    quantity=q,
                    flags=Flag.SNAPSHOT,
                    aux=self.sequence,
                )
                for p, q in levels
            ]
        return [*rows, event(Kind.BOOK_END, flags=Flag.LAST, aux=self.sequence)]


def publisher_of(paths, journal):
    topology = topology_of()
    feed = topology.process("feed")
    return Publisher(paths, feed, topology.publishes(feed), instruments("X"), journal)


class World:
    """A feed between a venue's ring and one reader's ring of `capacity`."""

    def __init__(self, folder, capacity):
        self.paths = SessionPaths(folder, folder)
        create_ring(folder / "venue.market.ring", 1024, "venue")
        create_ring(folder / "market.strategy.ring", capacity, "strategy")
        create_bell(self.paths.process("strategy"), "strategy")
        create_shared_book(self.paths.book("X"), 0, 4096, 64, "X")
        self.journal = Journal.open(folder / "feed", "test", Source.FEED, 4096, 0, 0)
        self.publisher = publisher_of(self.paths, self.journal)
        self.venue = Venue(folder / "venue.market.ring")
        self.feed = SimulatedFeed(RingReader(folder / "venue.market.ring"), self.publisher)
        self.reader = RingReader(folder / "market.strategy.ring")
        self.shared = SharedBookReader(self.paths.book("X"))
        self.book = Book(0, 4096, 64)
        self.asked = self.venue.ring.resync_requests()
        self.levels = {}

    def send_whole(self):
        """The venue's snapshot of what `levels` holds, cut where its ring is full."""
        rows = self.venue.snapshot(self.levels[Side.BID], self.levels[Side.ASK])
        for begin in range(0, len(rows), 512):
            self.venue.send(*rows[begin : begin + 512])
            while self.feed.turn():
                pass

    def turn(self):
        while self.feed.turn():
            pass
        self.publisher.resync_readers()

    def read(self) -> np.ndarray:
        """What the reader's ring holds, applied to the reader's own book."""
        out = EventBuffer(4096)
        n = self.reader.take(out.cdata, 4096)
        self.reader.release()
        self.book.apply(out.cdata, n)
        return out.array[:n].copy()

    def was_asked(self) -> bool:
        before, self.asked = self.asked, self.venue.ring.resync_requests()
        return self.asked != before


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path, 1024)
    made.feed.start()
    made.venue.send(*made.venue.snapshot([(100, 5)], [(102, 5)]))
    made.turn()
    made.read()
    made.was_asked()
    return made


def test_a_snapshot_makes_every_book_valid(world):
    for book in (world.shared, world.book):
        top = book.top()
        assert (top.valid, top.bid_price, top.ask_price) == (1, 100, 102)


def test_records_reach_reader_book_and_journal_alike(world):
    world.venue.send(world.venue.depth(Side.BID, 101, 9))
    world.turn()
    world.read()
    assert world.shared.top().bid_price == world.book.top().bid_price == 101
    last = JournalReader(world.paths.journal("feed"))[-1]
    assert (last["price"], last["quantity"], last["source"]) == (101, 9, Source.FEED)


def test_no_records_are_published_as_none(world):
    before = world.journal.count
    assert lib.pmm_feed_publish(world.publisher.cdata, ffi.NULL, 0) == 0
    assert world.journal.count == before and len(world.read()) == 0


def test_a_missing_record_invalidates_the_book_until_the_next_snapshot(world):
    lost = world.venue.depth(Side.BID, 101, 9)
    world.venue.send(world.venue.depth(Side.BID, 99, 4))
    world.turn()
    got = world.read()
    assert [Kind(k) for k in got["kind"]] == [Kind.BOOK_INVALID]
    assert got[0]["reason"] == Reason.SEQUENCE_GAP
    assert world.was_asked()
    assert not world.shared.top().valid and not world.book.top().valid
    world.venue.send(world.venue.depth(Side.BID, 98, 4))
    world.turn()
    assert len(world.read()) == 0, "nothing is published before the snapshot"
    world.venue.send(*world.venue.snapshot([(101, 9), (99, 4)], [(102, 5)]))
    world.venue.send(world.venue.depth(Side.ASK, 103, 1))
    world.turn()
    world.read()
    assert world.book.top().valid and world.book.quantity(Side.ASK, 103) == 1
    assert world.feed.gaps == 1 and len(lost)


def test_a_book_that_finds_itself_crossed_is_healed_by_a_snapshot(world):
    world.venue.send(world.venue.depth(Side.BID, 105, 1))
    world.turn()
    assert not world.shared.top().valid
    world.read()
    world.feed.heal()
    assert world.was_asked()
    assert world.read()[-1]["kind"] == Kind.BOOK_INVALID
    world.feed.heal()
    assert not world.was_asked(), "asked once"
    world.venue.send(*world.venue.snapshot([(100, 5)], [(102, 5)]))
    world.turn()
    world.read()
    assert world.shared.top().valid and world.book.top().valid


def test_a_lost_venue_invalidates_every_book(world):
    world.feed.lost()
    got = world.read()
    assert got[-1]["reason"] == Reason.DISCONNECTED
    assert not world.shared.top().valid
    world.feed.back()
    assert world.was_asked()


def test_a_reader_that_falls_behind_gets_the_present_book_and_no_half_message(tmp_path):
    world = World(tmp_path, 16)
    world.feed.start()
    world.venue.send(*world.venue.snapshot([(100, 5)], [(102, 5)]))
    world.turn()
    with structlog.testing.capture_logs() as said:
        for i in range(40):
            world.venue.send(world.venue.depth(Side.BID, 50 + i, 1 + i))
            world.turn()
    assert world.publisher.overflows > 0
    assert [entry["log_level"] for entry in said] == ["warning"], "told, and not each time"
    while len(world.read()):
        world.publisher.resync_readers()
    for _ in range(60):
        world.publisher.resync_readers()
        world.read()
    assert world.shared.top().valid


def test_a_reader_that_attaches_again_gets_the_whole_book(world):
    world.reader.close()
    world.reader = RingReader(world.paths.ring("market.strategy"))
    world.book = Book(0, 4096, 64)
    world.turn()
    world.read()
    assert world.book.top().bid_price == 100


def test_a_reader_that_attaches_inside_a_snapshot_gets_a_whole_book(world):
    snapshot = world.venue.snapshot([(100, 5), (99, 1)], [(102, 5)])
    world.venue.send(*snapshot[:2])
    world.turn()
    world.reader.close()
    world.reader = RingReader(world.paths.ring("market.strategy"))
    world.book = Book(0, 4096, 64)
    world.turn()
    world.venue.send(*snapshot[2:])
    for i in range(20):
        world.venue.send(world.venue.depth(Side.ASK, 103, 1 + i))
        world.turn()
        world.read()
    assert world.shared.top().valid and world.book.top().valid
    assert world.book.depth(Side.BID, 9).tolist() == [(100, 5), (99, 1)]


@pytest.mark.parametrize("levels", [30, 3000])
def test_a_reader_of_books_larger_than_its_ring_gets_each_of_them_once(tmp_path, levels):
    world = World(tmp_path, 64)
    for side, best, step in ((Side.BID, 9_999, -1), (Side.ASK, 10_001, 1)):
        world.levels[side] = [(best + step * i, 1 + i) for i in range(levels)]
    world.feed.start()
    world.send_whole()
    housekeepings = 0
    while not world.book.top().valid:
        world.turn()
        world.read()
        housekeepings += 1
        assert housekeepings < 2 * levels // 16 + 10
    for side in (Side.BID, Side.ASK):
        assert world.book.depth(side, 9999).tolist() == world.levels[side]
    assert world.publisher.cdata.readers[0].resyncs == 1


def test_a_new_feed_starts_from_an_invalid_book(world):
    world.journal.close()
    for book in world.publisher._books.values():
        book.close()
    for ring in world.publisher.rings:
        ring.close()
    journal = Journal.open(world.paths.journal("feed"), "test", Source.FEED, 4096, 0, 0)
    again = publisher_of(world.paths, journal)
    again.resync_readers()
    assert world.read()[0]["kind"] == Kind.BOOK_INVALID
    assert not world.shared.top().valid


@pytest.mark.parametrize("instrument_id", [1, 63, 255, 256, 0xFFFFFFFF])
def test_what_is_of_no_instrument_of_this_feed_is_passed_over(world, instrument_id):
    foreign = event(Kind.TRADE, aux=77, flags=Flag.LAST, instrument_id=instrument_id)
    logged = len(JournalReader(world.paths.data / "feed").array())
    world.venue.send(foreign, world.venue.depth(Side.BID, 101, 9), foreign)
    assert world.feed.turn() == 3
    assert [Kind(kind) for kind in world.read()["kind"]] == [Kind.DEPTH]
    assert len(JournalReader(world.paths.data / "feed").array()) == logged + 1
    assert not world.was_asked() and world.feed.gaps == 0
