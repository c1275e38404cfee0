"""The paper venue's order rules, each with numbers worked by hand."""

import pytest

from pinnacle.core._native import lib
from pinnacle.core.errors import NativeError
from pinnacle.core.schema import (
    INSTRUMENT_ALL,
    EventBuffer,
    Flag,
    Kind,
    OrderType,
    Reason,
    SelfTrade,
    Source,
    TimeInForce,
)
from pinnacle.sim.paper import Paper
from tests.paper_desk import ASK, BID, PaperDesk, reasons, short, usual_desk


@pytest.fixture
def desk():
    return usual_desk()


# ---- taking ----


def test_a_marketable_order_takes_level_by_level_and_the_rest_rests(desk):
    reports = desk.new(1, BID, 102, 35)
    assert short(reports) == [
        (Kind.ACK, 1, 102, 35),
        (Kind.FILL, 1, 101, 10),
        (Kind.FILL, 1, 102, 20),
    ]
    assert [r[4]["flags"] for r in reports] == [0, 0, 0]
    assert desk.paper.orders()["quantity"].tolist() == [5]


def test_the_same_liquidity_is_not_taken_twice_before_its_next_depth(desk):
    desk.new(1, BID, 101, 8, tif=TimeInForce.IOC)
    assert short(desk.new(2, BID, 101, 8, tif=TimeInForce.IOC)) == [
        (Kind.ACK, 2, 101, 8),
        (Kind.FILL, 2, 101, 2),
        (Kind.CANCELLED, 2, 101, 6),
    ]
    desk.depth(ASK, 102, 25)
    assert len(desk.new(3, BID, 101, 8, tif=TimeInForce.IOC)) == 2
    desk.depth(ASK, 101, 9)
    assert short(desk.new(4, BID, 101, 8, tif=TimeInForce.IOC))[1] == (Kind.FILL, 4, 101, 8)


def test_a_resting_rest_is_not_filled_by_the_level_that_it_took(desk):
    desk.new(1, BID, 101, 15)
    assert desk.depth(ASK, 102, 25) == []
    assert desk.depth(ASK, 101, 3) == [(Kind.FILL, 1, 101, 3)]


def test_a_market_order_ends_with_its_remainder_cancelled(desk):
    reports = desk.new(1, ASK, 0, 40, type=OrderType.MARKET)
    assert short(reports)[1:] == [
        (Kind.FILL, 1, 100, 10),
        (Kind.FILL, 1, 99, 20),
        (Kind.CANCELLED, 1, 0, 10),
    ]
    assert reasons(reports)[-1] == (Kind.CANCELLED, Reason.NO_LIQUIDITY)


def test_fill_or_kill_is_all_or_nothing(desk):
    reports = desk.new(1, BID, 102, 31, tif=TimeInForce.FOK)
    assert reasons(reports) == [(Kind.ACK, Reason.NONE), (Kind.CANCELLED, Reason.FOK)]
    assert len(desk.new(2, BID, 102, 30, tif=TimeInForce.FOK)) == 3
    assert len(desk.new(3, BID, 102, 1, tif=TimeInForce.FOK)) == 2  # all of it is taken by now


LEVELS = 256


def taken_out_desk(each=5):
    """Every account of the asks remembers what we took of its level."""
    desk = PaperDesk()
    desk.snapshot([(900, 10)], [(1002 + i, each) for i in range(LEVELS)])
    assert len(desk.new(1, BID, 2000, each * LEVELS, tif=TimeInForce.IOC)) == 1 + LEVELS
    return desk


@pytest.mark.parametrize("each", [1, 5])
def test_fill_or_kill_does_not_count_levels_that_cannot_be_remembered(each):
    desk = taken_out_desk(each)
    desk.depth(ASK, 1002, 5)  # its account is free again, and goes to the level before it
    desk.depth(ASK, 1001, 5)
    killed = desk.new(2, BID, 1002, 10, tif=TimeInForce.FOK)
    assert reasons(killed) == [(Kind.ACK, Reason.NONE), (Kind.CANCELLED, Reason.FOK)]
    assert short(desk.new(3, BID, 1002, 5, tif=TimeInForce.FOK)) == [
        (Kind.ACK, 3, 1002, 5),
        (Kind.FILL, 3, 1001, 5),
    ]


