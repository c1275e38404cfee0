"""An order and an execution, as Binance's replies write them, as Reports.

The same object answers a new order, a cancel, a question and a list, by REST and on the socket;
which members it has differs. Times are milliseconds.
"""

from decimal import Decimal
from typing import Annotated

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Flag, Kind, Reason, Side
from pinnacle.venues.orders.fees import fee_report
from pinnacle.venues.orders.port import Report
from pinnacle.venues.orders.records import execution_number
from pinnacle.venues.orders.terms import Terms

Id = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
#: Of no year that this program sees, and sums in ns fit into 63 bits.
Milliseconds = Annotated[int, msgspec.Meta(ge=-1, le=9_000_000_000_000)]
SIDES = {"BUY": Side.BID, "SELL": Side.ASK}
NAMES = {Side.BID: "BUY", Side.ASK: "SELL"}
RESTING = frozenset({"NEW", "PARTIALLY_FILLED", "PENDING_NEW", "PENDING_CANCEL"})
DONE = frozenset({"CANCELED", "EXPIRED", "EXPIRED_IN_MATCH"})


class OrderRow(msgspec.Struct):
    """An order. `clientOrderId` of what answers a cancel is the cancel's own."""

    symbol: str
    orderId: Id
    status: str = ""
    side: str = ""
    type: str = ""
    timeInForce: str = ""
    clientOrderId: str = ""
    origClientOrderId: str = ""
    price: Decimal = Decimal(0)
    origQty: Decimal = Decimal(0)
    executedQty: Decimal = Decimal(0)
    cummulativeQuoteQty: Decimal = Decimal(0)
    preventedQuantity: Decimal = Decimal(0)
    transactTime: Milliseconds = 0
    updateTime: Milliseconds = 0

    @property
    def client_id(self) -> str:
        return self.origClientOrderId or self.clientOrderId

    @property
    def venue_id(self) -> str:
        return str(self.orderId)

    @property
    def at_ns(self) -> int:
        return max(self.transactTime, self.updateTime, 0) * 1_000_000


class TradeRow(msgspec.Struct):
    """An execution of one's own."""

    symbol: str
    id: Id
    orderId: Id
    price: Decimal
    qty: Decimal
    commission: Decimal
    commissionAsset: str | None
    time: Milliseconds
    isBuyer: bool
    isMaker: bool


def state(row: OrderRow, order_id: int, at: int, terms: Terms) -> list[Report]:
    """Where an order stands: what is filled of it, and whether it rests, has ended or never was."""
    if row.side not in SIDES:
        raise DataError(f"Binance's order {row.orderId} has no side: {row.side!r:.20}")
    quantity, filled = terms.size(row.origQty), terms.size(row.executedQty)
    left = max(quantity - filled - terms.size(row.preventedQuantity), 0)
    base = Report(
        Kind.FILLED_TOTAL,
        order_id,
        at,
        SIDES[row.side],
        terms.ticks(row.price),
        filled,
        terms.notional(row.cummulativeQuoteQty),
        venue_ns=row.at_ns,
        venue_id=row.venue_id,
    )
    total = [base] if filled else []
    if row.status in RESTING:
        return [*total, base._replace(kind=Kind.ORDER_STATUS, quantity=left, aux=0)]
    if row.status == "FILLED":
        return total
    if row.status in DONE:
        why = end_reason(row.status, row.type, row.timeInForce)
        return [*total, base._replace(kind=Kind.CANCELLED, quantity=left, aux=0, reason=why)]
    if row.status == "REJECTED":
        refused = base._replace(kind=Kind.REJECTED, quantity=quantity, aux=0, reason=Reason.VENUE)
        return [refused._replace(words="REJECTED")]
    raise DataError(f"Binance's order {row.orderId} is nobody knows what: {row.status!r:.40}")


def end_reason(status: str, kind: str, time_in_force: str) -> Reason:
    """Why an order that ended did."""
    if status == "EXPIRED_IN_MATCH":
        return Reason.SELF_TRADE
    if status != "EXPIRED":
        return Reason.REQUESTED
    if time_in_force == "FOK":
        return Reason.FOK
    takes = kind == "MARKET" or time_in_force == "IOC"
    return Reason.NO_LIQUIDITY if takes else Reason.EXPIRED


def execution(row: TradeRow, order_id: int, at: int, terms: Terms) -> list[Report]:
    """A FILL and its FEE."""
    fill = Report(
        Kind.FILL,
        order_id,
        at,
        Side.BID if row.isBuyer else Side.ASK,
        terms.ticks(row.price),
        terms.lots(row.qty),
        execution_number(row.id),
        flags=Flag.FEE_TOLD | (Flag.MAKER if row.isMaker else 0),
        venue_ns=max(row.time, 0) * 1_000_000,
        venue_id=str(row.orderId),
    )
    return [fill, commission(fill, row.commissionAsset, row.commission, terms)]


def commission(fill: Report, asset: str | None, paid: Decimal, terms: Terms) -> Report:
    """The FEE of a FILL; DataError if one is paid in nothing."""
    if not asset and paid:
        raise DataError(f"Binance takes a fee of {paid}, and does not say of what")
    return fee_report(fill, asset or terms.quote, paid, terms)
