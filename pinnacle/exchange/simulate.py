"""A day of the simulated market alone, in virtual time, into a journal, and what it was like."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pinnacle.core.config import InstrumentConfig, Section, convert
from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.core.instruments import Instrument, write_list
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import EventBuffer, Source
from pinnacle.core.toml import read_toml
from pinnacle.exchange.config import ExchangeConfig, TradersConfig, market_params
from pinnacle.sim.market import Market
from pinnacle.sim.statistics import InstrumentReport, Measurement

#: 2024-01-01T00:00:00Z: every simulated day begins there.
EPOCH_NS = 1_704_067_200 * 10**9
SECOND_NS = 10**9
_BUFFER = 1 << 16
_FLUSH_AT = _BUFFER // 2


class MarketFile(Section, frozen=True):
    """What a simulated day needs of a configuration file."""

    instruments: list[InstrumentConfig]
    exchange: ExchangeConfig


class SimulationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was written, and each instrument's measures beside its configuration."""

    directory: str
    seed: int
    seconds: int
    records: int
    instruments: list[InstrumentReport]


def read_market(path: Path, venue: str | None = None) -> MarketFile:
    """[[instruments]] and [exchange] of a file, or those of one of its venues.

    A session's other sections are not looked at. UsageError lists the venues where it is not said
    which of several.
    """
    data = read_toml(path)
    if "venues" in data or venue is not None:
        data = _of_venue(data, venue, path)
    wanted: dict[str, Any] = {key: data[key] for key in ("instruments", "exchange") if key in data}
    return convert(wanted, MarketFile, path)


class _Several(Section, frozen=True):
    """What tells a file's venues apart; each is looked at when it is the one that is meant."""

    instruments: list[dict[str, Any]]
    venues: dict[str, dict[str, Any]] = {}


def _of_venue(data: dict[str, Any], name: str | None, path: Path) -> dict[str, Any]:
    several: dict[str, Any] = {key: data[key] for key in ("venues", "instruments") if key in data}
    found = convert(several, _Several, path)
    if name is None and len(found.venues) == 1:
        (name,) = found.venues
    if name not in found.venues:
        there = ", ".join(found.venues) or "none"
        what = "several venues, say which with --venue" if name is None else f"no venue {name!r}"
        raise UsageError(f"{path}: {what}; there are: {there}")
    mine = [row for row in found.instruments if row.get("venue", name) == name]
    mine = [{key: value for key, value in row.items() if key != "venue"} for row in mine]
    return {"instruments": mine, "exchange": found.venues[name].get("exchange", {})}


def single_market(symbol: str, price: str, tick: str, lot: str) -> MarketFile:
    """One instrument with the default traders."""
    return MarketFile(
        instruments=[InstrumentConfig(symbol=symbol, tick_size=tick, lot_size=lot)],
        exchange=ExchangeConfig(traders={symbol: TradersConfig(price=price)}),
    )


def simulate(
    config: ExchangeConfig,
    instruments: Sequence[Instrument],
    seconds: int,
    directory: Path,
    progress: Callable[[int], None] = lambda done: None,
) -> SimulationReport:
    """Run the market for `seconds` of virtual time into `directory`/exchange.

    The records are what the venue publishes: a snapshot of each book at EPOCH_NS, then DEPTH and
    TRADE with their virtual times. The same seed gives the same records but for their commit
    words, which carry the journal's random identity. UsageError if a journal is there already.
    """
    paths = SessionPaths(Path(), directory)
    place, table = paths.journal("exchange"), paths.instrument_list
    if any(place.glob("*.pmj")):
        raise UsageError(f"{place}: there is a journal already")
    if os.path.lexists(table):
        raise UsageError(f"{table}: is there already, and nothing is written over it")
    params = market_params(config, instruments)
    try:
        market = Market(params, seed=config.seed, start_ns=EPOCH_NS)
    except ValueError as error:
        raise ConfigError(f"exchange.traders: {error}") from None
    try:
        place.mkdir(parents=True, exist_ok=True)
        write_list(table, instruments)
    except OSError as error:
        raise UsageError(f"{place}: {error.strerror}") from None
    measures = [Measurement(market, i, row) for i, row in enumerate(params)]
    with Journal.open(place, "simulated", Source.EXCHANGE, sync=Sync.NONE) as journal:
        _run(market, measures, journal, seconds, progress)
        records = journal.count
    return SimulationReport(
        directory=str(directory),
        seed=config.seed,
        seconds=seconds,
        records=records,
        instruments=[
            measure.report(instrument.symbol, float(instrument.lot.size), seconds)
            for measure, instrument in zip(measures, instruments, strict=True)
        ],
    )


def _run(
    market: Market,
    measures: list[Measurement],
    journal: Journal,
    seconds: int,
    progress: Callable[[int], None],
) -> None:
    # What fills the books at the first nanosecond is not news: the snapshots say it all.
    market.run_to(EPOCH_NS)
    for index in range(len(measures)):
        journal.append_array(market.snapshot(index, EPOCH_NS))
    buffer, filled = EventBuffer(_BUFFER), 0
    no_input = buffer.cdata
    for second in range(1, seconds + 1):
        until_ns = EPOCH_NS + second * SECOND_NS
        while market.now < until_ns:
            room = _BUFFER - filled
            written, _ = market.advance(until_ns, no_input, 0, buffer.cdata + filled, room)
            filled += written
            if filled >= _FLUSH_AT or second == seconds:
                journal.append(buffer.cdata, filled)
                for measure in measures:
                    measure.take(buffer.array[:filled])
                filled = 0
        for measure in measures:
            measure.sample(second)
        progress(1)
