"""[exchange]: the simulated venue and the traders of each of its instruments.

    [exchange]
    kind = "simulated"
    seed = 7
    latency_in_us = 200
    latency_out_us = 200

    [exchange.traders."BTC-USDT"]
    price = "60000"

What is not given has a default that makes a two-sided market with a spread of a few ticks. Fees
come from the instrument table. Distances from the fair value are in ticks near the touch, where the
tick decides, and in basis points further out; sizes are in quote currency, so that one set of
defaults serves instruments of any price.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pinnacle.core.config import DecimalText, Section, joined
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument

_BPS = 1e-4
_NS_PER_MS = 1_000_000
_NS_PER_US = 1_000
#: What csrc/sim/traders.c takes.
PRICE_TICKS_MAX = 10**15
SIZE_LOTS_MAX = 1e11
DISTANCE_TICKS_MAX = 1e12

Bps = Annotated[float, Meta(ge=0, le=10_000)]
Width = Annotated[float, Meta(gt=0, le=10_000)]
Drift = Annotated[float, Meta(ge=-10_000, le=10_000)]
Rate = Annotated[float, Meta(ge=0, le=1e6)]
CancelRate = Annotated[float, Meta(ge=0, le=1e4)]
LeastCancelRate = Annotated[float, Meta(ge=1e-6, le=1e4)]
Share = Annotated[float, Meta(ge=0, le=1)]
Distance = Annotated[float, Meta(ge=0, le=1e9)]
Exponent = Annotated[float, Meta(ge=1.01, le=100)]
Size = Annotated[float, Meta(gt=0, le=1e12)]
Sigma = Annotated[float, Meta(ge=0, le=4)]
Step = Annotated[float, Meta(ge=0.001, le=3.6e6)]
Latency = Annotated[int, Meta(ge=0, le=10_000_000)]


class TradersConfig(Section, frozen=True):
    """The market of one instrument. Rates count both sides together."""

    #: Fair value at the start, in quote currency; a multiple of the tick.
    price: DecimalText

    #: The fair value: a geometric Brownian motion on a grid of `fair_step_ms`, with Poisson jumps
    #: of normal size.
    volatility_bps_per_sqrt_s: Bps = 0.12
    drift_bps_per_s: Drift = 0.0
    jumps_per_hour: Rate = 30.0
    jump_bps: Bps = 1.0
    fair_step_ms: Step = 200.0

    #: Limit orders: a share at the touch, the others at power-law distances.
    limit_orders_per_s: Rate = 120.0
    touch_fraction: Share = 0.4
    touch_distance_ticks: Distance = 2.0
    #: No limit order comes nearer to the fair value, or to the opposite touch.
    gap_ticks: Distance = 2.0
    distance_bps: Width = 1.0
    distance_exponent: Exponent = 2.2
    distance_max_bps: Bps = 50.0
    order_size_quote: Size = 1000.0
    order_size_sigma: Sigma = 0.8
    #: The median size doubles at this distance.
    size_distance_bps: Width = 0.15

    #: Each order's cancel rate, from the touch to far away; stale: the fair value has passed it.
    cancel_near_per_s: CancelRate = 2.0
    cancel_far_per_s: LeastCancelRate = 0.04
    cancel_distance_bps: Width = 0.2
    cancel_stale_per_s: CancelRate = 10.0

    #: Noise: market orders.
    market_orders_per_s: Rate = 3.0
    market_order_size_quote: Size = 1500.0
    market_order_size_sigma: Sigma = 1.2

    #: Informed traders: how often they look, and by how much a touch must be wrong.
    informed_looks_per_s: Rate = 4.0
    informed_threshold_bps: Bps = 0.05
    informed_size_quote: Size = 10000.0
    informed_size_sigma: Sigma = 0.7

    #: Orders under which a side is never left.
    floor_orders: Annotated[int, Meta(ge=0, le=1000)] = 20
    #: Open orders that the matching engine has room for, a quarter of them for participants.
    orders_max: Annotated[int, Meta(ge=4000, le=1_000_000)] = 16_384


class ExchangeConfig(Section, frozen=True):
    """The simulated venue, or paper trading's ("paper", which has no traders).

    Latencies are one way, from and to the gateway.
    """

    kind: Literal["simulated", "paper"] = "simulated"
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 1
    latency_in_us: Latency = 200
    latency_out_us: Latency = 200
    traders: dict[str, TradersConfig] = msgspec.field(default_factory=dict)

    @property
    def latency_in_ns(self) -> int:
        return self.latency_in_us * _NS_PER_US

    @property
    def latency_out_ns(self) -> int:
        return self.latency_out_us * _NS_PER_US


def market_params(
    config: ExchangeConfig, instruments: Sequence[Instrument], key: str = "exchange"
) -> list[dict[str, float]]:
    """What sim.market.Market takes, one row per instrument; ConfigError names the key.

    `key`: of the section itself.
    """
    known = {instrument.symbol for instrument in instruments}
    for symbol in config.traders:
        if symbol not in known:
            raise ConfigError(f"{joined(f'{key}.traders', symbol)}: no such instrument")
    rows = []
    for instrument in instruments:
        where = joined(f"{key}.traders", instrument.symbol)
        traders = config.traders.get(instrument.symbol)
        if traders is None:
            raise ConfigError(f"{where}: missing")
        rows.append(params_of(traders, instrument, where))
    return rows


def params_of(traders: TradersConfig, instrument: Instrument, where: str) -> dict[str, float]:
    """struct pmm_market_params of one instrument: ticks, lots, seconds, shares of the price."""
    fair_ticks = instrument.tick.positive(traders.price, f"{where}.price", PRICE_TICKS_MAX)
    if fair_ticks < 2:
        raise ConfigError(f"{where}.price: must be at least two ticks, not {traders.price}")
    if traders.gap_ticks > fair_ticks / 4:
        raise ConfigError(
            f"{where}.gap_ticks: {traders.gap_ticks:g} of the {fair_ticks} ticks of the price "
            "leave no room for bids: at most a quarter"
        )
    lot_quote = float(Decimal(traders.price) * instrument.lot.size)

    def ticks(key: str, bps: float) -> float:
        found = fair_ticks * bps * _BPS
        if found > DISTANCE_TICKS_MAX:
            raise ConfigError(
                f"{where}.{key}: {found:.3g} ticks at {traders.price}: at most "
                f"{DISTANCE_TICKS_MAX:.0e}; a larger tick_size?"
            )
        return max(found, 0.01)

    def lots(key: str, quote: float) -> float:
        found = quote / lot_quote
        if found > SIZE_LOTS_MAX:
            raise ConfigError(
                f"{where}.{key}: {found:.3g} lots at {traders.price}: at most "
                f"{SIZE_LOTS_MAX:.0e}; a larger lot_size?"
            )
        return max(found, 1.0)

    return {
        "instrument_id": instrument.instrument_id,
        "orders": traders.orders_max,
        "window": 16_384,
        "far_levels": traders.orders_max,
        "fair_step_ns": round(traders.fair_step_ms * _NS_PER_MS),
        "fair_ticks": float(fair_ticks),
        "drift_per_s": traders.drift_bps_per_s * _BPS,
        "volatility_per_sqrt_s": traders.volatility_bps_per_sqrt_s * _BPS,
        "jumps_per_s": traders.jumps_per_hour / 3600,
        "jump_size": traders.jump_bps * _BPS,
        "limits_per_s": traders.limit_orders_per_s,
        "touch_fraction": traders.touch_fraction,
        "touch_ticks": traders.touch_distance_ticks,
        "gap_ticks": float(traders.gap_ticks),
        "distance_ticks": ticks("distance_bps", traders.distance_bps),
        "distance_exponent": traders.distance_exponent,
        "distance_max_ticks": ticks("distance_max_bps", traders.distance_max_bps),
        "cancel_near_per_s": traders.cancel_near_per_s,
        "cancel_far_per_s": traders.cancel_far_per_s,
        "cancel_ticks": ticks("cancel_distance_bps", traders.cancel_distance_bps),
        "cancel_stale_per_s": traders.cancel_stale_per_s,
        "size_lots": lots("order_size_quote", traders.order_size_quote),
        "size_sigma": traders.order_size_sigma,
        "size_ticks": ticks("size_distance_bps", traders.size_distance_bps),
        "takes_per_s": traders.market_orders_per_s,
        "take_lots": lots("market_order_size_quote", traders.market_order_size_quote),
        "take_sigma": traders.market_order_size_sigma,
        "informed_per_s": traders.informed_looks_per_s,
        "informed_ticks": fair_ticks * traders.informed_threshold_bps * _BPS,
        "informed_lots": lots("informed_size_quote", traders.informed_size_quote),
        "informed_sigma": traders.informed_size_sigma,
        "floor_orders": traders.floor_orders,
    }
