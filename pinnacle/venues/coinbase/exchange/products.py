"""What Coinbase says of its products, with the least that an order must have."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pinnacle.venues.coinbase.catalogue import CoinbaseCatalogue
from pinnacle.venues.coinbase.exchange.words import decimal
from pinnacle.venues.served.catalogue import Traded
from pinnacle.venues.served.house import House


class Products(CoinbaseCatalogue):
    """Of an exchange of ours."""

    def __init__(self, instruments: Mapping[str, np.ndarray], house: House):
        super().__init__(instruments)
        self._house = house
        self._rows = {terms.name: row for row, terms in enumerate(house.terms)}

    def listing(self, instruments: Sequence[Traded]) -> Any:
        said = super().listing(instruments)
        for product in said["products"]:
            row = self._rows[product["product_id"]]
            lots, value = self._house.least(row)
            product["base_min_size"] = decimal(self._house.terms[row].lot.size * lots)
            product["quote_min_size"] = decimal(value)
        return said
