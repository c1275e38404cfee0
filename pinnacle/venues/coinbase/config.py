"""What a user may set about the connection to Coinbase Advanced Trade."""

from typing import Annotated

from msgspec import Meta

from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.transport.config import RestConfig, Url, check_tls

Requests = Annotated[int, Meta(ge=2_000, le=10_000_000)]


class CoinbaseConfig(RestConfig, frozen=True):
    """Besides what every connection has:

    ws_url   market data; wss only
    """

    ws_url: Url = "wss://advanced-trade-ws.coinbase.com"
    rest_url: Url = "https://api.coinbase.com"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tls("ws_url", self.ws_url, "wss")


class CoinbaseOrdersConfig(OrdersConfig, frozen=True):
    """As every venue's, with Coinbase's own addresses, and

    requests_per_hour   that the venue takes from the key; 1000 of them are kept for cancels
    """

    ws_url: Url = "wss://advanced-trade-ws-user.coinbase.com"
    rest_url: Url = "https://api.coinbase.com"
    requests_per_hour: Requests = 10_000
