"""What Bitstamp says of its markets, with the least that an order must have."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pinnacle.venues.bitstamp.catalogue import BitstampCatalogue
from pinnacle.venues.bitstamp.exchange.words import plain
from pinnacle.venues.served.catalogue import Traded
from pinnacle.venues.served.house import House


class Markets(BitstampCatalogue):
    """Of an exchange of ours."""

    def __init__(self, instruments: Mapping[str, np.ndarray], house: House):
        super().__init__(instruments)
        self._house = house
        self._of = {terms.name: row for row, terms in enumerate(house.terms)}

    def listing(self, instruments: Sequence[Traded]) -> Any:
        said = super().listing(instruments)
        for market in said:
            row = self._of[market["market_symbol"]]
            lots, value = self._house.least(row)
            terms = self._house.terms[row]
            market["minimum_order_amount"] = plain(terms.lot.size * lots)
            market["minimum_order_value"] = plain(value)
            market["tick_size"] = plain(terms.tick.size)
            market["market_type"] = "SPOT"
            market["instant_and_market_orders"] = "Enabled"
        return said
