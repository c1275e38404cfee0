"""How Bitstamp writes things: numbers that are text here and numbers there, ids, times, sides."""

import datetime
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Side
from pinnacle.venues.orders.terms import amount
from pinnacle.venues.reference.listing import decoded

NULL = msgspec.Raw(b"null")
#: Members of an object whose names depend on its currencies.
Row = Mapping[str, msgspec.Raw]
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_ID = re.compile(r"[0-9]{1,40}", re.ASCII)
_SIDES = {"0": Side.BID, "1": Side.ASK, "buy": Side.BID, "sell": Side.ASK}
_EPOCH = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)
#: What 63 bits of nanoseconds hold, in microseconds.
_MICROS_MAX = 2**63 // 1000
T = TypeVar("T")


def read(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw, what: str) -> T:
    """DataError if the body is no such thing."""
    return decoded(decoder, body, "Bitstamp", what)


def text(raw: msgspec.Raw | None) -> str:
    """A member that is text or a number; "" for null and for what is not there."""
    if raw is None:
        return ""
    found = bytes(raw).decode(errors="replace").strip()
    if found == "null":
        return ""
    return found[1:-1] if found.startswith('"') else found


def number(raw: msgspec.Raw | None) -> Decimal:
    """DataError if it is none."""
    found = text(raw)
    if not _NUMBER.fullmatch(found):
        raise DataError(f"not a number of Bitstamp's: {found!r:.60}")
    return amount(found)


def optional_number(raw: msgspec.Raw | None) -> Decimal | None:
    """The same; None for null and for what is not there."""
    return number(raw) if text(raw) else None


def ident(raw: msgspec.Raw | None) -> str:
    """What the venue calls an order or a trade; DataError if it is no id."""
    found = text(raw)
    if not _ID.fullmatch(found):
        raise DataError(f"not an id of Bitstamp's: {found!r:.60}")
    return found


def side(raw: msgspec.Raw | None) -> Side:
    """0 and "buy", 1 and "sell"; NONE for anything else."""
    return _SIDES.get(text(raw), Side.NONE)


def micros(raw: msgspec.Raw | None) -> int:
    """A microtimestamp; 0 if it is none."""
    found = text(raw)
    at = int(found) if _ID.fullmatch(found) else 0
    return at if at < _MICROS_MAX else 0


def utc_ns(raw: msgspec.Raw | None) -> int:
    """`2026-01-31 14:43:15.796000`, which is UTC; 0 if it is no time of today."""
    try:
        at = datetime.datetime.fromisoformat(text(raw)).replace(tzinfo=None)
    except ValueError:
        return 0
    return max((at - _EPOCH) // _MICROSECOND, 0) * 1000


def pair_of(market: str) -> str:
    """`BTC/USD` as channels and requests have it."""
    return market.replace("/", "").lower()
