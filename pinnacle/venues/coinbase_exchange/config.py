"""What a user may set about the connection to Coinbase Exchange's feed."""

from pinnacle.venues.transport.config import ConnectionConfig, Url, check_tls


class CoinbaseExchangeConfig(ConnectionConfig, frozen=True):
    """Besides what every connection has:

    ws_url   the public feed; wss only
    rest_url   where the list of instruments is; https only
    """

    ws_url: Url = "wss://ws-feed.exchange.coinbase.com"
    rest_url: Url = "https://api.exchange.coinbase.com"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tls("ws_url", self.ws_url, "wss")
        check_tls("rest_url", self.rest_url, "https")
