"""The risk process: one call into C per turn; positions and P&L for everyone to read."""

from typing import Any

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.book import SharedBookReader
from pinnacle.core.rows import PositionsWriter
from pinnacle.core.schema import EventBuffer, Kind, Reason, in_words
from pinnacle.risk.alarms import Alarms
from pinnacle.risk.config import RiskConfig
from pinnacle.risk.gate import BATCH, RiskGate
from pinnacle.runtime.commands import Told
from pinnacle.runtime.frame import act
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.runtime.stage import Stage


def run(seat: Seat, config: RiskConfig) -> int:
    """Until SIGTERM: then every open order is cancelled and waited for. The exit code."""
    return act(seat, config, lambda instruments: RiskGate(instruments, config), Risk)


class Risk:
    """Turns in C, with the shared books' tops in front of what they judge."""

    stop_wait_ns = 2_000_000_000
    settled = True

    def __init__(self, runtime: Runtime, stage: Stage, gate: RiskGate):
        instruments = runtime.instruments
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
        self._rows = PositionsWriter(runtime.paths.positions)
        labels = [instrument.label for instrument in instruments]
        self._alarms = Alarms(runtime.log, runtime.control, gate.book, labels)
        self._labels = labels
        self._open_at_halt: dict[str, int] = {}
        self._halt_seen = False
        runtime.listen({"halted": self._halted})
        self.words = f"{len(instruments)} instruments"

    def turn(self) -> int:
        own = self._runtime.own_inputs(self._batch)
        if own:
            self._look_for_halt(self._batch.array["kind"][:own])
        return self._checked(lib.pmm_risk_turns(self._turn, own, self._runtime.span()), "risk")

    def _look_for_halt(self, kinds: np.ndarray) -> None:
        if Kind.HALT in kinds:
            self._open_at_halt, self._halt_seen = self._open_orders(), True
        elif Kind.RESUME in kinds:
            self._open_at_halt, self._halt_seen = {}, False

    def _halted(self, about: Told) -> Told:
        """Why trading is halted, whether that was seen here, what was open then, and still is."""
        killed = self._runtime.control.killed()
        open_now = self._gate.book.open_orders()
        reason = in_words(Reason(killed)) if killed else None
        seen, had = self._halt_seen, self._open_at_halt
        return {"halted": reason, "seen": seen, "had": had, "open": open_now}

    def _open_orders(self) -> dict[str, int]:
        book = self._gate.book
        found = {label: book.position(i)["open_orders"] for i, label in enumerate(self._labels)}
        return {label: count for label, count in found.items() if count}

    def publish(self, now_ns: int) -> None:
        if self._rows.publish(self._gate.book):
            self._alarms.look()

    @property
    def idle(self) -> bool:
        return self._gate.book.open_orders() == 0


def risk_turn(
    stage: Stage, gate: RiskGate, books: list[SharedBookReader], batch: EventBuffer
) -> Any:
    """struct pmm_risk_turn * of these, which must outlive it; `books` of every instrument."""
    turn = stage.turn("struct pmm_risk_turn", batch, gate.decisions)
    turn.risk = gate.book.cdata
    for i, book in enumerate(books):
        turn.books[i] = book.cdata
    return turn
