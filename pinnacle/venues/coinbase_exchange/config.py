"""What a user may set about the connection to Coinbase Exchange's feed."""

from typing import Literal

from pinnacle.venues.orders.config import KeyName
from pinnacle.venues.transport.config import RestConfig, Url, Wait, check_tls


class CoinbaseExchangeConfig(RestConfig, frozen=True):
    """Besides what every connection has:

    ws_url   the feed; wss only
    rest_url   where the list of instruments and the books of orders are; https only
    book     the channel of the books: "level2_batch", every 50 ms, for everybody; "level2" and
             "full", of single orders, for who has a key
    key      of the vault, for these; None: the one that is called as the venue
    snapshot_timeout_ms  for one book of orders
    """

    ws_url: Url = "wss://ws-feed.exchange.coinbase.com"
    rest_url: Url = "https://api.exchange.coinbase.com"
    book: Literal["level2_batch", "level2", "full"] = "level2_batch"
    key: KeyName | None = None
    snapshot_timeout_ms: Wait = 30_000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tls("ws_url", self.ws_url, "wss")
        if self.key is not None and not self.signed:
            raise ValueError(f'key: not used: the venue gives "{self.book}" to everybody')

    @property
    def signed(self) -> bool:
        """Whether the venue gives this book only to who has a key."""
        return self.book != "level2_batch"
