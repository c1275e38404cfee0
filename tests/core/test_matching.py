"""The matching engine's rules, one by one. Prices in ticks, quantities in lots."""

import numpy as np
import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import CorruptError, NativeError
from pinnacle.core.matching import PRICE_MAX, QUANTITY_MAX, MatchingEngine
from pinnacle.core.schema import (
    EVENT,
    INSTRUMENT_ALL,
    EventBuffer,
    Flag,
    Kind,
    OrderType,
    Reason,
    SelfTrade,
    Side,
    Source,
    TimeInForce,
    Venue,
)

ME, YOU, OTHER = Source.STRATEGY, Source.TRADERS, Source.GATEWAY


class Desk:
    """Writes one order at a time and keeps what came back."""

    def __init__(self, **sizes):
        self.engine = MatchingEngine(7, **({"orders": 100, "far_levels": 100} | sizes))
        self.now = 0

    def send(self, kind, order_id=0, side=0, price=0, quantity=0, source=ME, **fields):
        self.now += 1
        event = np.zeros(1, dtype=EVENT)
        values = fields | {
            "kind": kind,
            "order_id": order_id,
            "side": side,
            "price": price,
            "quantity": quantity,
            "source": source,
            "recv_ns": self.now,
        }
        event["instrument_id"] = 7
        for name, value in values.items():
            event[name] = value
        out = self.engine.process(event)
        self.engine.check()
        return out

    def new(self, order_id, side, price, quantity, source=ME, tif=0, kind=0, stp=0, **fields):
        aux = tif | kind << 8 | stp << 16
        return self.send(Kind.NEW, order_id, side, price, quantity, source, aux=aux, **fields)

    def buy(self, order_id, price, quantity, source=ME, **fields):
        return self.new(order_id, Side.BID, price, quantity, source, **fields)

    def sell(self, order_id, price, quantity, source=YOU, **fields):
        return self.new(order_id, Side.ASK, price, quantity, source, **fields)

    def ids(self):
        return self.engine.orders()["order_id"].tolist()


@pytest.fixture
def desk():
    return Desk()


def rows(out, *names):
    """The named fields of each record that is for a participant."""
    reports = out[out["source"] != Source.EXCHANGE]
    return [tuple(int(r[n]) for n in names) for r in reports]


def market_data(out):
    data = out[out["source"] == Source.EXCHANGE]
    return [tuple(int(r[n]) for n in ("kind", "side", "price", "quantity")) for r in data]


def reasons(out):
    return rows(out, "kind", "reason")


def fills(out):
    return [r[1:] for r in rows(out, "kind", "order_id", "price", "quantity") if r[0] == Kind.FILL]


def test_a_resting_order_is_acknowledged_and_published(desk):
    out = desk.buy(1, 100, 5)
    assert rows(out, "kind", "order_id", "side", "price", "quantity", "source", "aux") == [
        (Kind.ACK, 1, Side.BID, 100, 5, ME, 1)
    ]
    assert market_data(out) == [(Kind.DEPTH, Side.BID, 100, 5)]
    assert out["recv_ns"].tolist() == out["venue_ns"].tolist() == [1, 1]
    assert out["flags"].tolist() == [0, Flag.LAST]
    assert (out["venue_id"] == Venue.SIMULATED).all()
    assert desk.engine.top()[:2] == (100, 5)


def test_a_match_reports_maker_then_taker_then_the_tape_then_the_level(desk):
    desk.sell(1, 101, 5)
    out = desk.buy(2, 103, 3)
    names = ("kind", "order_id", "source", "side", "price", "quantity", "flags")
    assert [tuple(int(r[n]) for n in names) for r in out] == [
        (Kind.ACK, 2, ME, Side.BID, 103, 3, 0),
        (Kind.FILL, 1, YOU, Side.ASK, 101, 3, Flag.MAKER),
        (Kind.FILL, 2, ME, Side.BID, 101, 3, 0),
        (Kind.TRADE, 1, Source.EXCHANGE, Side.BID, 101, 3, 0),
        (Kind.DEPTH, 0, Source.EXCHANGE, Side.ASK, 101, 2, Flag.LAST),
    ]
    assert out["aux"].tolist() == [2, 3, 4, 2, 3]


def test_better_prices_are_met_first_and_at_a_price_the_earlier_order(desk):
    desk.sell(1, 102, 1)
    desk.sell(2, 101, 1)
    desk.sell(3, 101, 1)
    assert fills(desk.buy(9, 102, 3)) == [
        (2, 101, 1), (9, 101, 1), (3, 101, 1), (9, 101, 1), (1, 102, 1), (9, 102, 1),
    ]  # fmt: skip


