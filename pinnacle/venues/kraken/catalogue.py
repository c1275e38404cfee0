"""What Kraken's served side says of itself, as its documentation has it."""

from collections.abc import Sequence
from typing import Any

from pinnacle.venues.kraken.reference import KrakenReference
from pinnacle.venues.served.catalogue import Catalogue, Traded


class KrakenCatalogue(Catalogue):
    REFERENCE = KrakenReference()

    def listing(self, instruments: Sequence[Traded]) -> Any:
        pairs = {
            f"{each.base}{each.quote}": {
                "wsname": f"{each.base}/{each.quote}",
                "pair_decimals": each.tick_decimals,
                "lot_decimals": each.lot_decimals,
                "tick_size": each.tick,
                "status": "online",
            }
            for each in instruments
        }
        return {"error": [], "result": pairs}

    def price(self, instrument: Traded, price: str) -> Any:
        return {
            "error": [],
            "result": {f"{instrument.base}{instrument.quote}": {"c": [price, "0"]}},
        }

    def clock(self, now_ns: int) -> Any:
        return {"error": [], "result": {"unixtime": now_ns // 1_000_000_000}}
