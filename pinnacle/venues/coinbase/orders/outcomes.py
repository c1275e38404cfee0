"""What Coinbase answers to what changes orders: taken, refused, or nothing that says so.

It answers 200 to both. A cancel or an edit that it has taken is not done: the user channel shows
that, or a request.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.coinbase.orders.errors import first_word, reason_of
from pinnacle.venues.coinbase.orders.lists import read
from pinnacle.venues.coinbase.orders.states import States, optional_number
from pinnacle.venues.orders.about import order_of, report
from pinnacle.venues.orders.port import Answered, Call, Order, What

_NONE = msgspec.Raw(b"null")
#: The cancel is under way, or the order busy: neither is an outcome.
_UNDER_WAY, _BUSY = "DUPLICATE_CANCEL_REQUEST", "ORDER_IS_BEING_REPLACED"
_EQUAL = "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST"


class Taken(msgspec.Struct):
    """A new order: what the venue calls it, and what it says of it."""

    order_id: str
    client_order_id: str = ""
    product_id: str = ""
    side: str = ""


class Refusal(msgspec.Struct):
    error: str | None = None
    message: str | None = None
    error_details: str | None = None
    preview_failure_reason: str | None = None
    new_order_failure_reason: str | None = None


class Placed(msgspec.Struct):
    success: bool
    success_response: Taken | None = None
    error_response: Refusal | None = None
    failure_reason: str | None = None
    order_configuration: dict[str, dict[str, msgspec.Raw]] | None = None


class EditFault(msgspec.Struct):
    edit_failure_reason: str | None = None
    preview_failure_reason: str | None = None


class Edited(msgspec.Struct):
    success: bool
    errors: list[EditFault] | EditFault | None = None


class Cancelled(msgspec.Struct):
    success: bool
    order_id: str = ""
    failure_reason: str | None = None


class AllCancelled(msgspec.Struct):
    results: list[Cancelled]


def placed(call: Call, body: bytes, asked: Mapping[str, Mapping[str, Any]]) -> Answered:
    """To a NEW; `asked`: how it was to trade. DataError: it is no answer, or to another order."""
    order, reply = order_of(call), read(body, Placed)
    if not reply.success:
        refusal = reply.error_response or Refusal()
        word = first_word(
            refusal.new_order_failure_reason,
            refusal.preview_failure_reason,
            refusal.error,
            reply.failure_reason,
        )
        words = ": ".join(each for each in (word, refusal.message) if each)
        return refused(Kind.REJECTED, order, word, words)
    taken = reply.success_response
    if taken is None or not taken.order_id:
        raise DataError(f"Coinbase's answer to an order names none: {body[:80]!r}")
    _compare(order, taken, reply.order_configuration or {}, asked)
    told = report(Kind.ACK, order)
    return Answered([told._replace(venue_id=taken.order_id)])


def _compare(
    order: Order,
    taken: Taken,
    shown: Mapping[str, Mapping[str, Any]],
    asked: Mapping[str, Mapping[str, Any]],
) -> None:
    """An id that was used before is answered with the order of that time."""
    if taken.client_order_id not in ("", order.client_id):
        raise DataError(f"Coinbase answers with another order, {taken.client_order_id}")
    for kind, numbers in asked.items():
        for name in ("base_size", "limit_price"):
            there = optional_number(shown.get(kind, {}).get(name, _NONE))
            wanted = optional_number(msgspec.Raw(str(numbers.get(name, "")).encode()))
            if there is not None and wanted is not None and there != wanted:
                raise DataError(f"Coinbase answers with an order whose {name} is {there}")


def cancelled(call: Call, body: bytes) -> Answered:
    """To a CANCEL. That it was taken says nothing; what was refused is looked at."""
    order, reply = order_of(call), read(body, AllCancelled)
    names = (order.venue_id, "") if order.venue_id else [each.order_id for each in reply.results]
    mine = next((each for each in reply.results if each.order_id in names), None)
    if mine is None:
        raise DataError(f"Coinbase's answer to a cancel is not of its order: {body[:80]!r}")
    word = mine.failure_reason or ""
    if mine.success or word == _UNDER_WAY:
        return Answered()
    if word == _BUSY:
        return Answered(again=True, fault=word)
    told = refused(Kind.CANCEL_REJECTED, order, word, word)
    if reason_of(word) == Reason.UNKNOWN_ORDER:
        return told
    return told._replace(more=Call(What.QUERY, order))


def many_cancelled(body: bytes) -> str:
    """To a part of a CANCEL_ALL: what of it was refused, in words."""
    failed = [each for each in read(body, AllCancelled).results if not each.success]
    return "; ".join(f"{each.order_id}: {each.failure_reason}" for each in failed)


def edited(call: Call, body: bytes, states: States) -> Answered:
    """To a REPLACE. That it was taken is not that it is done: it is looked at, unless the user
    channel has shown it by now."""
    order, reply = order_of(call), read(body, Edited)
    if reply.success:
        waits = states.is_edited(order.order_id)
        return Answered(more=Call(What.QUERY, order) if waits else None)
    faults = reply.errors if isinstance(reply.errors, list) else [reply.errors or EditFault()]
    said = [w for each in faults for w in (each.edit_failure_reason, each.preview_failure_reason)]
    word = first_word(*said)
    if word == _EQUAL:
        return Answered(states.settled(order, Reason.NONE))
    return Answered(states.settled(order, reason_of(word), word))


def refused(kind: Kind, order: Order, word: str, words: str) -> Answered:
    """A definite no, with the venue's words."""
    return Answered([report(kind, order)._replace(reason=reason_of(word), words=words)])
