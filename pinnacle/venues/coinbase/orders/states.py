"""Whole states of orders, which is all that Coinbase tells of them, as Reports.

Stream and requests say the same in other words; either may come first, and both come again. What
counts once is settled here: a REPLACED when the order is seen to have its new terms, for the answer
to an edit says no more than that it was taken.
"""

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.venues.coinbase.orders.errors import end_reason, reason_of
from pinnacle.venues.orders.about import report
from pinnacle.venues.orders.names import whose
from pinnacle.venues.orders.port import Known, Order, Report
from pinnacle.venues.orders.terms import Terms, amount

SIDES = {"BUY": Side.BID, "SELL": Side.ASK}
RESTING = frozenset({"PENDING", "OPEN", "QUEUED", "EDIT_QUEUED", "CANCEL_QUEUED"})
_ENDS = frozenset({"FILLED", "CANCELLED", "EXPIRED", "FAILED"})
STATUSES = RESTING | _ENDS
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)
ZERO = msgspec.Raw(b'"0"')


class State(NamedTuple):
    """One order as the venue shows it.

    size, price   None: not said
    value         of what is filled, in quote currency; 0: not said
    words         why it ended; `reject`: the venue's word for why it was refused
    """

    venue_id: str
    client_id: str
    product: str
    side: str
    status: str
    time_in_force: str
    price: Decimal | None
    size: Decimal | None
    filled: Decimal
    value: Decimal
    words: str
    reject: str


class States:
    """Of all orders that are known here."""

    def __init__(self, terms: Sequence[Terms], known: Known):
        self._terms, self._known = terms, known
        self._rows = {each.name: row for row, each in enumerate(terms)}
        #: New price and total of each order that was edited and not yet seen with them.
        self._edits: dict[int, tuple[int, int]] = {}

    def order_id(self, state: State) -> int | None:
        """None: none of this session's."""
        return whose(self._known, state.venue_id, state.client_id)

    def row(self, product: str) -> int | None:
        """None of an instrument that is not ours."""
        return self._rows.get(product)

    def edited(self, order: Order, price: int, quantity: int) -> None:
        """It was asked for: a REPLACED may be seen from now on."""
        self._edits[order.order_id] = (price, quantity)

    def is_edited(self, order_id: int) -> bool:
        """Whether an edit waits to be seen."""
        return order_id in self._edits

    def settled(self, order: Order, reason: Reason, words: str = "") -> list[Report]:
        """The end of an edit: REPLACED, or if there is a reason REPLACE_REJECTED; nothing if it
        was seen before."""
        new = self._edits.pop(order.order_id, None)
        if new is None:
            return []
        kind = Kind.REPLACE_REJECTED if reason else Kind.REPLACED
        told = report(kind, order, new[1])._replace(price=new[0])
        return [told._replace(reason=reason, words=words)]

    def heard(self, state: State, order: Order) -> list[Report]:
        """What a state that the venue tells by itself means of an order that is open here."""
        if state.status not in STATUSES:
            raise DataError(f"{state.venue_id}: an order's status {state.status!r:.40} is none")
        lots = self._lots(order, state)
        named = [] if order.venue_id or state.status == "FAILED" else [_named(order, state)]
        seen = [*self._edit(state, order), *self._filled(state, order, lots)]
        return [*named, *seen, *_end(state, order, lots)]

    def asked(self, state: State, order: Order) -> list[Report]:
        """The same of one that was asked for: that it rests is worth saying, too."""
        reports = self.heard(state, order)
        if state.status not in RESTING:
            return reports
        terms = self._terms[order.row]
        size = order.quantity if state.size is None else terms.lots(state.size)
        price = order.price if state.price is None else terms.ticks(state.price)
        left = size - self._lots(order, state)
        status = report(Kind.ORDER_STATUS, order, left)._replace(price=price)
        told = [each for each in reports if each.kind != Kind.ACK]
        return [*told, status._replace(venue_id=state.venue_id)]

    def adopted(self, state: State) -> Order | None:
        """One that rests and is none of this session's; None if that is nobody's business."""
        row = self.row(state.product)
        if row is None or state.price is None or state.size is None or state.side not in SIDES:
            return None
        terms = self._terms[row]
        price, size = terms.ticks(state.price), terms.lots(state.size)
        order_id = self._known.adopted(state.venue_id, state.client_id)
        if order_id is None:
            return None
        return Order(order_id, row, SIDES[state.side], price, size, state.client_id, state.venue_id)

    def _lots(self, order: Order, state: State) -> int:
        if state.filled < 0:
            raise DataError(f"{state.venue_id}: {state.filled} of it is filled")
        return self._terms[order.row].lots(state.filled)

    def _filled(self, state: State, order: Order, lots: int) -> list[Report]:
        if lots == 0:
            return []
        notional = self._terms[order.row].notional(state.value)
        total = report(Kind.FILLED_TOTAL, order, lots)._replace(aux=notional)
        # Nothing but a request tells of single fills: what lacks is inferred until it has.
        return [total._replace(reason=Reason.INFERRED)]

    def _edit(self, state: State, order: Order) -> list[Report]:
        new = self._edits.get(order.order_id)
        if new is None:
            return []
        terms = self._terms[order.row]
        size = state.filled if state.status == "FILLED" else state.size
        if state.price is None or size is None:
            shown = None
        else:
            shown = terms.ticks(state.price), terms.lots(size)
        if shown == new:
            return self.settled(order, Reason.NONE)
        # What has ended with its old terms will not get new ones.
        return self.settled(order, Reason.TOO_LATE) if state.status in _ENDS else []


def _named(order: Order, state: State) -> Report:
    return report(Kind.ACK, order)._replace(venue_id=state.venue_id)


def _end(state: State, order: Order, filled: int) -> list[Report]:
    words = state.words
    if state.status == "FAILED" and filled == 0:
        reason = reason_of(state.reject)
        refused = report(Kind.REJECTED, order)._replace(reason=reason)
        return [refused._replace(words=words or state.reject)]
    if state.status not in ("CANCELLED", "EXPIRED", "FAILED"):
        return []
    reason = end_reason(words, state.time_in_force)
    if state.status == "EXPIRED":
        reason = Reason.EXPIRED
    left = max(order.quantity - filled, 0)
    return [report(Kind.CANCELLED, order, left)._replace(reason=reason, words=words)]


def number(raw: msgspec.Raw) -> Decimal:
    """A number that the venue writes as text or as one, "" and null for 0. DataError."""
    return optional_number(raw) or Decimal(0)


def optional_number(raw: msgspec.Raw) -> Decimal | None:
    """The same; None where it writes "" or null. DataError."""
    text = bytes(raw).decode(errors="replace").strip('"')
    return None if text in ("", "null") else amount(text)


def utc_ns(text: str | None) -> int:
    """A time as the venue writes it, by the microsecond; 0 if it is none of today."""
    try:
        at = datetime.datetime.fromisoformat(text or "")
        return max((at - _EPOCH) // _MICROSECOND * 1000, 0)
    except (ValueError, TypeError, OverflowError):
        return 0


def stamp(at_ns: int) -> str:
    """The inverse."""
    at = _EPOCH + at_ns // 1000 * _MICROSECOND
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
