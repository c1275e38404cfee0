"""The rules of the paper venue, each with numbers worked by hand."""

import numpy as np
import pytest

from pinnacle.core.errors import NativeError, NotReadyError
from pinnacle.core.paper import Cancel, Paper
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
)

BID, ASK = Side.BID, Side.ASK
MS = 1_000_000


class Desk:
    """A paper venue on one instrument, spoken to one record at a time; time moves 1 ms a record."""

    def __init__(self, *, instruments=(0,), **options):
        self.paper = Paper(instruments, **options)
        self.now = 1_000 * MS
        self.instrument = instruments[0]

    def send(self, kind, **fields):
        self.now += MS
        record = np.zeros(1, dtype=EVENT)
        record["kind"], record["recv_ns"], record["instrument_id"] = kind, self.now, self.instrument
        for name, value in fields.items():
            record[name] = value
        reports = self.paper.run(record)
        self.paper.check()
        return [
            (Kind(r["kind"]), int(r["order_id"]), int(r["price"]), int(r["quantity"]), r)
            for r in reports
        ]

    def snapshot(self, bids, asks):
        self.send(Kind.BOOK_BEGIN)
        for side, levels in ((BID, bids), (ASK, asks)):
            for price, quantity in levels:
                self.send(
                    Kind.DEPTH, side=side, price=price, quantity=quantity, flags=Flag.SNAPSHOT
                )
        return short(self.send(Kind.BOOK_END, flags=Flag.LAST))

    def depth(self, side, price, quantity, last=True, **fields):
        flags = Flag.LAST if last else 0
        return short(
            self.send(Kind.DEPTH, side=side, price=price, quantity=quantity, flags=flags, **fields)
        )

    def trade(self, aggressor, price, quantity, **fields):
        return short(
            self.send(Kind.TRADE, side=aggressor, price=price, quantity=quantity, **fields)
        )

    def new(self, order_id, side, price, quantity, *, tif=0, type=0, stp=0, **fields):
        aux = tif | type << 8 | stp << 16
        fields = {"source": Source.GATEWAY, "aux": aux} | fields
        return self.send(
            Kind.NEW, order_id=order_id, side=side, price=price, quantity=quantity, **fields
        )

    def order(self, kind, order_id, **fields):
        return self.send(kind, order_id=order_id, **({"source": Source.GATEWAY} | fields))

    def ahead(self, order_id):
        return self.paper.queue_ahead(self.instrument, order_id)


def short(reports):
    """(kind, order id, price, quantity) of each report."""
    return [report[:4] for report in reports]


def reasons(reports):
    """(kind, reason) of each report."""
    return [(report[0], Reason(report[4]["reason"])) for report in reports]


@pytest.fixture
def desk():
    made = Desk()
    made.snapshot([(100, 10), (99, 20)], [(101, 10), (102, 20)])
    return made


# ---- the queue ahead ----


def test_a_new_order_queues_behind_what_is_displayed(desk):
    assert short(desk.new(1, BID, 100, 5)) == [(Kind.ACK, 1, 100, 5)]
    assert desk.ahead(1) == 10


def test_an_order_inside_the_spread_is_first():
    desk = Desk()
    desk.snapshot([(100, 10)], [(105, 10)])
    desk.new(1, BID, 102, 5)
    assert desk.ahead(1) == 0


def test_a_trade_eats_the_queue_ahead_and_what_is_left_fills(desk):
    desk.new(1, BID, 100, 5)
    assert desk.trade(ASK, 100, 7) == []
    assert desk.ahead(1) == 3
    assert desk.trade(ASK, 100, 5) == [(Kind.FILL, 1, 100, 2)]
    assert desk.trade(ASK, 100, 50) == [(Kind.FILL, 1, 100, 3)]
    assert desk.paper.order_count == 0


def test_a_passive_fill_says_maker_and_carries_time_and_sequence_of_its_cause(desk):
    ack = desk.new(1, ASK, 101, 5)[0][4]
    report = desk.send(Kind.TRADE, side=BID, price=101, quantity=12)[0][4]
    assert report["flags"] == Flag.MAKER
    assert (report["source"], report["side"]) == (Source.GATEWAY, ASK)
    assert report["recv_ns"] == report["venue_ns"] == desk.now
    assert (ack["aux"], report["aux"]) == (1, 2)


