"""The risk process: one call into C per turn; positions and P&L for everyone to read."""

from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import SharedBookReader
from pinnacle.core.instruments import Instrument, read_table
from pinnacle.core.schema import EventBuffer, Reason
from pinnacle.risk.alarms import Alarms
from pinnacle.risk.config import RiskConfig
from pinnacle.risk.gate import BATCH, RiskGate
from pinnacle.runtime.frame import act
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.runtime.stage import Stage

#: Why an order is refused before it leaves: the only ones that risk gives.
REASONS = tuple(reason for reason in Reason if Reason.ORDER_SIZE <= reason < Reason.WOULD_TAKE)


def run(seat: Seat, config: RiskConfig) -> int:
    """Until SIGTERM: then every open order is cancelled and waited for. The exit code."""
    return act(seat, config, lambda instruments: RiskGate(instruments, config), Risk)


class Risk:
    """Turns in C, with the shared books' tops in front of what they judge."""

    stop_wait_ns = 2_000_000_000
    settled = True

    def __init__(self, runtime: Runtime, stage: Stage, gate: RiskGate):
        instruments = read_table(runtime.paths.instruments)
        books = [SharedBookReader(runtime.paths.book(i.label)) for i in instruments]
        self._runtime = runtime
        self._gate = gate
        self._batch = EventBuffer(BATCH)
        self._turn = risk_turn(stage, gate, books, self._batch)
        histogram = runtime.counters.histogram("tick_to_order")
        self._turn.tick_to_order = histogram.cdata
        self._turn.clock = runtime.clock.cdata
        self._alive = (books, histogram)
        self._checked = stage.journal.check
        self._published = _Published(runtime, gate, instruments)
        self.words = f"{len(instruments)} instruments"

    def turn(self) -> int:
        own = self._runtime.own_inputs(self._batch)
        return self._checked(lib.pmm_risk_turns(self._turn, own, self._runtime.span()), "risk")

    def publish(self, now_ns: int) -> None:
        self._published.now()

    @property
    def idle(self) -> bool:
        return self._gate.book.open_orders() == 0


def risk_turn(
    stage: Stage, gate: RiskGate, books: list[SharedBookReader], batch: EventBuffer
) -> Any:
    """struct pmm_risk_turn * of these, which must outlive it; `books` of every instrument."""
    turn: Any = ffi.new("struct pmm_risk_turn *")
    turn.stage = stage.cdata
    turn.risk = gate.book.cdata
    turn.batch = batch.cdata
    turn.batch_max = batch.capacity
    turn.decisions = gate.decisions.cdata
    turn.decisions_max = gate.decisions.capacity
    for i, book in enumerate(books):
        turn.books[i] = book.cdata
    return turn


class _Published:
    """Positions, P&L and refusals as counters: what the monitor and the terminal show."""

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
        self._labels = [i.label for i in instruments]
        refused = [self._book.position(i)["refused_reports"] for i in range(len(instruments))]
        self._alarms = Alarms(runtime.log, runtime.control, self._labels, refused)
        self._refused: dict[tuple[int, Reason], int] = {}
        self._rows = [
            {name: self._counters.counter(f"{label}.{name}") for name in self.FIELDS}
            for label in self._labels
        ]

    def now(self) -> None:
        put = self._counters.set
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
            handle = self._counters.counter(f"{self._labels[i]}.refused.{reason.name.lower()}")
            self._refused[i, reason] = handle
        return handle