def test_a_level_swept_in_many_fills_is_published_once(desk):
    for order_id in (1, 2, 3):
        desk.sell(order_id, 101, 1)
    desk.sell(4, 102, 9)
    depths = [r for r in market_data(desk.buy(9, 102, 5)) if r[0] == Kind.DEPTH]
    assert depths == [(Kind.DEPTH, Side.ASK, 101, 0), (Kind.DEPTH, Side.ASK, 102, 7)]


def test_the_remainder_of_a_limit_order_rests(desk):
    desk.sell(1, 101, 2)
    out = desk.buy(2, 101, 5)
    assert market_data(out)[1:] == [
        (Kind.DEPTH, Side.ASK, 101, 0),
        (Kind.DEPTH, Side.BID, 101, 3),
    ]
    assert desk.engine.orders(ME)["quantity"].tolist() == [3]


def test_an_ioc_remainder_is_cancelled_for_want_of_liquidity(desk):
    desk.sell(1, 101, 2)
    out = desk.buy(2, 101, 5, tif=TimeInForce.IOC)
    assert rows(out, "kind", "quantity", "reason")[-1] == (
        Kind.CANCELLED, 3, Reason.NO_LIQUIDITY,
    )  # fmt: skip
    assert desk.ids() == []


@pytest.mark.parametrize("side", [Side.BID, Side.ASK])
def test_a_market_order_on_an_empty_book_is_cancelled(desk, side):
    out = desk.new(1, side, 0, 5, kind=OrderType.MARKET)
    assert reasons(out) == [(Kind.ACK, 0), (Kind.CANCELLED, Reason.NO_LIQUIDITY)]
    assert market_data(out) == []


def test_a_market_order_takes_at_any_price(desk):
    desk.buy(1, 1, 2, YOU)
    desk.buy(2, PRICE_MAX, 1, YOU)
    out = desk.new(3, Side.ASK, 0, 5, kind=OrderType.MARKET)
    assert fills(out)[::2] == [(2, PRICE_MAX, 1), (1, 1, 2)]


def test_fok_fills_whole_or_not_at_all(desk):
    desk.sell(1, 101, 2)
    desk.sell(2, 102, 2)
    out = desk.buy(3, 101, 3, tif=TimeInForce.FOK)
    assert reasons(out) == [(Kind.ACK, 0), (Kind.CANCELLED, Reason.FOK)]
    assert desk.ids() == [1, 2]
    assert len(fills(desk.buy(4, 102, 4, tif=TimeInForce.FOK))) == 4


def test_fok_does_not_count_what_self_trade_prevention_would_remove(desk):
    desk.sell(1, 101, 2, ME)
    desk.sell(2, 101, 2, YOU)
    out = desk.buy(3, 101, 3, tif=TimeInForce.FOK, stp=SelfTrade.CANCEL_OLDEST)
    assert reasons(out)[-1] == (Kind.CANCELLED, Reason.FOK)
    assert desk.ids() == [1, 2]


def test_post_only_that_would_take_is_rejected_and_otherwise_rests(desk):
    desk.sell(1, 101, 2)
    out = desk.buy(2, 101, 1, flags=Flag.POST_ONLY)
    assert reasons(out) == [(Kind.REJECTED, Reason.WOULD_TAKE)]
    assert reasons(desk.buy(3, 100, 1, flags=Flag.POST_ONLY)) == [(Kind.ACK, 0)]


def test_cancel_removes_and_says_how_much(desk):
    desk.buy(1, 100, 5)
    desk.sell(2, 100, 2)
    out = desk.send(Kind.CANCEL, 1)
    assert rows(out, "kind", "quantity", "reason") == [(Kind.CANCELLED, 3, Reason.REQUESTED)]
    assert market_data(out) == [(Kind.DEPTH, Side.BID, 100, 0)]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (Kind.CANCEL, Kind.CANCEL_REJECTED),
        (Kind.REPLACE, Kind.REPLACE_REJECTED),
        (Kind.QUERY, Kind.REJECTED),
    ],
)
def test_nobody_reaches_an_unknown_order_or_that_of_another(desk, kind, answer):
    desk.buy(1, 100, 5, YOU)
    for order_id in (1, 2):
        out = desk.send(kind, order_id, price=100, quantity=1)
        assert reasons(out) == [(answer, Reason.UNKNOWN_ORDER)]
    assert desk.ids() == [1]


def test_cancel_all_takes_one_participants_orders_with_its_reason(desk):
    desk.buy(1, 100, 5)
    desk.buy(2, 100, 5, YOU)
    desk.sell(3, 105, 5, ME)
    fields = {"instrument_id": INSTRUMENT_ALL, "reason": Reason.CANCEL_ON_DISCONNECT}
    out = desk.send(Kind.CANCEL_ALL, **fields)
    assert rows(out, "order_id", "reason") == [
        (1, Reason.CANCEL_ON_DISCONNECT),
        (3, Reason.CANCEL_ON_DISCONNECT),
    ]
    assert desk.ids() == [2]


