"""Seats of a session's processes, for tests that play one of them."""

from typing import Any

import structlog

from pinnacle.core.config import JournalConfig, ProcessConfig
from pinnacle.core.paths import SessionPaths
from pinnacle.runtime.seat import Seat
from pinnacle.runtime.topology import MarketPlace, Process, Topology


class Unwatched(Topology):
    """Whose processes watch no peers: the test plays none of them."""

    def peers(self, process: Process) -> list[Process]:
        return []


def topology_of(instruments: int = 1, simulated: bool = True) -> Topology:
    """One venue, one strategy."""
    ids = tuple(range(instruments))
    return Topology([MarketPlace("", simulated, ids)], {"": ids})


def unwatched() -> Topology:
    """As `topology_of` for one instrument."""
    return Unwatched([MarketPlace("", True, (0,))], {"": (0,)})


def seat_of(
    name: str,
    paths: SessionPaths,
    topology: Topology | None = None,
    config: ProcessConfig | None = None,
    journal: JournalConfig | None = None,
    log: Any = None,
) -> Seat:
    """The seat of the process of that name; of a session of one venue and one strategy."""
    topology = topology or topology_of()
    return Seat(
        paths,
        topology,
        topology.process(name),
        config or ProcessConfig(),
        journal or JournalConfig(),
        log or structlog.get_logger(),
    )
