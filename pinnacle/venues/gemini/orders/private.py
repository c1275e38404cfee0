"""Gemini's private frames: order events, and the answers to what was asked on the same socket.

Nothing numbers them, and nothing is repeated: what was lost nobody sees here.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Flag, Kind
from pinnacle.venues.gemini.orders.errors import SocketError, refusal_of
from pinnacle.venues.gemini.orders.rows import (
    Id,
    Nanoseconds,
    ended,
    side_of,
)
from pinnacle.venues.orders.fees import fee_report
from pinnacle.venues.orders.names import whose
from pinnacle.venues.orders.port import Call, Known, Order, Report, What
from pinnacle.venues.orders.records import execution_number
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.reference.listing import decoded

_RESTING = frozenset({"NEW", "OPEN"})
_TRADED = frozenset({"PARTIALLY_FILLED", "FILLED"})


class Frame(msgspec.Struct, rename={"state": "X"}):
    """Any frame: an order event by its `state`, an answer by its `status`."""

    state: str = ""
    id: int | str | None = None
    status: int = 0
    error: SocketError | None = None


class OrderEvent(
    msgspec.Struct,
    rename={
        "state": "X",
        "venue_id": "i",
        "symbol": "s",
        "client_id": "c",
        "side": "S",
        "price": "p",
        "quantity": "q",
        "remaining": "z",
        "executed": "Z",
        "last_price": "L",
        "trade": "t",
        "reason": "r",
        "at_ns": "T",
        "told_ns": "E",
        "is_maker": "m",
        "fee": "n",
    },
):
    """What is nothing or zero is left out.

    executed   of this fill alone where the event is one; of the order in all else
    fee        in quote currency; None: not said
    """

    state: str
    venue_id: Id
    symbol: str
    side: str
    client_id: str = ""
    price: Decimal = Decimal(0)
    quantity: Decimal = Decimal(0)
    remaining: Decimal = Decimal(0)
    executed: Decimal = Decimal(0)
    last_price: Decimal = Decimal(0)
    trade: Id | None = None
    reason: str = ""
    at_ns: Nanoseconds = 0
    told_ns: Nanoseconds = 0
    is_maker: bool = False
    fee: Decimal | None = None


class Meant(NamedTuple):
    """Of an order event. `ask`: what it does not say, and must be known."""

    reports: Sequence[Report] = ()
    ask: Sequence[Call] = ()


_frames = msgspec.json.Decoder(Frame)
_events = msgspec.json.Decoder(OrderEvent)


def read_frame(frame: bytes) -> Frame:
    """DataError if it is none."""
    return decoded(_frames, frame, "Gemini", "frame")


class OrderEvents:
    """Order events as Reports."""

    def __init__(self, terms: Sequence[Terms], known: Known):
        self._terms, self._known = terms, known
        self._rows = {each.name: row for row, each in enumerate(terms)}

    def read(self, frame: bytes) -> Meant:
        """DataError if it cannot be read. Nothing of an order that is nobody's here."""
        event = decoded(_events, frame, "Gemini", "order event")
        at = self._rows.get(event.symbol.upper())
        order_id = whose(self._known, str(event.venue_id), event.client_id)
        if at is None or order_id is None:
            return Meant()
        terms = self._terms[at]
        base = Report(
            Kind.ACK,
            order_id,
            at,
            side_of(event.side),
            terms.ticks(event.price),
            terms.size(event.quantity),
            venue_ns=event.at_ns or event.told_ns,
            venue_id=str(event.venue_id),
        )
        return self._meant(base, event, terms)

    def _meant(self, base: Report, event: OrderEvent, terms: Terms) -> Meant:
        order = self._known.order(base.order_id)
        if event.state in _TRADED:
            return self._traded(base, event, terms)
        if event.state in _RESTING:
            return Meant([base] if order is not None else [])
        if event.state == "MODIFIED":
            return Meant([base._replace(kind=Kind.REPLACED)] if order is not None else [])
        if event.state == "REJECTED":
            no = base._replace(kind=Kind.REJECTED, reason=refusal_of(event.reason), venue_id="")
            return Meant([no._replace(words=event.reason)])
        if event.state != "CANCELED":
            raise DataError(
                f"Gemini's order {base.venue_id} is nobody knows what: {event.state!r:.40}"
            )
        filled = terms.size(event.executed)
        told = [base._replace(kind=Kind.FILLED_TOTAL, quantity=filled)] if filled else []
        if order is not None:
            left = base._replace(quantity=max(base.quantity - filled, 0))
            told.append(ended(left, event.reason, filled, is_named=bool(order.venue_id)))
        return Meant(told)

    def _traded(self, base: Report, event: OrderEvent, terms: Terms) -> Meant:
        left = 0 if event.state == "FILLED" else terms.size(event.remaining)
        filled = base.quantity - left
        if filled < 0:
            raise DataError(f"Gemini's order {base.venue_id} has more left than it had")
        # A part that is left out is zero, and of a partial fill something is left.
        says_total = event.state == "FILLED" or left > 0
        total = [base._replace(kind=Kind.FILLED_TOTAL, quantity=filled)] if says_total else []
        lots, price = terms.size(event.executed), terms.ticks(event.last_price)
        if event.trade is None or event.fee is None or not lots or not price:
            return Meant(total, [self._fills_of(base, event)])
        fill = base._replace(
            kind=Kind.FILL,
            price=price,
            quantity=lots,
            aux=execution_number(event.trade),
            flags=Flag.FEE_TOLD | (Flag.MAKER if event.is_maker else 0),
        )
        return Meant([fill, fee_report(fill, terms.quote, event.fee, terms), *total])

    def _fills_of(self, base: Report, event: OrderEvent) -> Call:
        order = Order(
            base.order_id,
            base.row,
            side_of(event.side),
            base.price,
            base.quantity,
            event.client_id,
            base.venue_id,
        )
        return Call(What.FILLS, order)
