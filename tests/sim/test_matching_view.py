"""What the matching engine tells those who only look at it."""

import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import EventBuffer, Flag, Kind, Side, Source, Venue
from tests.sim.matching_desk import ME, YOU, Desk


@pytest.fixture
def desk():
    """Bids at 100 (two) and 99, asks at 102 and 105; the last change is of time 6, a query of 7."""
    desk = Desk()
    desk.buy(1, 100, 5, YOU)
    desk.buy(2, 100, 3)
    desk.buy(3, 99, 2)
    desk.sell(4, 105, 7)
    desk.sell(5, 102, 9)
    desk.sell(6, 102, 1, ME)
    desk.send(Kind.QUERY, 1, source=YOU)
    return desk


def top_of(desk):
    top = ffi.new("struct pmm_top *")
    ffi.buffer(top)[:] = b"\xff" * ffi.sizeof("struct pmm_top")
    lib.pmm_match_top(desk.engine.cdata, top)
    return top


def test_the_top_is_the_best_of_each_side_as_of_the_last_change(desk):
    top = top_of(desk)
    assert (top.bid_price, top.bid_quantity) == (100, 8)
    assert (top.ask_price, top.ask_quantity) == (102, 10)
    assert (top.recv_ns, top.version, top.valid, top.reason) == (6, 6, 1, 0)


def test_an_empty_side_has_no_quantity_and_the_book_is_valid(desk):
    for order_id, source in ((4, YOU), (5, YOU), (6, ME)):
        desk.send(Kind.CANCEL, order_id, source=source)
    top = top_of(desk)
    assert (top.bid_quantity, top.ask_quantity, top.valid, top.recv_ns) == (8, 0, 1, 10)


def test_depth_is_up_to_so_many_levels_from_the_best(desk):
    bids, asks = [(100, 8), (99, 2)], [(102, 10), (105, 7)]
    for room in range(4):
        assert desk.engine.depth(Side.BID, room).tolist() == bids[:room]
        assert desk.engine.depth(Side.ASK, room).tolist() == asks[:room]


def test_orders_tell_what_is_left_of_each_as_of_the_last_change(desk):
    orders = desk.engine.orders()
    fields = ["order_id", "source", "side", "price", "quantity"]
    assert orders[fields].tolist() == [
        (1, YOU, Side.BID, 100, 5),
        (2, ME, Side.BID, 100, 3),
        (3, ME, Side.BID, 99, 2),
        (5, YOU, Side.ASK, 102, 9),
        (6, ME, Side.ASK, 102, 1),
        (4, YOU, Side.ASK, 105, 7),
    ]
    same = ["recv_ns", "venue_ns", "aux", "instrument_id", "kind", "venue_id", "flags", "reason"]
    assert set(orders[same].tolist()) == {(6, 6, 7, 7, Kind.ORDER_STATUS, Venue.SIMULATED, 0, 0)}
    assert desk.engine.orders(ME)["order_id"].tolist() == [2, 3, 6]
    assert desk.engine.orders(YOU)["order_id"].tolist() == [1, 5, 4]
    assert desk.engine.orders(77).tolist() == []


def test_orders_of_one_participant_need_room_for_those_alone(desk):
    out = EventBuffer(6)
    for source, count in ((ME, 3), (YOU, 3), (0, 6), (77, 0)):
        read = [lib.pmm_match_orders(desk.engine.cdata, source, out.cdata, n) for n in range(7)]
        assert read == [lib.PMM_ERR_FULL] * count + [count] * (7 - count)


def test_an_order_waits_for_what_came_before_it_at_its_price(desk):
    assert [desk.engine.queue_ahead(i) for i in range(1, 7)] == [0, 5, 0, 0, 0, 9]
    desk.buy(7, 100, 1)
    assert desk.engine.queue_ahead(7) == 8


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 6, 7])
def test_a_snapshot_in_pieces_is_the_snapshot_and_ends_once(desk, piece):
    whole = desk.engine.snapshot(77)
    assert whole[["kind", "side", "price", "quantity", "flags"]].tolist() == [
        (Kind.BOOK_BEGIN, 0, 0, 0, Flag.SNAPSHOT),
        (Kind.DEPTH, Side.BID, 100, 8, Flag.SNAPSHOT),
        (Kind.DEPTH, Side.BID, 99, 2, Flag.SNAPSHOT),
        (Kind.DEPTH, Side.ASK, 102, 10, Flag.SNAPSHOT),
        (Kind.DEPTH, Side.ASK, 105, 7, Flag.SNAPSHOT),
        (Kind.BOOK_END, 0, 0, 0, Flag.SNAPSHOT | Flag.LAST),
    ]
    same = ["recv_ns", "venue_ns", "aux", "instrument_id", "venue_id", "source"]
    assert set(whole[same].tolist()) == {(77, 77, 6, 7, Venue.SIMULATED, Source.EXCHANGE)}

    place, got = ffi.new("struct pmm_place *"), []
    while place.part != lib.PMM_PLACE_DONE:
        out = EventBuffer(piece)
        read = [
            lib.pmm_match_part(desk.engine.cdata, 77, place, out.cdata, room) for room in (0, piece)
        ]
        assert read[0] == 0 and 0 < read[1] <= piece
        got += out.array[: read[1]].tolist()
    assert got == whole.tolist()
    assert lib.pmm_match_part(desk.engine.cdata, 77, place, EventBuffer(1).cdata, 1) == 0
