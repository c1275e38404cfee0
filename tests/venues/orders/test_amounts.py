"""Numbers of venues: exactly, or not at all."""

from decimal import Decimal

import pytest

from pinnacle.core.errors import DataError
from pinnacle.venues.orders.terms import amount


@pytest.mark.parametrize("text", ["0", "0.00000000", "-1.5", "1e-8", "1e40", "0e999999999"])
def test_a_number_is_one_however_it_is_written(text):
    assert amount(text) == Decimal(text)


@pytest.mark.parametrize("text", ["0e-999999999", "-0e999999999", "0." + "0" * 41])
def test_a_zero_has_no_more_digits_than_another_number(text):
    assert str(amount(text)) == "0"
    assert str(amount("0.00000000")) == "0E-8"


@pytest.mark.parametrize(
    "text",
    ["", "x", "NaN", "sNaN", "-Infinity", "1e41", "1e999999999", "1e-41", "1." + "0" * 41],
)
def test_what_is_none_or_would_fill_memory_is_refused(text):
    with pytest.raises(DataError):
        amount(text)
