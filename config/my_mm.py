"""A strategy of one's own: quotes each venue around the mean price of all that it sees."""

from typing import Any

import numpy as np

from pinnacle.strategy.base import Market, Section, Strategy


class Params(Section, frozen=True):
    """[strategies.NAME.params]: unknown keys and wrong types are refused by name."""

    edge_bps: float
    quantity: str
    inventory_max: str


class MyMaker(Strategy):
    """Both sides `edge_bps` from the mean of the venues' mid prices; none that adds to a full
    inventory."""

    Params = Params

    def __init__(self, markets: Any, params: Params):
        super().__init__(markets, params)
        self._edge = params.edge_bps * 1e-4
        #: In quote currency, by instrument; nothing until its book is there.
        self._mids = dict.fromkeys((m.instrument.name for m in markets), np.nan)

    def on_book(self, market: Market) -> None:
        tick = float(market.instrument.tick.size)
        bids, asks = market.book.depth(1, 1), market.book.depth(2, 1)  # numpy views, in ticks
        there = bool(len(bids) and len(asks))
        mid = (bids[0]["price"] + asks[0]["price"]) / 2 * tick if there else np.nan
        self._mids[market.instrument.name] = mid
        fair = np.nanmean(list(self._mids.values())) if there else np.nan
        if not np.isfinite(fair):
            market.pull()
            return
        lots = market.instrument.lot.count
        quantity = lots(self.params.quantity, "quantity")
        full = lots(self.params.inventory_max, "inventory_max")
        bid = min(np.floor(fair * (1 - self._edge) / tick), asks[0]["price"] - 1)
        ask = max(np.ceil(fair * (1 + self._edge) / tick), bids[0]["price"] + 1)
        wanted = market.wanted  # a numpy view of what the desk brings about
        wanted["bids"]["price"][0], wanted["bids"]["quantity"][0] = bid, quantity
        wanted["asks"]["price"][0], wanted["asks"]["quantity"][0] = ask, quantity
        wanted["bid_count"] = market.position < full
        wanted["ask_count"] = market.position > -full
