"""What a user may set about the connection to Bitstamp."""

from typing import Literal

from pinnacle.venues.transport.config import Connections, RestConfig, Url, Wait, check_tls


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
