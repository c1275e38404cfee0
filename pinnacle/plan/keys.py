"""Who in a session signs what it says to a venue, and with which key of the vault."""

from typing import NamedTuple

from pinnacle.core.config import joined
from pinnacle.feed.config import SignedFeedConfig
from pinnacle.gateway.config import LiveConfig
from pinnacle.plan.config import SessionConfig


class WantedKey(NamedTuple):
    """`where`: the configuration's key that says its name."""

    where: str
    name: str
    venue: str


def wanted_keys(config: SessionConfig) -> dict[str, WantedKey]:
    """Of each process that opens the vault, by its name; no other is given what opens it."""
    plans, instruments, topology = config.venue_plans(), config.instrument_list(), config.topology()
    found = {}
    for process in [*topology.of_role("gateway"), *topology.of_role("feed")]:
        section = config.section(process)
        if isinstance(section, LiveConfig | SignedFeedConfig):
            plan = plans[instruments[process.instruments[0]].venue_number]
            of = "orders" if isinstance(section, LiveConfig) else "feed"
            table = joined(plan.key(of), section.venue)
            found[process.name] = WantedKey(f"{table}.key", section.key, section.venue)
    return found
