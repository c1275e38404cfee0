"""Binance's words: what is said to it, and its messages that are not of the market."""

from typing import Any

import msgspec

from pinnacle.venues.market.control import read_control


class VenueError(msgspec.Struct, frozen=True):
    """Binance's error object: `code` is negative, `msg` its words."""

    code: int
    msg: str = ""


class Control(msgspec.Struct, frozen=True):
    """A frame that is not market data: an answer to a request (`id`), or an event (`e`).

    Binance adds fields over time, so that unknown ones are let through here and nowhere else.
    """

    id: int | str | None = None
    result: Any = None
    error: VenueError | None = None
    code: int | None = None
    msg: str = ""
    e: str | None = None

    @property
    def refusal(self) -> VenueError | None:
        """The venue's error, in either of the two shapes in which it sends one."""
        if self.error is None and self.code is not None:
            return VenueError(self.code, self.msg)
        return self.error


class Subscribe(msgspec.Struct, frozen=True):
    """The request that starts streams; Binance answers {"result": null, "id": id}."""

    params: tuple[str, ...]
    id: int
    method: str = "SUBSCRIBE"


class _Wrapped(msgspec.Struct, frozen=True):
    data: Control


_encode = msgspec.json.Encoder().encode
_control = msgspec.json.Decoder(Control)
_wrapped = msgspec.json.Decoder(_Wrapped)


def encode_subscribe(streams: tuple[str, ...], request_id: int) -> str:
    """The text of a SUBSCRIBE request."""
    return _encode(Subscribe(params=streams, id=request_id)).decode()


def decode_control(frame: bytes) -> Control:
    """A frame that the scanner did not know; FrameError if it is no JSON object of that shape."""
    if b'"data"' in frame:
        return read_control(_wrapped, frame).data
    return read_control(_control, frame)


def stream_names(symbol: str) -> tuple[str, str, str]:
    """The three streams of a symbol that are used: depth changes, trades, best bid and ask."""
    name = symbol.lower()
    return f"{name}@depth@100ms", f"{name}@trade", f"{name}@bookTicker"
