"""A process's place in its session: all that it is given before it opens anything."""

from dataclasses import dataclass

import structlog

from pinnacle.core.config import JournalConfig, ProcessConfig
from pinnacle.core.paths import SessionPaths
from pinnacle.runtime.topology import Process, Topology


@dataclass(frozen=True)
class Seat:
    """Who the process is, among whom, where, and how it runs."""

    paths: SessionPaths
    topology: Topology
    process: Process
    config: ProcessConfig
    journal: JournalConfig
    log: structlog.stdlib.BoundLogger
