"""The gateway process towards a venue that is reached through rings (simulated, paper)."""

from typing import Any

import structlog

from pinnacle.core._native import ffi
from pinnacle.core.bell import Bell
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.config import JournalConfig, ProcessConfig
from pinnacle.core.instruments import read_table
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import EventBuffer, Kind, Source
from pinnacle.core.segment import Mode
from pinnacle.execution.orders import OrderTable
from pinnacle.gateway.config import GatewayConfig
from pinnacle.runtime.checkpoint import Checkpoints
from pinnacle.runtime.decision_log import end_of
from pinnacle.runtime.origin import origin_of
from pinnacle.runtime.runtime import GIVE_WAIT_NS, Runtime
from pinnacle.runtime.stage import ORDER_KINDS, REPORT_KINDS, Input, Output, Stage, kind_mask

#: Records that a turn takes from the rings: so many of them may come back withheld in the next one.
BATCH = 1024
#: Room for what a turn itself puts into the log: HALT, STOP, peers, the timer.
OWN_MAX = 64
STOP_WAIT_NS = 3_000_000_000
VENUE_OUTPUT = 0
SENDS = kind_mask((Kind.NEW, Kind.REPLACE))


def make_table(config: GatewayConfig) -> OrderTable:
    """The gateway's logic."""
    ms = 1_000_000
    return OrderTable(
        config.order_age_max_ms * ms, config.answer_timeout_ms * ms, config.orders_max
    )


def run(
    paths: SessionPaths,
    config: GatewayConfig,
    process: ProcessConfig,
    journal: JournalConfig,
    log: structlog.stdlib.BoundLogger,
) -> int:
    """Until SIGTERM: then everything is cancelled at the venue and waited for. The exit code."""
    runtime = Runtime("gateway", paths, process, log, peers=(Source.RISK, Source.EXCHANGE))
    with runtime:
        origin = origin_of(config, read_table(paths.instruments))
        table = make_table(config)
        orders = RingReader(paths.ring("orders"))
        answers = RingReader(paths.ring("venue.reports"))
        sends = RingWriter(paths.ring("venue.orders"))
        reports = RingWriter(paths.ring("reports"))
        venue_bell = Bell(paths.process("exchange"), Mode.SHARED)
        risk_bell = Bell(paths.process("risk"), Mode.SHARED)
        stage = Stage(
            runtime.open_journal(journal),
            Source.GATEWAY,
            [Input(answers, Source.EXCHANGE), Input(orders, Source.RISK)],
            [
                Output(sends, venue_bell, kind_mask(ORDER_KINDS)),
                Output(reports, risk_bell, kind_mask(REPORT_KINDS)),
            ],
            GIVE_WAIT_NS,
            runtime.clock,
        )
        runtime.wait_on(answers, orders)
        checkpoints = runtime.recover(
            stage,
            table,
            origin,
            journal.checkpoint_s,
            # What was not sent before a crash is not sent after it: it is old. The QUERY tells.
            resend=lambda i: i != VENUE_OUTPUT,
        )
        runtime.ready(f"connected to the simulated venue, {len(table.orders)} open orders")
        Loop(runtime, stage, table, checkpoints).run()
        runtime.end(end_of(stage, runtime.epoch))
    return 0


class Loop:
    """Turns, with the kill word read before every send."""

    def __init__(self, runtime: Runtime, stage: Stage, table: OrderTable, checkpoints: Checkpoints):
        self._checkpoints = checkpoints
        self._runtime = runtime
        self._stage = stage
        self._table = table
        self._batch = EventBuffer(BATCH + OWN_MAX + BATCH)
        self.events = self._batch.cdata
        self._withheld: list[bytes] = []
        counters = runtime.counters
        self._open_orders = counters.counter("open_orders")
        self._records = counters.counter("records")
        self._duplicates = counters.counter("duplicate_fills")
        self._unknown = counters.counter("unknown_fills")
        self._next_ns = 0

    def run(self) -> None:
        """Until SIGTERM, and then until nothing is open or it takes too long."""
        runtime, table = self._runtime, self._table
        stop_at = taken = 0
        while True:
            n = self.turn()
            taken += n
            if not n:
                runtime.wait()
            self._publish(taken)
            if runtime.stopping:
                stop_at = stop_at or monotonic_ns() + STOP_WAIT_NS
                if not table.orders or monotonic_ns() > stop_at:
                    return

    def turn(self) -> int:
        """Take, decide, give; how many records were taken."""
        n = self.take()
        if n:
            self.give(self._table.decide(self.events, n))
        return n

    def take(self) -> int:
        """The next batch into `events`, journalled."""
        return self._stage.take(self._batch, self._own_inputs(), BATCH)

    def _own_inputs(self) -> int:
        # What was withheld comes before the HALT, which would cancel what was never sent.
        for n, record in enumerate(self._withheld):
            row = self._batch.cdata[n]
            ffi.memmove(ffi.addressof(row), record, len(record))
            row.kind = Kind.REJECTED if row.kind == Kind.NEW else Kind.REPLACE_REJECTED
            row.reason = self._runtime.control.killed()
            row.recv_ns = self._runtime.clock.session_ns()
            row.source = Source.GATEWAY
            row.flags = 0
        withheld = len(self._withheld)
        self._withheld.clear()
        return self._runtime.own_inputs(self._batch, withheld)

    def give(self, n: int) -> None:
        """Journal and hand on n decisions; orders are withheld if the kill switch was just set.

        Cancels go out whatever the switch says. What is withheld comes back in the next batch as
        refused, so the log tells what happened.
        """
        decisions = self._table.decisions.cdata
        if n and self._runtime.control.killed() and not self._table.halted:
            stage: Any = self._stage.cdata
            venue = stage.outputs[VENUE_OUTPUT]
            wanted = venue.kinds
            venue.kinds = wanted & ~SENDS
            for i in range(n):
                if SENDS >> decisions[i].kind & 1:
                    self._withheld.append(bytes(ffi.buffer(ffi.addressof(decisions[i]))))
            self._stage.give(decisions, n)
            venue.kinds = wanted
        else:
            self._stage.give(decisions, n)

    def _publish(self, taken: int) -> None:
        now = monotonic_ns()
        if now < self._next_ns:
            return
        self._next_ns = now + 100_000_000
        put = self._runtime.counters.set
        put(self._records, taken)
        put(self._open_orders, len(self._table.orders))
        put(self._duplicates, self._table.duplicates)
        put(self._unknown, self._table.unknown_fills)
        if not self._withheld:
            self._checkpoints.save_if_due()
