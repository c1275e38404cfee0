"""A stamp is good at the venue whatever our clock does, as long as its offset is measured."""

import random

import pytest

from pinnacle.venues.orders.stamps import Stamps, Window
from pinnacle.venues.reference.offset import (
    DRIFT_PPM,
    MILLISECOND_NS,
    SECOND_NS,
    ClockOffset,
    Moment,
    Offset,
)

NOW_NS = 1_790_000_000 * SECOND_NS + 123_456_789


def window(recv_window_ms):
    """Binance's rule: less than a second ahead, and no older than recvWindow."""
    return Window(MILLISECOND_NS, SECOND_NS, recv_window_ms * MILLISECOND_NS)


RULE = window(5_000)
#: Of a token that must not be of the future.
TOKENS = Window(SECOND_NS, SECOND_NS, 119 * SECOND_NS)


class World:
    """The time, our clock and the venue's, and the way between: each way takes 1 to 40 ms."""

    def __init__(self, seed=1):
        self.ns, self.ours_ahead_ns = NOW_NS, 0
        self._random = random.Random(seed)

    def ours_ns(self):
        return self.ns + self.ours_ahead_ns

    def measure(self, offset):
        sent_ns = self.ours_ns()
        self.go(self._way_s())
        shown_ns = self.ns - self.ns % MILLISECOND_NS
        self.go(self._way_s())
        return offset.take(sent_ns, self.ours_ns(), Moment(shown_ns, MILLISECOND_NS))

    def go(self, seconds):
        self.ns += round(seconds * SECOND_NS)

    def send(self, stamp, rule=RULE):
        """The venue's answer."""
        self.go(self._way_s())
        if rule.is_ahead(stamp, self.ns):
            return "Timestamp for this request was 1000ms ahead of the server's time."
        if rule.is_late(stamp, self.ns):
            return "Timestamp for this request is outside of the recvWindow."
        return ""

    def _way_s(self):
        return self._random.uniform(0.001, 0.04)


@pytest.mark.parametrize("drift_s", [1.5, -6])
@pytest.mark.parametrize("seed", range(5))
def test_a_clock_that_drifts_is_followed_and_one_that_is_not_followed_is_refused(drift_s, seed):
    """Ours gains 1.5 s, or loses 6 s, in an hour: more than any honest clock."""
    world, offset = World(seed), ClockOffset()
    followed = Stamps(world.ours_ns, world.measure(offset), RULE)
    once = Stamps(world.ours_ns, world.measure(offset), RULE)
    for _ in range(60):
        world.go(60)
        world.ours_ahead_ns += round(drift_s * SECOND_NS / 60)
        followed.follow(world.measure(offset))
        assert world.send(followed.next()) == ""
        last = world.send(once.next())
    assert ("1000ms ahead" if drift_s > 0 else "outside of the recvWindow") in last


@pytest.mark.parametrize("step_s", [1.5, -6, 3600, -3600])
def test_a_clock_that_was_set_is_followed_at_the_next_measurement_back_too(step_s):
    world, offset = World(), ClockOffset()
    stamps = Stamps(world.ours_ns, world.measure(offset), RULE)
    assert world.send(stamps.next()) == ""
    world.ours_ahead_ns += round(step_s * SECOND_NS)
    before = stamps.next()
    assert world.send(before) != ""
    stamps.follow(world.measure(offset))
    after = stamps.next()
    assert world.send(after) == ""
    assert (after < before) == (step_s > 0)


@pytest.mark.parametrize("rule", [RULE, TOKENS, Window(1000, 5000, SECOND_NS)])
@pytest.mark.parametrize("error_ns", [0, 1, 10**6, 999 * 10**6, 10**9, 10**9 + 1, 3 * 10**9])
@pytest.mark.parametrize("ahead_ns", [-7 * 10**9, 0, 123_456_789])
def test_a_stamp_is_never_ahead_by_more_than_the_venue_takes_wherever_in_the_error_the_truth_is(
    rule, error_ns, ahead_ns
):
    for now_ns in range(NOW_NS, NOW_NS + 3 * rule.unit_ns, rule.unit_ns // 7):
        stamps = Stamps(lambda: now_ns, Offset(ahead_ns, error_ns), rule)  # noqa: B023
        for truth_ns in (ahead_ns - error_ns, ahead_ns, ahead_ns + error_ns):
            assert not rule.is_ahead(stamps.next(), now_ns + truth_ns)


def test_a_good_measurement_is_not_held_back():
    stamps = Stamps(lambda: NOW_NS, Offset(5 * MILLISECOND_NS, 999 * MILLISECOND_NS), RULE)
    assert stamps.venue_ns() == NOW_NS + 5 * MILLISECOND_NS
    assert stamps.next() == 1_790_000_000_128
    held = Stamps(lambda: NOW_NS, Offset(0, 1099 * MILLISECOND_NS), RULE)
    assert held.venue_ns() == NOW_NS - 100 * MILLISECOND_NS


def test_an_old_measurement_is_trusted_less():
    world = World()
    stamps = Stamps(world.ours_ns, Offset(0, 20 * MILLISECOND_NS), TOKENS)
    assert stamps.venue_ns() == NOW_NS - 20 * MILLISECOND_NS
    world.go(1000)
    drift_ns = 1000 * SECOND_NS * DRIFT_PPM // 10**6
    assert stamps.venue_ns() == world.ns - 20 * MILLISECOND_NS - drift_ns
    stamps.follow(Offset(0, 20 * MILLISECOND_NS))
    assert stamps.venue_ns() == world.ns - 20 * MILLISECOND_NS


def test_a_measurement_that_says_too_little_is_told_and_a_good_one_is_not():
    told = Stamps(lambda: NOW_NS, Offset(0, 4 * SECOND_NS), RULE).doubt()
    assert told == (
        "its clock is known to 4.000 s only: a request may be refused as older than 5 s"
    )
    assert Stamps(lambda: NOW_NS, Offset(0, 2 * SECOND_NS), RULE).doubt() == ""
    assert Stamps(lambda: NOW_NS, Offset(0, 4 * SECOND_NS), window(10_000)).doubt() == ""
    world = World()
    stamps = Stamps(world.ours_ns, Offset(0, 0), RULE)
    world.go(40_000)
    assert "known to 4.000 s only" in stamps.doubt()


def test_a_larger_window_does_not_cure_a_clock_that_is_ahead():
    world = World()
    world.ours_ahead_ns = 1_500 * MILLISECOND_NS
    for rule in (RULE, window(60_000)):
        stamps = Stamps(world.ours_ns, Offset(0, 0), rule)
        assert "1000ms ahead" in world.send(stamps.next(), rule)


def test_stamps_count_what_the_venue_counts():
    for unit_ns, stamp in [(1000, NOW_NS // 1000), (SECOND_NS, 1_790_000_000)]:
        rule = Window(unit_ns, SECOND_NS, SECOND_NS)
        assert Stamps(lambda: NOW_NS, Offset(0, 0), rule).next() == stamp
