"""Points in time as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.errors import UsageError
from pinnacle.replay.times import format_time, parse_time

START = 1_700_000_000_000_000_001


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1700000000123456789", 1_700_000_000_123_456_789),
        ("+0", START),
        ("+1.5", START + 1_500_000_000),
        ("+0.000000001", START + 1),
        ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000),
        ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123_456_789),
        ("2023-11-14 22:13:20.5", 1_700_000_000_500_000_000),
        ("2023-11-15T00:13:20.25+02:00", 1_700_000_000_250_000_000),
        ("2023-11-14", 1_699_920_000_000_000_000),
        ("1969-12-31T23:59:59.5Z", -500_000_000),
    ],
)
def test_every_form_is_understood_to_the_nanosecond(text, ns):
    assert parse_time(text, START) == ns


@given(st.integers(0, 4_000_000_000_000_000_000))
def test_what_is_printed_is_read_back(ns):
    assert parse_time(format_time(ns), 0) == ns


@pytest.mark.parametrize("text", ["", "now", "+", "+x", "+NaN", "+inf", "2023-13-01", "12:00"])
def test_anything_else_is_refused_in_words(text):
    with pytest.raises(UsageError, match="is not a time: ISO 8601"):
        parse_time(text, START)
