"""A reader of market data gets all of it or is owed a whole book: csrc/turn/outlet.h."""

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.bell import Bell, create_bell
from pinnacle.core.book import Book
from pinnacle.core.ring import RingReader
from pinnacle.core.schema import (
    EventBuffer,
    Flag,
    Kind,
    Reason,
    Side,
    Source,
    events_pointer,
    instrument_set,
)
from pinnacle.core.segment import Mode
from tests.core.outlet_world import FAR, WINDOW, World, depth, settled
from tests.records import batch, event


def test_a_new_reader_is_told_that_nothing_holds_and_then_gets_the_book(tmp_path):
    world = World(tmp_path, 64)
    world.fill(0, 2)
    world.housekeep()
    got = world.read()
    kinds = [Kind(kind) for kind in got["kind"]]
    assert kinds == [Kind.BOOK_INVALID, Kind.BOOK_BEGIN, *[Kind.DEPTH] * 4, Kind.BOOK_END]
    assert got["reason"][0] == Reason.RESYNC
    assert set(got["source"]) == {Source.FEED} and set(got["recv_ns"]) == {5}
    assert world.same() and world.theirs[0].top().valid


def test_a_book_larger_than_ring_and_scratch_comes_in_pieces_with_its_changes_between(tmp_path):
    world = World(tmp_path, 64)
    world.fill(0, 3000)
    pieces = 0
    while not world.outlet.settled:
        assert 0 < world.housekeep() <= 32
        # Behind the pieces, before them, at the place where they are, and a level that goes.
        world.publish(depth(Side.BID, 999 - pieces * 14, 77, 0), depth(Side.ASK, 3990, pieces))
        world.publish(depth(Side.ASK, 1001 + pieces, 0))
        world.read()
        pieces += 1
        assert pieces < 250
    assert world.same() and world.theirs[0].top().valid
    assert world.outlet.resyncs == 1, "it is never begun again"


def test_an_instrument_that_is_resent_leaves_the_others_going(tmp_path):
    world = World(tmp_path, 64, 2)
    world.fill(0, 200)
    world.fill(1, 2)
    world.settle()
    world.publish(*[depth(Side.BID, 800 + i % 9, 1, instrument_id=0) for i in range(70)])
    world.publish(depth(Side.BID, 999, 5, instrument_id=1))
    got = world.read()
    assert [(Kind(e["kind"]), e["instrument_id"]) for e in got] == [
        (Kind.BOOK_INVALID, 0),
        (Kind.DEPTH, 1),
    ], "who lost something hears of it before anything else"
    world.publish(depth(Side.BID, 999, 4, instrument_id=1))
    assert world.kinds() == [Kind.DEPTH], "and once"
    assert world.theirs[1].top().valid and not world.theirs[0].top().valid
    world.housekeep()
    world.read()
    world.publish(depth(Side.BID, 999, 6, instrument_id=1))
    world.read()
    assert not world.outlet.settled and world.same(1) and world.theirs[1].top().valid
    world.settle()
    assert world.same(0) and world.theirs[0].top().valid


def test_a_resync_that_finds_no_room_pushes_nothing_however_often(tmp_path):
    world = World(tmp_path, 64, 3)
    for instrument in range(3):
        world.fill(instrument, 500)
    world.housekeep()
    written = world.outlet.ring.cursor
    assert written <= 32 + 3
    for _ in range(250):
        assert world.housekeep() == 0
    assert world.outlet.ring.cursor == written
    world.settle(200)
    assert all(world.same(i) for i in range(3))
    assert world.outlet.resent == 3 * 1002


def test_a_reader_that_attaches_inside_a_snapshot_waits_for_its_end(tmp_path):
    world = settled(tmp_path, count=1)
    world.publish(event(Kind.BOOK_BEGIN, flags=Flag.SNAPSHOT), depth(Side.BID, 10, 1, 2))
    world.reader.close()
    world.reader, world.theirs = RingReader(world.path), [Book(0, WINDOW, FAR)]
    assert world.housekeep() == 0
    world.publish(depth(Side.ASK, 12, 1, 2), event(Kind.BOOK_END, flags=Flag.LAST))
    world.read()
    assert not world.theirs[0].top().valid
    world.settle()
    assert world.same() and world.theirs[0].top().valid
    world.publish(*[depth(Side.BID, 5, i + 1) for i in range(9)])
    world.read()
    assert world.same()


