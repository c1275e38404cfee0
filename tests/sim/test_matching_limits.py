"""What the matching engine refuses, how much it holds, and the memory that holds it."""

import numpy as np
import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import CorruptError, NativeError
from pinnacle.core.schema import (
    EVENT,
    EventBuffer,
    Flag,
    Kind,
    OrderType,
    Reason,
    Side,
    TimeInForce,
    events_pointer,
)
from pinnacle.sim.matching import PRICE_MAX, QUANTITY_MAX, MatchingEngine
from tests.sim.matching_desk import ME, YOU, Desk, fills, reasons


@pytest.fixture
def desk():
    return Desk()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"quantity": 0}, Reason.BAD_QUANTITY),
        ({"quantity": -1}, Reason.BAD_QUANTITY),
        ({"quantity": QUANTITY_MAX + 1}, Reason.BAD_QUANTITY),
        ({"price": 0}, Reason.BAD_PRICE),
        ({"price": PRICE_MAX + 1}, Reason.BAD_PRICE),
        ({"side": 0}, Reason.BAD_ORDER),
        ({"side": 3}, Reason.BAD_ORDER),
        ({"tif": 4}, Reason.BAD_ORDER),
        ({"kind": 2}, Reason.BAD_ORDER),
        ({"stp": 4}, Reason.BAD_ORDER),
        ({"tif": TimeInForce.IOC, "flags": Flag.POST_ONLY}, Reason.BAD_ORDER),
        ({"kind": OrderType.MARKET, "flags": Flag.POST_ONLY}, Reason.BAD_ORDER),
        ({"order_id": 1}, Reason.DUPLICATE_ORDER),
    ],
)
def test_a_bad_order_is_rejected_with_its_reason(desk, fields, reason):
    desk.buy(1, 100, 5, YOU)
    order = {"order_id": 2, "side": Side.BID, "price": 100, "quantity": 1} | fields
    assert reasons(desk.new(**order)) == [(Kind.REJECTED, reason)]
    assert desk.ids() == [1]


def test_an_order_id_is_free_again_when_its_order_is_done(desk):
    desk.buy(1, 100, 5)
    desk.send(Kind.CANCEL, 1)
    assert reasons(desk.buy(1, 100, 5)) == [(Kind.ACK, 0)]


def test_a_full_pool_rejects_what_would_rest_and_still_matches():
    desk = Desk(orders=2)
    desk.buy(1, 100, 5)
    desk.buy(2, 100, 5)
    assert reasons(desk.buy(3, 100, 5)) == [(Kind.REJECTED, Reason.CAPACITY)]
    assert len(fills(desk.sell(4, 100, 5))) == 2
    assert reasons(desk.buy(3, 100, 5)) == [(Kind.ACK, 0)]


def test_a_remainder_without_a_place_for_its_level_is_cancelled():
    desk = Desk(orders=10, far_levels=1)
    desk.sell(1, 105, 1)
    desk.buy(2, 100, 1, YOU)
    assert reasons(desk.buy(3, 105, 2))[-1] == (Kind.CANCELLED, Reason.CAPACITY)
    assert reasons(desk.buy(3, 101, 2)) == [(Kind.REJECTED, Reason.CAPACITY)]
    assert reasons(desk.send(Kind.REPLACE, 2, price=101, quantity=1, source=YOU)) == [
        (Kind.REPLACED, 0)
    ]


def test_prices_far_from_the_window_are_exact(desk):
    prices = [1, 10**6, 10**12, PRICE_MAX]
    for i, price in enumerate(prices):
        desk.sell(i + 1, price, 3)
    assert desk.engine.depth(Side.ASK, 9)["price"].tolist() == prices
    assert fills(desk.buy(9, PRICE_MAX, 12))[::2] == [(i + 1, p, 3) for i, p in enumerate(prices)]


def test_records_of_other_instruments_and_kinds_pass_without_effect(desk):
    assert len(desk.buy(1, 100, 5, instrument_id=8)) == 0
    assert len(desk.send(Kind.DEPTH, 1, Side.BID, 100, 5)) == 0
    assert desk.engine.order_count == 0


