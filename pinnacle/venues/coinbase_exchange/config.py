"""What a user may set about the connection to Coinbase Exchange's feed."""

from pinnacle.venues.transport.config import ConnectionConfig, Url, check_tls


class CoinbaseExchangeConfig(ConnectionConfig, frozen=True):
    """Besides what every connection has:

    ws_url   the public feed; wss only
    """

    ws_url: Url = "wss://ws-feed.exchange.coinbase.com"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tls("ws_url", self.ws_url, "wss")
