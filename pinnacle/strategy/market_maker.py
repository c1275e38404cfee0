"""The market maker: quotes both sides around fair value, leaning with inventory and imbalance."""

from collections.abc import Sequence

from pinnacle.core._native import lib
from pinnacle.core.config import joined
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument, of_instrument, refuse_strangers
from pinnacle.quant.maker import FairValue, Maker
from pinnacle.strategy.base import Market, Strategy
from pinnacle.strategy.config import MarketMakerConfig

TABLE = "market_maker"
LOTS_MAX: int = lib.PMM_QUOTE_LOTS_MAX


class MarketMaker(Strategy):
    """One Maker (csrc/trade/quote.h) per instrument; whatever happens per event happens in C."""

    def __init__(self, markets: Sequence[Market], params: dict[str, MarketMakerConfig]):
        super().__init__(markets, params)
        refuse_strangers(params, [market.instrument for market in markets], TABLE)
        self._makers = {}
        for market in markets:
            config = of_instrument(params, market.instrument)
            if config is not None:
                self._makers[market.instrument.instrument_id] = Maker(
                    **maker_params(market.instrument, config)
                )

    def makers(self) -> dict[int, Maker]:
        return self._makers

    def freeze(self) -> bytes:
        return b"".join(bytes(maker.memory) for maker in self._makers.values())

    def thaw(self, state: bytes) -> bool:
        places = [maker.memory for maker in self._makers.values()]
        if len(state) != sum(map(len, places)):
            return False
        at = 0
        for place in places:
            place[:] = state[at : at + len(place)]
            at += len(place)
        return True


def maker_params(instrument: Instrument, config: MarketMakerConfig) -> dict[str, float]:
    """The fields of struct pmm_maker_params; ConfigError names the key."""
    where = joined(TABLE, instrument.label)

    def lots(key: str) -> int:
        return instrument.lot.positive(getattr(config, key), f"{where}.{key}", LOTS_MAX)

    quantity = lots("quote_quantity")
    if quantity < instrument.quantity_min:
        least = instrument.quantity_text(instrument.quantity_min)
        raise ConfigError(
            f"{where}.quote_quantity: {config.quote_quantity} is below {least}, "
            f"the least that the venue takes (quantity_min of the instrument)"
        )
    return {
        "risk_aversion": config.risk_aversion,
        "fill_decay_per_tick": config.fill_decay_per_tick,
        "fill_rate_per_s": config.fill_rate_per_s,
        "volatility_halflife_s": config.volatility_halflife_s,
        "volatility_floor": config.volatility_floor,
        "imbalance_lean_ticks": config.imbalance_lean_ticks,
        "spread_min_ticks": config.spread_min_ticks,
        "spread_max_ticks": config.spread_max_ticks,
        "edge_min_bps": config.edge_min_bps,
        "level_spacing_ticks": config.level_spacing_ticks,
        "quote_quantity": quantity,
        "inventory_max": lots("inventory_max"),
        "quantity_min": instrument.quantity_min,
        "maker_fee_e8": instrument.maker_fee_e8,
        "levels": config.levels,
        "fair_value": FairValue[config.fair_value.upper()],
        "imbalance_levels": config.imbalance_levels,
    }
