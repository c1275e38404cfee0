"""What Coinbase Exchange's served side says of itself, as its documentation has it."""

from collections.abc import Sequence
from typing import Any

from pinnacle.venues.coinbase_exchange.reference import CoinbaseExchangeReference
from pinnacle.venues.served.catalogue import Catalogue, Traded


class CoinbaseExchangeCatalogue(Catalogue):
    REFERENCE = CoinbaseExchangeReference()

    def listing(self, instruments: Sequence[Traded]) -> Any:
        return [
            {
                "id": each.symbol,
                "base_currency": each.base,
                "quote_currency": each.quote,
                "base_increment": each.lot,
                "quote_increment": each.tick,
                "status": "online",
            }
            for each in instruments
        ]

    def price(self, instrument: Traded, price: str) -> Any:
        return {"price": price}

    def clock(self, now_ns: int) -> Any:
        return {"epoch": now_ns // 1_000_000 / 1000}
