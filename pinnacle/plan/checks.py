"""What the sections of a configuration say together.

Refused: what cannot run, or would run and never trade. Told by `warnings`: what somebody may mean.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pinnacle.core.config import joined
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument, of_instrument
from pinnacle.exchange.config import market_params
from pinnacle.plan.config import SessionConfig, StrategyPlan, VenuePlan, read_session
from pinnacle.quant.maker import Maker
from pinnacle.risk.config import LimitsConfig
from pinnacle.risk.gate import RiskGate
from pinnacle.sim.matching import QUANTITY_MAX
from pinnacle.strategy.config import MarketMakerConfig
from pinnacle.strategy.host import StrategyHost
from pinnacle.venues import registry
from pinnacle.venues.transport.access import authority_fault

_US_PER_MS = 1_000
#: Amounts are ticks x lots in 63 bits; a position stays far from that whatever the market does.
NOTIONAL_MAX = 2**63 // 16
#: What a quote of a busy market may need.
QUOTE_MOVES_PER_S_MIN = 5


def load_session(path: Path) -> SessionConfig:
    """The file, checked as far as it can be before anything runs; ConfigError names the key."""
    config = read_session(path)
    try:
        check(config)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return config


def check(config: SessionConfig) -> None:
    """ConfigError with the key of the first that contradicts another, or cannot be."""
    instruments = config.instrument_list()
    config.topology()
    for venue in config.venue_plans():
        _check_symbols(venue, [i for i in instruments if i.venue_name == venue.name])
    RiskGate(instruments, config.risk)
    hosts = [
        (plan, StrategyHost(mine, plan.config, key=plan.key, owner=plan.number))
        for plan in config.strategy_plans()
        for mine in [[instruments[i] for i in plan.instruments]]
    ]
    for venue in config.venue_plans():
        here = [i for i in instruments if i.venue_name == venue.name]
        _check_venue(config, venue, here)
        if venue.simulated:
            for instrument in here:
                _check_amounts(venue, instrument, limits_of(config, instrument))
    for plan, host in hosts:
        if plan.config.kind is None:
            _check_makers(config, plan, instruments, host.strategy.makers())


def limits_of(config: SessionConfig, instrument: Instrument) -> LimitsConfig:
    """RiskGate has seen that every instrument has them."""
    found = of_instrument(config.risk.limits, instrument)
    assert found is not None
    return found


def _check_makers(
    config: SessionConfig,
    plan: StrategyPlan,
    instruments: Sequence[Instrument],
    makers: Mapping[int, Maker],
) -> None:
    """What its quotes need of risk and of the venue. `makers`: by instrument."""
    where = f"{plan.key}.market_maker"
    if not plan.config.market_maker:
        raise ConfigError(f"{where}: no instrument has its table: nothing is quoted")
    simulated = {venue.name: venue for venue in config.venue_plans() if venue.simulated}
    for instrument in (instruments[i] for i in plan.instruments):
        limits = limits_of(config, instrument)
        maker = of_instrument(plan.config.market_maker, instrument)
        if maker is None:
            continue
        key = joined(where, instrument.label)
        _check_quotes(instrument, key, maker, limits)
        venue = simulated.get(instrument.venue_name)
        if venue is not None:
            half_spread = makers[instrument.instrument_id].cdata.half_spread
            _check_distances(venue, instrument, key, maker, limits, half_spread)


def warnings(config: SessionConfig) -> list[str]:
    """What runs, but perhaps not as it was meant; each names its key."""
    found = [*_unquoted(config), *_misplaced(config)]
    for venue in config.venue_plans():
        for name, table in venue.config.feed.items():
            key = joined(venue.key("feed"), name)
            if name != venue.config.kind:
                found.append(f"{key}: not used: the kind of {venue.name} is {venue.config.kind}")
                continue
            path = getattr(table, "ca_file", None)
            fault = path and _authority_fault(Path(path))
            if fault:
                found.append(f"{key}.ca_file: {fault}")
    quotes = 0
    for plan in config.strategy_plans():
        makers, desk = plan.config.market_maker, plan.config.desk
        quotes += sum(2 * maker.levels for maker in makers.values())
        for symbol, maker in makers.items():
            if desk.requote_ticks > maker.spread_max_ticks:
                found.append(
                    f"{plan.key}.desk.requote_ticks: {desk.requote_ticks} is wider than "
                    f"{symbol}'s spread_max_ticks: its quotes hardly ever move"
                )
    messages = config.risk.messages_per_s
    if messages < QUOTE_MOVES_PER_S_MIN * quotes:
        found.append(
            f"risk.messages_per_s: {messages} lets each of the {quotes} quotes (all levels, both "
            f"sides) move {messages / quotes:.2g} times a second: what moves more is refused as "
            f"message_rate. {QUOTE_MOVES_PER_S_MIN * quotes} may be needed, or fewer levels"
        )
    return found


def _authority_fault(path: Path) -> str:
    """What a feed would say of its ca_file; empty if nothing."""
    if not path.exists():
        return f"{path} is not there (yet)"
    fault = authority_fault(str(path))
    return f"{path}: {fault}" if fault else ""


def _unquoted(config: SessionConfig) -> list[str]:
    """Instruments that no strategy quotes. A strategy of the user's own says nothing of that."""
    plans = config.strategy_plans()
    if any(plan.config.kind is not None for plan in plans):
        return []
    quoted = {key for plan in plans for key in plan.config.market_maker}
    unquoted = [i for i in config.instrument_list() if not quoted & {i.label, i.name}]
    if config.strategies:
        return [f"strategies: none of them quotes {i.label}" for i in unquoted]
    where = "strategy.market_maker"
    return [f"{joined(where, i.label)}: missing: {i.label} is not quoted" for i in unquoted]


