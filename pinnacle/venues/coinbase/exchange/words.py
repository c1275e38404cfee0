"""How Coinbase writes things: ids, times, states of orders, its words for what it refuses."""

import datetime
import hashlib
import uuid
from decimal import Decimal
from typing import Any

from pinnacle.core.schema import Reason, Side, TimeInForce
from pinnacle.venues.served.house import HouseOrder, Refusal, Status

SIDES = {"BUY": Side.BID, "SELL": Side.ASK}
NAMES = {Side.BID: "BUY", Side.ASK: "SELL"}
NO_TIME = "0001-01-01T00:00:00Z"
#: By what is refused: the venue's word, and whether it is one of the preview's.
WORDS = {
    Refusal.FUNDS: "INSUFFICIENT_FUND",
    Refusal.WOULD_TAKE: "INVALID_LIMIT_PRICE_POST_ONLY",
    Refusal.UNKNOWN_ORDER: "UNKNOWN_CANCEL_ORDER",
    Refusal.PRICE_STEP: "INVALID_PRICE_PRECISION",
    Refusal.QUANTITY_STEP: "INVALID_SIZE_PRECISION",
    Refusal.QUANTITY_MIN: "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL",
    Refusal.VALUE_MIN: "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL",
    Refusal.CAPACITY: "COMMANDER_REJECTED_NEW_ORDER",
    Refusal.MARKET_MODE: "ORDER_ENTRY_DISABLED",
    Refusal.BAD_ORDER: "INVALID_REQUEST",
    Refusal.DUPLICATE: "INVALID_REQUEST",
}
_TIFS = {
    TimeInForce.IOC: "IMMEDIATE_OR_CANCEL",
    TimeInForce.FOK: "FILL_OR_KILL",
    TimeInForce.DAY: "GOOD_UNTIL_DATE_TIME",
}
_ENDS = {
    Reason.REQUESTED: "User requested cancel",
    Reason.SELF_TRADE: "Self trade prevention",
    Reason.NO_LIQUIDITY: "Immediate or cancel: the rest is cancelled",
    Reason.FOK: "Fill or kill: not enough there",
}


class Refused(Exception):
    """With the venue's word."""


def name_of(kind: str, number: int) -> str:
    """What an order or a trade is called: a UUID, the same for the same number."""
    digest = hashlib.blake2b(f"{kind} {number}".encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))


def stamp(at_ns: int) -> str:
    """A time, with as many digits as the venue writes."""
    at = datetime.datetime.fromtimestamp(at_ns // 1_000_000_000, datetime.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ns % 1_000_000_000:09d}Z"


def time_in_force(order: HouseOrder) -> str:
    tif = TimeInForce.IOC if order.is_market else TimeInForce(order.time_in_force)
    return _TIFS.get(tif, "GOOD_UNTIL_CANCELLED")


def status(order: HouseOrder) -> str:
    """As it is now; an order whose time was over has ended by itself."""
    if order.status is Status.CANCELLED:
        return "EXPIRED" if order.reason == Reason.EXPIRED else "CANCELLED"
    return {Status.OPEN: "OPEN", Status.FILLED: "FILLED"}.get(order.status, "FAILED")


def end_words(order: HouseOrder) -> str:
    """Why it was cancelled; "" of one that was not."""
    return _ENDS.get(order.reason, "") if order.status is Status.CANCELLED else ""


def decimal(amount: Decimal) -> str:
    """Without an exponent, and without zeros that say nothing."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def message(channel: str, at_ns: int, *events: dict[str, Any]) -> dict[str, Any]:
    """A frame whose number is put in when it is sent."""
    return {
        "channel": channel,
        "client_id": "",
        "timestamp": stamp(at_ns),
        "sequence_num": 0,
        "events": list(events),
    }
