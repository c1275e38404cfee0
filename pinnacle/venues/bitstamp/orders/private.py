"""Bitstamp's private frames: events of orders, trades, and what the socket says of itself."""

from collections import deque
from decimal import Decimal
from typing import NamedTuple

import msgspec

from pinnacle.venues.bitstamp.orders.fills import Execution
from pinnacle.venues.bitstamp.orders.rows import (
    NULL,
    ident,
    micros,
    number,
    optional_number,
    read,
    side,
    text,
)

ORDERS, TRADES = "private-my_orders", "private-my_trades"
CREATED, CHANGED, DELETED = "order_created", "order_changed", "order_deleted"
#: Ids of events that are known to have come.
_RECENT = 1024


class Frame(msgspec.Struct):
    """Any frame of the socket, and any event of `account_order_data`."""

    event: str
    channel: str = ""
    data: msgspec.Raw = NULL
    event_id: str | None = None
    pre_event_id: str | None = None
    order_source: str | None = None


class OrderEvent(NamedTuple):
    """Something happened to an order. `left` and `created`: what remains, and what it had at first,
    None where that is not said or nothing: market orders have no more."""

    what: str
    row: int
    venue_id: str
    client_id: str
    left: Decimal
    created: Decimal | None
    at_us: int


class _OrderRow(msgspec.Struct):
    """Of an order's event. What was traded is told once by event and once in all: it is not read.

    amount   what remains
    """

    id: msgspec.Raw
    amount: msgspec.Raw
    amount_at_create: msgspec.Raw = NULL
    microtimestamp: msgspec.Raw = NULL
    client_order_id: msgspec.Raw = NULL


class _TradeRow(msgspec.Struct):
    id: msgspec.Raw
    order_id: msgspec.Raw
    amount: msgspec.Raw
    price: msgspec.Raw
    fee: msgspec.Raw
    side: msgspec.Raw
    microtimestamp: msgspec.Raw = NULL
    client_order_id: msgspec.Raw = NULL


class _Words(msgspec.Struct):
    """Of an error."""

    message: msgspec.Raw = NULL
    code: msgspec.Raw = NULL


_frames = msgspec.json.Decoder(Frame)
_events = msgspec.json.Decoder(list[Frame])
_orders = msgspec.json.Decoder(_OrderRow)
_trades = msgspec.json.Decoder(_TradeRow)
_words = msgspec.json.Decoder(_Words)


def read_frame(frame: bytes) -> Frame:
    """DataError if it is none."""
    return read(_frames, frame, "frame")


def read_events(body: bytes) -> list[Frame]:
    """Of `account_order_data`; DataError."""
    return read(_events, body, "events of orders")


def words_of(frame: Frame) -> str:
    """Of an error."""
    try:
        said = _words.decode(frame.data)
    except msgspec.MsgspecError:
        return "refused"
    return f"{text(said.message)} {text(said.code)}".strip() or "refused"


def order_event(frame: Frame, row: int) -> OrderEvent:
    """DataError: it cannot be read."""
    said = read(_orders, frame.data, "event of an order")
    created = optional_number(said.amount_at_create)
    return OrderEvent(
        frame.event,
        row,
        ident(said.id),
        text(said.client_order_id),
        number(said.amount),
        created or None,
        micros(said.microtimestamp),
    )


def trade(frame: Frame, row: int) -> tuple[Execution, str]:
    """And the client id of its order, "" where that is not said. DataError: it cannot be read."""
    said = read(_trades, frame.data, "trade")
    found = Execution(
        ident(said.id),
        ident(said.order_id),
        row,
        side(said.side),
        number(said.price),
        number(said.amount),
        optional_number(said.fee) or Decimal(0),
        micros(said.microtimestamp) * 1000,
    )
    return found, text(said.client_order_id)


class Chain:
    """The events of one channel: each names the one before it."""

    def __init__(self) -> None:
        self.last = ""
        self._recent: deque[str] = deque(maxlen=_RECENT)

    def take(self, frame: Frame) -> tuple[bool, str]:
        """Whether it is new, and behind which event others are missing: "" if none are."""
        if not frame.event_id:
            return True, ""
        if frame.event_id in self._recent:
            return False, ""
        before, self.last = self.last, frame.event_id
        self._recent.append(frame.event_id)
        is_whole = not before or not frame.pre_event_id or frame.pre_event_id == before
        return True, "" if is_whole else before

    def is_new(self, frame: Frame) -> bool:
        """The same of one that was missing: it is behind nothing."""
        if not frame.event_id or frame.event_id in self._recent:
            return False
        self._recent.append(frame.event_id)
        return True