def _misplaced(config: SessionConfig) -> list[str]:
    """Processes that are to run where this machine has no core."""
    cores = os.sched_getaffinity(0)
    return [
        f"{joined('processes', name)}.cpu: this machine has no core {process.cpu}: "
        f"{name} will run on any"
        for name, process in config.processes.items()
        if process.cpu >= 0 and process.cpu not in cores
    ]


def _check_venue(
    config: SessionConfig, venue: VenuePlan, instruments: Sequence[Instrument]
) -> None:
    exchange, gateway, where = venue.config.exchange, config.gateway, venue.key("exchange")
    if (exchange.latency_in_us + exchange.latency_out_us) >= gateway.answer_timeout_ms * _US_PER_MS:
        raise ConfigError(
            f"{where}.latency_in_us: {exchange.latency_in_us} there and latency_out_us "
            f"{exchange.latency_out_us} back take longer than gateway.answer_timeout_ms "
            f"({gateway.answer_timeout_ms}): no order would be answered in time"
        )
    if venue.simulated:
        if exchange.kind != "simulated":
            raise ConfigError(f"{where}.kind: a simulated venue has a simulated exchange")
        market_params(exchange, instruments, where)
        return
    if exchange.kind != "paper" and not venue.live:
        raise ConfigError(f'{where}.kind: must be "paper" on a real venue\'s market')
    if exchange.traders and not venue.live:
        raise ConfigError(f"{where}.traders: a real venue's market has none")
    name = venue.config.kind
    if name not in venue.config.feed:
        raise ConfigError(f"{joined(venue.key('feed'), name)}: missing: the venue needs its table")
    if venue.live and name not in venue.config.orders:
        what = "where it takes orders is not said"
        raise ConfigError(f"{joined(venue.key('orders'), name)}: missing: {what}")


def _check_symbols(venue: VenuePlan, instruments: Sequence[Instrument]) -> None:
    """Before what is keyed by them: that would be told of another table."""
    if venue.simulated:
        return
    kind = registry.find(venue.config.kind)
    for instrument in instruments:
        fault = kind.symbol_fault(instrument.symbol)
        if fault is not None:
            key = f"instruments[{instrument.instrument_id}].symbol"
            raise ConfigError(f"{key}: {instrument.symbol!r} {fault}")


def _check_amounts(venue: VenuePlan, instrument: Instrument, limits: LimitsConfig) -> None:
    """Orders that the engine takes, and amounts of money that fit."""
    where = joined("risk.limits", instrument.label)
    instrument.lot.positive(limits.order_quantity_max, f"{where}.order_quantity_max", QUANTITY_MAX)
    price = venue.config.exchange.traders[instrument.symbol].price
    position = instrument.lot.count(limits.position_max, f"{where}.position_max")
    if instrument.tick.count(price, "price") * position > NOTIONAL_MAX:
        raise ConfigError(
            f"{where}.position_max: {limits.position_max} at {price} is an amount of more than "
            f"2^59 ticks x lots: larger sizes of tick or lot, or a smaller limit"
        )


def _check_quotes(
    instrument: Instrument, where: str, maker: MarketMakerConfig, limits: LimitsConfig
) -> None:
    """Quotes that risk lets pass. `where`: the full key of the maker."""
    risk = joined("risk.limits", instrument.label)
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
    venue: VenuePlan,
    instrument: Instrument,
    where: str,
    maker: MarketMakerConfig,
    limits: LimitsConfig,
    half_spread: float,
) -> None:
    """Quotes inside of the collar at the price where a simulated market begins.

    `half_spread` is what the model says, within its clamps, while nothing has moved.
    """
    price = instrument.tick.count(venue.config.exchange.traders[instrument.symbol].price, "price")
    collar = price * limits.collar_percent / 100
    for key, ticks in (
        ("spread_min_ticks", maker.spread_min_ticks / 2),
        ("spread_max_ticks", half_spread),
        ("level_spacing_ticks", (maker.levels - 1) * maker.level_spacing_ticks),
    ):
        if ticks > collar:
            raise ConfigError(
                f"{where}.{key}: puts a quote {ticks:g} ticks from fair value, and "
                f"{joined('risk.limits', instrument.label)}.collar_percent allows {collar:g}"
            )
