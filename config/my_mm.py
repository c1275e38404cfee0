"""A strategy of one's own: quotes each venue around the mean price of all that it sees."""

from typing import Any

import numpy as np

from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import Side
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
        self._lots = {m.instrument.name: _lots(m.instrument, params) for m in markets}
        self._place = {m.instrument.name: i for i, m in enumerate(markets)}
        #: In quote currency, by market; nothing until its book is there.
        self._mids = np.full(len(markets), np.nan)

    def on_book(self, market: Market) -> None:
        name, tick = market.instrument.name, float(market.instrument.tick.size)
        # numpy views, in ticks
        bids, asks = market.book.depth(Side.BID, 1), market.book.depth(Side.ASK, 1)
        there = bool(len(bids) and len(asks))
        mid = (bids[0]["price"] + asks[0]["price"]) / 2 * tick if there else np.nan
        self._mids[self._place[name]] = mid
        fair = np.nanmean(self._mids) if there else np.nan
        if not np.isfinite(fair):
            market.pull()
            return
        quantity, full = self._lots[name]
        bid = min(np.floor(fair * (1 - self._edge) / tick), asks[0]["price"] - 1)
        ask = max(np.ceil(fair * (1 + self._edge) / tick), bids[0]["price"] + 1)
        wanted = market.wanted  # a numpy view of what the desk brings about
        wanted["bids"]["price"][0], wanted["bids"]["quantity"][0] = bid, quantity
        wanted["asks"]["price"][0], wanted["asks"]["quantity"][0] = ask, quantity
        wanted["bid_count"] = market.position < full
        wanted["ask_count"] = market.position > -full

    def freeze(self) -> bytes:
        return self._mids.tobytes()

    def thaw(self, state: bytes) -> bool:
        if len(state) != self._mids.nbytes:
            return False
        self._mids[:] = np.frombuffer(state)
        return True


def _lots(instrument: Instrument, params: Params) -> tuple[int, int]:
    """Quantity and full inventory; what is refused here is refused by `pinnacle config check`."""
    quantity = instrument.lot.positive(params.quantity, "params.quantity")
    if quantity < instrument.quantity_min:
        raise ConfigError(f"params.quantity: below the quantity_min of {instrument.label}")
    return quantity, instrument.lot.positive(params.inventory_max, "params.inventory_max")
