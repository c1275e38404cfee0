"""A recorded session made once more: its records, and its processes wired in this one."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import structlog

from bench.inside.measure import Arguments
from pinnacle.core.book import SharedBookReader
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.config import ProcessConfig
from pinnacle.core.journal import Journal
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.schema import EventBuffer, Kind
from pinnacle.feed.publisher import Publisher
from pinnacle.plan.checks import load_session
from pinnacle.risk.gate import BATCH as RISK_BATCH
from pinnacle.risk.gate import RiskGate
from pinnacle.risk.process import risk_turn
from pinnacle.runtime.frame import wired
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.session.create import create_session
from pinnacle.session.place import remove_segments
from pinnacle.strategy.host import BATCH as STRATEGY_BATCH
from pinnacle.strategy.host import StrategyHost, make_host
from pinnacle.strategy.turns import native_turn


class Recorded:
    """The recorded session's journals, and fresh segments of the same kind for one round."""

    def __init__(self, arguments: Arguments, name: str):
        self.data = Path(arguments.more[0])
        config = load_session(self.data / "config.toml")
        section = msgspec.structs.replace(
            config.session,
            name=name,
            runtime_dir=str(arguments.scratch / "again"),
            data_dir=str(arguments.scratch / "again-data"),
        )
        # At full speed a minute's orders come in a blink: the rate alone is not the session's.
        risk = msgspec.structs.replace(
            config.risk, messages_per_s=1_000_000_000, messages_burst=1_000_000_000
        )
        self.config = msgspec.structs.replace(config, session=section, risk=risk)
        self.paths = self.config.paths()
        self.topology = self.config.topology()
        self.instruments = self.config.instrument_list()
        create_session(self.config, self.paths)
        self._runtimes: list[Runtime] = []

    def records(self, role: str) -> np.ndarray:
        rows = JournalReader(self.data / role).array()
        return rows[rows["kind"] != Kind.START]

    def runtime(self, role: str) -> Runtime:
        """A process's own frame, which never parks and stays where this process is."""
        process = self.topology.process(role)
        spinning = ProcessConfig(wait="spin")
        seat = Seat(
            self.paths,
            self.topology,
            process,
            spinning,
            self.config.journal,
            structlog.get_logger(),
        )
        self._runtimes.append(Runtime(seat))
        return self._runtimes[-1]

    def publisher(self, runtime: Runtime) -> Publisher:
        process = runtime.seat.process
        readers, journal = self.topology.publishes(process), runtime.open_journal()
        prepared(journal)
        return Publisher(self.paths, process, readers, self.instruments, journal, runtime.clock)

    def remove(self) -> None:
        """Everything of this round."""
        for runtime in self._runtimes:
            runtime.__exit__(None, None, None)
        remove_segments(self.paths.runtime)
        shutil.rmtree(self.paths.data)


def prepared(journal: Journal) -> None:
    """All pages of a fresh journal are there, as its keeper has them before they are needed."""
    while journal.prepare(monotonic_ns()):
        pass


class Strategy:
    """The strategy process without its loop."""

    def __init__(self, recorded: Recorded):
        self.runtime = recorded.runtime("strategy")
        self.stage = wired(self.runtime)
        prepared(self.stage.journal)
        process = self.runtime.seat.process
        self.host: StrategyHost = make_host(
            process, recorded.instruments, recorded.config.section(process)
        )
        self.batch = EventBuffer(STRATEGY_BATCH)
        self.turn = native_turn(self.stage, self.host, self.batch)


class Risk:
    """The risk process without its loop."""

    def __init__(self, recorded: Recorded):
        self.runtime = recorded.runtime("risk")
        self.stage = wired(self.runtime)
        prepared(self.stage.journal)
        self.gate = RiskGate(recorded.instruments, recorded.config.risk)
        self.batch = EventBuffer(RISK_BATCH)
        self._books = [SharedBookReader(recorded.paths.book(i.label)) for i in recorded.instruments]
        self._histogram = self.runtime.counters.histogram("tick_to_order")
        self.turn = risk_turn(self.stage, self.gate, self._books, self.batch)
        self.turn.tick_to_order = self._histogram.cdata
        self.turn.clock = self.runtime.clock.cdata

    def refused(self, instruments: int) -> int:
        book = self.gate.book
        return sum(sum(book.refused(i).values()) for i in range(instruments))
