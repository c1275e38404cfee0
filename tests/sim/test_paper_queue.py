"""The paper venue's estimate of the queue, each rule with numbers worked by hand."""

import pytest

from pinnacle.core.schema import (
    Flag,
    Kind,
    Source,
)
from pinnacle.sim.paper import Cancel
from tests.paper_desk import ASK, BID, MS, PaperDesk, short, usual_desk


@pytest.fixture
def desk():
    return usual_desk()


# ---- the queue ahead ----


def test_a_new_order_queues_behind_what_is_displayed(desk):
    assert short(desk.new(1, BID, 100, 5)) == [(Kind.ACK, 1, 100, 5)]
    assert desk.ahead(1) == 10


def test_an_order_inside_the_spread_is_first():
    desk = PaperDesk()
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
    desk = PaperDesk(cancel=cancel)
    desk.snapshot([(100, 10)], [(101, 10)])
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 25)
    assert desk.ahead(1) == 10
    desk.depth(BID, 100, 20)
    assert desk.ahead(1) == ahead


def test_the_queue_ahead_is_never_above_the_displayed_level():
    desk = PaperDesk(cancel=Cancel.BEHIND)
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
    desk = PaperDesk(settle_ns=250 * MS)
    desk.snapshot([(100, 10)], [(101, 10)])
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 20)
    desk.trade(ASK, 100, 4)
    desk.now += 300 * MS  # somebody refilled the level: no message ever showed the trade
    desk.depth(ASK, 101, 11)
    desk.depth(BID, 100, 10)
    assert desk.ahead(1) == 3  # 10 x 6 / 20 are cancellations


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


def test_what_crosses_us_is_no_fill_where_it_could_not_be_remembered():
    desk = PaperDesk()
    desk.snapshot([(900, 10)], [(1002 + i, 2) for i in range(256)])
    taken = desk.new(1, BID, 2000, 2 * 256, tif=2)  # all that is displayed: no account is free
    assert len(taken) == 1 + 256
    desk.new(2, BID, 1001, 7)
    assert desk.depth(ASK, 1001, 5) == []
    assert desk.depth(ASK, 1002, 2) == [(Kind.FILL, 2, 1001, 5)]


# ---- orders of ours in one queue, and what is remembered of levels ----


def test_an_order_that_came_later_never_passes_one_that_came_first_by_cancellations():
    desk = PaperDesk(cancel=Cancel.SQUARE)
    desk.snapshot([(100, 49)], [(101, 10)])
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 60)
    desk.new(2, BID, 100, 5)
    desk.depth(BID, 100, 100)
    assert (desk.ahead(1), desk.ahead(2)) == (49, 60)
    # 60 go: by the squares 28 before the first (21 left), but 41 before the second (19 left)
    desk.depth(BID, 100, 40)
    assert (desk.ahead(1), desk.ahead(2)) == (21, 21)


def test_an_order_that_came_later_never_passes_one_that_came_first_by_a_late_trade():
    desk = PaperDesk()
    desk.snapshot([(100, 10)], [(101, 10)])
    desk.new(1, BID, 100, 5)
    shown = desk.now + MS
    desk.depth(BID, 100, 5, venue_ns=shown)
    desk.new(2, BID, 100, 5)
    desk.depth(ASK, 102, 7, venue_ns=shown + 10 * MS)
    assert (desk.ahead(1), desk.ahead(2)) == (5, 5)
    # the trade that made the decrease: the first gives its credit back, the second never had one
    desk.trade(ASK, 100, 5, venue_ns=shown)
    assert (desk.ahead(1), desk.ahead(2)) == (5, 5)


def test_what_traded_is_forgotten_with_the_depth_message_that_comes_after_it(desk):
    desk.new(1, BID, 100, 5)
    desk.trade(ASK, 100, 4)
    desk.depth(BID, 100, 8)  # four traded, two joined
    assert desk.ahead(1) == 6
    desk.depth(BID, 100, 5)  # three of eight cancelled: two of the six in front, rounded down
    assert desk.ahead(1) == 4


def shown_before_its_trades(desk, quantity):
    """When the bid showed so much: what went is taken for cancelled before its trades come."""
    shown = desk.now + 10 * MS
    desk.depth(BID, 100, quantity, venue_ns=shown)
    desk.depth(ASK, 102, 7, venue_ns=shown + 50 * MS)
    return shown


def late(desk, quantity, shown):
    desk.trade(ASK, 100, quantity, venue_ns=shown)
    return desk.ahead(1)


def test_a_credit_is_taken_back_once():
    desk = PaperDesk()
    desk.snapshot([(100, 10)], [(101, 10)])
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 20)
    shown = shown_before_its_trades(desk, 12)  # of eight that go four were in front
    assert desk.ahead(1) == 6
    # each half of what went was traded, and each takes back half of the credit
    assert [late(desk, 4, shown), late(desk, 4, shown)] == [4, 2]


