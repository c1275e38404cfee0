"""The whole configuration file of a session."""

import os
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from pinnacle.core.config import (
    InstrumentConfig,
    JournalConfig,
    ProcessConfig,
    Section,
    joined,
    load,
)
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import (
    INSTANCE_BYTES_MAX,
    Instrument,
    from_config,
)
from pinnacle.core.names import CONFIGURED_BYTES_MAX, SessionName
from pinnacle.core.paths import ROLES, SessionPaths, default_runtime_dir
from pinnacle.core.ring import CAPACITY_MAX, CAPACITY_MIN
from pinnacle.core.schema import NUMBERS_MAX
from pinnacle.core.toml import toml_text
from pinnacle.exchange.config import ExchangeConfig
from pinnacle.exchange.network.config import HouseConfig
from pinnacle.execution.desk import INSTRUMENTS_MAX as DESK_INSTRUMENTS_MAX
from pinnacle.feed.config import FeedConfig
from pinnacle.gateway.config import GatewayConfig, LiveConfig, OrderTables
from pinnacle.monitor.config import MonitorConfig
from pinnacle.risk.config import RiskConfig
from pinnacle.runtime.topology import VENUE_ROLES, MarketPlace, Process, Topology, feed_names
from pinnacle.strategy.config import StrategyConfig, section_key
from pinnacle.venues import registry

#: How many feeds read a venue, each with a share of its instruments.
Shards = Annotated[int, Meta(ge=1, le=NUMBERS_MAX)]
Directory = Annotated[str, Meta(min_length=1, max_length=4096)]
#: What a venue or a strategy may be called: it stands in processes' and files' names.
_INSTANCE = re.compile(rf"[a-z][a-z0-9_-]{{0,{INSTANCE_BYTES_MAX - 1}}}")


class SessionSection(Section, frozen=True):
    """[session]: its name and where its files are."""

    name: str
    #: The only venue: "simulated" (the default), or one of the registry: its real market with a
    #: simulated order path. A session of several has a table [venues.NAME] for each instead.
    venue: str | None = None
    #: "paper": orders at a real venue are imaginary; "live": they are real. A simulated venue has
    #: orders of its own in both.
    mode: Literal["paper", "live"] = "paper"
    #: Of the only venue, as in a venue's own table. Not given: 1.
    shards: Shards | None = None
    #: /dev/shm/pinnacle for root, /dev/shm/pinnacle-<uid> for anybody else.
    runtime_dir: Directory = msgspec.field(default_factory=default_runtime_dir)
    data_dir: Directory = "data"
    #: Records that each ring holds: a power of two from 4096, so that the longest message fits
    #: beside a snapshot that is under way, to 1048576. It must be more than come during a reader's
    #: longest pause: the default is a third of a second at 200,000 a second, and a tenth of that
    #: has been needed (`make bench FIGURES=sustained`, deepest ring).
    ring_capacity: int = 65_536
    #: What `pinnacle run` does with processes that have no `cpu`. "auto": those on the order path
    #: get a core each, where there is one for each and one for the rest; "none": the kernel's.
    cores: Literal["auto", "none"] = "auto"

    def __post_init__(self) -> None:
        if self.venue is not None:
            _check_kind("venue", self.venue)
        capacity, least, most = self.ring_capacity, CAPACITY_MIN, CAPACITY_MAX
        if not least <= capacity <= most or capacity & (capacity - 1):
            raise ValueError(
                f"ring_capacity: must be a power of two from {least} to {most}, not {capacity}"
            )
        _check_place("runtime_dir", self.runtime_dir)
        _check_place("data_dir", self.data_dir)
        if not self.runtime_dir.startswith("/"):
            raise ValueError(f"runtime_dir: {self.runtime_dir!r} must begin with a slash")
        try:
            SessionName(self.name)
        except ValueError as error:
            raise ValueError(f"name: {error}") from None
        if len(self.name) > CONFIGURED_BYTES_MAX:
            raise ValueError(
                f"name: {self.name!r} is longer than {CONFIGURED_BYTES_MAX} characters: a run's "
                "name is this one and its date and time"
            )