@pytest.mark.parametrize("first", [1, 2])
def test_fill_or_kill_counts_levels_that_are_remembered_already(first):
    desk = taken_out_desk()
    desk.depth(ASK, 1002, 5)
    assert len(desk.new(2, BID, 1002, first, tif=TimeInForce.FOK)) == 2
    rest = desk.new(3, BID, 1002, 5 - first, tif=TimeInForce.FOK)
    assert short(rest)[1:] == [(Kind.FILL, 3, 1002, 5 - first)]
    assert reasons(desk.new(4, BID, 1002, 1, tif=TimeInForce.FOK))[-1][1] == Reason.FOK


@pytest.mark.parametrize(("side", "price"), [(BID, 150), (ASK, 50)])
def test_post_only_takes_nothing_where_nobody_is_on_the_other_side(desk, side, price):
    for gone in (101, 102, 103) if side == BID else (100, 99, 98):
        desk.depth(ASK if side == BID else BID, gone, 0)
    reports = desk.new(1, side, price, 5, flags=Flag.POST_ONLY)
    assert short(reports) == [(Kind.ACK, 1, price, 5)]
    mirror = desk.new(2, ASK if side == BID else BID, price, 5, flags=Flag.POST_ONLY)
    assert reasons(mirror) == [(Kind.REJECTED, Reason.WOULD_TAKE)]


def test_post_only_is_refused_if_it_would_take(desk):
    assert reasons(desk.new(1, BID, 101, 5, flags=Flag.POST_ONLY)) == [
        (Kind.REJECTED, Reason.WOULD_TAKE)
    ]
    assert short(desk.new(2, BID, 100, 5, flags=Flag.POST_ONLY)) == [(Kind.ACK, 2, 100, 5)]
    assert reasons(desk.new(3, ASK, 100, 5, flags=Flag.POST_ONLY)) == [
        (Kind.REJECTED, Reason.WOULD_TAKE)
    ]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (SelfTrade.NONE, [(Kind.ACK, 2), (Kind.FILL, 2)]),
        (SelfTrade.CANCEL_NEWEST, [(Kind.ACK, 2), (Kind.CANCELLED, 2)]),
        (SelfTrade.CANCEL_OLDEST, [(Kind.ACK, 2), (Kind.CANCELLED, 1), (Kind.FILL, 2)]),
        (SelfTrade.CANCEL_BOTH, [(Kind.ACK, 2), (Kind.CANCELLED, 1), (Kind.CANCELLED, 2)]),
    ],
)
def test_self_trade_rules_act_at_the_price_of_the_own_order(desk, rule, expected):
    desk.new(1, ASK, 101, 5)
    reports = desk.new(2, BID, 101, 4, stp=rule)
    assert [r[:2] for r in reports] == expected
    assert all(r[4]["reason"] == Reason.SELF_TRADE for r in reports if r[0] == Kind.CANCELLED)


@pytest.mark.parametrize("rule", list(SelfTrade))
def test_fill_or_kill_ends_before_an_own_order_that_would_end_it(desk, rule):
    desk.new(1, ASK, 102, 5)
    reports = desk.new(2, BID, 102, 15, stp=rule, tif=TimeInForce.FOK)
    if rule in (SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_BOTH):
        assert reasons(reports)[1:] == [(Kind.CANCELLED, Reason.FOK)]
    else:
        assert sum(r[3] for r in reports if r[0] == Kind.FILL) == 15
    assert desk.paper.order_count == (0 if rule == SelfTrade.CANCEL_OLDEST else 1)


def test_a_self_trade_rule_leaves_orders_of_other_sources_alone(desk):
    desk.new(1, ASK, 101, 5, source=Source.TRADERS)
    desk.new(2, ASK, 101, 5)
    reports = desk.new(3, BID, 101, 4, stp=SelfTrade.CANCEL_OLDEST)
    assert short(reports)[1:] == [(Kind.CANCELLED, 2, 101, 5), (Kind.FILL, 3, 101, 4)]


