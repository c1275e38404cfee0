"""Recordings of Kraken's WebSocket v1 as v2 would have said it.

v1 sends `[channel, {"b": [[price, volume, time], ...], "c": checksum}, "book-1000", "XBT/USD"]`,
its numbers in quotes: the digits are the same, and so are the checksums, which are over them.
"""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from pinnacle.venues.market.codec import FrameError, excerpt

_decode = msgspec.json.Decoder(list[Any]).decode
_encode = msgspec.json.Encoder().encode
_SIDES = {"b": "buy", "s": "sell"}
#: What may stand in JSON without quotes.
_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
#: What comes of reading an array of anything else as one of v1's.
_NOT_V1 = (
    msgspec.MsgspecError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    OSError,
    RecursionError,
)


def is_v1(frame: bytes) -> bool:
    """Whether a frame has v1's shape: an array."""
    return frame.startswith(b"[")


def to_v2(frame: bytes) -> bytes:
    """The same of the channels book and trade; what else v1 has comes back as no frame of a market.

    FrameError for an array that is none of v1's.
    """
    try:
        _, *bodies, channel, pair = _decode(frame)
        name = channel.split("-")[0]
        if name == "book":
            message = _book([dict(body) for body in bodies], pair)
        elif name == "trade":
            message = _trades(bodies[0], pair)
        else:
            message = {"channel": name}
        return _encode(message)
    except _NOT_V1:
        raise FrameError(f"none of Kraken's: {excerpt(frame)}") from None


def _bare(text: str) -> msgspec.Raw:
    """A number in quotes without them, digit for digit."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return msgspec.Raw(text.encode())


def _levels(rows: list[list[str]]) -> list[dict[str, msgspec.Raw]]:
    return [{"price": _bare(price), "qty": _bare(volume)} for price, volume, *_ in rows]


def _book(bodies: list[dict[str, Any]], pair: str) -> dict[str, Any]:
    """Bids and asks may come in a body each, the checksum in the last."""
    merged: dict[str, Any] = {}
    for body in bodies:
        merged |= body
    snapshot = "as" in merged or "bs" in merged
    bids, asks = (merged.get(key, []) for key in (("bs", "as") if snapshot else ("b", "a")))
    times = [row[2] for row in (*bids, *asks)]
    element: dict[str, Any] = {"symbol": pair, "bids": _levels(bids), "asks": _levels(asks)}
    if "c" in merged:
        element["checksum"] = int(merged["c"])
    if times and not snapshot:
        element["timestamp"] = _time(max(times, key=float))
    kind = "snapshot" if snapshot else "update"
    return {"channel": "book", "type": kind, "data": [element]}


def _trades(rows: list[list[str]], pair: str) -> dict[str, Any]:
    data = [
        {
            "symbol": pair,
            "side": _SIDES[side],
            "price": _bare(price),
            "qty": _bare(volume),
            "trade_id": 0,
            "timestamp": _time(at),
        }
        for price, volume, at, side, *_ in rows
    ]
    return {"channel": "trade", "type": "update", "data": data}


def _time(seconds: str) -> str:
    """`1618678133.365913` as v2 writes times."""
    whole, _, fraction = seconds.partition(".")
    at = datetime.fromtimestamp(int(whole), UTC).replace(tzinfo=None).isoformat()
    return f"{at}.{(fraction or '0')[:9]}Z"
