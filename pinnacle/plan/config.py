"""The whole configuration file of a session."""

import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from pinnacle.core.config import (
    InstrumentConfig,
    JournalConfig,
    ProcessConfig,
    Section,
    load,
)
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument, from_config
from pinnacle.core.names import CONFIGURED_BYTES_MAX, SessionName
from pinnacle.core.paths import ROLES, SessionPaths, default_runtime_dir
from pinnacle.core.ring import CAPACITY_MAX, CAPACITY_MIN
from pinnacle.core.toml import toml_text
from pinnacle.exchange.config import ExchangeConfig
from pinnacle.feed.config import FeedConfig
from pinnacle.gateway.config import GatewayConfig
from pinnacle.monitor.config import MonitorConfig
from pinnacle.risk.config import RiskConfig
from pinnacle.strategy.config import StrategyConfig
from pinnacle.venues import registry

Directory = Annotated[str, Meta(min_length=1, max_length=4096)]


class SessionSection(Section, frozen=True):
    """[session]: its name and where its files are."""

    name: str
    #: "simulated", or a venue of the registry: its real market with a simulated order path.
    venue: str = registry.SIMULATED
    #: /dev/shm/pinnacle for root, /dev/shm/pinnacle-<uid> for anybody else.
    runtime_dir: Directory = msgspec.field(default_factory=default_runtime_dir)
    data_dir: Directory = "data"
    #: Records that each ring holds: a power of two from 4096, so that the longest message fits
    #: beside a snapshot that is under way, to 1048576. It must be more than come during a reader's
    #: longest pause: the default is a third of a second at 200,000 a second, and a tenth of that
    #: has been needed (`make bench FIGURES=sustained`, deepest ring).
    ring_capacity: int = 65_536

    def __post_init__(self) -> None:
        try:
            registry.venue_id(self.venue)
        except ValueError as error:
            raise ValueError(f"venue: {error}") from None
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


class SessionConfig(Section, frozen=True):
    """Every table of the file."""

    session: SessionSection
    instruments: list[InstrumentConfig]
    risk: RiskConfig
    strategy: StrategyConfig
    journal: JournalConfig = JournalConfig()
    feed: FeedConfig = msgspec.field(default_factory=FeedConfig)
    gateway: GatewayConfig = GatewayConfig()
    exchange: ExchangeConfig = ExchangeConfig()
    monitor: MonitorConfig = MonitorConfig()
    #: By role: feed, strategy, risk, gateway, exchange, monitor.
    processes: dict[str, ProcessConfig] = {}

    def __post_init__(self) -> None:
        for role in self.processes:
            if role not in ROLES:
                raise ValueError(f"processes.{role}: no such process ({', '.join(ROLES)})")

    def process(self, role: str) -> ProcessConfig:
        return self.processes.get(role, ProcessConfig())

    def instrument_list(self) -> list[Instrument]:
        return from_config(self.instruments, registry.venue_id(self.session.venue))

    def paths(self, name: str | None = None) -> SessionPaths:
        """The session's files; `name` stands in for the one in the file."""
        section = self.session
        return SessionPaths.of(section.runtime_dir, section.data_dir, name or section.name)


def load_session(path: Path, *, kept: bool = False) -> SessionConfig:
    """The file, checked as far as it can be before anything runs; ConfigError names the key.

    `kept`: it is the copy beside a session's journals.
    """
    from pinnacle.plan.checks import check
    from pinnacle.risk.gate import RiskGate
    from pinnacle.strategy.host import StrategyHost

    config = load(path, SessionConfig, kept=kept)
    try:
        instruments = config.instrument_list()
        RiskGate(instruments, config.risk)
        host = StrategyHost(instruments, config.strategy)
        check(config, instruments, host.strategy.makers())
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return config


def to_toml(config: SessionConfig) -> str:
    """The configuration with every default filled in, as TOML."""
    return toml_text(msgspec.to_builtins(config))
