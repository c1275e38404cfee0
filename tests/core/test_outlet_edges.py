"""What an outlet looks at, whom it owes, in which order it pays: edges of csrc/turn/outlet.c."""

import pytest

from pinnacle.core._native import lib
from pinnacle.core.schema import EventBuffer, Flag, Kind, Side, events_pointer
from tests.core.outlet_world import World, depth, settled
from tests.records import batch, event


def trades(n, instrument):
    return [event(Kind.TRADE, instrument_id=instrument, flags=Flag.LAST)] * n


def told(records, kind=Kind.BOOK_INVALID):
    return records["instrument_id"][records["kind"] == kind].tolist()


@pytest.mark.parametrize("instrument", [2, 63, 64, 255, 256, lib.PMM_INSTRUMENT_ALL])
def test_of_an_instrument_that_the_reader_has_not_it_gets_nothing_and_is_owed_nothing(
    tmp_path, instrument
):
    world = settled(tmp_path)
    for n in (1, 70, lib.PMM_MESSAGE_MAX + 1):
        world.publish(*trades(n, instrument))
    assert world.outlet.overflows == 0 and world.outlet.settled
    assert len(world.read()) == 0 and world.housekeep() == 0


def test_a_reader_of_some_instruments_is_sent_their_part_of_each_message(tmp_path):
    world = World(tmp_path, 64, 3, had=[0, 2])
    for instrument in range(3):
        world.fill(instrument, 2)
    for _ in range(3):
        world.housekeep()
        assert 1 not in world.read()["instrument_id"]
    assert world.outlet.settled and world.outlet.resyncs == 2
    assert world.same(0) and world.same(2) and not world.theirs[1].top().valid
    world.publish(*(depth(Side.BID, 900, 3, 0, instrument_id=i) for i in (0, 1)), *trades(1, 1))
    got = world.read()
    assert got["instrument_id"].tolist() == [0] and got["flags"].tolist() == [Flag.LAST]
    world.publish(*(depth(Side.BID, 900, 1, instrument_id=i) for i in (1, 2) for _ in range(70)))
    assert world.stale() == {2} and world.outlet.overflows == 1


@pytest.mark.parametrize(("n", "flags"), [(70, Flag.LAST), (lib.PMM_MESSAGE_MAX + 1, 0)])
def test_of_more_records_than_were_pushed_nothing_is_lost(tmp_path, n, flags):
    world = settled(tmp_path)
    lost = [depth(Side.BID, 900, 1, flags, instrument_id=0)] * n
    rows = batch(*lost, event(Kind.DEPTH, instrument_id=1))
    world.outlet.push(events_pointer(rows), n)
    assert world.stale() == {0}
    world.publish(depth(Side.BID, 900, 1, instrument_id=1))
    assert told(world.read()) == [0]


@pytest.mark.parametrize("flags", [Flag.LAST, 0])
def test_of_a_message_too_long_all_is_owed_and_nothing_beside_it(tmp_path, flags):
    world = settled(tmp_path, 8192, count=4)
    before, short = (depth(Side.BID, 900, 1, instrument_id=i) for i in (3, 2))
    message = [depth(Side.BID, 900, 1, 0, instrument_id=0)] * lib.PMM_MESSAGE_MAX
    message += [depth(Side.BID, 900, 1, flags, instrument_id=1)]
    behind = [depth(Side.BID, 900, 1, 0, instrument_id=3)] * 2
    rows = batch(before, short, *message, *behind)
    world.outlet.push(events_pointer(rows[1:]), 1 + len(message))
    assert world.stale() == {0, 1}
    assert world.read()["instrument_id"].tolist() == [2]


def test_a_notice_has_the_stamp_of_the_change_that_it_goes_before(tmp_path):
    world = settled(tmp_path)
    world.publish(*[depth(Side.BID, 900, 1, instrument_id=0)] * 70)
    own = {"instrument_id": 1}
    world.publish(depth(Side.BID, 9, 1, recv_ns=7, **own), depth(Side.BID, 8, 1, recv_ns=9, **own))
    got = world.read()
    assert told(got) == [0]
    assert got["recv_ns"].tolist() == [7, 7, 9]


def test_a_message_that_holds_whole_keeps_its_marks_where_a_stale_one_follows(tmp_path):
    world = settled(tmp_path)
    world.publish(*[depth(Side.BID, 900, 1, instrument_id=0)] * 70)
    world.publish(*trades(1, 1))
    assert told(world.read()) == [0]
    guarded = EventBuffer(lib.PMM_OUTLET_SCRATCH + 1)
    world.outlet.cdata.scratch = guarded.cdata + 1
    begun = event(Kind.BOOK_BEGIN, instrument_id=1, flags=Flag.SNAPSHOT)
    stale = depth(Side.BID, 998, 4, instrument_id=0)
    world.publish(stale, begun, stale)
    assert world.read()["flags"].tolist() == [Flag.SNAPSHOT]
    assert not guarded.array["flags"][0], "what is in front of the scratch is another's"


@pytest.mark.parametrize("kind", [Kind.BOOK_BEGIN, Kind.BOOK_INVALID])
def test_a_snapshot_under_way_goes_on_where_another_book_begins_anew(tmp_path, kind):
    world = settled(tmp_path, levels=100)
    world.publish(*[depth(Side.BID, 900, 1, instrument_id=0)] * 70)
    world.housekeep()
    assert world.outlet.cdata.sending == 0
    rows = batch(depth(Side.BID, 9, 1), event(kind, instrument_id=1), event(kind, instrument_id=0))
    world.read()
    world.outlet.push(events_pointer(rows), 2)
    assert world.outlet.cdata.sending == 0
    world.outlet.push(events_pointer(rows), 3)
    assert world.outlet.settled, "the venue sends it itself"


def test_a_short_message_before_one_that_is_too_long_is_pushed_alone(tmp_path):
    world = settled(tmp_path, 8192)
    short = depth(Side.BID, 950, 1, instrument_id=1)
    rows = [depth(Side.BID, 900, 1, 0)] * lib.PMM_MESSAGE_MAX
    world.publish(short, *rows, depth(Side.BID, 999, 9), short)
    got = world.read()
    assert got["instrument_id"].tolist() == [1, 0, 1]
    assert told(got) == [0]


def test_each_that_is_owed_is_told_once_however_little_room_there_is(tmp_path):
    world = settled(tmp_path, count=3)
    world.occupy(62)
    world.reader.request_resync()
    assert world.housekeep() == 0
    got = [told(world.read())]
    world.occupy(63)
    assert world.housekeep() == 0
    got.append(told(world.read()))
    world.housekeep()
    got.append(told(world.read()))
    assert got == [[0, 1], [2], []]
    world.settle()
    assert all(world.same(i) for i in range(3))


def test_a_reader_that_asks_again_and_again_gets_one_book_after_the_other(tmp_path):
    world = settled(tmp_path, count=3, levels=20)
    ended = []
    for _ in range(12):
        world.reader.request_resync()
        world.housekeep()
        ended += told(world.read(), Kind.BOOK_END)
    assert ended == [0, 1, 2] * (len(ended) // 3) + [0, 1, 2][: len(ended) % 3]
    assert len(ended) >= 6


def test_the_pieces_of_all_books_together_fill_no_more_than_half_of_the_ring(tmp_path):
    world = World(tmp_path, 64, 2)
    world.fill(0, 2)
    world.fill(1, 200)
    assert world.housekeep() == 30
    assert world.outlet.ring.cursor == 32, "with a notice for each"
