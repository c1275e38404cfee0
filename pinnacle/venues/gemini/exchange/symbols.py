"""What Gemini says of its symbols, with the least that an order must have."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from pinnacle.venues.gemini.catalogue import GeminiCatalogue
from pinnacle.venues.gemini.exchange.words import decimal
from pinnacle.venues.served.catalogue import Traded
from pinnacle.venues.served.house import House


class Symbols(GeminiCatalogue):
    """Of an exchange of ours. Steps are numbers there, and the least is text."""

    def __init__(self, instruments: Mapping[str, np.ndarray], house: House):
        super().__init__(instruments)
        self._house = house

    def listing(self, instruments: Sequence[Traded]) -> Any:
        said = super().listing(instruments)
        for row, symbol in enumerate(said):
            terms = self._house.terms[row]
            lots, _ = self._house.least(row)
            symbol["product_type"] = "spot"
            symbol["tick_size"] = msgspec.Raw(decimal(terms.lot.size).encode())
            symbol["quote_increment"] = msgspec.Raw(decimal(terms.tick.size).encode())
            symbol["min_order_size"] = decimal(terms.lot.size * lots)
        return said