@pytest.mark.parametrize("state", [Kind.BOOK_BEGIN, Kind.BOOK_INVALID])
def test_a_snapshot_under_way_ends_where_the_venue_begins_anew(tmp_path, state):
    world = World(tmp_path, 64)
    world.fill(0, 300)
    world.housekeep()
    world.read()
    world.publish(event(state, reason=Reason.SEQUENCE_GAP, flags=Flag.LAST))
    assert world.outlet.settled
    if state == Kind.BOOK_INVALID:
        world.publish(event(Kind.BOOK_BEGIN, flags=Flag.SNAPSHOT))
    world.housekeep()
    world.publish(depth(Side.BID, 10, 1), depth(Side.ASK, 12, 1))
    world.housekeep()
    world.publish(event(Kind.BOOK_END, flags=Flag.LAST))
    world.settle()
    assert world.same() and world.theirs[0].top().valid


def test_a_snapshot_that_loses_a_change_is_begun_again(tmp_path):
    world = World(tmp_path, 64)
    world.fill(0, 300)
    world.housekeep()
    for _ in range(40):
        world.publish(depth(Side.BID, 999, 1))
    world.publish(depth(Side.BID, 999, 55))
    assert world.outlet.overflows == 1
    world.settle()
    assert world.same() and world.theirs[0].top().bid_quantity == 55


def test_a_snapshot_whose_bounds_move_under_it_is_begun_again(tmp_path):
    """A far level that goes for want of room before it was sent: the reader must know of it."""
    world = World(tmp_path, 64)
    world.fill(0, 60)
    far = [depth(Side.BID, -20_000 - i, 1, 0) for i in range(FAR)]
    world.publish(*far, depth(Side.BID, 990, 3))
    world.housekeep()
    world.read()
    assert not world.outlet.settled
    world.publish(depth(Side.BID, -10_000, 1))
    world.settle()
    ours, theirs = (book.snapshot(0)[0] for book in (world.books[0], world.theirs[0]))
    assert ours["quantity"] == theirs["quantity"] == lib.PMM_BOUND_BIDS
    assert ours["price"] == theirs["price"]
    assert world.same() and world.theirs[0].top().valid


def test_a_snapshot_whose_bounds_move_before_its_end_alone_is_begun_again(tmp_path):
    """Every level is sent, and the next piece has nothing to send but that it does not hold."""
    world = World(tmp_path, 64)
    world.fill(0, 15)
    world.publish(
        *[depth(Side.BID, -20_000 - i, 1, 0) for i in range(FAR)], depth(Side.BID, 990, 3)
    )
    for piece in (31, 32, 32):  # the beginning and 94 levels
        assert world.housekeep() == piece
        world.read()
    world.publish(depth(Side.BID, -10_000, 1))
    world.read()
    assert world.housekeep() == 32
    world.settle()
    assert world.outlet.resyncs == 1
    assert world.same() and world.theirs[0].top().valid


def test_a_reader_that_sleeps_is_woken_for_changes_and_for_what_it_is_owed(tmp_path):
    world = settled(tmp_path)
    create_bell(tmp_path / "reader", "reader")
    bell = Bell(tmp_path / "reader", Mode.SHARED)
    world.outlet.cdata.bell = bell.handle
    shared = bell.handle.shared
    shared.parked = 1
    world.publish(*[depth(Side.BID, 900, 1, instrument_id=0)] * 70)
    world.publish(depth(Side.BID, 900, 1, instrument_id=0))
    assert shared.rings == 0, "nothing was pushed: it is owed all of it"
    world.publish(event(Kind.TRADE, instrument_id=1, flags=Flag.LAST))
    assert shared.rings == 1, "what it is not owed goes on"
    world.housekeep()
    assert shared.rings == 2
    world.read()
    world.publish(depth(Side.BID, 999, 5))
    assert shared.rings == 3
    world.publish(*[depth(Side.BID, 900, 1, instrument_id=0) for _ in range(70)])
    assert shared.rings == 3, "it did not fit"


