"""What Bitstamp answers to what changes orders: taken, refused, or nothing that says so."""

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.bitstamp.orders.errors import Refusal
from pinnacle.venues.bitstamp.orders.rows import NULL, ident, read, text
from pinnacle.venues.orders import about
from pinnacle.venues.orders.port import Answered, Call, Order, What


class Taken(msgspec.Struct):
    """A new order."""

    id: msgspec.Raw
    client_order_id: msgspec.Raw = NULL


class Cancelled(msgspec.Struct):
    """A cancel; old answers have no status."""

    id: msgspec.Raw
    status: str = ""


class AllCancelled(msgspec.Struct):
    success: bool
    canceled: list[msgspec.Raw] | None = None


_taken = msgspec.json.Decoder(Taken)
_cancelled = msgspec.json.Decoder(Cancelled)
_all_cancelled = msgspec.json.Decoder(AllCancelled)


def name_of(order: Order, body: bytes) -> str:
    """What the venue calls an order that it has taken. DataError: it names none, or another's."""
    taken = read(_taken, body, "answer to an order")
    client_id = text(taken.client_order_id)
    if client_id not in ("", order.client_id):
        raise DataError(f"Bitstamp answers with another order, {client_id!r:.60}")
    return ident(taken.id)


def is_cancelled(order: Order, body: bytes) -> bool:
    """Whether the venue says that a cancel is done; a pending one is under way. DataError."""
    said = read(_cancelled, body, "answer to a cancel")
    name = ident(said.id)
    if name != (order.venue_id or name):
        raise DataError(f"Bitstamp has cancelled another order, {name}")
    return said.status.lower() in ("canceled", "cancelled")


def all_cancelled(body: bytes) -> Answered:
    """To a CANCEL_ALL. What is cancelled the stream tells."""
    if read(_all_cancelled, body, "answer to a cancel of all").success:
        return Answered()
    return Answered(fault="Bitstamp has not cancelled all orders")


def refused(call: Call, found: Refusal) -> Answered:
    """A definite no, as far as it is one."""
    if found.wait_s:
        return Answered(wait_s=found.wait_s, stale=found.is_stale)
    order, no = call.order, about.refused(call, found.reason, found.words)
    if order is None or (call.what is What.QUERY and found.reason != Reason.UNKNOWN_ORDER):
        return Answered(fault=found.words)
    if call.what is What.QUERY:
        return about.unknown(order)
    if no is None:
        return Answered(fault=found.words)
    if found.is_unknown:
        return _unsure(call, order, found)
    if call.what is What.CANCEL and found.is_of_key:
        return Answered(again=True, fault=found.words)
    # What could not be cancelled is looked at; of what is not known the table asks itself.
    looks = call.what is What.CANCEL and found.reason != Reason.UNKNOWN_ORDER
    return Answered([no], more=Call(What.QUERY, order) if looks else None)


def _unsure(call: Call, order: Order, found: Refusal) -> Answered:
    """The venue names the order that may be there: it is asked for by that."""
    doubt = about.report(Kind.UNSURE, order, 0)._replace(words=found.words)
    named = order._replace(venue_id=order.venue_id or found.order_id)
    return Answered([doubt], more=Call(What.QUERY, named))