def test_a_record_whose_outcome_does_not_fit_waits(desk):
    for order_id in range(1, 11):
        desk.sell(order_id, 101, 1)
    event = np.zeros(1, dtype=EVENT)
    event["kind"], event["instrument_id"], event["side"] = Kind.NEW, 7, Side.BID
    event["order_id"], event["price"], event["quantity"] = 99, 101, 10
    pointer = ffi.from_buffer("struct pmm_event[]", event)
    out = EventBuffer(64)
    assert desk.engine.run(pointer, 1, out.cdata, 42) == (0, 0)
    assert desk.engine.order_count == 10
    assert desk.engine.run(pointer, 1, out.cdata, 43) == (1 + 3 * 10 + 1, 1)


def test_a_snapshot_is_the_book_between_its_marks(desk):
    desk.buy(1, 100, 5)
    desk.sell(2, 101, 4)
    snapshot = desk.engine.snapshot(77)
    assert snapshot["kind"].tolist() == [
        Kind.BOOK_BEGIN, Kind.DEPTH, Kind.DEPTH, Kind.BOOK_END,
    ]  # fmt: skip
    assert snapshot["flags"].tolist() == [2, 2, 2, 3]
    assert (snapshot["aux"] == 2).all()
    assert (snapshot["recv_ns"] == 77).all()


def test_an_engine_works_the_same_after_its_memory_was_moved(desk):
    desk.buy(1, 100, 5)
    desk.sell(2, 101, 4)
    size = ffi.buffer(desk.engine._memory)[:]
    moved = MatchingEngine(7, orders=100, far_levels=100)
    ffi.buffer(moved._memory)[:] = size
    ffi.buffer(desk.engine._memory)[:] = bytes(len(size))
    desk.engine = moved
    assert fills(desk.buy(3, 101, 1)) == [(2, 101, 1), (3, 101, 1)]


def test_bad_sizes_are_refused():
    for sizes in ({"orders": 0}, {"window": 5000}, {"far_levels": 0}, {"orders": 2**23}):
        with pytest.raises(ValueError, match="no matching engine"):
            MatchingEngine(1, **sizes)
    assert lib.pmm_match_run(ffi.NULL, ffi.NULL, 0, ffi.NULL, 0, ffi.NULL) == lib.PMM_ERR_ARGUMENT


def test_an_unknown_order_has_no_queue(desk):
    with pytest.raises(NativeError, match="order 5"):
        desk.engine.queue_ahead(5)


def test_check_sees_damage(desk):
    desk.buy(1, 100, 5)
    data = np.frombuffer(ffi.buffer(desk.engine._memory), dtype=np.int64)
    price_then_leaves = (data[:-1] == 100) & (data[1:] == 5)
    data[np.flatnonzero(price_then_leaves)[-1] + 1] = 4  # the last: before it levels are noted
    with pytest.raises(CorruptError):
        desk.engine.check()


@pytest.mark.parametrize("kind", [Kind.NEW, Kind.REPLACE])
def test_what_might_not_fit_is_not_begun_and_nothing_is_written_behind_the_end(desk, kind):
    """An order for eight resting ones: 8 x 4 records and three of its own."""
    for i in range(8):
        desk.sell(10 + i, 100, 1)
    if kind == Kind.REPLACE:
        desk.buy(1, 90, 1)
    taker = np.zeros(1, dtype=EVENT)
    taker["kind"], taker["order_id"], taker["side"] = kind, 1, Side.BID
    taker["price"], taker["quantity"], taker["instrument_id"] = 100, 9, 7
    taker["source"], taker["recv_ns"] = ME, 1000
    out = EventBuffer(64)
    for room in range(35):
        out.array[:] = 0
        assert desk.engine.run(events_pointer(taker), 1, out.cdata, room) == (0, 0), room
        assert not out.array.tobytes().strip(b"\0")
    written, consumed = desk.engine.run(events_pointer(taker), 1, out.cdata, 35)
    assert consumed == 1 and 8 * 3 < written <= 35
    assert len(fills(out.array[:written])) == 16