def test_a_self_trade_rule_lets_better_market_prices_go_first(desk):
    desk.new(1, ASK, 102, 5)
    reports = desk.new(2, BID, 102, 12, stp=SelfTrade.CANCEL_NEWEST)
    assert short(reports)[1:] == [(Kind.FILL, 2, 101, 10), (Kind.CANCELLED, 2, 102, 2)]


# ---- replace, cancel, query ----


def test_a_replace_to_less_at_the_same_price_keeps_the_place(desk):
    desk.new(1, BID, 100, 5)
    desk.trade(ASK, 100, 4)
    reports = desk.order(Kind.REPLACE, 1, price=100, quantity=3)
    assert short(reports) == [(Kind.REPLACED, 1, 100, 3)]
    assert desk.ahead(1) == 6


@pytest.mark.parametrize(
    ("price", "quantity", "ahead"), [(100, 6, 10), (100, 1 << 40, 10), (99, 5, 20)]
)
def test_a_replace_to_more_or_elsewhere_goes_to_the_back(desk, price, quantity, ahead):
    desk.new(1, BID, 100, 5)
    desk.trade(ASK, 100, 4)
    reports = desk.order(Kind.REPLACE, 1, price=price, quantity=quantity)
    assert short(reports) == [(Kind.REPLACED, 1, price, quantity)]
    assert desk.ahead(1) == ahead


def test_a_replaced_price_may_match_at_once_and_counts_what_was_filled(desk):
    desk.new(1, BID, 100, 5)
    desk.trade(ASK, 100, 12)
    reports = desk.order(Kind.REPLACE, 1, price=101, quantity=8)
    assert short(reports) == [(Kind.REPLACED, 1, 101, 8), (Kind.FILL, 1, 101, 6)]


def test_a_replace_to_what_is_filled_already_cancels(desk):
    desk.new(1, BID, 100, 5)
    desk.trade(ASK, 100, 12)
    assert short(desk.order(Kind.REPLACE, 1, price=100, quantity=2)) == [
        (Kind.CANCELLED, 1, 100, 3)
    ]


def test_a_refused_replace_leaves_the_order_as_it_was(desk):
    desk.new(1, BID, 100, 5, flags=Flag.POST_ONLY)
    for fields, reason in (
        ({"price": 101, "quantity": 5}, Reason.WOULD_TAKE),
        ({"price": 0, "quantity": 5}, Reason.BAD_PRICE),
        ({"price": 100, "quantity": -1}, Reason.BAD_QUANTITY),
        ({"price": 100, "quantity": 1 << 41}, Reason.BAD_QUANTITY),
    ):
        reports = desk.order(Kind.REPLACE, 1, **fields)
        assert reasons(reports) == [(Kind.REPLACE_REJECTED, reason)]
    assert reasons(desk.order(Kind.REPLACE, 9, price=99, quantity=5)) == [
        (Kind.REPLACE_REJECTED, Reason.UNKNOWN_ORDER)
    ]
    assert desk.ahead(1) == 10


def test_cancel_and_query_answer_known_and_unknown_orders(desk):
    desk.new(1, BID, 100, 5)
    desk.trade(ASK, 100, 12)
    assert short(desk.order(Kind.QUERY, 1)) == [(Kind.ORDER_STATUS, 1, 100, 3)]
    assert reasons(desk.order(Kind.CANCEL, 1, source=Source.TRADERS)) == [
        (Kind.CANCEL_REJECTED, Reason.UNKNOWN_ORDER)
    ]
    reports = desk.order(Kind.CANCEL, 1)
    assert short(reports) == [(Kind.CANCELLED, 1, 100, 3)]
    assert reasons(reports) == [(Kind.CANCELLED, Reason.REQUESTED)]
    assert reasons(desk.order(Kind.CANCEL, 1)) == [(Kind.CANCEL_REJECTED, Reason.UNKNOWN_ORDER)]
    assert reasons(desk.order(Kind.QUERY, 1)) == [(Kind.REJECTED, Reason.UNKNOWN_ORDER)]


