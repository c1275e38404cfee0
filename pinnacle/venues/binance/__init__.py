"""Binance spot: its market by the combined stream and fetched books, orders, its recordings."""

from collections.abc import Callable

import numpy as np

from pinnacle.core.credentials import Credentials, KeyField, KeyForm, ed25519_fault, text_fault
from pinnacle.core.schema import Venue
from pinnacle.venues.binance.config import BinanceConfig, BinanceOrdersConfig
from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.orders.port import Desk, OrderEntry
from pinnacle.venues.port import MarketData, Sink, Top, VenueKind
from pinnacle.venues.reference.listing import Reference
from pinnacle.venues.served.dialect import Dialect
from pinnacle.venues.served.exchange_side import ExchangeSide


class Binance(VenueKind[BinanceConfig]):
    name = "binance"
    venue_id = Venue.BINANCE
    section = BinanceConfig
    orders = BinanceOrdersConfig
    instruments_max = 1024 // 3  # streams, and those of an instrument
    key_form = KeyForm(
        (
            KeyField("key", text_fault),
            KeyField("secret", text_fault, hint="of an HMAC key"),
            KeyField("private_key", ed25519_fault, is_file=True, hint="Ed25519, PEM"),
        ),
        either=("secret", "private_key"),
    )

    def symbol_fault(self, symbol: str) -> str | None:
        if symbol.isalnum() and symbol == symbol.upper():
            return None
        return "is none of Binance's: they are letters and digits alone, in capitals, as in BTCUSDT"

    def market_data(
        self,
        config: BinanceConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int],
        top_of: Callable[[int], Top | None],
        credentials: Credentials | None = None,
    ) -> MarketData:
        from pinnacle.venues.binance.connector import BinanceConnector

        return BinanceConnector(config, instruments, sink, clock, top_of)

    def order_entry(self, config: OrdersConfig, credentials: Credentials, desk: Desk) -> OrderEntry:
        from pinnacle.venues.binance.orders.entry import BinanceOrders

        return BinanceOrders(credentials, desk)

    def exchange_side(self) -> type[ExchangeSide]:
        from pinnacle.venues.binance.exchange.side import BinanceExchange

        return BinanceExchange

    def reference(self) -> Reference:
        from pinnacle.venues.binance.reference import BinanceReference

        return BinanceReference()

    def dialect(self) -> Dialect:
        from pinnacle.venues.binance.dialect import BinanceDialect

        return BinanceDialect()


VENUE = Binance()
