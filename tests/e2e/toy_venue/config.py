"""How the toy is reached."""

from typing import Annotated

from msgspec import Meta

from pinnacle.venues.transport.config import ConnectionConfig


class ToyConfig(ConnectionConfig, frozen=True, kw_only=True):
    """The toy does without TLS."""

    url: Annotated[str, Meta(min_length=8)]
