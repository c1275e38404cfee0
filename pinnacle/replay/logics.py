"""The logic of every process that decides, made again from what the session's folder holds.

Whatever makes decisions from a log stands behind one interface: `decided(events, n)`. An exchange's
logic leaves the market that it made in `market`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pinnacle.core.config import load
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument
from pinnacle.exchange.config import ExchangeConfig
from pinnacle.exchange.venue import BATCH as EXCHANGE_BATCH
from pinnacle.exchange.venue import make_venue
from pinnacle.gateway.config import GatewayConfig, LiveConfig
from pinnacle.gateway.table import BATCH_MAX as GATEWAY_BATCH
from pinnacle.gateway.table import make_table
from pinnacle.plan.config import SessionConfig
from pinnacle.plan.origin import made_from
from pinnacle.risk.config import RiskConfig
from pinnacle.risk.gate import BATCH as RISK_BATCH
from pinnacle.risk.gate import RiskGate
from pinnacle.runtime.decision_log import Logic
from pinnacle.runtime.origin import Origin
from pinnacle.runtime.topology import Process
from pinnacle.strategy.config import StrategyConfig
from pinnacle.strategy.host import BATCH as STRATEGY_BATCH
from pinnacle.strategy.host import make_host


@dataclass(frozen=True)
class Decider:
    """A process's logic, and the records that one of its batches holds at most."""

    logic: Logic
    batch_max: int


class Session:
    """A session's configuration, and what its processes were made from."""

    def __init__(self, config: Path, instruments: Sequence[Instrument]):
        self.instruments = list(instruments)
        self._config = load(config, SessionConfig, kept=True)
        try:
            #: The same, unless somebody changed one of the two files.
            self.configured = self._config.instrument_list()
            self.topology = self._config.topology()
        except ConfigError as error:
            raise ConfigError(f"{config}: {error}") from None

    def of(self, ids: Iterable[int]) -> list[Instrument]:
        """The instruments of these ids; none that is not there."""
        return [self.instruments[i] for i in ids if i < len(self.instruments)]

    def journal_of(self, role: str) -> str:
        """The name of a role's first journal."""
        return self.topology.of_role(role)[0].name

    def shared(self, one: Process, other: Process) -> list[Instrument]:
        """The instruments that both have."""
        return [i for i in self.of(one.instruments) if i.instrument_id in other.instruments]

    def origin(self, name: str) -> Origin:
        """From what a process of this session is made here and now."""
        return made_from(self._config, self.topology.process(name), self.instruments)

    def is_live(self, gateway: Process) -> bool:
        """Whether its venue is one outside, where orders are real."""
        return isinstance(self._config.section(gateway), LiveConfig)

    def feed_of(self, exchange: Process) -> Process | None:
        """The feed that publishes the market which this exchange makes."""
        made = self.topology.publishes(exchange)
        return made[0].reader if exchange.role == "exchange" and made else None

    def decider(self, process: Process) -> Decider:
        """Of a process; ConfigError names the key."""
        here, section = self.of(process.instruments), self._config.section(process)
        match section:
            case ExchangeConfig():
                simulated = self.feed_of(process) is not None
                if simulated != (section.kind == "simulated"):
                    raise ConfigError("exchange.kind: does not belong to this venue")
                return Decider(make_venue(here, section, process.number), EXCHANGE_BATCH)
            case StrategyConfig():
                return Decider(make_host(process, here, section), STRATEGY_BATCH)
            case RiskConfig():
                return Decider(RiskGate(here, section), RISK_BATCH)
            case GatewayConfig():
                return Decider(make_table(section), GATEWAY_BATCH)
            case LiveConfig():
                return Decider(make_table(section.table, live=True), GATEWAY_BATCH)
        raise TypeError(f"{process.name} decides nothing")
