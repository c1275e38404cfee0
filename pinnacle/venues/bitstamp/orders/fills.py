"""Single fills: of the private channel, of an order's state, of the list of transactions.

All three call an execution the same, so one that comes thrice counts once. None says who was there
before: of an order that may not take, its fills are a maker's.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from pinnacle.core.schema import Flag, Kind, Side
from pinnacle.venues.bitstamp.orders.rows import Row, ident, number, optional_number, text, utc_ns
from pinnacle.venues.bitstamp.orders.watches import Watch
from pinnacle.venues.orders.fees import fee_report
from pinnacle.venues.orders.port import Order, Report
from pinnacle.venues.orders.records import execution_number
from pinnacle.venues.orders.terms import Terms

#: Of a transaction: a trade, and not a deposit.
TRADE = "2"


class Execution(NamedTuple):
    """One fill as the venue tells it; the fee is in quote currency."""

    name: str
    venue_id: str
    row: int
    side: Side
    price: Decimal
    amount: Decimal
    fee: Decimal
    at_ns: int


def reports(found: Execution, order_id: int, watch: Watch, terms: Terms) -> list[Report]:
    """A FILL and its FEE. DataError: in no whole ticks or lots."""
    fill = Report(
        Kind.FILL,
        order_id,
        found.row,
        found.side,
        terms.ticks(found.price),
        terms.lots(found.amount),
        execution_number(found.name),
        flags=Flag.FEE_TOLD | (Flag.MAKER if watch.post_only else 0),
        venue_ns=found.at_ns,
    )
    return [fill, fee_report(fill, terms.quote, found.fee, terms)]


def of_order(row: Row, order: Order, terms: Terms) -> Execution:
    """Of a transaction in an order's state: amounts stand under the names of currencies.
    DataError."""
    return Execution(
        ident(row.get("tid")),
        order.venue_id,
        order.row,
        order.side,
        number(row.get("price")),
        abs(number(row.get(terms.base.lower()))),
        number(row.get("fee")),
        utc_ns(row.get("datetime")),
    )


def of_account(row: Row, terms: Sequence[Terms]) -> Execution | None:
    """Of a row of the account's transactions; None if it is no trade of an instrument of ours.
    DataError: it is one, and cannot be read."""
    if text(row.get("type")) != TRADE or not text(row.get("order_id")):
        return None
    for at, each in enumerate(terms):
        base, quote = each.base.lower(), each.quote.lower()
        amount = optional_number(row.get(base))
        if f"{base}_{quote}" not in row or not amount:
            continue
        return Execution(
            ident(row.get("id")),
            ident(row.get("order_id")),
            at,
            Side.BID if amount > 0 else Side.ASK,
            abs(number(row.get(f"{base}_{quote}"))),
            abs(amount),
            number(row.get("fee")),
            utc_ns(row.get("datetime")),
        )
    return None


rows = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
