"""What a user may set about the connection to Kraken. Symbols come from the instrument table."""

from typing import Literal

from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.transport.config import RestConfig, Url, check_tls


class KrakenConfig(RestConfig, frozen=True):
    """Besides what every connection has:

    ws_url   WebSocket v2; wss only
    depth    levels a side that the venue shows and its checksums are kept of
    """

    ws_url: Url = "wss://ws.kraken.com/v2"
    rest_url: Url = "https://api.kraken.com"
    depth: Literal[10, 25, 100, 500, 1000] = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tls("ws_url", self.ws_url, "wss")


class KrakenOrdersConfig(OrdersConfig, frozen=True):
    """Besides what every venue's has:

    tier   how far the account is verified: what the venue lets pass depends on it
    """

    ws_url: Url = "wss://ws-auth.kraken.com/v2"
    rest_url: Url = "https://api.kraken.com"
    tier: Literal["starter", "intermediate", "pro"] = "starter"
