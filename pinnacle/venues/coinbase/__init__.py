"""Coinbase Advanced Trade: its market by WebSocket, and its recordings."""

import re
from collections.abc import Callable

import numpy as np

from pinnacle.core.credentials import Credentials, KeyField, KeyForm, matching_fault, p256_fault
from pinnacle.core.schema import Venue
from pinnacle.venues.coinbase.config import CoinbaseConfig, CoinbaseOrdersConfig
from pinnacle.venues.orders.config import OrdersConfig
from pinnacle.venues.orders.port import Desk, OrderEntry
from pinnacle.venues.port import MarketData, Sink, Top, VenueKind
from pinnacle.venues.reference.listing import Reference
from pinnacle.venues.served.dialect import Dialect
from pinnacle.venues.served.exchange_side import ExchangeSide

#: What Coinbase calls the name of a key.
_KEY_NAME = "organizations/.../apiKeys/..."
_PRODUCT = re.compile(r"[A-Z0-9]+-[A-Z0-9]+(-[A-Z0-9]+)*")


class Coinbase(VenueKind[CoinbaseConfig]):
    name = "coinbase"
    venue_id = Venue.COINBASE
    section = CoinbaseConfig
    orders = CoinbaseOrdersConfig
    replaces = True
    key_form = KeyForm(
        (
            KeyField(
                "key",
                matching_fault(r"organizations/[^/]+/apiKeys/[^/]+", f"is not {_KEY_NAME}"),
                hint=_KEY_NAME,
            ),
            KeyField("private_key", p256_fault, is_file=True, hint="EC P-256, PEM"),
        )
    )

    def symbol_fault(self, symbol: str) -> str | None:
        if _PRODUCT.fullmatch(symbol):
            return None
        return "is none of Coinbase's: they are currencies in capitals and a dash, as in BTC-USD"

    def market_data(
        self,
        config: CoinbaseConfig,
        instruments: np.ndarray,
        sink: Sink,
        clock: Callable[[], int],
        top_of: Callable[[int], Top | None],
        credentials: Credentials | None = None,
    ) -> MarketData:
        from pinnacle.venues.coinbase.connector import CoinbaseConnector

        return CoinbaseConnector(config, instruments, sink, clock)

    def order_entry(self, config: OrdersConfig, credentials: Credentials, desk: Desk) -> OrderEntry:
        from pinnacle.venues.coinbase.orders.entry import CoinbaseOrders

        assert isinstance(config, CoinbaseOrdersConfig), "it is of this venue's section"
        return CoinbaseOrders(config, credentials, desk)

    def exchange_side(self) -> type[ExchangeSide]:
        from pinnacle.venues.coinbase.exchange.side import CoinbaseExchange

        return CoinbaseExchange

    def reference(self) -> Reference:
        from pinnacle.venues.coinbase.reference import CoinbaseReference

        return CoinbaseReference()

    def dialect(self) -> Dialect:
        from pinnacle.venues.coinbase.dialect import CoinbaseDialect

        return CoinbaseDialect()


VENUE = Coinbase()
