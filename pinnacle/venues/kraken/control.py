"""Kraken's words: what is said to it, and its messages that are not of the market."""

from collections.abc import Sequence
from typing import Any

import msgspec

from pinnacle.venues.market.codec import FrameError, excerpt

_encode = msgspec.json.Encoder().encode


class Control(msgspec.Struct, frozen=True):
    """An answer to a request (`method`), or a message of a channel that is not of the market."""

    method: str = ""
    channel: str = ""
    success: bool | None = None
    error: str = ""
    symbol: str | None = None
    result: Any = None


_decode = msgspec.json.Decoder(Control).decode


def decode_control(frame: bytes) -> Control:
    """FrameError for what is no JSON object of that shape."""
    try:
        return _decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FrameError(f"unreadable control frame: {error}: {excerpt(frame)}") from None


def request(method: str, channel: str, symbols: Sequence[str], **more: Any) -> str:
    """`subscribe` or `unsubscribe`."""
    params = {"channel": channel, "symbol": list(symbols)} | more
    return _encode({"method": method, "params": params}).decode()


PING = _encode({"method": "ping"}).decode()
