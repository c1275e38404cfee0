"""What a user may set about the connection to Coinbase Advanced Trade."""

from pinnacle.venues.transport.config import RestConfig, Url, check_tls


class CoinbaseConfig(RestConfig, frozen=True):
    """Besides what every connection has:

    ws_url   market data; wss only
    """

    ws_url: Url = "wss://advanced-trade-ws.coinbase.com"
    rest_url: Url = "https://api.coinbase.com"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tls("ws_url", self.ws_url, "wss")
