"""The list of open orders that a venue has given last: of what it answers, and of what not."""

import pytest

from pinnacle.core.schema import Kind, Side
from pinnacle.venues.orders.last_list import GRACE_NS, LastList
from pinnacle.venues.orders.port import Report

REST = Report(Kind.ORDER_STATUS, 7, 0, Side.BID, 100, 5)


def test_a_list_that_begins_behind_what_was_asked_answers_for_it():
    listed = LastList(0.0)
    listed.begin()
    listed.asked(7)
    listed.take([REST])
    assert listed.just_now(7) is None
    listed.begin()
    listed.take([REST])
    assert listed.just_now(7) == REST


def test_while_the_next_list_is_on_its_way_the_last_one_answers_nothing():
    listed = LastList(0.0)
    listed.begin()
    listed.take([REST])
    listed.begin()
    assert listed.just_now(7) is None


def test_a_list_that_may_be_older_than_what_is_known_answers_nothing():
    listed = LastList(10.0)
    listed.begin()
    listed.take([REST])
    assert listed.just_now(7) is None


@pytest.mark.parametrize("lag_s", [0.0, 10.0])
def test_an_order_may_be_missing_for_its_grace_and_as_long_as_lists_lag(lag_s):
    listed = LastList(lag_s)
    listed.begin()
    listed.take([REST])
    lag_ns = GRACE_NS + int(lag_s * 1e9)
    assert listed.missing({7: 0, 8: 1, 9: 0}, lag_ns) == [9]
