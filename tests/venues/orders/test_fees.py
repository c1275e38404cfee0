"""What a venue takes, as a part of an order's worth."""

from decimal import Decimal

import pytest

from pinnacle.core.errors import DataError
from pinnacle.venues.orders.fees import rate_e8


@pytest.mark.parametrize(
    ("rate", "e8"),
    [("0", 0), ("0.0026", 260_000), ("-0.0001", -10_000), ("1", 10**8), ("-1", -(10**8))],
)
def test_a_rate_is_exact_where_it_can_be(rate, e8):
    assert rate_e8("Nowhere", Decimal(rate)) == e8


@pytest.mark.parametrize(("rate", "e8"), [("0.000000001", 1), ("-0.000000019", -1)])
def test_what_is_finer_is_rounded_towards_the_venue(rate, e8):
    assert rate_e8("Nowhere", Decimal(rate)) == e8


@pytest.mark.parametrize("rate", ["1.00000001", "-1.5", "1e30"])
def test_what_no_fee_can_be_is_refused(rate):
    with pytest.raises(DataError, match=r"Nowhere takes .* of an order's worth"):
        rate_e8("Nowhere", Decimal(rate))
