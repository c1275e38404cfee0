"""The FEE of a FILL: how much was paid, and in which currency."""

from decimal import Decimal

from pinnacle.core.schema import Kind
from pinnacle.venues.orders.port import Report
from pinnacle.venues.orders.terms import Terms, fee_parts


def fee_report(fill: Report, currency: str, paid: Decimal, terms: Terms) -> Report:
    """DataError of an amount that no record holds."""
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