def three_to_go(desk, tif):
    """Three of my orders and two of other kinds, on a level each."""
    for order_id in (1, 2, 3):
        desk.buy(order_id, 90 + order_id, 5, tif=tif)
    desk.sell(4, 101, 5)
    desk.sell(5, 102, 5)


@pytest.mark.parametrize(("room", "fit"), [(4, False), (5, False), (6, True), (9, True)])
def test_the_end_of_the_day_has_room_for_all_of_its_cancels_or_cancels_nothing(desk, room, fit):
    three_to_go(desk, TimeInForce.DAY)
    out = EventBuffer(16)
    written = lib.pmm_match_end_day(desk.engine.cdata, 9, out.cdata, room)
    assert written == (6 if fit else lib.PMM_ERR_AGAIN)
    assert sorted(desk.ids()) == ([4, 5] if fit else [1, 2, 3, 4, 5])
    desk.engine.check()


@pytest.mark.parametrize(("room", "fit"), [(4, False), (5, False), (6, True), (9, True)])
def test_a_cancel_of_all_has_room_for_all_of_its_cancels_or_waits(desk, room, fit):
    three_to_go(desk, TimeInForce.GTC)
    asked, out = np.zeros(1, dtype=EVENT), EventBuffer(16)
    asked["kind"], asked["source"], asked["instrument_id"] = Kind.CANCEL_ALL, ME, 7
    assert desk.engine.run(events_pointer(asked), 1, out.cdata, room) == ((6, 1) if fit else (0, 0))
    assert sorted(desk.ids()) == ([4, 5] if fit else [1, 2, 3, 4, 5])
    desk.engine.check()


def test_calls_without_an_engine_or_without_the_room_they_name_are_refused(desk):
    desk.buy(1, 100, 5)
    engine, out = desk.engine.cdata, EventBuffer(8).cdata
    levels = ffi.new("struct pmm_level[8]")
    for match, records, rungs in ((ffi.NULL, out, levels), (engine, ffi.NULL, ffi.NULL)):
        assert {
            lib.pmm_match_end_day(match, 1, records, 8),
            lib.pmm_match_snapshot(match, 1, records, 8),
            lib.pmm_match_orders(match, 0, records, 8),
            lib.pmm_match_depth(match, Side.BID, rungs, 8),
        } == {lib.PMM_ERR_ARGUMENT}
    assert {lib.pmm_match_depth(engine, side, levels, 8) for side in (0, 3)} == {
        lib.PMM_ERR_ARGUMENT
    }
    assert lib.pmm_match_end_day(engine, 1, ffi.NULL, 0) == 0, "there is no order of the day"
    assert lib.pmm_match_depth(engine, Side.BID, ffi.NULL, 0) == 0
    taken = ffi.new("size_t *", 7)
    ran = [lib.pmm_match_run(engine, ffi.NULL, n, out, 8, taken) for n in (1, 0)]
    assert (ran, taken[0]) == ([lib.PMM_ERR_ARGUMENT, 0], 0)
    full = lib.PMM_ERR_FULL
    assert lib.pmm_match_snapshot(engine, 1, ffi.NULL, 0) == full
    assert [lib.pmm_match_snapshot(engine, 1, out, room) for room in (2, 3)] == [full, 3]
    assert [lib.pmm_match_orders(engine, 0, out, room) for room in (0, 1)] == [full, 1]
    desk.engine.check()


def test_a_replace_to_nothing_is_a_cancel_and_one_to_less_than_that_is_refused(desk):
    desk.buy(1, 100, 5)
    (refused,) = desk.send(Kind.REPLACE, 1, Side.BID, 100, -1)
    assert (refused["kind"], refused["reason"]) == (Kind.REPLACE_REJECTED, Reason.BAD_QUANTITY)
    gone = desk.send(Kind.REPLACE, 1, Side.BID, 100, 0)[0]
    assert (gone["kind"], gone["reason"], gone["quantity"]) == (
        Kind.CANCELLED,
        Reason.REQUESTED,
        5,
    )
    assert desk.ids() == []


