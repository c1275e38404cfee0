"""Gemini: its market by either of two WebSockets, the recordings of the older, and orders."""

from collections.abc import Callable

import numpy as np

from pinnacle.core.credentials import Credentials, KeyField, KeyForm, choice_fault, text_fault
from pinnacle.core.schema import Venue
from pinnacle.venues.gemini.config import GeminiConfig, GeminiOrdersConfig
from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.orders.port import Desk, OrderEntry
from pinnacle.venues.port import MarketData, Sink, Top, VenueKind
from pinnacle.venues.reference.listing import Reference
from pinnacle.venues.served.dialect import Dialect
from pinnacle.venues.served.exchange_side import ExchangeSide


class Gemini(VenueKind[GeminiConfig]):
    name = "gemini"
    venue_id = Venue.GEMINI
    section = GeminiConfig
    orders = GeminiOrdersConfig
    key_form = KeyForm(
        (
            KeyField("key", text_fault),
            KeyField("secret", text_fault),
            KeyField(
                "nonce",
                choice_fault("time-based", "counter"),
                is_open=True,
                hint="time-based or counter, as the key was made",
            ),
        )
    )

    def name_of(self, symbol: str) -> str:
        return symbol.replace("-", "")

    def symbol_fault(self, symbol: str) -> str | None:
        if self.name_of(symbol).isalnum() and symbol == symbol.upper():
            return None
        return "is none of Gemini's: letters and digits in capitals, as in BTCUSD or BTC-USD"

    def market_data(
        self,
        config: GeminiConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int],
        top_of: Callable[[int], Top | None],
        credentials: Credentials | None = None,
    ) -> MarketData:
        from pinnacle.venues.gemini.connector import GeminiConnector

        return GeminiConnector(config, instruments, self.names(instruments), sink, clock)

    def order_entry(self, config: OrdersConfig, credentials: Credentials, desk: Desk) -> OrderEntry:
        from pinnacle.venues.gemini.orders.entry import GeminiOrders

        assert isinstance(config, GeminiOrdersConfig), "it is this venue's"
        return GeminiOrders(credentials, desk, config.requires_heartbeat)

    def exchange_side(self) -> type[ExchangeSide]:
        from pinnacle.venues.gemini.exchange.side import GeminiExchange

        return GeminiExchange

    def reference(self) -> Reference:
        from pinnacle.venues.gemini.reference import GeminiReference

        return GeminiReference()

    def dialect(self) -> Dialect:
        from pinnacle.venues.gemini.dialect import GeminiDialect

        return GeminiDialect()


VENUE = Gemini()