def _check_kind(key: str, kind: str) -> None:
    try:
        registry.venue_id(kind)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _check_place(key: str, text: str) -> None:
    if not text.isprintable():
        raise ValueError(f"{key}: {text!r} is not a folder")
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        locale = sys.getfilesystemencoding()
        raise ValueError(f"{key}: {text!r} cannot be written in this locale ({locale})") from None
    if text.startswith("~") or "$" in text:
        raise ValueError(f"{key}: {text!r}: '~' and '$' are not expanded, write the path out")


class VaultConfig(Section, frozen=True):
    """Where the keys to venues are: `pinnacle vault --help`."""

    #: Not given: the user's own, ~/.config/pinnacle/vault.
    file: Directory | None = None
    #: The master password's; not given: it is asked for, or systemd's.
    password_file: Directory | None = None


class VenueConfig(Section, frozen=True):
    """One venue of several: what is [session] venue, [feed] and [exchange] of an only one."""

    #: "simulated", or one of the registry.
    kind: str
    #: Processes that read its market, each with a connection of its own and an equal share of its
    #: instruments, which are dealt to them one by one.
    shards: Shards = 1
    feed: FeedConfig = msgspec.field(default_factory=FeedConfig)
    exchange: ExchangeConfig = ExchangeConfig()
    #: Where it takes orders, in a session that is live.
    orders: OrderTables = msgspec.field(default_factory=OrderTables)

    def __post_init__(self) -> None:
        _check_kind("kind", self.kind)


@dataclass(frozen=True)
class VenuePlan:
    """A venue of the session; `tail` is what its processes' names and its keys end with or begin
    with: empty where it is the only one."""

    name: str
    tail: str
    config: VenueConfig
    mode: str

    @property
    def live(self) -> bool:
        """Whether its orders go to the venue itself."""
        return self.mode == "live" and not self.simulated

    @property
    def simulated(self) -> bool:
        return self.config.kind == registry.SIMULATED

    @property
    def feeds(self) -> list[str]:
        """What its feeds are called."""
        return feed_names(f"feed.{self.tail}" if self.tail else "feed", self.config.shards)

    def key(self, section: str) -> str:
        """The full key of one of its sections: `exchange`, or `venues.kraken.exchange`."""
        return f"{joined('venues', self.tail)}.{section}" if self.tail else section


@dataclass(frozen=True)
class StrategyPlan:
    """A strategy of the session, its instruments by id; `tail` as a venue's."""

    number: int
    tail: str
    config: StrategyConfig
    instruments: tuple[int, ...]

    @property
    def key(self) -> str:
        """Of its section: `strategy`, or `strategies.maker`."""
        return section_key(self.tail)