@pytest.mark.parametrize(("traded", "ahead"), [(1, [9, 8, 7]), (2, [8, 6, 4]), (3, [7])])
def test_what_is_taken_back_is_rounded_up_towards_a_longer_queue(traded, ahead):
    desk = PaperDesk()
    desk.snapshot([(100, 10)], [(101, 10)])
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 30)
    shown = shown_before_its_trades(desk, 27)  # of three that go one was in front
    assert desk.ahead(1) == 9
    assert [late(desk, traded, shown) for _ in ahead] == ahead


def test_what_a_late_trade_explained_is_explained():
    desk = PaperDesk()
    desk.snapshot([(100, 10)], [(101, 10)])
    desk.new(1, BID, 100, 5)
    shown = shown_before_its_trades(desk, 6)
    assert [late(desk, 2, shown), late(desk, 2, shown), late(desk, 2, shown)] == [6, 6, 4]


def test_a_decrease_that_nobody_remembers_gives_no_credit():
    desk = PaperDesk()
    desk.snapshot([(1000 - i, 2) for i in range(256)], [(1010, 10)])
    taken = desk.new(9, ASK, 1, 2 * 256, tif=2)  # all that is displayed: no account is free
    assert len(taken) == 1 + 256
    desk.depth(BID, 1001, 10)
    desk.new(1, BID, 1001, 5)
    desk.depth(BID, 1001, 20)
    shown = desk.now + 10 * MS
    desk.depth(BID, 1001, 12, venue_ns=shown)
    assert desk.ahead(1) == 6
    desk.depth(BID, 1000, 3, venue_ns=shown + MS)  # an account is free again
    again = shown + 2 * MS
    desk.depth(BID, 1001, 8, venue_ns=again)  # of four that go two were in front
    desk.depth(ASK, 1011, 8, venue_ns=again + 50 * MS)
    assert desk.ahead(1) == 4
    desk.trade(ASK, 1001, 4, venue_ns=again)
    assert desk.ahead(1) == 2


def test_a_decrease_that_is_forgotten_after_the_settling_time_leaves_no_credit():
    desk = PaperDesk(settle_ns=250 * MS)
    desk.snapshot([(100, 10)], [(101, 10)])
    desk.new(1, BID, 100, 5)
    desk.depth(BID, 100, 20)
    shown = desk.now + 10 * MS
    desk.depth(BID, 100, 12, venue_ns=shown)  # of eight that go four were in front
    desk.trade(ASK, 100, 1, venue_ns=shown + 200 * MS)  # its account is still needed
    desk.depth(ASK, 102, 7, venue_ns=shown + 300 * MS)
    again = shown + 301 * MS
    desk.depth(BID, 100, 8, venue_ns=again)  # the trade, and three of eleven: one was in front
    desk.depth(ASK, 102, 8, venue_ns=again + 50 * MS)
    assert desk.ahead(1) == 4
    desk.trade(ASK, 100, 3, venue_ns=again)
    assert desk.ahead(1) == 2


def test_a_decrease_that_is_forgotten_for_want_of_room_leaves_no_credit():
    desk = PaperDesk()
    desk.snapshot([(1001, 10), *((1000 - i, 2) for i in range(255))], [(1010, 10)])
    desk.new(1, BID, 1001, 5)
    desk.depth(BID, 1001, 20)
    shown = desk.now + 10 * MS
    desk.depth(BID, 1001, 12, venue_ns=shown)  # of eight that go four were in front
    taken = desk.new(9, ASK, 1, 12 + 2 * 255, tif=2)  # all that is displayed: no account is free
    assert len(taken) == 1 + 256
    desk.depth(BID, 1001, 12, venue_ns=shown + MS)  # but that of the decrease
    desk.trade(ASK, 1002, 1, venue_ns=shown + 2 * MS)  # which goes to another level
    desk.depth(BID, 1000, 3, venue_ns=shown + 3 * MS)
    again = shown + 4 * MS
    desk.depth(BID, 1001, 8, venue_ns=again)  # of four that go two were in front
    desk.depth(ASK, 1011, 8, venue_ns=again + 50 * MS)
    assert desk.ahead(1) == 4
    desk.trade(ASK, 1001, 4, venue_ns=again)
    assert desk.ahead(1) == 2


def test_more_traded_than_can_be_counted_is_the_most_that_can_be(desk):
    desk.new(1, BID, 100, 5)
    desk.new(2, BID, 99, 5)
    most = 2**63 - 1
    assert desk.trade(ASK, 100, most) == [(Kind.FILL, 1, 100, 5)]
    desk.new(3, BID, 100, 5)
    assert desk.trade(ASK, 100, most) == [(Kind.FILL, 3, 100, 5)]
    desk.new(4, BID, 100, 5)
    assert desk.depth(BID, 100, 3) == []
    assert desk.ahead(4) == 3, "all of the decrease was trades"
