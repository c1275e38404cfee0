"""What a venue takes, as a part of an order's worth."""

from decimal import Decimal

import pytest

from pinnacle.core.errors import DataError
from pinnacle.core.instruments import table
from pinnacle.core.schema import FeeOf, Flag, Kind, Side
from pinnacle.venues.orders.fees import fee_report, rate_e8
from pinnacle.venues.orders.port import Report
from pinnacle.venues.orders.terms import Terms
from tests.records import instruments

TERMS = Terms(table(instruments("BTC-USD"))[0], "BTC-USD", "BTC", "USD")
FILL = Report(
    Kind.FILL, 7, 0, Side.ASK, 100, 5, aux=9, flags=Flag.FEE_TOLD | Flag.MAKER, venue_id="v"
)


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


@pytest.mark.parametrize(
    ("currency", "of", "named"),
    [("USD", FeeOf.QUOTE, ""), ("BTC", FeeOf.BASE, ""), ("BNB", FeeOf.OTHER, "BNB")],
)
def test_a_fee_is_of_its_fill_and_has_nothing_that_is_the_fills_alone(currency, of, named):
    fee = fee_report(FILL, currency, Decimal("0.25"), TERMS)
    assert (fee.kind, fee.side, fee.quantity, fee.price) == (Kind.FEE, of, 25, 2)
    assert (fee.order_id, fee.row, fee.aux) == (7, 0, 9), "by these it finds its fill"
    assert (fee.flags, fee.venue_id, fee.currency) == (0, "", named)
