"""The gateway process towards a venue that is reached through rings (simulated, paper)."""

from typing import Any

import structlog

from pinnacle.core._native import ffi
from pinnacle.core.bell import Bell
from pinnacle.core.checkpoint import Checkpoints
from pinnacle.core.clock import monotonic_ns, wall_ns
from pinnacle.core.config import JournalConfig, ProcessConfig
from pinnacle.core.decision_log import recover
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.runtime import GIVE_WAIT_NS, Runtime
from pinnacle.core.schema import EventBuffer, Kind, Source
from pinnacle.core.segment import Mode
from pinnacle.core.stage import ORDER_KINDS, REPORT_KINDS, Input, Output, Stage, kind_mask
from pinnacle.gateway.config import GatewayConfig
from pinnacle.gateway.orders import OrderTable

BATCH = 1024
STOP_WAIT_NS = 3_000_000_000
VENUE_OUTPUT = 0
SENDS = kind_mask((Kind.NEW, Kind.REPLACE))


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
        table = OrderTable(config)
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
        )
        runtime.wait_on(answers, orders)
        # What was not sent before a crash is not sent after it: it is old. The QUERY tells.
        checkpoints = Checkpoints(stage, table, config, journal.checkpoint_s)
        found = recover(
            stage,
            table.decided,
            runtime.epoch,
            checkpoints=checkpoints,
            resend=lambda i: i != VENUE_OUTPUT,
        )
        if found.records:
            log.info("recovered", open_orders=len(table.orders), **vars(found))
        runtime.ready("connected to the simulated venue")
        _Loop(runtime, stage, table, checkpoints).run()
    return 0


class _Loop:
    """Turns, with the kill word read before every send."""

    def __init__(self, runtime: Runtime, stage: Stage, table: OrderTable, checkpoints: Checkpoints):
        self._checkpoints = checkpoints
        self._runtime = runtime
        self._stage = stage
        self._table = table
        self._batch = EventBuffer(BATCH)
        self._withheld: list[bytes] = []
        counters = runtime.counters
        self._open_orders = counters.counter("open_orders")
        self._records = counters.counter("records")
        self._duplicates = counters.counter("duplicate_fills")
        self._unknown = counters.counter("unknown_fills")
        self._next_ns = 0

    def run(self) -> None:
        runtime, stage, table = self._runtime, self._stage, self._table
        events = self._batch.cdata
        stop_at = taken = 0
        while True:
            n = stage.take(self._batch, self._own_inputs())
            if n:
                taken += n
                self._give(table.decide(events, n))
            else:
                runtime.wait()
            self._publish(taken)
            if runtime.stopping:
                stop_at = stop_at or monotonic_ns() + STOP_WAIT_NS
                if not table.orders or monotonic_ns() > stop_at:
                    return

    def _own_inputs(self) -> int:
        n = self._runtime.own_inputs(self._batch)
        for record in self._withheld:
            row = self._batch.cdata[n]
            ffi.memmove(ffi.addressof(row), record, len(record))
            row.kind = Kind.REJECTED if row.kind == Kind.NEW else Kind.REPLACE_REJECTED
            row.reason = self._runtime.control.killed()
            row.recv_ns = wall_ns()
            row.source = Source.GATEWAY
            row.flags = 0
            n += 1
        self._withheld.clear()
        return n

    def _give(self, n: int) -> None:
        """Journal and hand on; orders are withheld if the kill switch was set this instant.

        Cancels go out whatever the switch says. What is withheld comes back in the next batch as
        refused, so the log tells what happened.
        """
        decisions = self._table.decisions.cdata
        if n and self._runtime.control.killed() and not self._table.halted:
            stage: Any = self._stage.cdata
            wanted = stage.kinds[VENUE_OUTPUT]
            stage.kinds[VENUE_OUTPUT] = wanted & ~SENDS
            for i in range(n):
                if SENDS >> decisions[i].kind & 1:
                    self._withheld.append(bytes(ffi.buffer(ffi.addressof(decisions[i]))))
            self._stage.give(decisions, n)
            stage.kinds[VENUE_OUTPUT] = wanted
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
