"""What the sections of a configuration say together.

Refused: what cannot run, or would run and never trade. Told by `warnings`: what somebody may mean.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pinnacle.core.config import joined
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument
from pinnacle.exchange.config import market_params
from pinnacle.quant.maker import Maker
from pinnacle.risk.config import LimitsConfig
from pinnacle.sim.matching import QUANTITY_MAX
from pinnacle.strategy.config import MarketMakerConfig

if TYPE_CHECKING:
    from pinnacle.plan.config import SessionConfig

_US_PER_MS = 1_000
#: Amounts are ticks x lots in 63 bits; a position stays far from that whatever the market does.
NOTIONAL_MAX = 2**63 // 16
#: What a quote of a busy market may need.
QUOTE_MOVES_PER_S_MIN = 5


def check(
    config: "SessionConfig", instruments: Sequence[Instrument], makers: Mapping[int, Maker]
) -> None:
    """ConfigError with the key of the first that contradicts another. `makers`: by instrument."""
    _check_venue(config, instruments)
    if not config.strategy.market_maker:
        raise ConfigError("strategy.market_maker: no instrument has its table: nothing is quoted")
    for instrument in instruments:
        limits = config.risk.limits[instrument.symbol]
        maker = config.strategy.market_maker.get(instrument.symbol)
        if config.session.venue == "simulated":
            _check_amounts(config, instrument, limits)
        if maker is not None:
            _check_quotes(instrument, maker, limits)
            if config.session.venue == "simulated":
                half_spread = makers[instrument.instrument_id].cdata.half_spread
                _check_distances(config, instrument, maker, limits, half_spread)


def warnings(config: "SessionConfig") -> list[str]:
    """What runs, but perhaps not as it was meant; each names its key."""
    makers, desk = config.strategy.market_maker, config.strategy.desk
    found = [
        f"{joined('strategy.market_maker', i.symbol)}: missing: {i.symbol} is not quoted"
        for i in config.instruments
        if i.symbol not in makers
    ]
    cores = os.sched_getaffinity(0)
    for role, process in config.processes.items():
        if process.cpu >= 0 and process.cpu not in cores:
            found.append(
                f"processes.{role}.cpu: this machine has no core {process.cpu}: "
                f"{role} will run on any"
            )
    for name, table in config.feed.items():
        where, ca_file = joined("feed", name), getattr(table, "ca_file", None)
        if name != config.session.venue:
            found.append(f"{where}: not used: session.venue is {config.session.venue}")
        elif ca_file and not Path(ca_file).is_file():
            found.append(f"{where}.ca_file: {ca_file} is not there (yet)")
    for symbol, maker in makers.items():
        if desk.requote_ticks > maker.spread_max_ticks:
            found.append(
                f"strategy.desk.requote_ticks: {desk.requote_ticks} is wider than "
                f"{symbol}'s spread_max_ticks: its quotes hardly ever move"
            )
    quotes = sum(2 * maker.levels for maker in makers.values())
    messages = config.risk.messages_per_s
    if messages < QUOTE_MOVES_PER_S_MIN * quotes:
        found.append(
            f"risk.messages_per_s: {messages} lets each of the {quotes} quotes (all levels, both "
            f"sides) move {messages / quotes:.2g} times a second: what moves more is refused as "
            f"message_rate. {QUOTE_MOVES_PER_S_MIN * quotes} may be needed, or fewer levels"
        )
    return found


def _check_venue(config: "SessionConfig", instruments: Sequence[Instrument]) -> None:
    exchange, gateway = config.exchange, config.gateway
    if (exchange.latency_in_us + exchange.latency_out_us) >= gateway.answer_timeout_ms * _US_PER_MS:
        raise ConfigError(
            f"exchange.latency_in_us: {exchange.latency_in_us} there and latency_out_us "
            f"{exchange.latency_out_us} back take longer than gateway.answer_timeout_ms "
            f"({gateway.answer_timeout_ms}): no order would be answered in time"
        )
    if config.session.venue == "simulated":
        if exchange.kind != "simulated":
            raise ConfigError("exchange.kind: a simulated venue has a simulated exchange")
        market_params(exchange, instruments)
        return
    if exchange.kind != "paper":
        raise ConfigError('exchange.kind: must be "paper" on a real venue\'s market')
    if exchange.traders:
        raise ConfigError("exchange.traders: a real venue's market has none")
    name = config.session.venue
    if name not in config.feed:
        raise ConfigError(f"{joined('feed', name)}: missing: the venue needs its table")
    kind, _ = config.feed.of(instruments[0].venue)
    for i, instrument in enumerate(instruments):
        fault = kind.symbol_fault(instrument.symbol)
        if fault is not None:
            raise ConfigError(f"instruments[{i}].symbol: {instrument.symbol!r} {fault}")


def _check_amounts(config: "SessionConfig", instrument: Instrument, limits: LimitsConfig) -> None:
    """Orders that the engine takes, and amounts of money that fit."""
    where = joined("risk.limits", instrument.symbol)
    instrument.lot.positive(limits.order_quantity_max, f"{where}.order_quantity_max", QUANTITY_MAX)
    price = config.exchange.traders[instrument.symbol].price
    position = instrument.lot.count(limits.position_max, f"{where}.position_max")
    if instrument.tick.count(price, "price") * position > NOTIONAL_MAX:
        raise ConfigError(
            f"{where}.position_max: {limits.position_max} at {price} is an amount of more than "
            f"2^59 ticks x lots: larger sizes of tick or lot, or a smaller limit"
        )


def _check_quotes(instrument: Instrument, maker: MarketMakerConfig, limits: LimitsConfig) -> None:
    """Quotes that risk lets pass."""
    where = joined("strategy.market_maker", instrument.symbol)
    risk = joined("risk.limits", instrument.symbol)
    lots = instrument.lot.count
    quote = lots(maker.quote_quantity, where)
    inventory = lots(maker.inventory_max, where)
    least = instrument.quantity_text(instrument.quantity_min)
    if quote > lots(limits.order_quantity_max, risk):
        raise ConfigError(
            f"{where}.quote_quantity: above {risk}.order_quantity_max "
            f"({limits.order_quantity_max}): every quote would be refused"
        )
    if inventory < instrument.quantity_min:
        raise ConfigError(f"{where}.inventory_max: below the instrument's quantity_min ({least})")
    if inventory > lots(limits.position_max, risk):
        raise ConfigError(
            f"{where}.inventory_max: above {risk}.position_max ({limits.position_max}): "
            "risk would refuse the way there"
        )
    if 2 * maker.levels > limits.open_orders_max:
        raise ConfigError(
            f"{where}.levels: {maker.levels} a side are more than {risk}.open_orders_max "
            f"({limits.open_orders_max})"
        )
    edge_bps = maker.edge_min_bps + instrument.maker_fee_e8 / 1e4
    if edge_bps >= limits.collar_percent * 100:
        raise ConfigError(
            f"{where}.edge_min_bps: with the maker fee {edge_bps:g} bps from fair value, beyond "
            f"{risk}.collar_percent ({limits.collar_percent:g}): every quote would be refused"
        )


def _check_distances(
    config: "SessionConfig",
    instrument: Instrument,
    maker: MarketMakerConfig,
    limits: LimitsConfig,
    half_spread: float,
) -> None:
    """Quotes inside of the collar at the price where a simulated market begins.

    `half_spread` is what the model says, within its clamps, while nothing has moved.
    """
    where = joined("strategy.market_maker", instrument.symbol)
    price = instrument.tick.count(config.exchange.traders[instrument.symbol].price, "price")
    collar = price * limits.collar_percent / 100
    for key, ticks in (
        ("spread_min_ticks", maker.spread_min_ticks / 2),
        ("spread_max_ticks", half_spread),
        ("level_spacing_ticks", (maker.levels - 1) * maker.level_spacing_ticks),
    ):
        if ticks > collar:
            raise ConfigError(
                f"{where}.{key}: puts a quote {ticks:g} ticks from fair value, and "
                f"{joined('risk.limits', instrument.symbol)}.collar_percent allows {collar:g}"
            )