class SessionConfig(Section, frozen=True):
    """Every table of the file."""

    session: SessionSection
    instruments: list[InstrumentConfig]
    risk: RiskConfig
    #: The only strategy, or several by name.
    strategy: StrategyConfig | None = None
    strategies: dict[str, StrategyConfig] = {}
    journal: JournalConfig = JournalConfig()
    #: Of the only venue, or several venues by name.
    feed: FeedConfig | None = None
    exchange: ExchangeConfig | None = None
    orders: OrderTables | None = None
    venues: dict[str, VenueConfig] = {}
    gateway: GatewayConfig = GatewayConfig()
    vault: VaultConfig = VaultConfig()
    #: The exchange that `pinnacle rehearse` makes; a session never looks at it.
    house: HouseConfig = HouseConfig()
    monitor: MonitorConfig = MonitorConfig()
    #: By role, for all its processes, or by a process's name: "gateway", "gateway.kraken".
    processes: dict[str, ProcessConfig] = {}

    def __post_init__(self) -> None:
        self._one_or_several()
        self._fill_in()
        for table, names in (("venues", self.venues), ("strategies", self.strategies)):
            for name in names:
                if not _INSTANCE.fullmatch(name):
                    raise ValueError(
                        f"{table}: {name[:40]!r} is not a name: small letters, digits, '_', '-', "
                        f"at most {INSTANCE_BYTES_MAX}, the first one a letter"
                    )
            if len(names) > NUMBERS_MAX:
                raise ValueError(f"{table}: at most {NUMBERS_MAX}, not {len(names)}")
        named = [f"{role}.{name}" for name in self.venues for role in VENUE_ROLES]
        named += [name for venue in self.venue_plans() for name in venue.feeds]
        named += [f"strategy.{name}" for name in self.strategies]
        known = list(dict.fromkeys([*ROLES, *named]))
        for name in self.processes:
            if name not in known:
                raise ValueError(f"processes.{name}: no such process ({', '.join(known)})")

    def _one_or_several(self) -> None:
        if self.venues:
            for key in ("feed", "exchange", "orders"):
                if getattr(self, key) is not None:
                    raise ValueError(f"{key}: belongs into venues.NAME where there are [venues]")
            for key in ("venue", "shards"):
                if getattr(self.session, key) is not None:
                    raise ValueError(f"session: {key} is not given where there are [venues]")
        if self.strategies and self.strategy is not None:
            raise ValueError("strategy: is there beside [strategies]: one or the other")
        if not self.strategies and self.strategy is None:
            raise ValueError("strategy: missing")

    def _fill_in(self) -> None:
        """The defaults of the only venue, which are shown and kept like those of any key."""
        if not self.venues:
            fill = msgspec.structs.force_setattr
            fill(self, "feed", self.feed or FeedConfig())
            fill(self, "exchange", self.exchange or ExchangeConfig())
            fill(self, "orders", self.orders or OrderTables())
            venue, shards = self.session.venue or registry.SIMULATED, self.session.shards or 1
            session = msgspec.structs.replace(self.session, venue=venue, shards=shards)
            fill(self, "session", session)

    def process(self, name: str) -> ProcessConfig:
        """Of a process, by its own name, its venue's feeds' or its role's."""
        while name and name not in self.processes:
            name = name.rpartition(".")[0]
        return self.processes.get(name) or ProcessConfig()

    def venue_plans(self) -> list[VenuePlan]:
        """In the order of their numbers."""
        mode = self.session.mode
        if self.venues:
            return [VenuePlan(name, name, config, mode) for name, config in self.venues.items()]
        kind, shards = self.session.venue, self.session.shards
        feed, exchange, orders = self.feed, self.exchange, self.orders
        assert kind is not None and shards is not None, "filled in"
        assert feed is not None and exchange is not None and orders is not None, "filled in"
        config = VenueConfig(kind=kind, shards=shards, feed=feed, exchange=exchange, orders=orders)
        return [VenuePlan(registry.name_of(kind), "", config, mode)]

    def strategy_plans(self) -> list[StrategyPlan]:
        """In the order of their numbers; ConfigError names the key of what is no instrument."""
        strategies = self.strategies or {"": self.strategy or StrategyConfig()}
        instruments, venues = self.instrument_list(), self.venue_plans()
        plans = [
            _strategy_plan(StrategyPlan(number, name, config, ()), instruments)
            for number, (name, config) in enumerate(strategies.items())
        ]
        return [_with_its_venues(plan, instruments, venues) for plan in plans]

    def instrument_list(self) -> list[Instrument]:
        plans = self.venue_plans()
        kinds = {venue.name: registry.venue_id(venue.config.kind) for venue in plans}
        feeds = {venue.name: venue.config.shards for venue in plans}
        return from_config(self.instruments, kinds, feeds)

    def topology(self) -> Topology:
        """ConfigError names the key of a venue or a strategy without instruments, and of a venue
        that cannot have so many feeds."""
        instruments = self.instrument_list()
        places: list[MarketPlace] = []
        for venue in self.venue_plans():
            traded = tuple(i.instrument_id for i in instruments if i.venue_name == venue.name)
            if not traded:
                raise ConfigError(f"{joined('venues', venue.name)}: has no instrument")
            shards = venue.config.shards
            others = sum(place.shards for place in places)
            _check_shards(venue, len(traded), NUMBERS_MAX - others)
            places.append(MarketPlace(venue.tail, venue.simulated, traded, shards, venue.live))
        return Topology(places, {plan.tail: plan.instruments for plan in self.strategy_plans()})

    def section(self, process: Process) -> Any:
        """What the logic of a process is made from."""
        match process.role:
            case "strategy":
                return self.strategy_plans()[process.number].config
            case "feed":
                first = self.instrument_list()[process.instruments[0]]
                venue = self.venue_plans()[first.venue_number].config
                return venue.feed.of_process(venue.kind, self.vault.file or "")
            case "exchange":
                return self.venue_plans()[process.number].config.exchange
            case "gateway":
                plan = self.venue_plans()[process.number]
                kind, orders = plan.config.kind, plan.config.orders
                if not plan.live:
                    return self.gateway
                vault = self.vault.file or ""
                return LiveConfig(table=self.gateway, venue=kind, orders=orders[kind], vault=vault)
        return getattr(self, process.role)

    def paths(self, name: str | None = None) -> SessionPaths:
        """The session's files; `name` stands in for the one in the file."""
        section = self.session
        return SessionPaths.of(section.runtime_dir, section.data_dir, name or section.name)


