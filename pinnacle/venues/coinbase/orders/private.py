"""Coinbase's `user` channel: whole states of orders, and one number for every frame."""

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.venues.coinbase.orders.errors import first_word
from pinnacle.venues.coinbase.orders.states import (
    RESTING,
    ZERO,
    State,
    number,
    optional_number,
)


class OrderRow(msgspec.Struct):
    """An order of an event; numbers and flags come as text."""

    order_id: str
    status: str
    client_order_id: str = ""
    product_id: str = ""
    order_side: str = ""
    time_in_force: str = ""
    limit_price: msgspec.Raw = ZERO
    avg_price: msgspec.Raw = ZERO
    cumulative_quantity: msgspec.Raw = ZERO
    leaves_quantity: msgspec.Raw = ZERO
    filled_value: msgspec.Raw = msgspec.Raw(b'""')
    cancel_reason: str | None = None
    reject_reason: str | None = None
    reject_Reason: str | None = None


class Event(msgspec.Struct):
    """Of the user channel."""

    orders: list[OrderRow] | None = None


class Subscriptions(msgspec.Struct):
    """What a connection is subscribed to by now."""

    subscriptions: dict[str, msgspec.Raw]


class Frame(msgspec.Struct):
    """Any frame of the connection."""

    channel: str = ""
    type: str = ""
    message: str = ""
    sequence_num: int | None = None
    events: msgspec.Raw = msgspec.Raw(b"[]")


_frames = msgspec.json.Decoder(Frame)
_events = msgspec.json.Decoder(list[Event])
_subscriptions = msgspec.json.Decoder(list[Subscriptions])


def read_frame(frame: bytes) -> Frame:
    """DataError if it is none."""
    try:
        return _frames.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"not a frame of Coinbase's: {error}: {frame[:80]!r}") from None


def states_of(frame: Frame) -> list[State]:
    """Of a frame of the user channel; DataError if they cannot be read."""
    try:
        events = _events.decode(frame.events)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"not orders of Coinbase's: {error}") from None
    return [_state(row) for event in events for row in event.orders or ()]


def channels_of(frame: Frame) -> set[str]:
    """What a frame of `subscriptions` confirms; DataError."""
    try:
        events = _subscriptions.decode(frame.events)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"not subscriptions of Coinbase's: {error}") from None
    return {name for event in events for name in event.subscriptions}


def _state(row: OrderRow) -> State:
    filled, left = number(row.cumulative_quantity), number(row.leaves_quantity)
    value = optional_number(row.filled_value)
    if value is None:
        value = filled * number(row.avg_price)
    reject = first_word(row.reject_reason, row.reject_Reason)
    return State(
        row.order_id,
        row.client_order_id,
        row.product_id,
        row.order_side,
        row.status,
        row.time_in_force,
        optional_number(row.limit_price) or None,
        # What is left falls to nothing when it ends: then it says nothing of the size.
        filled + left if row.status in RESTING else None,
        filled,
        value,
        row.cancel_reason or reject,
        reject,
    )


class Numbers:
    """Every frame of a connection has the next one, whatever its channel."""

    def __init__(self) -> None:
        self._last: int | None = None

    def begin(self) -> None:
        """Another connection."""
        self._last = None

    def take(self, found: int | None) -> int:
        """How many frames are missing before this one; -1: it was here before."""
        last = self._last
        if found is None:
            return 0
        if last is not None and found <= last:
            return -1
        self._last = found
        return 0 if last is None else found - last - 1
