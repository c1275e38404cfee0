"""What a venue takes: the FEE of a FILL, and the rates that hold for an account."""

from decimal import ROUND_CEILING, Decimal

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind
from pinnacle.venues.orders.port import Report
from pinnacle.venues.orders.terms import Terms, fee_parts


def fee_report(fill: Report, currency: str, paid: Decimal, terms: Terms) -> Report:
    """`paid` of it, in `currency`; DataError of an amount that no record holds."""
    mantissa, decimals = fee_parts(paid)
    of = terms.fee_of(currency)
    return fill._replace(
        kind=Kind.FEE,
        side=of,
        price=decimals,
        quantity=mantissa,
        flags=0,
        venue_id="",
        currency=currency if of == terms.OTHER else "",
    )


def rate_e8(venue: str, rate: Decimal) -> int:
    """A part of an order's worth in 1e-8 of it, rounded towards the venue; DataError for what no
    fee can be."""
    if abs(rate) > 1:
        raise DataError(f"{venue} takes {rate} of an order's worth")
    return int((rate * 10**8).to_integral_value(ROUND_CEILING))