@pytest.mark.parametrize(
    ("price", "quantity", "reason"),
    [
        (1, 5, None),
        (PRICE_MAX, 5, None),
        (90, QUANTITY_MAX, None),
        (0, 5, Reason.BAD_PRICE),
        (-1, 5, Reason.BAD_PRICE),
        (PRICE_MAX + 1, 5, Reason.BAD_PRICE),
        (90, QUANTITY_MAX + 1, Reason.BAD_QUANTITY),
        (0, -1, Reason.BAD_QUANTITY),
    ],
)
def test_a_replace_has_the_bounds_of_a_new_order(desk, price, quantity, reason):
    desk.buy(1, 90, 5)
    out = reasons(desk.send(Kind.REPLACE, 1, Side.BID, price, quantity))
    assert out == [(Kind.REPLACE_REJECTED, reason) if reason else (Kind.REPLACED, 0)]
    now = (price, quantity) if reason is None else (90, 5)
    assert desk.engine.depth(Side.BID, 2).tolist() == [now]


@pytest.mark.parametrize("total", [1, 2])
def test_a_replace_to_no_more_than_is_filled_cancels_whatever_the_price_would_do(desk, total):
    """At this price a post-only order would take; at two lots it is done without."""
    desk.sell(9, 105, 1)
    desk.buy(1, 100, 5, flags=Flag.POST_ONLY)
    desk.sell(2, 100, 2)
    out = reasons(desk.send(Kind.REPLACE, 1, Side.BID, 105, total))
    assert out == [(Kind.CANCELLED, Reason.REQUESTED)]


def test_what_a_moved_order_has_left_without_a_place_for_its_level_is_cancelled():
    desk = Desk(orders=10, far_levels=1)
    desk.buy(1, 100, 4)
    desk.buy(2, 100, 4, YOU)
    desk.sell(3, 105, 1)
    out = desk.send(Kind.REPLACE, 1, Side.BID, 105, 4)
    assert reasons(out) == [
        (Kind.REPLACED, 0), (Kind.FILL, 0), (Kind.FILL, 0), (Kind.CANCELLED, Reason.CAPACITY),
    ]  # fmt: skip
    assert (out["quantity"][out["kind"] == Kind.CANCELLED], desk.ids()) == ([3], [2])


def test_a_run_needs_an_engine_a_count_to_write_and_what_it_reads_and_writes(desk):
    event, out, taken = np.zeros(1, dtype=EVENT), EventBuffer(1).cdata, ffi.new("size_t *")
    engine, pointer = desk.engine.cdata, events_pointer(event)
    for arguments in (
        (ffi.NULL, pointer, 1, out, 1, taken),
        (engine, ffi.NULL, 1, out, 1, taken),
        (engine, pointer, 1, ffi.NULL, 1, taken),
        (engine, pointer, 1, out, 1, ffi.NULL),
    ):
        assert lib.pmm_match_run(*arguments) == lib.PMM_ERR_ARGUMENT
    assert lib.pmm_match_run(engine, pointer, 1, ffi.NULL, 0, taken) == 0
    assert taken[0] == 1, "a record of no kind needs no room"
    for read in (
        lambda room: lib.pmm_match_orders(engine, 0, ffi.NULL, room),
        lambda room: lib.pmm_match_end_day(engine, 1, ffi.NULL, room),
        lambda room: lib.pmm_match_depth(engine, Side.ASK, ffi.NULL, room),
    ):
        assert [read(room) for room in range(3)] == [0] + 2 * [lib.PMM_ERR_ARGUMENT]
    empty = [lib.pmm_match_snapshot(engine, 1, ffi.NULL, room) for room in range(3)]
    assert empty == [lib.PMM_ERR_FULL] + 2 * [lib.PMM_ERR_ARGUMENT]
