"""What a venue lets pass, by a clock that the test moves."""

import pytest

from pinnacle.venues.orders.limits import Bucket, Decaying, Limits, Window, costs, everything
from pinnacle.venues.orders.port import Call, What

NEW, CANCEL, QUERY = Call(What.NEW), Call(What.CANCEL), Call(What.QUERY)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_bucket_lets_its_burst_pass_and_then_one_after_the_other(clock):
    bucket = Bucket(2.0, 3, everything, clock)
    for _ in range(3):
        assert bucket.wait(NEW) == 0.0
        bucket.take(NEW)
    assert bucket.wait(NEW) == pytest.approx(0.5)
    clock.now += 0.5
    assert bucket.wait(NEW) == pytest.approx(0.0)
    clock.now += 1000
    bucket.take(NEW), bucket.take(NEW), bucket.take(NEW)
    assert bucket.wait(NEW) > 0, "it holds no more than its burst"


def test_what_costs_nothing_passes_whatever_is_used_up(clock):
    bucket = Bucket(1.0, 2, costs(NEW=1), clock)
    bucket.full(60.0)
    assert bucket.wait(NEW) > 30 and bucket.wait(CANCEL) == 0.0


def test_a_bucket_that_the_venue_says_is_empty_fills_in_the_time_that_it_says(clock):
    bucket = Bucket(1.0, 10, everything, clock)
    bucket.full(5.0)
    assert bucket.wait(NEW) == pytest.approx(5.0)
    clock.now += 5.0
    assert bucket.wait(NEW) == pytest.approx(0.0)


def test_a_bucket_that_is_emptier_than_the_venue_says_stays_so(clock):
    bucket = Bucket(1.0, 2, everything, clock)
    for _ in range(10):
        bucket.take(CANCEL)
    bucket.full(3.0)
    assert bucket.wait(NEW) == pytest.approx(9.0)


def test_a_window_is_cut_where_the_clock_cuts_it(clock):
    clock.now = 1009.5
    window = Window(10.0, 2, costs(NEW=1), clock)
    window.take(NEW), window.take(NEW)
    assert window.wait(NEW) == pytest.approx(0.5) and window.wait(QUERY) == 0.0
    clock.now = 1010.0
    assert window.wait(NEW) == 0.0


def test_a_window_takes_the_venues_own_count(clock):
    window = Window(10.0, 5, everything, clock)
    window.used(5)
    assert window.wait(NEW) > 0
    clock.now += 10
    assert window.wait(NEW) == 0.0
    window.full(0.0)
    assert window.wait(NEW) > 0


def test_a_counter_falls_and_each_key_has_its_own(clock):
    order = {1: "a", 2: "b"}
    counter = Decaying(1.0, 3, costs(NEW=2), lambda call: order[call.price], clock)
    one, other = NEW._replace(price=1), NEW._replace(price=2)
    counter.take(one)
    assert counter.wait(one) == pytest.approx(1.0) and counter.wait(other) == 0.0
    clock.now += 1.0
    assert counter.wait(one) == pytest.approx(0.0)
    counter.full(0.0)
    assert counter.wait(one) == pytest.approx(2.0)


def test_a_counter_that_the_venue_says_is_full_is_so_for_its_key_and_never_emptier(clock):
    counter = Decaying(1.0, 3, costs(NEW=2), lambda call: call.price, clock)
    one, other = NEW._replace(price=1), NEW._replace(price=2)
    counter.fill(one)
    assert counter.wait(one) == pytest.approx(2.0) and counter.wait(other) == 0.0
    for _ in range(3):
        counter.take(other)
    counter.fill(other)
    assert counter.wait(other) == pytest.approx(5.0)
    counter.full(0.0)
    assert counter.wait(other) == pytest.approx(5.0) and counter.wait(one) == pytest.approx(2.0)


def test_of_several_limits_the_longest_wait_counts(clock):
    limits = Limits(Bucket(1.0, 1, everything, clock), Bucket(0.1, 1, costs(NEW=1), clock))
    limits.take(NEW)
    assert limits.wait(QUERY) == pytest.approx(1.0)
    assert limits.wait(NEW) == pytest.approx(10.0)
    assert Limits().wait(NEW) == 0.0