def test_cancel_all_goes_by_source_and_instrument_and_says_why():
    desk = PaperDesk(instruments=(3, 5))
    for instrument in (3, 5):
        desk.instrument = instrument
        desk.snapshot([(100, 10)], [(101, 10)])
        desk.new(1, BID, 100, 5)
        desk.new(2, ASK, 101, 5)
        desk.new(3, BID, 100, 5, source=Source.TRADERS)
    reports = desk.order(
        Kind.CANCEL_ALL,
        0,
        instrument_id=INSTRUMENT_ALL,
        reason=Reason.CANCEL_ON_DISCONNECT,
    )
    assert [(r[1], int(r[4]["instrument_id"])) for r in reports] == [(1, 3), (2, 3), (1, 5), (2, 5)]
    assert {r[4]["reason"] for r in reports} == {Reason.CANCEL_ON_DISCONNECT}
    assert [r[4]["aux"] for r in reports] == [4, 5, 4, 5]  # a sequence for each instrument
    assert desk.paper.orders()["source"].tolist() == [Source.TRADERS] * 2


# ---- refusals ----


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"instrument_id": 7}, Reason.BAD_INSTRUMENT),
        ({"instrument_id": 9_999}, Reason.BAD_INSTRUMENT),
        ({"side": 0}, Reason.BAD_ORDER),
        ({"aux": 4}, Reason.BAD_ORDER),
        ({"aux": 2 << 8}, Reason.BAD_ORDER),
        ({"aux": 4 << 16}, Reason.BAD_ORDER),
        ({"aux": -1}, Reason.BAD_ORDER),
        ({"aux": int(TimeInForce.IOC), "flags": Flag.POST_ONLY}, Reason.BAD_ORDER),
        ({"quantity": 0}, Reason.BAD_QUANTITY),
        ({"quantity": -3}, Reason.BAD_QUANTITY),
        ({"price": 0}, Reason.BAD_PRICE),
        ({"quantity": 1 << 41}, Reason.BAD_QUANTITY),
        ({"price": 1 << 61}, Reason.BAD_PRICE),
        ({"order_id": 1}, Reason.DUPLICATE_ORDER),
    ],
)
def test_a_bad_new_is_rejected_with_its_reason(desk, fields, reason):
    desk.new(1, BID, 100, 5)
    wanted = {"order_id": 2, "side": BID, "price": 100, "quantity": 5, "aux": 0} | fields
    reports = desk.send(Kind.NEW, source=Source.GATEWAY, **wanted)
    assert reasons(reports) == [(Kind.REJECTED, reason)]
    assert reports[0][4]["source"] == Source.GATEWAY
    assert desk.paper.order_count == 1


def test_capacity_is_per_instrument_and_only_what_rests_needs_a_place():
    desk = PaperDesk(instruments=(0, 1), orders=2)
    for instrument in (1, 0):
        desk.instrument = instrument
        desk.snapshot([(100, 10)], [(101, 10)])
        desk.new(1, BID, 100, 5)
    desk.new(2, BID, 99, 5)
    assert reasons(desk.new(3, BID, 98, 5)) == [(Kind.REJECTED, Reason.CAPACITY)]
    assert len(desk.new(4, BID, 101, 5, tif=TimeInForce.IOC)) == 2
    reports = desk.new(5, BID, 101, 9)
    assert short(reports)[1:] == [(Kind.FILL, 5, 101, 5), (Kind.CANCELLED, 5, 101, 4)]
    assert reports[-1][4]["reason"] == Reason.CAPACITY


# ---- an invalid book ----


def test_nothing_is_accepted_before_the_first_book():
    assert reasons(PaperDesk().new(1, BID, 100, 5)) == [(Kind.REJECTED, Reason.NO_REFERENCE)]


