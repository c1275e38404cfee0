"""Bitstamp: its market by WebSocket and fetched books, its orders, and its recordings."""

from collections.abc import Callable

import numpy as np

from pinnacle.core.credentials import Credentials, KeyField, KeyForm, text_fault
from pinnacle.core.schema import Venue
from pinnacle.venues.bitstamp.config import CHANNELS_MAX, BitstampConfig, BitstampOrdersConfig
from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.orders.port import Desk, OrderEntry
from pinnacle.venues.port import MarketData, Sink, Top, VenueKind
from pinnacle.venues.reference.listing import Reference
from pinnacle.venues.served.dialect import Dialect
from pinnacle.venues.served.exchange_side import ExchangeSide


class Bitstamp(VenueKind[BitstampConfig]):
    name = "bitstamp"
    venue_id = Venue.BITSTAMP
    section = BitstampConfig
    orders = BitstampOrdersConfig
    instruments_max = CHANNELS_MAX // 2  # channels, and those of an instrument
    key_form = KeyForm((KeyField("key", text_fault), KeyField("secret", text_fault)))

    def name_of(self, symbol: str) -> str:
        return symbol.replace("-", "").lower()

    def symbol_fault(self, symbol: str) -> str | None:
        if self.name_of(symbol).isalnum():
            return None
        return "is none of Bitstamp's: letters and digits, as in btcusd or BTC-USD"

    def market_data(
        self,
        config: BitstampConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int],
        top_of: Callable[[int], Top | None],
        credentials: Credentials | None = None,
    ) -> MarketData:
        from pinnacle.venues.bitstamp.connector import BitstampConnector

        return BitstampConnector(config, instruments, self.names(instruments), sink, clock)

    def order_entry(self, config: OrdersConfig, credentials: Credentials, desk: Desk) -> OrderEntry:
        from pinnacle.venues.bitstamp.orders.entry import BitstampOrders

        assert isinstance(config, BitstampOrdersConfig), "it is this venue's"
        return BitstampOrders(config, credentials, desk)

    def exchange_side(self) -> type[ExchangeSide]:
        from pinnacle.venues.bitstamp.exchange.side import BitstampExchange

        return BitstampExchange

    def reference(self) -> Reference:
        from pinnacle.venues.bitstamp.reference import BitstampReference

        return BitstampReference()

    def dialect(self) -> Dialect:
        from pinnacle.venues.bitstamp.dialect import BitstampDialect

        return BitstampDialect()


VENUE = Bitstamp()
