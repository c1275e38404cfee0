"""What a user may set about the connection to Gemini."""

from typing import Literal

from pinnacle.venues.orders.config import OrdersConfig, Wait
from pinnacle.venues.transport.config import RestConfig, Url, check_tls

#: Each API's own address.
URLS = {
    "v2": "wss://api.gemini.com/v2/marketdata",
    "ws": "wss://ws.gemini.com?snapshot=-1",
}


class GeminiConfig(RestConfig, frozen=True):
    """Besides what every connection has:

    api      "v2", the market data of old, or "ws", whose updates are numbered
    ws_url   where that is; None: at the venue; wss only
    """

    api: Literal["v2", "ws"] = "v2"
    ws_url: Url | None = None
    rest_url: Url = "https://api.gemini.com"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tls("ws_url", self.url, "wss")

    @property
    def url(self) -> str:
        """The address to connect to."""
        return URLS[self.api] if self.ws_url is None else self.ws_url


class GeminiOrdersConfig(OrdersConfig, frozen=True):
    """Besides what every venue's has:

    requires_heartbeat   the key was made so: all its orders are taken back when it is silent
    reconcile_ms         order events have no numbers: a lost one shows in a comparison alone
    """

    ws_url: Url = "wss://ws.gemini.com"
    rest_url: Url = "https://api.gemini.com"
    requires_heartbeat: bool = False
    reconcile_ms: Wait = 30_000
