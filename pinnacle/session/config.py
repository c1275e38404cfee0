"""The whole configuration file of a session."""

from pathlib import Path

import msgspec

from pinnacle.core.config import (
    InstrumentConfig,
    JournalConfig,
    MonitorConfig,
    ProcessConfig,
    Section,
    load,
)
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument, from_config
from pinnacle.core.names import CONFIGURED_BYTES_MAX, SessionName
from pinnacle.core.paths import ROLES, SessionPaths
from pinnacle.core.schema import Venue
from pinnacle.exchange.config import ExchangeConfig, market_params
from pinnacle.feed.config import FeedConfig
from pinnacle.gateway.config import GatewayConfig
from pinnacle.risk.config import RiskConfig
from pinnacle.strategy.config import StrategyConfig


class SessionSection(Section):
    """[session]: its name and where its files are."""

    name: str
    #: "simulated", or "binance": its real market with a simulated order path.
    venue: str = "simulated"
    runtime_dir: str = "/dev/shm/pinnacle"
    data_dir: str = "data"
    #: Records that each ring holds; a power of two. It must be more than come during a reader's
    #: longest pause: the default is a third of a second at 200,000 a second, and a tenth of that
    #: has been needed (`make bench FIGURES=sustained`, deepest ring).
    ring_capacity: int = 65536

    def __post_init__(self) -> None:
        if self.venue.upper() not in Venue.__members__ or self.venue == "none":
            raise ValueError(f"venue must be simulated or binance, not {self.venue!r}")
        _check_place("runtime_dir", self.runtime_dir)
        _check_place("data_dir", self.data_dir)
        if not self.runtime_dir.startswith("/"):
            raise ValueError(f"runtime_dir {self.runtime_dir!r} must begin with a slash")
        SessionName(self.name)
        if len(self.name) > CONFIGURED_BYTES_MAX:
            raise ValueError(
                f"name {self.name!r} is longer than {CONFIGURED_BYTES_MAX} characters: a run's "
                "name is this one and its date and time"
            )


def _check_place(key: str, text: str) -> None:
    if not text or not text.isprintable():
        raise ValueError(f"{key} {text!r} is not a folder")
    if text.startswith("~") or "$" in text:
        raise ValueError(f"{key} {text!r}: '~' and '$' are not expanded here, write the path out")


class SessionConfig(Section):
    """Every table of the file."""

    session: SessionSection
    instruments: list[InstrumentConfig]
    risk: RiskConfig
    strategy: StrategyConfig
    journal: JournalConfig = JournalConfig()
    feed: FeedConfig = FeedConfig()
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
        return from_config(self.instruments, Venue[self.session.venue.upper()])

    def paths(self, name: str | None = None) -> SessionPaths:
        """The session's files; `name` stands in for the one in the file."""
        section = self.session
        return SessionPaths.of(section.runtime_dir, section.data_dir, name or section.name)


def load_session(path: Path) -> SessionConfig:
    """The file, checked as far as it can be before anything runs; ConfigError names the key."""
    from pinnacle.risk.gate import RiskGate
    from pinnacle.strategy.host import StrategyHost

    config = load(path, SessionConfig)
    try:
        instruments = config.instrument_list()
        RiskGate(instruments, config.risk)
        StrategyHost(instruments, config.strategy)
        _check_venue(config, instruments)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return config


def _check_venue(config: SessionConfig, instruments: list[Instrument]) -> None:
    if config.session.venue == "simulated":
        if config.exchange.kind != "simulated":
            raise ConfigError("exchange.kind: a simulated venue has a simulated exchange")
        market_params(config.exchange, instruments)
        return
    if config.exchange.kind != "paper":
        raise ConfigError('exchange.kind: must be "paper" on a real venue\'s market')
    if config.feed.binance is None:
        raise ConfigError("feed.binance: missing: the venue needs its table")


def to_toml(config: SessionConfig) -> str:
    """The configuration with every default filled in, as TOML."""
    lines: list[str] = []
    _write_table(lines, "", msgspec.to_builtins(config))
    return "\n".join(lines).strip() + "\n"


def _write_table(lines: list[str], name: str, table: dict) -> None:
    scalars = {k: v for k, v in table.items() if v is not None and not _is_table(v)}
    if name and (scalars or not table):
        lines.append(f"\n[{name}]")
    lines.extend(f"{_key(k)} = {_value(v)}" for k, v in scalars.items())
    for key, value in table.items():
        path = f"{name}.{_key(key)}" if name else _key(key)
        if isinstance(value, dict):
            _write_table(lines, path, value)
        elif _is_table(value):
            for row in value:
                lines.append(f"\n[[{path}]]")
                lines.extend(f"{_key(k)} = {_value(v)}" for k, v in row.items() if v is not None)


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    )


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() else _value(key)


def _value(value: object) -> str:
    # JSON's strings, numbers, booleans and arrays of them are TOML's.
    return msgspec.json.encode(value).decode()
