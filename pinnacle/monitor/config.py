"""[monitor]: where the status page is, and what it remembers."""

from typing import Annotated

from msgspec import Meta

from pinnacle.core.config import Section


class MonitorConfig(Section, frozen=True):
    """The status page's address and its memory."""

    host: Annotated[str, Meta(min_length=1, max_length=255)] = "127.0.0.1"
    #: 0: any free port.
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8740
    #: How much of the P&L's history the page shows.
    history_s: Annotated[int, Meta(ge=10, le=86_400)] = 900