def _check_shards(venue: VenuePlan, instruments: int, room: int) -> None:
    """ConfigError unless each of its feeds has a market to read, and a number."""
    shards, key = venue.config.shards, venue.key("shards") if venue.tail else "session.shards"
    if venue.simulated and shards > 1:
        raise ConfigError(f"{key}: a simulated venue has 1: its exchange makes the market for it")
    if shards > instruments:
        raise ConfigError(f"{key}: {shards} are more than its instruments ({instruments})")
    if shards > room:
        raise ConfigError(f"{key}: {shards} and those of the other venues are over {NUMBERS_MAX}")


def _with_its_venues(
    plan: StrategyPlan, instruments: list[Instrument], venues: list[VenuePlan]
) -> StrategyPlan:
    """Orders are changed in their place if all of its venues can do that."""
    mine = {instruments[number].venue_number for number in plan.instruments}
    kinds = [registry.find(venues[n].config.kind) for n in mine if venues[n].live]
    if not plan.config.desk.replace or all(kind.replaces for kind in kinds):
        return plan
    desk = msgspec.structs.replace(plan.config.desk, replace=False)
    return replace(plan, config=msgspec.structs.replace(plan.config, desk=desk))


def _strategy_plan(plan: StrategyPlan, instruments: list[Instrument]) -> StrategyPlan:
    """With the instruments that it names, or with all of them."""
    wanted, found = plan.config.instruments, list(range(len(instruments)))
    if wanted is not None:
        ids = {text: i.instrument_id for i in instruments for text in (i.label, i.name)}
        for at, text in enumerate(wanted):
            if text not in ids:
                raise ConfigError(f"{plan.key}.instruments[{at}]: no instrument {text!r}")
        found = sorted({ids[text] for text in wanted})
        if len(found) != len(wanted):
            raise ConfigError(f"{plan.key}.instruments: one is there twice")
    if not 1 <= len(found) <= DESK_INSTRUMENTS_MAX:
        raise ConfigError(
            f"{plan.key}.instruments: 1 to {DESK_INSTRUMENTS_MAX} of the session's "
            f"{len(instruments)} must be named, not {len(found)}"
        )
    return replace(plan, instruments=tuple(found))


def _set_folders(config: SessionConfig, path: Path) -> None:
    """Where users' classes are, from wherever the session's processes are started."""
    for plan in config.strategy_plans():
        if plan.config.folder:
            folder = str((path.parent / plan.config.folder).absolute())
            msgspec.structs.force_setattr(plan.config, "folder", folder)


def read_session(path: Path, *, kept: bool = False) -> SessionConfig:
    """The file, its keys and types checked and no more; ConfigError names the key.

    For what was checked as a whole when its session was made; `kept`: it is that session's copy.
    """
    config = load(path, SessionConfig, kept=kept)
    try:
        _set_folders(config, path)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return config


def to_toml(config: SessionConfig, *, unset: bool = False) -> str:
    """The configuration with every default filled in, as TOML; with `unset` those keys are named
    that have none."""
    return toml_text(msgspec.to_builtins(config), unset=unset)
