"""Reports about an order that the gateway knows: what a venue answers, and no venue's own words."""

from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.orders.port import Answered, Call, Order, Report, What

_REFUSALS = {
    What.NEW: Kind.REJECTED,
    What.REPLACE: Kind.REPLACE_REJECTED,
    What.CANCEL: Kind.CANCEL_REJECTED,
}


def order_of(call: Call) -> Order:
    """The order that a call is of."""
    assert call.order is not None, f"a {call.what.name} is of an order"
    return call.order


def report(kind: Kind, order: Order, quantity: int | None = None) -> Report:
    """With its price, and all of its quantity where no other is said."""
    lots = order.quantity if quantity is None else quantity
    return Report(kind, order.order_id, order.row, order.side, order.price, lots)


def refused(call: Call, reason: Reason, words: str) -> Report | None:
    """A definite no to a NEW, REPLACE or CANCEL; None of anything else."""
    kind = _REFUSALS.get(call.what)
    if kind is None or call.order is None:
        return None
    return report(kind, call.order)._replace(reason=reason, words=words)


def unsure(order: Order, words: str, reason: Reason = Reason.NONE) -> Report:
    """Nobody here knows what has become of it: the table asks the venue."""
    doubt = Report(Kind.UNSURE, order.order_id, order.row, order.side)
    return doubt._replace(reason=reason, words=words)


def unknown(order: Order) -> Answered:
    """To a question: the venue does not have it."""
    return Answered([report(Kind.REJECTED, order)._replace(reason=Reason.UNKNOWN_ORDER)])
