"""What a user may set about the connection to Binance. Symbols come from the instrument table."""

from typing import Annotated

from msgspec import Meta

from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.transport.config import Connections, RestConfig, Url, Wait, check_tls


class BinanceConfig(RestConfig, frozen=True):
    """Besides what every connection has:

    ws_url               combined-stream endpoint; wss only
    rest_url             base of /api/v3
    depth_limit          levels a side of a REST snapshot, 1 to 5000 (the venue's most)
    snapshot_timeout_ms  for one REST snapshot
    connections          that all say the same, the first to say it is taken: when one is lost no
                         book is
    """

    ws_url: Url = "wss://stream.binance.com:9443/stream"
    rest_url: Url = "https://api.binance.com"
    depth_limit: Annotated[int, Meta(ge=1, le=5000)] = 1000
    snapshot_timeout_ms: Wait = 30_000
    connections: Connections = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tls("ws_url", self.ws_url, "wss")


class BinanceOrdersConfig(OrdersConfig, frozen=True):
    """As every venue's, with Binance's own addresses: its WebSocket API, and /api/v3's base."""

    ws_url: Url = "wss://ws-api.binance.com:443/ws-api/v3"
    rest_url: Url = "https://api.binance.com"
