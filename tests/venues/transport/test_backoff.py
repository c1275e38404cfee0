"""Waits double, stay within their bounds, and differ."""

from hypothesis import given
from hypothesis import strategies as st

from pinnacle.venues.transport.backoff import Backoff


@given(st.integers(1, 1000), st.integers(0, 100_000), st.integers(1, 80))
def test_each_wait_is_within_the_bounds_and_half_to_all_of_its_doubling(least, more, attempts):
    backoff = Backoff(least, least + more)
    for attempt in range(attempts):
        bound = min(least + more, least * 2**attempt)
        assert max(least, bound / 2) <= backoff.next_ms() <= bound


def test_waits_differ_and_begin_anew_after_a_reset():
    backoff = Backoff(100, 100_000)
    waits = [backoff.next_ms() for _ in range(10)]
    assert len(set(waits)) > 5 and waits[-1] > 10_000
    backoff.reset()
    assert backoff.next_ms() <= 100