def test_a_trade_of_our_own_side_or_behind_us_does_nothing(desk):
    desk.new(1, BID, 100, 5)
    assert desk.trade(BID, 101, 50) == []
    assert desk.trade(ASK, 101, 50) == []
    assert desk.ahead(1) == 10


def test_one_trade_is_shared_by_our_orders_in_price_then_time_order(desk):
    desk.new(1, BID, 100, 3)
    desk.depth(BID, 100, 14)
    desk.new(2, BID, 100, 3)
    desk.new(3, BID, 99, 3)
    # 10 ahead of order 1, then its 3, then the 4 that came between, then 2 of order 2's 3.
    assert desk.trade(ASK, 100, 19) == [(Kind.FILL, 1, 100, 3), (Kind.FILL, 2, 100, 2)]
    assert desk.ahead(3) == 20


def test_a_trade_past_our_price_fills_by_at_most_what_it_traded(desk):
    desk.new(1, BID, 100, 5)
    assert desk.trade(ASK, 99, 3) == [(Kind.FILL, 1, 100, 3)]
    assert desk.ahead(1) == 0
    assert desk.trade(ASK, 99, 3) == [(Kind.FILL, 1, 100, 2)]


def test_a_trade_past_us_fills_the_better_price_first_then_eats_the_queue(desk):
    desk.new(1, BID, 100, 2)
    desk.new(2, BID, 99, 5)
    assert desk.trade(ASK, 99, 24) == [(Kind.FILL, 1, 100, 2), (Kind.FILL, 2, 99, 2)]


# ---- decreases of a level ----


@pytest.mark.parametrize(
    ("cancel", "ahead"),
    [
        (Cancel.PROPORTIONAL, 8),  # 10 of 25 ahead: 5 x 10 / 25 = 2 go
        (Cancel.BEHIND, 10),
        (Cancel.AHEAD, 5),
        (Cancel.SQUARE, 9),  # 5 x 100 / (100 + 225) = 1.5, one goes
    ],
)
def test_a_decrease_without_trades_is_cancellations_shared_by_the_rule(cancel, ahead):
    desk = Desk(cancel=cancel)
    desk.snapshot([(100, 10)], [(101, 10)])
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 25)
    assert desk.ahead(1) == 10
    desk.depth(BID, 100, 20)
    assert desk.ahead(1) == ahead


def test_the_queue_ahead_is_never_above_the_displayed_level():
    desk = Desk(cancel=Cancel.BEHIND)
    desk.snapshot([(100, 10)], [(101, 10)])
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 4)
    assert desk.ahead(1) == 4
    desk.depth(BID, 100, 0)
    desk.depth(BID, 100, 30)
    assert desk.ahead(1) == 0


def test_the_depth_message_that_shows_a_seen_trade_is_not_counted_again(desk):
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 20)
    desk.trade(ASK, 100, 4)
    assert desk.ahead(1) == 6
    desk.depth(BID, 100, 16)
    assert desk.ahead(1) == 6
    # The account is settled: the next 4 are cancellations, 4 x 6 / 16 = 1 of them ahead.
    desk.depth(BID, 100, 12)
    assert desk.ahead(1) == 5


def test_only_the_part_of_a_decrease_beyond_the_trades_is_cancellations(desk):
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 24)
    desk.trade(ASK, 100, 4)
    desk.depth(BID, 100, 10)  # 14 less: 4 traded, 10 of the other 20 cancelled, 10 x 6 / 20 = 3
    assert desk.ahead(1) == 3


def test_a_depth_message_older_than_the_trade_keeps_the_account_open(desk):
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 20, venue_ns=1_000)
    desk.trade(ASK, 100, 4, venue_ns=3_000)
    desk.depth(BID, 100, 21, venue_ns=2_000)
    desk.depth(BID, 100, 17, venue_ns=4_000)
    assert desk.ahead(1) == 6


