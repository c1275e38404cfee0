"""Numbers and times of venues' lists become plain text and whole moments, or an error."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.errors import DataError
from pinnacle.venues.reference.listing import EXPONENT_MAX, moment_said, plain, step
from pinnacle.venues.reference.offset import LATEST_NS, SECOND_NS, Moment


@given(st.decimals(0, 10**12, allow_nan=False, allow_infinity=False, places=8))
def test_a_number_is_the_same_in_plain_text(number):
    for value in (number, str(number), f"{number:e}"):
        text = plain(value)
        assert Decimal(text) == number and "e" not in text.lower()
        assert "." not in text or text[-1] not in "0."


def test_a_number_has_no_more_digits_than_any_amount():
    for exponent in (EXPONENT_MAX, -EXPONENT_MAX):
        assert Decimal(plain(f"1e{exponent}")) == Decimal(f"1e{exponent}")
    for wrong in (f"1e{EXPONENT_MAX + 1}", f"1e-{EXPONENT_MAX + 1}", "nan", "inf", "-1", "x", ""):
        with pytest.raises(DataError, match="not a"):
            plain(wrong)


def test_a_step_is_one_unit_of_the_last_digit():
    assert [step(digits) for digits in (0, 1, 8)] == ["1", "0.1", "0.00000001"]


@pytest.mark.parametrize(
    ("seconds", "within_ns", "at_ns"),
    [
        ("5.999", SECOND_NS, 5 * SECOND_NS),
        ("5.999", 10**6, 5_999_000_000),
        (5, 1, 5 * SECOND_NS),
        (Decimal("1.123456789"), 1000, 1_123_456_000),
    ],
)
def test_what_a_clock_showed_is_as_fine_as_it_moves(seconds, within_ns, at_ns):
    assert moment_said(seconds, within_ns) == Moment(at_ns, within_ns)


def test_a_clock_of_no_time_of_ours_is_refused():
    assert moment_said((LATEST_NS - 1) // SECOND_NS, 1)
    for wrong in (LATEST_NS // SECOND_NS + 1, "-1", "nan"):
        with pytest.raises(DataError):
            moment_said(wrong, 1)
