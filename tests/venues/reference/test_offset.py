"""How far a venue's clock is ahead of ours: the bounds always hold, and get narrow."""

import itertools
import random

import pytest

from pinnacle.core.errors import DataError
from pinnacle.venues.reference.offset import (
    DRIFT_PPM,
    MILLISECOND_NS,
    SAMPLES,
    SECOND_NS,
    ClockOffset,
    Moment,
    moment_of_date,
)

BEGIN_NS = 1_700_000_000 * SECOND_NS


class Venue:
    """A venue whose clock is so far ahead and shows so much; each way takes up to `way_ns`."""

    def __init__(self, ahead_ns, within_ns, way_ns, seed=1):
        self.ahead_ns, self.within_ns = ahead_ns, within_ns
        self.now_ns = BEGIN_NS
        self._way_ns = way_ns
        self._random = random.Random(seed)

    def ask(self):
        sent_ns = self.now_ns
        there_ns = sent_ns + self._random.randint(0, self._way_ns)
        self.now_ns = there_ns + self._random.randint(0, self._way_ns)
        shown_ns = there_ns + self.ahead_ns
        return sent_ns, self.now_ns, Moment(shown_ns - shown_ns % self.within_ns, self.within_ns)


@pytest.mark.parametrize("within_ns", [1, MILLISECOND_NS, SECOND_NS])
@pytest.mark.parametrize("seed", range(40))
def test_the_truth_is_within_the_bounds_whatever_either_way_takes(seed, within_ns):
    chance = random.Random(seed)
    ahead_ns = chance.randint(-5 * SECOND_NS, 5 * SECOND_NS)
    venue = Venue(ahead_ns, within_ns, chance.choice([0, 1, 10**6, 10**9]), seed)
    offset, last_error_ns, last_ns = ClockOffset(), 2**62, venue.now_ns
    for _ in range(SAMPLES):
        found = offset.take(*venue.ask())
        assert abs(found.ahead_ns - ahead_ns) <= found.error_ns + 1
        aged_ns = (venue.now_ns - last_ns) * DRIFT_PPM // 10**6 + 1
        assert found.error_ns <= last_error_ns + aged_ns
        last_error_ns, last_ns = found.error_ns, venue.now_ns
        venue.now_ns += chance.randint(0, SECOND_NS)


def test_half_the_round_trip_is_the_error_of_a_clock_that_shows_everything():
    offset = ClockOffset()
    found = offset.take(BEGIN_NS, BEGIN_NS + 80, Moment(BEGIN_NS + 1040, 0))
    assert found == (1000, 40)


def test_a_clock_of_whole_seconds_is_known_to_milliseconds_when_it_is_asked_as_it_moves_on():
    venue = Venue(-1_234_567_890, SECOND_NS, way_ns=100_000)
    offset = ClockOffset()
    errors = []
    for _ in range(9):
        errors.append(offset.take(*venue.ask()).error_ns)
        wait_ns = offset.wait_ns(venue.now_ns, SECOND_NS, 0)
        assert 0 <= wait_ns < SECOND_NS
        venue.now_ns += wait_ns
    assert errors[0] >= SECOND_NS // 2
    for before, after in itertools.pairwise(errors):
        assert after <= before // 2 + 100_000 + 2 * SECOND_NS * DRIFT_PPM // 10**6
    assert errors[-1] < 5 * MILLISECOND_NS


@pytest.mark.parametrize("step_ns", [-(10**10), 10**10])
def test_a_clock_that_was_set_is_estimated_anew(step_ns):
    venue = Venue(0, MILLISECOND_NS, way_ns=1000)
    offset = ClockOffset()
    for _ in range(5):
        offset.take(*venue.ask())
    venue.ahead_ns += step_ns
    assert abs(offset.take(*venue.ask()).ahead_ns - step_ns) <= 2 * MILLISECOND_NS


def test_samples_of_long_ago_do_not_count():
    venue = Venue(0, MILLISECOND_NS, way_ns=0)
    offset = ClockOffset()
    offset.take(*venue.ask())
    venue.ahead_ns = MILLISECOND_NS // 2  # no sample contradicts it
    for _ in range(SAMPLES):
        venue.now_ns += 333_333
        found = offset.take(*venue.ask())
    assert abs(found.ahead_ns - venue.ahead_ns) <= found.error_ns + 1
    assert found.error_ns < MILLISECOND_NS // 2


def test_a_reply_is_dated_to_the_second():
    text = "Wed, 21 Oct 2015 07:28:00 GMT"
    assert moment_of_date(text) == Moment(1_445_412_480 * SECOND_NS, SECOND_NS)
    assert moment_of_date("Thu, 01 Jan 1970 00:00:00 GMT") == Moment(0, SECOND_NS)
    later, before = "Fri, 31 Dec 9999 23:59:59 GMT", "Wed, 31 Dec 1969 23:59:59 GMT"
    for wrong in ("", "yesterday", "Wed, 21 Oct 99999 07:28:00 GMT", "\x00", later, before):
        with pytest.raises(DataError, match="date"):
            moment_of_date(wrong)


@pytest.mark.parametrize("step_ns", [-400_000_000, -150_000_000, 150_000_000, 400_000_000])
def test_a_clock_that_was_set_a_little_is_found_out_within_a_few_samples(step_ns):
    venue = Venue(300_000_000, SECOND_NS, way_ns=100_000)
    offset = ClockOffset()
    for turn in range(SAMPLES + 8):
        found = offset.take(*venue.ask())
        if turn == SAMPLES:
            venue.ahead_ns += step_ns
        checked = max(turn - 8, 0)
        venue.now_ns += 60 * SECOND_NS if turn > 8 else 0
        venue.now_ns += offset.wait_ns(venue.now_ns, SECOND_NS, checked)
    assert abs(found.ahead_ns - venue.ahead_ns) <= found.error_ns + 1


@pytest.mark.parametrize("ppm", [-50, 50])
def test_clocks_that_come_apart_stay_within_the_bounds(ppm):
    venue = Venue(0, MILLISECOND_NS, way_ns=2_000_000)
    offset = ClockOffset()
    for _ in range(60):
        found = offset.take(*venue.ask())
        assert abs(found.ahead_ns - venue.ahead_ns) <= found.error_ns + 1
        venue.now_ns += 60 * SECOND_NS
        venue.ahead_ns += 60 * SECOND_NS * ppm // 10**6
