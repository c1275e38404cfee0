"""How fast a counter moves."""

from pinnacle.runtime.rate import Rate


def test_a_rate_is_that_of_the_last_span_and_no_longer():
    rate = Rate(span_ns=2_000)
    assert rate.of(1_000, 50) == 0
    assert rate.of(2_000, 51) == 1e6
    assert rate.of(3_000, 52) == 1e6
    for now_ns in range(4_000, 8_000, 1_000):
        last = rate.of(now_ns, 52)
    assert last == 0


def test_a_process_that_began_anew_counts_anew():
    rate = Rate()
    rate.of(1_000, 500)
    assert rate.of(2_000, 3) == 0
    assert rate.of(3_000, 4) == 1e6


def test_two_looks_at_one_moment_are_no_rate():
    rate = Rate()
    rate.of(1_000, 5)
    assert rate.of(1_000, 9) == 0
