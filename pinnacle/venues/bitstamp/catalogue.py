"""What Bitstamp's served side says of itself, as its documentation has it."""

from collections.abc import Sequence
from typing import Any

from pinnacle.venues.bitstamp.reference import BitstampReference
from pinnacle.venues.served.catalogue import Catalogue, Traded


class BitstampCatalogue(Catalogue):
    REFERENCE = BitstampReference()

    def listing(self, instruments: Sequence[Traded]) -> Any:
        return [
            {
                "name": f"{each.base}/{each.quote}",
                "market_symbol": each.symbol,
                "base_decimals": each.lot_decimals,
                "counter_decimals": each.tick_decimals,
                "trading": "Enabled",
            }
            for each in instruments
        ]

    def price(self, instrument: Traded, price: str) -> Any:
        return {"last": price}
