"""What Coinbase's served side says of itself, as its documentation has it."""

from collections.abc import Sequence
from typing import Any

from pinnacle.venues.coinbase.reference import CoinbaseReference
from pinnacle.venues.served.catalogue import Catalogue, Traded


class CoinbaseCatalogue(Catalogue):
    REFERENCE = CoinbaseReference()

    def listing(self, instruments: Sequence[Traded]) -> Any:
        return {
            "products": [
                {
                    "product_id": each.symbol,
                    "base_currency_id": each.base,
                    "quote_currency_id": each.quote,
                    "base_increment": each.lot,
                    "quote_increment": each.tick,
                    "price_increment": each.tick,
                    "status": "online",
                }
                for each in instruments
            ]
        }

    def price(self, instrument: Traded, price: str) -> Any:
        return {"product_id": instrument.symbol, "price": price}

    def clock(self, now_ns: int) -> Any:
        return {"epochMillis": str(now_ns // 1_000_000)}
