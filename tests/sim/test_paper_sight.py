"""The paper venue's orders at levels out of sight, each rule with numbers worked by hand."""

import pytest

from pinnacle.core._native import lib
from pinnacle.core.errors import NotReadyError
from pinnacle.core.schema import Kind
from tests.paper_desk import ASK, BID, MS, PaperDesk, usual_desk


@pytest.fixture
def desk():
    return usual_desk()


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


# ---- levels that are not known any more, or never were ----


def bounded(desk, bids, bound, asks=((101, 10),)):
    """A snapshot that shows the bids to `bound` and not beyond."""
    return desk.snapshot(bids, asks, quantity=lib.PMM_BOUND_BIDS, price=bound)


def assert_unseen(desk, order_id, price):
    with pytest.raises(NotReadyError):
        desk.ahead(order_id)
    assert desk.trade(ASK, price, 50) == []


@pytest.mark.parametrize(("displayed", "ahead"), [(30, 20), (5, 5)])
def test_a_snapshot_that_ends_before_an_order_leaves_it_the_place_that_it_had(
    desk, displayed, ahead
):
    desk.new(1, BID, 99, 5)
    assert desk.ahead(1) == 20
    bounded(desk, [(100, 10)], 100)
    assert_unseen(desk, 1, 99)
    bounded(desk, [(100, 10), (99, displayed)], 99)
    assert desk.ahead(1) == ahead


def test_a_snapshot_that_shows_an_orders_price_empty_makes_it_the_first(desk):
    desk.new(1, BID, 99, 5)
    bounded(desk, [(100, 10), (98, 7)], 98)
    assert desk.ahead(1) == 0


def test_a_snapshot_that_says_no_bound_is_not_taken_for_the_whole_side_either(desk):
    desk.new(1, BID, 99, 5)
    desk.snapshot([(100, 10)], [(101, 10)])
    assert_unseen(desk, 1, 99)


def test_a_level_that_is_shown_again_has_no_more_ahead_than_there_was(desk):
    desk.new(1, BID, 99, 5)
    desk.snapshot([(100, 10)], [(101, 10)])
    desk.depth(BID, 99, 30)
    assert desk.ahead(1) == 20


def test_an_order_beyond_what_is_known_waits_and_what_a_change_says_bounds_its_queue(desk):
    bounded(desk, [(100, 10)], 100)
    desk.new(1, BID, 95, 5)
    assert_unseen(desk, 1, 95)
    desk.depth(BID, 95, 30)
    assert_unseen(desk, 1, 95)  # the book takes no level there: what goes on is not followed
    bounded(desk, [(100, 10), (95, 40)], 95)
    assert desk.ahead(1) == 30  # ten of them came behind it


def test_an_order_beyond_what_is_known_is_first_when_the_venue_says_that_its_level_is_empty(desk):
    bounded(desk, [(100, 10)], 100)
    desk.new(1, BID, 95, 5)
    desk.depth(BID, 95, 0)
    assert desk.ahead(1) == 0
    assert desk.trade(ASK, 95, 2) == [(Kind.FILL, 1, 95, 2)]


def test_an_order_beyond_what_is_known_stays_first_behind_a_trade_past_it(desk):
    bounded(desk, [(100, 10)], 100)
    desk.new(1, BID, 95, 5)
    assert desk.trade(ASK, 94, 2) == [(Kind.FILL, 1, 95, 2)]
    desk.depth(BID, 100, 9)
    bounded(desk, [(100, 10)], 100)
    assert desk.ahead(1) == 0
    assert desk.trade(ASK, 95, 2) == [(Kind.FILL, 1, 95, 2)]


def test_an_order_at_a_level_that_the_book_has_no_room_for_any_more_is_not_first():
    desk = PaperDesk(far_capacity=1)
    desk.snapshot([(10_000, 10), (5000, 20)], [(10_001, 10)])
    desk.new(1, BID, 5000, 5)
    assert desk.ahead(1) == 20
    desk.depth(BID, 5500, 3)  # takes the far level's place
    assert_unseen(desk, 1, 5000)
    desk.depth(BID, 5000, 15)
    assert_unseen(desk, 1, 5000)
    desk.snapshot([(10_000, 10), (5000, 20)], [(10_001, 10)])
    assert desk.ahead(1) == 15


def test_the_asks_bound_is_the_asks(desk):
    desk.new(1, ASK, 102, 5)
    desk.new(2, BID, 99, 5)
    bound = {"quantity": lib.PMM_BOUND_ASKS, "order_id": 101}
    desk.snapshot([(100, 10), (98, 1)], [(101, 10)], **bound)
    assert desk.ahead(2) == 0
    with pytest.raises(NotReadyError):
        desk.ahead(1)
    assert desk.trade(BID, 102, 50) == []


def test_who_was_first_and_goes_out_of_sight_owes_nothing_to_a_late_trade():
    desk = PaperDesk(far_capacity=1)
    desk.snapshot([(10_000, 10), (5000, 20)], [(10_001, 10)])
    desk.new(1, BID, 5000, 5)
    shown = desk.now + 10 * MS
    desk.depth(BID, 5000, 0, venue_ns=shown)  # all of them cancelled, for all that is known
    desk.depth(BID, 5001, 7)
    desk.depth(BID, 6000, 3, venue_ns=shown + MS)  # takes the far level's place
    assert desk.ahead(1) == 0
    assert desk.trade(ASK, 5000, 20, venue_ns=shown) == [(Kind.FILL, 1, 5000, 5)]
