"""Nonces rise, whatever the clock does and however often their process begins anew."""

from decimal import Decimal

import pytest

from pinnacle.core.errors import ConfigError
from pinnacle.venues.orders.mark import Mark
from pinnacle.venues.orders.nonces import (
    SPARE,
    Nonces,
    TimedNonces,
    TooFarAhead,
    nonce_file,
    unique_nonce,
)

NOW_S = 1_790_000_000
SECOND_NS = 10**9
RULE_S = 30


class Clock:
    """UTC, as far as this machine knows."""

    def __init__(self):
        self.ns = NOW_S * SECOND_NS

    def __call__(self):
        return self.ns

    def go(self, seconds):
        self.ns += round(seconds * SECOND_NS)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return nonce_file(tmp_path, "kraken", "key")


def mark_of(path):
    return int(path.read_bytes().split()[2])


def test_a_nonce_is_the_time_in_microseconds_and_one_more_within_the_same(path, clock):
    with Nonces(path, clock) as nonces:
        assert [nonces.next() for _ in range(3)] == [NOW_S * 10**6 + n for n in range(3)]
        clock.go(0.5)
        assert nonces.next() == NOW_S * 10**6 + 500_000


@pytest.mark.parametrize("step_s", [-3600, -0.001, 0, 3600])
def test_a_clock_that_is_set_or_a_restart_lowers_none(path, clock, step_s):
    given = []
    for _ in range(4):
        with Nonces(path, clock) as nonces:
            given += [nonces.next() for _ in range(5)]
        clock.go(step_s)
    assert given == sorted(set(given))


def test_after_an_end_the_next_is_above_all_that_can_have_been_used(path, clock):
    with Nonces(path, clock) as nonces:
        nonces.next()
        reserved = mark_of(path)
        assert reserved == (NOW_S + 60) * 10**6
    with Nonces(path, clock) as nonces:
        assert nonces.next() == reserved


@pytest.fixture
def written(monkeypatch):
    """Each number that is written."""
    real, marks = Mark.raise_to, []
    monkeypatch.setattr(Mark, "raise_to", lambda kept, n: (real(kept, n), marks.append(n))[0])
    return marks


def test_not_every_nonce_costs_a_write(path, clock, written):
    with Nonces(path, clock) as nonces:
        for _ in range(10_000):
            nonces.next()
            clock.go(0.06)
    assert len(written) == 10
    clock.go(-10_000)
    with Nonces(path, clock) as nonces:
        for _ in range(5 * SPARE):
            nonces.next()
    assert written[10:] == [written[9] + n * SPARE for n in range(1, 6)]


def test_who_has_time_writes_ahead_when_half_is_used(path, clock):
    with Nonces(path, clock) as nonces:
        nonces.reserve()
        first = mark_of(path)
        assert first == (NOW_S + 60) * 10**6
        for seconds in (0, 29):
            clock.go(seconds)
            nonces.reserve()
            assert mark_of(path) == first
        clock.go(2)
        nonces.reserve()
        assert mark_of(path) == first + 31 * 10**6
        assert nonces.next() == (NOW_S + 31) * 10**6
        clock.go(-1000)  # nonces go by the count alone, and so does what is written ahead
        nonces.reserve()
        assert mark_of(path) == first + 31 * 10**6


def test_a_process_that_crashes_often_gets_no_further_ahead_of_the_clock(path, clock):
    for crash in range(50):
        with Nonces(path, clock) as nonces:
            ahead_us = nonces.next() - clock.ns // 1000
        assert ahead_us <= 60 * 10**6 + crash * SPARE


def test_one_key_has_one_sender(path, clock):
    with Nonces(path, clock), pytest.raises(ConfigError, match="a key has one sender of orders"):
        Nonces(path, clock)


def test_nonces_that_cannot_be_kept_are_not_given(path, clock):
    with Nonces(path, clock) as nonces:
        nonces.next()
        path.unlink()
        assert nonces.next() == NOW_S * 10**6 + 1
        clock.go(60)
        for _ in range(2):
            with pytest.raises(ConfigError, match=str(path)):
                nonces.next()


def test_a_file_is_of_one_key_of_one_venue_and_does_not_tell_it(tmp_path):
    pairs = [("kraken", "key"), ("gemini", "key"), ("kraken", "key2"), ("kra", "ken\nkey")]
    names = {nonce_file(tmp_path, *pair).name for pair in pairs}
    assert len(names) == len(pairs)
    for name in names:
        assert "key" not in name and name.isascii() and len(name) == 39
    assert nonce_file(tmp_path, *pairs[0]) == nonce_file(tmp_path, *pairs[0])


def test_unique_nonces_are_uuids_of_version_four():
    one, other = unique_nonce(), unique_nonce()
    assert one != other and len(one) == 36 and one[14] == "4" and one == one.lower()


class Gemini:
    """Takes a nonce of a time-based key by its rule: rising, and within 30 s of its time."""

    def __init__(self, clock):
        self._clock, self._last = clock, Decimal(0)

    def refusal(self, nonce):
        nonce = Decimal(nonce)
        if abs(nonce - Decimal(self._clock.ns) / SECOND_NS) > RULE_S:
            return f"Nonce '{nonce}' is not within 30 seconds of server time"
        if nonce <= self._last:
            return f"Nonce '{nonce}' has not increased since your last call"
        self._last = nonce
        return ""


def test_a_time_based_key_takes_seconds_and_their_fractions(path, clock):
    with TimedNonces(path, clock) as nonces:
        clock.ns += 123_456_789
        first, second = nonces.fraction(), nonces.fraction()
        assert (str(first), str(second)) == ("1790000000.123456", "1790000000.123457")
        assert nonces.whole() == NOW_S + 1
        assert nonces.fraction() == Decimal("1790000001.000001")
        clock.go(5)
        assert nonces.whole() == NOW_S + 5


def test_a_time_based_key_takes_them_across_restarts_and_whole_ones_among_fractions(path, clock):
    venue = Gemini(clock)
    for pause_s in (0, 0.001, 0.3, 2, 0, 0, 60, 0, 0, 0.5):
        with TimedNonces(path, clock) as nonces:
            for give in (nonces.fraction, nonces.whole, nonces.fraction, nonces.fraction):
                assert venue.refusal(give()) == ""
        clock.go(pause_s)


def test_the_counter_of_a_classic_key_is_none_for_a_time_based_one(path, clock):
    """The rule that is tested against tells them apart."""
    with Nonces(path, clock) as nonces:
        assert "30 seconds" in Gemini(clock).refusal(nonces.next())


@pytest.mark.parametrize("give", ["fraction", "whole", "next"])
def test_a_nonce_that_the_venue_would_refuse_is_told_with_how_long_that_lasts(path, clock, give):
    with TimedNonces(path, clock) as nonces:
        nonces.fraction()
        clock.go(-100)
        with pytest.raises(TooFarAhead, match=r"10[01]\.0 s ahead of the clock") as caught:
            getattr(nonces, give)()
        assert str(path) in str(caught.value)
        assert 72 <= caught.value.wait_s <= 73.1
        clock.go(caught.value.wait_s)
        assert Gemini(clock).refusal(nonces.fraction()) == ""


def test_whole_seconds_that_are_taken_too_fast_are_told(path, clock):
    venue = Gemini(clock)
    with TimedNonces(path, clock) as nonces:
        given = 0
        with pytest.raises(TooFarAhead):
            while given < 100:
                assert venue.refusal(nonces.whole()) == ""
                given += 1
        assert given == 29
        clock.go(1)
        assert venue.refusal(nonces.whole()) == ""
