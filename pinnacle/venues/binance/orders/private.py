"""Binance's user stream: what happens to orders, as it happens.

It has no numbers, no snapshot and repeats nothing: what it has lost nobody sees here.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Flag, Kind, Reason, Side
from pinnacle.venues.binance.orders.errors import VenueRefusal
from pinnacle.venues.binance.orders.limits import RateLimit
from pinnacle.venues.binance.orders.rows import (
    DONE,
    RESTING,
    SIDES,
    Id,
    Milliseconds,
    commission,
    end_reason,
)
from pinnacle.venues.orders.names import whose
from pinnacle.venues.orders.port import Known, Report
from pinnacle.venues.orders.records import execution_number
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.reference.listing import decoded

#: Why the venue itself has ended an order, by its word (`eR`).
_EXPIRED = {
    "UNFILLED_IOC_QUANTITY_EXPIRED": Reason.NO_LIQUIDITY,
    "UNFILLED_FOK_ORDER_EXPIRED": Reason.FOK,
    "INSUFFICIENT_LIQUIDITY": Reason.NO_LIQUIDITY,
}
#: Events with which the stream ends.
ENDS = frozenset({"eventStreamTerminated", "serverShutdown"})


class Frame(msgspec.Struct):
    """Any frame of the WebSocket API: an answer (`status`), or an event."""

    id: int | str | None = None
    status: int = 0
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: VenueRefusal | None = None
    rateLimits: list[RateLimit] = []
    event: msgspec.Raw = msgspec.Raw(b"")


class Head(msgspec.Struct, rename={"name": "e"}):
    """Of an event: which it is."""

    name: str = ""


class Execution(
    msgspec.Struct,
    rename={
        "at_ms": "T",
        "symbol": "s",
        "client_id": "c",
        "original_id": "C",
        "side": "S",
        "kind": "o",
        "time_in_force": "f",
        "quantity": "q",
        "price": "p",
        "what": "x",
        "state": "X",
        "refusal": "r",
        "venue_id": "i",
        "last_quantity": "l",
        "last_price": "L",
        "filled": "z",
        "value": "Z",
        "fee": "n",
        "fee_asset": "N",
        "trade": "t",
        "is_maker": "m",
        "prevented": "A",
        "expiry": "eR",
    },
):
    """executionReport. `client_id` of a cancel is the cancel's own, the order's `original_id`."""

    symbol: str
    venue_id: Id
    what: str
    state: str
    side: str
    quantity: Decimal
    price: Decimal
    filled: Decimal
    value: Decimal
    at_ms: Milliseconds
    client_id: str = ""
    original_id: str = ""
    kind: str = ""
    time_in_force: str = ""
    refusal: str = ""
    last_quantity: Decimal = Decimal(0)
    last_price: Decimal = Decimal(0)
    fee: Decimal | None = None
    fee_asset: str | None = None
    trade: int = -1
    is_maker: bool = False
    prevented: Decimal = Decimal(0)
    expiry: str = ""


_frames = msgspec.json.Decoder(Frame)
_heads = msgspec.json.Decoder(Head)
_executions = msgspec.json.Decoder(Execution)


def read_frame(frame: bytes) -> Frame:
    """DataError if it is none."""
    return decoded(_frames, frame, "Binance", "frame")


def event_of(frame: Frame) -> str:
    """Which event a frame is; "": none."""
    event = bytes(frame.event)
    return decoded(_heads, event, "Binance", "event").name if event else ""


class Executions:
    """executionReports as Reports."""

    def __init__(self, terms: Sequence[Terms], known: Known):
        self._terms, self._known = terms, known
        self._rows = {each.name: row for row, each in enumerate(terms)}

    def read(self, event: bytes) -> list[Report]:
        """DataError if it is none. Nothing of an order that nobody here has to do with."""
        row = decoded(_executions, event, "Binance", "executionReport")
        order_id, at = self._order_id(row), self._rows.get(row.symbol)
        if order_id is None or at is None:
            return []
        if row.side not in SIDES:
            raise DataError(f"Binance's order {row.venue_id} has no side: {row.side!r:.20}")
        if row.state not in RESTING | DONE and row.state not in ("FILLED", "REJECTED"):
            raise DataError(f"Binance's order {row.venue_id} is nobody knows what: {row.state!r}")
        terms = self._terms[at]
        base = Report(
            Kind.ACK,
            order_id,
            at,
            SIDES[row.side],
            terms.ticks(row.price),
            terms.size(row.quantity),
            venue_ns=max(row.at_ms, 0) * 1_000_000,
            venue_id=str(row.venue_id),
        )
        return self._reports(base, row, terms)

    def _order_id(self, row: Execution) -> int | None:
        """By the order's own id, whatever it is called by now: a cancel has a name of its own, and
        so has who amends."""
        return whose(self._known, str(row.venue_id), row.original_id or row.client_id)

    def _reports(self, base: Report, row: Execution, terms: Terms) -> list[Report]:
        if row.state == "REJECTED":
            refused = base._replace(kind=Kind.REJECTED, reason=Reason.VENUE)
            return [refused._replace(words=row.refusal)]
        reports = []
        is_here = self._known.order(base.order_id) is not None
        if row.what == "NEW" and is_here:
            reports.append(base)
        elif row.what == "TRADE":
            reports += self._trade(base, row, terms)
        elif row.state in RESTING and row.what in ("REPLACED", "TRADE_PREVENTION"):
            left = base.quantity - terms.size(row.prevented)
            reports.append(base._replace(kind=Kind.REPLACED, quantity=left))
        filled = terms.size(row.filled)
        if filled:
            value = terms.notional(row.value)
            reports.append(base._replace(kind=Kind.FILLED_TOTAL, quantity=filled, aux=value))
        if row.state in DONE and is_here:
            left = max(base.quantity - filled - terms.size(row.prevented), 0)
            why = _EXPIRED.get(row.expiry) or end_reason(row.state, row.kind, row.time_in_force)
            end = base._replace(kind=Kind.CANCELLED, quantity=left, reason=why)
            reports.append(end._replace(words=row.expiry))
        return reports

    def _trade(self, base: Report, row: Execution, terms: Terms) -> list[Report]:
        said = row.last_quantity and row.last_price and row.fee is not None
        if row.trade < 0 or not said:
            raise DataError(f"Binance's order {row.venue_id} has a trade that does not say all")
        fill = base._replace(
            kind=Kind.FILL,
            side=Side(base.side),
            price=terms.ticks(row.last_price),
            quantity=terms.lots(row.last_quantity),
            aux=execution_number(row.trade),
            flags=Flag.FEE_TOLD | (Flag.MAKER if row.is_maker else 0),
        )
        assert row.fee is not None, "it is said"
        return [fill, commission(fill, row.fee_asset, row.fee, terms)]
