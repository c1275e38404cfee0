"""A venue's frames that are not of the market, read as what the venue says they are."""

from typing import TypeVar

import msgspec

from pinnacle.venues.market.codec import FrameError, excerpt

T = TypeVar("T")


def read_control(decoder: msgspec.json.Decoder[T], frame: bytes) -> T:
    """FrameError for what is no JSON of the decoder's type, or nested without end."""
    try:
        return decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(f"unreadable control frame: {error}: {excerpt(frame)}") from None
