"""The logic of every process that decides, made again from what the session's folder holds.

Whatever makes decisions from a log stands behind one interface: `decided(events, n)`. An exchange's
logic leaves the market that it made in `market`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from pinnacle.core.config import InstrumentConfig, convert
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument, from_config
from pinnacle.core.schema import Venue
from pinnacle.exchange.config import ExchangeConfig
from pinnacle.exchange.process import BATCH as EXCHANGE_BATCH
from pinnacle.exchange.process import make_venue
from pinnacle.feed.config import FeedConfig
from pinnacle.gateway.config import GatewayConfig
from pinnacle.gateway.process import BATCH as GATEWAY_BATCH
from pinnacle.gateway.process import make_table
from pinnacle.risk.config import RiskConfig
from pinnacle.risk.gate import BATCH as RISK_BATCH
from pinnacle.risk.gate import RiskGate
from pinnacle.runtime.decision_log import Logic
from pinnacle.runtime.origin import Origin, origin_of
from pinnacle.strategy.config import StrategyConfig
from pinnacle.strategy.host import StrategyHost
from pinnacle.strategy.process import BATCH as STRATEGY_BATCH
from pinnacle.venues import registry


@dataclass(frozen=True)
class Decider:
    """A process's logic, and the records that one of its batches holds at most."""

    logic: Logic
    batch_max: int


class _Venue(msgspec.Struct):
    venue: str = "simulated"


class _Market(msgspec.Struct):
    """What of a configuration makes the instruments."""

    session: _Venue
    instruments: list[InstrumentConfig]


class Session:
    """A session's configuration by section, and what its processes were made from."""

    SECTIONS: dict[str, type[Any]] = {
        "exchange": ExchangeConfig,
        "feed": FeedConfig,
        "strategy": StrategyConfig,
        "risk": RiskConfig,
        "gateway": GatewayConfig,
    }

    def __init__(self, config: Path, sections: dict[str, Any], instruments: Sequence[Instrument]):
        self.instruments = list(instruments)
        market = convert(sections, _Market, config)
        try:
            #: The same, unless somebody changed one of the two files.
            venue = registry.venue_id(market.session.venue)
            self.configured = from_config(market.instruments, venue)
        except ValueError as error:
            raise ConfigError(f"{config}: session.venue: {error}") from None
        except ConfigError as error:
            raise ConfigError(f"{config}: {error}") from None
        self._settings: dict[str, Any] = {
            name: convert(sections.get(name, {}), kind, Path(f"{config} [{name}]"))
            for name, kind in self.SECTIONS.items()
        }

    @property
    def simulated(self) -> bool:
        """Whether the venue is simulated; if not its market came over a network."""
        return self.instruments[0].venue is Venue.SIMULATED

    def origin(self, role: str) -> Origin:
        """From what a process of this session is made here and now."""
        return origin_of(self._settings[role], self.instruments)

    def deciders(self) -> dict[str, Decider]:
        """By role, in the order of the flow; ConfigError names the key."""
        settings, instruments = self._settings, self.instruments
        if self.simulated != (settings["exchange"].kind == "simulated"):
            raise ConfigError("exchange.kind: does not belong to this venue")
        return {
            "exchange": Decider(make_venue(instruments, settings["exchange"]), EXCHANGE_BATCH),
            "strategy": Decider(StrategyHost(instruments, settings["strategy"]), STRATEGY_BATCH),
            "risk": Decider(RiskGate(instruments, settings["risk"]), RISK_BATCH),
            "gateway": Decider(make_table(settings["gateway"]), GATEWAY_BATCH),
        }
