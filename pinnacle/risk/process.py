"""The risk process: one call into C per turn; positions and P&L for everyone to read."""

from typing import Any

import structlog

from pinnacle.core._native import ffi, lib
from pinnacle.core.bell import Bell
from pinnacle.core.book import SharedBookReader
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.config import JournalConfig, ProcessConfig
from pinnacle.core.instruments import Instrument, read_table
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import EventBuffer, Reason, Source
from pinnacle.core.segment import Mode
from pinnacle.risk.alarms import Alarms
from pinnacle.risk.config import RiskConfig
from pinnacle.risk.gate import BATCH, RiskGate
from pinnacle.runtime.checkpoint import Checkpoints
from pinnacle.runtime.decision_log import end_of
from pinnacle.runtime.origin import origin_of
from pinnacle.runtime.runtime import GIVE_WAIT_NS, Runtime
from pinnacle.runtime.stage import ORDER_KINDS, REPORT_KINDS, Input, Output, Stage, kind_mask

#: Why an order is refused before it leaves: the only ones that risk gives.
REASONS = tuple(reason for reason in Reason if Reason.ORDER_SIZE <= reason < Reason.WOULD_TAKE)
STOP_WAIT_NS = 2_000_000_000


def run(
    paths: SessionPaths,
    config: RiskConfig,
    process: ProcessConfig,
    journal: JournalConfig,
    log: structlog.stdlib.BoundLogger,
) -> int:
    """Until SIGTERM: then every open order is cancelled and waited for. The exit code."""
    peers = (Source.STRATEGY, Source.GATEWAY, Source.FEED)
    runtime = Runtime("risk", paths, process, log, peers=peers)
    with runtime:
        instruments = read_table(paths.instruments)
        origin = origin_of(config, instruments)
        gate = RiskGate(instruments, config)
        intents = RingReader(paths.ring("intents"))
        reports = RingReader(paths.ring("reports"))
        orders = RingWriter(paths.ring("orders"))
        fills = RingWriter(paths.ring("fills"))
        gateway_bell = Bell(paths.process("gateway"), Mode.SHARED)
        strategy_bell = Bell(paths.process("strategy"), Mode.SHARED)
        stage = Stage(
            runtime.open_journal(journal),
            Source.RISK,
            # Reports first: a fill must count before the next intent is judged.
            [Input(reports, Source.GATEWAY), Input(intents, Source.STRATEGY)],
            [
                Output(orders, gateway_bell, kind_mask(ORDER_KINDS)),
                Output(fills, strategy_bell, kind_mask(REPORT_KINDS)),
            ],
            GIVE_WAIT_NS,
            runtime.clock,
        )
        runtime.wait_on(reports, intents)
        checkpoints = runtime.recover(stage, gate, origin, journal.checkpoint_s)
        books = [SharedBookReader(paths.book(i.symbol)) for i in instruments]
        turn = _Turn(stage, gate, books, runtime)
        runtime.ready(f"{len(instruments)} instruments")
        _loop(runtime, gate, turn, instruments, checkpoints)
        runtime.end(end_of(stage, runtime.epoch))
    return 0


class _Turn:
    """struct pmm_risk_turn and what it points to."""

    def __init__(
        self, stage: Stage, gate: RiskGate, books: list[SharedBookReader], runtime: Runtime
    ):
        self.batch = EventBuffer(BATCH)
        self.histogram = runtime.counters.histogram("tick_to_order")
        self.stage = stage
        self._alive = (gate, books, runtime.clock)
        self.cdata: Any = ffi.new("struct pmm_risk_turn *")
        turn = self.cdata
        turn.stage = stage.cdata
        turn.risk = gate.book.cdata
        turn.tick_to_order = self.histogram.cdata
        turn.clock = runtime.clock.cdata
        turn.batch = self.batch.cdata
        turn.batch_max = BATCH
        turn.decisions = gate.decisions.cdata
        turn.decisions_max = gate.decisions.capacity
        for i, book in enumerate(books):
            turn.books[i] = book.cdata


def _loop(
    runtime: Runtime,
    gate: RiskGate,
    turn: _Turn,
    instruments: list[Instrument],
    checkpoints: Checkpoints,
) -> None:
    turns, own_inputs, span = lib.pmm_risk_turns, runtime.own_inputs, runtime.span
    batch, cdata, checked = turn.batch, turn.cdata, turn.stage.journal.check
    publish = _Published(runtime, gate, instruments)
    stop_at = 0
    while True:
        if publish.turn(checked(turns(cdata, own_inputs(batch), span()), "risk")):
            checkpoints.save_if_due()
        if runtime.stopping:
            stop_at = stop_at or monotonic_ns() + STOP_WAIT_NS
            if gate.book.open_orders() == 0 or monotonic_ns() > stop_at:
                publish.now()
                return


class _Published:
    """Positions, P&L and refusals as counters: what the monitor and the terminal show."""

    PERIOD_NS = 100_000_000
    FIELDS = (
        "position",
        "cash",
        "cost",
        "realised",
        "unrealised",
        "fees",
        "open_orders",
        "bid_fills",
        "ask_fills",
        "turnover",
        "unknown_fills",
        "refused_reports",
        "beyond",
    )

    def __init__(self, runtime: Runtime, gate: RiskGate, instruments: list[Instrument]):
        self._counters = runtime.counters
        self._book = gate.book
        self._next_ns = 0
        self._records = self._counters.counter("records")
        self._taken = 0
        self._symbols = [i.symbol for i in instruments]
        refused = [self._book.position(i)["refused_reports"] for i in range(len(instruments))]
        self._alarms = Alarms(runtime.log, runtime.control, self._symbols, refused)
        self._refused: dict[tuple[int, Reason], int] = {}
        self._rows = [
            {name: self._counters.counter(f"{symbol}.{name}") for name in self.FIELDS}
            for symbol in self._symbols
        ]

    def turn(self, taken: int) -> bool:
        """Count a turn; True when it was time to publish."""
        self._taken += taken
        if monotonic_ns() < self._next_ns:
            return False
        self.now()
        return True

    def now(self) -> None:
        self._next_ns = monotonic_ns() + self.PERIOD_NS
        put = self._counters.set
        put(self._records, self._taken)
        for i, row in enumerate(self._rows):
            position = self._book.position(i)
            self._alarms.look(i, position)
            for name, handle in row.items():
                put(handle, position[name])
            for reason in REASONS:
                refused = lib.pmm_risk_refused(self._book.cdata, i, reason)
                if refused:
                    put(self._refusals(i, reason), refused)

    def _refusals(self, i: int, reason: Reason) -> int:
        """The counter's handle, looked for once: a label is found by going through all of them."""
        handle = self._refused.get((i, reason))
        if handle is None:
            handle = self._counters.counter(f"{self._symbols[i]}.refused.{reason.name.lower()}")
            self._refused[i, reason] = handle
        return handle
