"""What a user may set about the connection to Coinbase Exchange's feed."""

from typing import Annotated, Literal

from msgspec import Meta

from pinnacle.venues.transport.config import RestConfig, Url, Wait, check_tls


class CoinbaseExchangeConfig(RestConfig, frozen=True):
    """Besides what every connection has:

    ws_url   the feed; wss only
    rest_url   where the list of instruments and the books of orders are; https only
    book     the channel of the books: "level2_batch", every 50 ms, for everybody; "level2" and
             "full", of single orders, for who has a key
    credentials_file     with that key: TOML or JSON of key, passphrase, secret; mode 0600
    snapshot_timeout_ms  for one book of orders
    """

    ws_url: Url = "wss://ws-feed.exchange.coinbase.com"
    rest_url: Url = "https://api.exchange.coinbase.com"
    book: Literal["level2_batch", "level2", "full"] = "level2_batch"
    credentials_file: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    snapshot_timeout_ms: Wait = 30_000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_tls("ws_url", self.ws_url, "wss")
        if self.book != "level2_batch" and self.credentials_file is None:
            raise ValueError(
                f'credentials_file: missing: the venue gives "{self.book}" only to who has a key'
            )