def test_while_the_book_is_invalid_orders_rest_unfilled_and_may_only_shrink_or_go(desk):
    desk.new(1, BID, 100, 5)
    desk.new(2, BID, 99, 5)
    desk.send(Kind.BOOK_INVALID, reason=Reason.SEQUENCE_GAP)
    assert desk.trade(ASK, 98, 500) == []
    assert reasons(desk.new(3, BID, 100, 5)) == [(Kind.REJECTED, Reason.NO_REFERENCE)]
    assert reasons(desk.order(Kind.REPLACE, 1, price=99, quantity=5)) == [
        (Kind.REPLACE_REJECTED, Reason.NO_REFERENCE)
    ]
    assert desk.order(Kind.REPLACE, 1, price=100, quantity=4)[0][0] == Kind.REPLACED
    assert desk.order(Kind.CANCEL, 2)[0][0] == Kind.CANCELLED


def test_after_a_resync_the_queue_ahead_is_the_smaller_of_before_and_displayed(desk):
    desk.new(1, BID, 100, 5)
    desk.new(2, BID, 99, 5)
    assert desk.snapshot([(100, 40), (99, 7)], [(101, 10)]) == []
    assert (desk.ahead(1), desk.ahead(2)) == (10, 7)


def test_a_resync_past_our_price_fills_by_what_is_displayed(desk):
    desk.new(1, BID, 100, 15)
    assert desk.snapshot([(97, 5)], [(98, 6), (99, 4), (101, 50)]) == [(Kind.FILL, 1, 100, 10)]


def test_a_market_that_crosses_itself_is_not_traded_against(desk):
    desk.new(1, BID, 100, 5)
    assert desk.depth(ASK, 99, 20) == []  # its own bids at 100 still stand
    assert reasons(desk.new(2, BID, 99, 5)) == [(Kind.REJECTED, Reason.NO_REFERENCE)]


@pytest.mark.parametrize(
    "wrong", [{"side": 0}, {"side": BID, "quantity": -1}, {"side": BID, "price": 2**62 + 1}]
)
@pytest.mark.parametrize("last", [True, False])
def test_a_change_that_cannot_be_right_ends_the_book_at_once(desk, wrong, last):
    desk.new(1, BID, 101, 20)
    wrong = {"side": BID, "price": 101, "quantity": 5} | wrong
    assert desk.depth(wrong.pop("side"), wrong.pop("price"), wrong.pop("quantity"), last) == []
    assert not desk.paper.valid(0)
    assert desk.trade(ASK, 100, 50) == []
    assert reasons(desk.new(2, BID, 100, 5)) == [(Kind.REJECTED, Reason.NO_REFERENCE)]


# ---- the stream ----


def test_other_instruments_and_kinds_pass_without_effect(desk):
    desk.new(1, BID, 100, 5)
    assert desk.send(Kind.TRADE, instrument_id=1, side=ASK, price=90, quantity=99) == []
    assert desk.send(Kind.TIMER) == []
    assert desk.send(Kind.ACK, order_id=1) == []
    assert desk.ahead(1) == 10


def test_a_full_out_buffer_stops_before_a_record_and_goes_on_from_there(desk):
    paper, records = desk.paper, EventBuffer(300)
    records.array["kind"], records.array["source"] = Kind.QUERY, Source.GATEWAY
    out = EventBuffer(paper.out_min)
    seen, at = [], 0
    while at < 300:
        written, consumed = paper.step(records, 300, out, at)
        assert consumed > 0
        seen += out.array["aux"][:written].tolist()
        at += consumed
    assert seen == list(range(1, 301))


def test_an_out_buffer_that_could_never_hold_a_record_is_refused(desk):
    records = EventBuffer(1)
    with pytest.raises(NativeError):
        desk.paper.step(records, 1, EventBuffer(desk.paper.out_min - 1))


@pytest.mark.parametrize(
    ("instruments", "options"),
    [
        ((), {}),
        ((lib.PMM_INSTRUMENTS_MAX,), {}),
        ((1, 1), {}),
        ((0,), {"orders": 0}),
        ((0,), {"cancel": 4}),
        ((0,), {"settle_ns": -1}),
        ((0,), {"window": 5000}),
    ],
)
def test_bad_arguments_are_refused(instruments, options):
    with pytest.raises(NativeError):
        Paper(instruments, **options)
