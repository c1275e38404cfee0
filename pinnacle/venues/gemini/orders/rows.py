"""An order and a trade, as Gemini's replies by REST write them, as Reports."""

from decimal import Decimal
from typing import Annotated

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Flag, Kind, Reason, Side
from pinnacle.venues.gemini.orders.errors import WOULD_TAKE, reason_of
from pinnacle.venues.orders.fees import fee_report
from pinnacle.venues.orders.port import Order, Report
from pinnacle.venues.orders.records import execution_number
from pinnacle.venues.orders.terms import Terms

#: As text or as a number: the venue writes both.
Id = (
    Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    | Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")]
)
#: Of no year that this program sees, and sums in ns fit into 63 bits.
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=9_000_000_000_000)]
Nanoseconds = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
SIDES = {"buy": Side.BID, "sell": Side.ASK}


class TradeRow(msgspec.Struct, rename={"broken": "break"}):
    """One of the account's. `broken`: "full" if the venue has taken it back."""

    price: Decimal
    amount: Decimal
    type: str
    fee_currency: str
    fee_amount: Decimal
    tid: Id
    order_id: Id
    timestampms: Milliseconds = 0
    aggressor: bool = True
    client_order_id: str = ""
    symbol: str = ""
    broken: str | None = None


class OrderRow(msgspec.Struct):
    """One order. It has no trades unless they were asked for."""

    symbol: str
    side: str
    is_live: bool
    is_cancelled: bool
    executed_amount: Decimal
    original_amount: Decimal
    order_id: Id | None = None
    id: Id | None = None
    client_order_id: str = ""
    price: Decimal = Decimal(0)
    timestampms: Milliseconds = 0
    reason: str | None = None
    trades: list[TradeRow] = []

    @property
    def venue_id(self) -> str:
        """DataError if it has none."""
        found = self.id if self.order_id is None else self.order_id
        if found is None:
            raise DataError("an order of Gemini's has no id")
        return str(found)


def is_same(row: OrderRow, order: Order, terms: Terms) -> bool:
    """Whether it is the order that was asked for: a client id may be of several."""
    return (
        row.symbol.upper() == terms.name
        and SIDES.get(row.side) == order.side
        and terms.lots(row.original_amount) == order.quantity
        and (order.price == 0 or terms.ticks(row.price) == order.price)
    )


def state(row: OrderRow, order_id: int, at: int, terms: Terms, is_named: bool) -> list[Report]:
    """Where an order stands: its trades, what is filled, and whether it rests or has ended.

    is_named   it was acknowledged before: then it ends, and was not refused
    """
    quantity, filled = terms.size(row.original_amount), terms.size(row.executed_amount)
    base = Report(
        Kind.FILLED_TOTAL,
        order_id,
        at,
        side_of(row.side),
        terms.ticks(row.price),
        filled,
        venue_ns=row.timestampms * 1_000_000,
        venue_id=row.venue_id,
    )
    told = [
        report for trade in in_order(row.trades) for report in execution(trade, order_id, at, terms)
    ]
    if filled:
        told.append(base)
    left = max(quantity - filled, 0)
    if row.is_live:
        return [*told, base._replace(kind=Kind.ORDER_STATUS, quantity=left)]
    if row.is_cancelled:
        return [*told, ended(base._replace(quantity=left), row.reason or "", filled, is_named)]
    if not filled or filled < quantity:
        raise DataError(f"Gemini's order {row.venue_id} is neither live nor cancelled nor filled")
    return told


def ended(base: Report, word: str, filled: int, is_named: bool) -> Report:
    """What is left is gone; an order that might not take and would have never was one."""
    if word == WOULD_TAKE and not filled and not is_named:
        return base._replace(kind=Kind.REJECTED, reason=Reason.WOULD_TAKE, words=word, venue_id="")
    return base._replace(kind=Kind.CANCELLED, reason=reason_of(word), words=word)


def in_order(rows: list[TradeRow]) -> list[TradeRow]:
    """The oldest first."""
    return sorted(rows, key=lambda row: (row.timestampms, int(row.tid)))


def execution(row: TradeRow, order_id: int, at: int, terms: Terms) -> list[Report]:
    """A FILL and its FEE; and its end, if the venue has taken it back."""
    fill = Report(
        Kind.FILL,
        order_id,
        at,
        side_of(row.type),
        terms.ticks(row.price),
        terms.size(row.amount),
        execution_number(row.tid),
        flags=Flag.FEE_TOLD | (0 if row.aggressor else Flag.MAKER),
        venue_ns=row.timestampms * 1_000_000,
        venue_id=str(row.order_id),
    )
    told = [fill, _fee(fill, row.fee_currency, row.fee_amount, terms)]
    # Nobody knows whether the fill was heard of before: told with it, its end is right either way.
    return [*told, fill._replace(kind=Kind.FILL_BUSTED)] if row.broken == "full" else told


def _fee(fill: Report, currency: str, paid: Decimal, terms: Terms) -> Report:
    """The FEE of a FILL; DataError if it is paid in nothing."""
    if not currency:
        raise DataError(f"Gemini takes a fee of {paid}, and does not say of what")
    return fee_report(fill, currency.upper(), paid, terms)


def side_of(word: str) -> Side:
    """DataError if it is none."""
    found = SIDES.get(word.lower())
    if found is None:
        raise DataError(f"not a side of Gemini's: {word!r:.20}")
    return found