def test_a_query_tells_what_is_left(desk):
    desk.buy(1, 100, 5)
    desk.sell(2, 100, 2)
    assert rows(desk.send(Kind.QUERY, 1), "kind", "price", "quantity") == [
        (Kind.ORDER_STATUS, 100, 3)
    ]


def test_a_smaller_replace_at_the_same_price_keeps_priority(desk):
    desk.buy(1, 100, 5)
    desk.buy(2, 100, 5)
    out = desk.send(Kind.REPLACE, 1, price=100, quantity=3)
    assert rows(out, "kind", "price", "quantity") == [(Kind.REPLACED, 100, 3)]
    assert market_data(out) == [(Kind.DEPTH, Side.BID, 100, 8)]
    assert desk.ids() == [1, 2]
    assert desk.engine.queue_ahead(2) == 3


@pytest.mark.parametrize(("price", "quantity"), [(100, 6), (99, 5), (99, 3)])
def test_any_other_replace_goes_to_the_back_of_its_level(desk, price, quantity):
    desk.buy(1, 100, 5)
    desk.buy(2, 100, 5)
    desk.buy(3, 99, 5)
    desk.send(Kind.REPLACE, 1, price=price, quantity=quantity)
    assert desk.ids() == ([2, 1, 3] if price == 100 else [2, 3, 1])


def test_a_replace_counts_what_is_filled_already(desk):
    desk.buy(1, 100, 5)
    desk.sell(2, 100, 2)
    desk.send(Kind.REPLACE, 1, price=99, quantity=6)
    assert desk.engine.orders()["quantity"].tolist() == [4]
    out = desk.send(Kind.REPLACE, 1, price=99, quantity=2)
    assert rows(out, "kind", "quantity", "reason") == [(Kind.CANCELLED, 4, Reason.REQUESTED)]


def test_a_replace_that_crosses_matches_at_once_and_rests_what_is_left(desk):
    desk.sell(1, 103, 2)
    desk.buy(2, 100, 5)
    out = desk.send(Kind.REPLACE, 2, price=103, quantity=5)
    assert fills(out) == [(1, 103, 2), (2, 103, 2)]
    assert [r for r in market_data(out) if r[0] == Kind.DEPTH] == [
        (Kind.DEPTH, Side.BID, 100, 0),
        (Kind.DEPTH, Side.ASK, 103, 0),
        (Kind.DEPTH, Side.BID, 103, 3),
    ]


def test_a_post_only_replace_that_would_take_leaves_the_order_as_it_was(desk):
    desk.sell(1, 103, 2)
    desk.buy(2, 100, 5, flags=Flag.POST_ONLY)
    out = desk.send(Kind.REPLACE, 2, price=103, quantity=5)
    assert reasons(out) == [(Kind.REPLACE_REJECTED, Reason.WOULD_TAKE)]
    assert desk.engine.orders(ME)["price"].tolist() == [100]


@pytest.mark.parametrize(
    ("rule", "left", "cancelled"),
    [
        (SelfTrade.NONE, [2], []),
        (SelfTrade.CANCEL_NEWEST, [1, 2], [9]),
        (SelfTrade.CANCEL_OLDEST, [2], [1]),
        (SelfTrade.CANCEL_BOTH, [2], [1, 9]),
    ],
)
def test_self_trade_rules(desk, rule, left, cancelled):
    desk.sell(1, 101, 5, ME)
    desk.sell(2, 101, 5, YOU)
    out = desk.buy(9, 101, 5, stp=rule)
    gone = [r[1:] for r in rows(out, "kind", "order_id", "reason") if r[0] == Kind.CANCELLED]
    assert gone == [(order_id, Reason.SELF_TRADE) for order_id in cancelled]
    expected = left if rule != SelfTrade.CANCEL_OLDEST else []
    assert desk.ids() == expected
    assert bool(fills(out)) == (rule in (SelfTrade.NONE, SelfTrade.CANCEL_OLDEST))


def test_cancel_newest_keeps_what_was_filled_before(desk):
    desk.sell(1, 101, 2, YOU)
    desk.sell(2, 101, 5, ME)
    out = desk.buy(9, 101, 5, stp=SelfTrade.CANCEL_NEWEST)
    assert fills(out) == [(1, 101, 2), (9, 101, 2)]
    assert rows(out, "order_id", "quantity")[-1] == (9, 3)


def test_day_orders_go_at_the_end_of_the_day(desk):
    desk.buy(1, 100, 5, tif=TimeInForce.DAY)
    desk.buy(2, 100, 5)
    out = desk.engine.end_day(99)
    assert rows(out, "order_id", "reason", "recv_ns") == [(1, Reason.DAY_END, 99)]
    assert desk.ids() == [2]


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
    leaves_then_total = np.flatnonzero((data[:-1] == 5) & (data[1:] == 5))[0]
    data[leaves_then_total] = 4
    with pytest.raises(CorruptError):
        desk.engine.check()
