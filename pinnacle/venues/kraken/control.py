"""Kraken's words: what is said to it, and its messages that are not of the market."""

from collections.abc import Sequence
from typing import Any

import msgspec

from pinnacle.venues.market.control import read_control

_encode = msgspec.json.Encoder().encode


class Control(msgspec.Struct, frozen=True):
    """An answer to a request (`method`), or a message of a channel that is not of the market."""

    method: str = ""
    channel: str = ""
    success: bool | None = None
    error: str = ""
    symbol: str | None = None
    result: Any = None


_decoder = msgspec.json.Decoder(Control)


def decode_control(frame: bytes) -> Control:
    """FrameError for what is no JSON object of that shape."""
    return read_control(_decoder, frame)


def request(method: str, channel: str, symbols: Sequence[str], **more: Any) -> str:
    """`subscribe` or `unsubscribe`."""
    params = {"channel": channel, "symbol": list(symbols)} | more
    return _encode({"method": method, "params": params}).decode()


PING = _encode({"method": "ping"}).decode()