def test_a_trade_that_comes_after_its_depth_message_is_not_counted_twice(desk):
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 20, venue_ns=1_000)
    desk.depth(BID, 100, 16, venue_ns=3_000)
    assert desk.ahead(1) == 8  # taken for cancellations: 4 x 10 / 20
    desk.trade(ASK, 100, 4, venue_ns=2_000)
    assert desk.ahead(1) == 6  # the same as in the other order
    desk.depth(BID, 100, 12, venue_ns=4_000)
    assert desk.ahead(1) == 5  # 4 x 6 / 16 = 1


def test_a_late_trade_passes_over_an_order_that_joined_after_its_depth_message(desk):
    desk.depth(BID, 100, 3, venue_ns=3_000)
    desk.new(1, BID, 100, 5)
    assert desk.trade(ASK, 100, 7, venue_ns=2_000) == []
    assert desk.ahead(1) == 3
    assert desk.trade(ASK, 99, 7, venue_ns=2_500) == []
    assert desk.trade(ASK, 100, 7, venue_ns=3_500) == [(Kind.FILL, 1, 100, 4)]


def test_an_unsettled_trade_is_forgotten_after_the_settling_time():
    desk = Desk(settle_ns=250 * MS)
    desk.snapshot([(100, 10)], [(101, 10)])
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 20)
    desk.trade(ASK, 100, 4)
    desk.now += 300 * MS  # somebody refilled the level: no message ever showed the trade
    desk.depth(ASK, 101, 11)
    desk.depth(BID, 100, 10)
    assert desk.ahead(1) == 3  # 10 x 6 / 20 are cancellations


# ---- levels that are not displayed yet ----


def test_a_price_behind_the_displayed_depth_is_unseen_until_its_level_appears(desk):
    desk.new(1, BID, 95, 5)
    with pytest.raises(NotReadyError):
        desk.ahead(1)
    assert desk.trade(ASK, 95, 50) == []
    desk.depth(BID, 95, 30)
    assert desk.ahead(1) == 30


def test_an_unseen_order_is_first_once_the_market_falls_behind_it(desk):
    desk.new(1, BID, 98, 5)
    desk.depth(BID, 100, 0)
    desk.depth(BID, 99, 0, last=False)
    desk.depth(BID, 97, 10)
    assert desk.ahead(1) == 0


# ---- the market crosses us ----


def test_a_displayed_price_at_ours_hits_us_at_our_price_by_what_it_displays(desk):
    desk.new(1, BID, 100, 15)
    desk.depth(BID, 100, 0, last=False)
    desk.depth(BID, 99, 0, last=False)
    assert desk.depth(ASK, 100, 6) == [(Kind.FILL, 1, 100, 6)]
    assert desk.depth(ASK, 103, 9) == []  # the 6 are taken until that level changes
    assert desk.depth(ASK, 99, 20) == [(Kind.FILL, 1, 100, 9)]


def test_what_crosses_us_is_shared_by_our_orders_in_price_then_time_order(desk):
    for order_id, price, quantity in ((1, 99, 4), (2, 100, 4), (3, 100, 4)):
        desk.new(order_id, BID, price, quantity)
    desk.depth(BID, 100, 0, last=False)
    desk.depth(BID, 99, 0, last=False)
    desk.depth(ASK, 99, 3, last=False)
    assert desk.depth(ASK, 100, 3) == [(Kind.FILL, 2, 100, 4), (Kind.FILL, 3, 100, 2)]


def test_crossing_counts_only_when_the_message_is_whole(desk):
    desk.new(1, ASK, 101, 5)
    desk.depth(ASK, 101, 0, last=False)
    assert desk.depth(BID, 101, 8, last=False) == []
    assert desk.depth(ASK, 102, 21) == [(Kind.FILL, 1, 101, 5)]


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


@pytest.mark.parametrize(("price", "quantity", "ahead"), [(100, 6, 10), (99, 5, 20)])
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
    desk = Desk(instruments=(3, 5))
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
    desk = Desk(instruments=(0, 1), orders=2)
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
    assert reasons(Desk().new(1, BID, 100, 5)) == [(Kind.REJECTED, Reason.NO_REFERENCE)]


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
        ((64,), {}),
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
