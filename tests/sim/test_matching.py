"""The matching engine's rules, one by one. Prices in ticks, quantities in lots."""

import pytest

from pinnacle.core.schema import (
    INSTRUMENT_ALL,
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
from pinnacle.sim.matching import PRICE_MAX
from tests.sim.matching_desk import ME, YOU, Desk, fills, market_data, reasons, rows


@pytest.fixture
def desk():
    return Desk()


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


@pytest.mark.parametrize("rule", [SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_BOTH])
def test_fok_does_not_look_behind_an_own_order_that_will_stop_it(desk, rule):
    desk.sell(1, 100, 4)
    desk.sell(2, 100, 2, ME)
    desk.sell(3, 100, 10)
    out = desk.buy(4, 100, 10, tif=TimeInForce.FOK, stp=rule)
    assert reasons(out) == [(Kind.ACK, 0), (Kind.CANCELLED, Reason.FOK)]
    assert desk.ids() == [1, 2, 3]
    assert fills(desk.buy(5, 100, 4, tif=TimeInForce.FOK, stp=rule)) == [(1, 100, 4), (5, 100, 4)]


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
