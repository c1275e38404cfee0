"""Coinbase Exchange: its market by the WebSocket feed, and its recordings."""

import re
from collections.abc import Callable

import numpy as np

from pinnacle.core.credentials import (
    Credentials,
    KeyField,
    KeyForm,
    base64_fault,
    phrase_fault,
    text_fault,
)
from pinnacle.core.schema import Venue
from pinnacle.venues.coinbase_exchange.config import CoinbaseExchangeConfig
from pinnacle.venues.port import MarketData, Sink, Top, VenueKind
from pinnacle.venues.reference.listing import Reference
from pinnacle.venues.served.dialect import Dialect

_PRODUCT = re.compile(r"[A-Z0-9]+-[A-Z0-9]+")


class CoinbaseExchange(VenueKind[CoinbaseExchangeConfig]):
    name = "coinbase_exchange"
    venue_id = Venue.COINBASE_EXCHANGE
    section = CoinbaseExchangeConfig
    key_form = KeyForm(
        (
            KeyField("key", text_fault),
            KeyField("passphrase", phrase_fault),
            KeyField("secret", base64_fault, hint="base64, as the venue gives it"),
        )
    )

    def symbol_fault(self, symbol: str) -> str | None:
        if _PRODUCT.fullmatch(symbol):
            return None
        return "is none of the venue's: they are currencies in capitals and a dash, as in BTC-USD"

    def market_data(
        self,
        config: CoinbaseExchangeConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int],
        top_of: Callable[[int], Top | None],
        credentials: Credentials | None = None,
    ) -> MarketData:
        from pinnacle.venues.coinbase_exchange import connector

        if config.book == "full":
            of_orders = connector.CoinbaseExchangeOrdersConnector
            return of_orders(config, instruments, sink, clock, credentials)
        of_levels = connector.CoinbaseExchangeConnector
        return of_levels(config, instruments, sink, clock, credentials)

    def market_key(self, config: CoinbaseExchangeConfig) -> str | None:
        return (config.key or self.name) if config.signed else None

    def reference(self) -> Reference:
        from pinnacle.venues.coinbase_exchange.reference import CoinbaseExchangeReference

        return CoinbaseExchangeReference()

    def dialect(self) -> Dialect:
        from pinnacle.venues.coinbase_exchange.dialect import CoinbaseExchangeDialect

        return CoinbaseExchangeDialect()


VENUE = CoinbaseExchange()
