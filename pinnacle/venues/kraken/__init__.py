"""Kraken: its market by WebSocket v2, and its recordings."""

from collections.abc import Callable

import numpy as np

from pinnacle.core.credentials import Credentials, KeyField, KeyForm, base64_fault, text_fault
from pinnacle.core.schema import Venue
from pinnacle.venues.kraken.config import KrakenConfig, KrakenOrdersConfig
from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.orders.port import Desk, OrderEntry
from pinnacle.venues.port import MarketData, Sink, Top, VenueKind
from pinnacle.venues.reference.listing import Reference
from pinnacle.venues.served.dialect import Dialect
from pinnacle.venues.served.exchange_side import ExchangeSide


class Kraken(VenueKind[KrakenConfig]):
    name = "kraken"
    venue_id = Venue.KRAKEN
    section = KrakenConfig
    orders = KrakenOrdersConfig
    replaces = True
    key_form = KeyForm(
        (
            KeyField("key", text_fault, hint="the API key"),
            KeyField("secret", base64_fault, hint="the private key, base64 as Kraken gives it"),
        )
    )

    def name_of(self, symbol: str) -> str:
        return symbol.replace("-", "/", 1)

    def symbol_fault(self, symbol: str) -> str | None:
        base, slash, quote = self.name_of(symbol).partition("/")
        if slash and base.isalnum() and quote.isalnum() and symbol == symbol.upper():
            return None
        return "is none of Kraken's: they are two currencies in capitals, as in BTC/USD or BTC-USD"

    def market_data(
        self,
        config: KrakenConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int],
        top_of: Callable[[int], Top | None],
        credentials: Credentials | None = None,
    ) -> MarketData:
        from pinnacle.venues.kraken.connector import KrakenConnector

        return KrakenConnector(config, instruments, self.names(instruments), sink, clock)

    def order_entry(self, config: OrdersConfig, credentials: Credentials, desk: Desk) -> OrderEntry:
        from pinnacle.venues.kraken.orders.entry import KrakenOrders

        assert isinstance(config, KrakenOrdersConfig), "it is this venue's"
        return KrakenOrders(credentials, desk, config.tier)

    def exchange_side(self) -> type[ExchangeSide]:
        from pinnacle.venues.kraken.exchange.side import KrakenExchange

        return KrakenExchange

    def reference(self) -> Reference:
        from pinnacle.venues.kraken.reference import KrakenReference

        return KrakenReference()

    def dialect(self) -> Dialect:
        from pinnacle.venues.kraken.dialect import KrakenDialect

        return KrakenDialect()


VENUE = Kraken()
