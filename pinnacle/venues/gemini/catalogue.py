"""What Gemini's served side says of itself, as its documentation has it."""

from collections.abc import Sequence
from typing import Any

from pinnacle.venues.gemini.reference import GeminiReference
from pinnacle.venues.served.catalogue import Catalogue, Traded


class GeminiCatalogue(Catalogue):
    REFERENCE = GeminiReference()

    def listing(self, instruments: Sequence[Traded]) -> Any:
        return [
            {
                "symbol": each.symbol,
                "base_currency": each.base,
                "quote_currency": each.quote,
                "tick_size": each.lot,
                "quote_increment": each.tick,
                "min_order_size": each.lot,
                "status": "open",
            }
            for each in instruments
        ]

    def price(self, instrument: Traded, price: str) -> Any:
        return {"last": price}