def test_a_piece_that_fills_the_scratch_writes_nothing_behind_it(tmp_path):
    world, size = World(tmp_path, 16_384), lib.PMM_OUTLET_SCRATCH
    scratch = EventBuffer(size + 1)
    lib.pmm_outlet_init(
        world.outlet.cdata,
        world.outlet.ring.handle,
        ffi.NULL,
        scratch.cdata,
        instrument_set([0]),
        Source.FEED,
        1,
    )
    world.fill(0, size // 2 + 50)
    assert world.housekeep() == size + 102
    assert scratch.array[size - 1]["source"] == Source.FEED
    assert not bytes(scratch.array[size]).strip(b"\0")


def test_an_invalid_book_is_resent_with_its_reason(tmp_path):
    world = World(tmp_path, 64)
    world.fill(0, 2)
    world.publish(depth(Side.BID, 2000, 1))
    assert world.books[0].top().reason == Reason.CROSSED
    world.settle()
    assert world.theirs[0].top()[-2:] == (0, Reason.CROSSED)


def test_a_message_that_no_reader_need_have_room_for_comes_as_a_snapshot(tmp_path):
    world = settled(tmp_path, 8192, levels=3)
    rows = [depth(Side.BID, 900 - i, 1, 0) for i in range(lib.PMM_MESSAGE_MAX)]
    short = depth(Side.BID, 950, 1, instrument_id=1)
    world.publish(*rows, depth(Side.BID, 999, 9), short)
    got = world.read()
    assert [(Kind(e["kind"]), e["instrument_id"]) for e in got] == [
        (Kind.BOOK_INVALID, 0),
        (Kind.DEPTH, 1),
    ]
    world.settle()
    assert world.same(0) and world.same(1) and world.outlet.overflows == 0


def test_who_has_the_last_word_of_a_message_too_long_is_owed_it_too(tmp_path):
    world = settled(tmp_path, 8192, levels=3)
    rows = [depth(Side.BID, 900 - i, 1, 0) for i in range(lib.PMM_MESSAGE_MAX)]
    world.publish(*rows, depth(Side.BID, 999, 9, instrument_id=1))
    assert len(world.read()) == 0
    world.settle()
    assert world.same(0) and world.same(1) and world.outlet.resyncs == 4


def test_each_part_of_a_long_batch_ends_with_a_message(tmp_path):
    world = settled(tmp_path, 4096, count=1, levels=3)
    before = [depth(Side.BID, 900, 1, 0 if i == 5999 else Flag.LAST) for i in range(6000)]
    rows = [depth(Side.BID, 900, 1 + i, Flag.LAST if i % 3 == 2 else 0) for i in range(6000)]
    batch_of_both, begun = batch(*before, *rows), world.outlet.ring.cursor
    world.outlet.push(events_pointer(batch_of_both[6000:]), 6000)
    assert world.outlet.ring.cursor - begun == 2 * 2046, "the third part found no room"
    assert world.outlet.overflows == 1


def test_a_batch_longer_than_a_message_goes_out_in_whole_messages(tmp_path):
    world = settled(tmp_path, 8192, count=1, levels=3)
    rows = [
        depth(Side.BID, 900 - i % 50, 1 + i, Flag.LAST if i % 3 == 2 else 0) for i in range(6000)
    ]
    world.publish(*rows)
    assert world.reader.take(world.out.cdata, lib.PMM_MESSAGE_MAX) == 2046
    world.theirs[0].apply(world.out.cdata, 2046)
    world.read()
    assert world.same() and world.outlet.overflows == 0


def test_what_is_left_of_a_message_without_a_stale_instrument_ends_it(tmp_path):
    world = settled(tmp_path)
    world.publish(*[depth(Side.BID, 900, 1, instrument_id=0) for _ in range(70)])
    world.publish(
        depth(Side.BID, 998, 4, 0, instrument_id=1), depth(Side.BID, 998, 4, instrument_id=0)
    )
    assert world.read()["flags"].tolist() == [Flag.LAST, Flag.LAST]


def test_a_request_is_answered_once(tmp_path):
    world = settled(tmp_path, count=1)
    world.reader.request_resync()
    assert world.housekeep() == 6
    assert world.kinds()[:2] == [Kind.BOOK_INVALID, Kind.BOOK_BEGIN]
    assert world.housekeep() == 0
    assert world.same() and world.outlet.resyncs == 2


def test_a_reader_that_asks_and_asks_gets_every_book_all_the_same(tmp_path):
    world = World(tmp_path, 64, 2)
    for instrument in range(2):
        world.fill(instrument, 200)
    for _ in range(60):
        world.reader.request_resync()
        world.housekeep()
        world.read()
    assert world.outlet.resyncs >= 4
    world.settle()
    assert world.same(0) and world.same(1) and world.theirs[1].top().valid


def test_a_book_of_asks_alone_is_sent_from_its_lowest_price_wherever_that_is(tmp_path):
    world = World(tmp_path, 64)
    begin = event(Kind.BOOK_BEGIN, flags=Flag.SNAPSHOT)
    asks = [depth(Side.ASK, price, 1, Flag.SNAPSHOT) for price in (-5, 0, 3)]
    world.publish(begin, *asks, event(Kind.BOOK_END, flags=Flag.LAST))
    world.settle()
    assert world.theirs[0].depth(Side.ASK, 9)["price"].tolist() == [-5, 0, 3]
    assert world.same()
