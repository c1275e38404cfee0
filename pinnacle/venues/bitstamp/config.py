"""What a user may set about the connection to Bitstamp."""

from typing import Annotated, Literal

from msgspec import Meta

from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.transport.config import Connections, RestConfig, Url, Wait, check_tls

#: Of one connection.
CHANNELS_MAX = 1024
Requests = Annotated[int, Meta(ge=2_000, le=10_000_000)]


class BitstampConfig(RestConfig, frozen=True):
    """Besides what every connection has:

    ws_url               wss only
    rest_url             base of /api/v2
    book                 the channel of the books: of levels, or of single orders
    snapshot_timeout_ms  for one book
    connections          that all say the same, the first to say it is taken: when one is lost no
                         book is; of levels only
    """

    ws_url: Url = "wss://ws.bitstamp.net"
    rest_url: Url = "https://www.bitstamp.net"
    book: Literal["diff_order_book", "live_orders"] = "diff_order_book"
    snapshot_timeout_ms: Wait = 30_000
    connections: Connections = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tls("ws_url", self.ws_url, "wss")
        if self.connections > 1 and self.book == "live_orders":
            raise ValueError("connections: must be 1 for live_orders: nothing numbers its events")


class BitstampOrdersConfig(OrdersConfig, frozen=True):
    """As every venue's, with Bitstamp's own addresses, and

    requests_per_10_minutes   that the venue takes from the key; 1000 are kept for cancels
    """

    ws_url: Url = "wss://ws.bitstamp.net"
    rest_url: Url = "https://www.bitstamp.net"
    requests_per_10_minutes: Requests = 10_000
