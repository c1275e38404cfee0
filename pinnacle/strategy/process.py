"""The strategy process: take the market and the fills, decide, give intents to risk."""

from typing import Any

import structlog

from pinnacle.core._native import lib
from pinnacle.core.bell import Bell
from pinnacle.core.checkpoint import Checkpoints
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.config import JournalConfig, ProcessConfig
from pinnacle.core.decision_log import recover
from pinnacle.core.instruments import read_table
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.runtime import GIVE_WAIT_NS, Runtime
from pinnacle.core.schema import EventBuffer, Source
from pinnacle.core.segment import Mode
from pinnacle.core.stage import ORDER_KINDS, Input, Output, Stage, kind_mask
from pinnacle.strategy.config import StrategyConfig
from pinnacle.strategy.host import StrategyHost

BATCH = 4096
STOP_WAIT_NS = 2_000_000_000


def run(
    paths: SessionPaths,
    config: StrategyConfig,
    process: ProcessConfig,
    journal: JournalConfig,
    log: structlog.stdlib.BoundLogger,
) -> int:
    """Until SIGTERM: then the quotes are pulled and waited for. The exit code."""
    runtime = Runtime("strategy", paths, process, log, peers=(Source.FEED, Source.RISK))
    with runtime:
        host = StrategyHost(read_table(paths.instruments), config)
        market = RingReader(paths.ring("market.strategy"))
        fills = RingReader(paths.ring("fills"))
        intents = RingWriter(paths.ring("intents"))
        risk_bell = Bell(paths.process("risk"), Mode.SHARED)
        stage = Stage(
            runtime.open_journal(journal),
            Source.STRATEGY,
            [Input(fills, Source.RISK), Input(market, Source.FEED)],
            [Output(intents, risk_bell, kind_mask(ORDER_KINDS))],
            GIVE_WAIT_NS,
        )
        runtime.wait_on(fills, market)
        checkpoints = Checkpoints(stage, host, config, journal.checkpoint_s)
        found = recover(stage, host.decided, runtime.epoch, checkpoints=checkpoints)
        if found.records:
            log.info("recovered", **vars(found))
        # The log rebuilt the book as it was; what the market did since comes as a fresh snapshot.
        market.request_resync()
        runtime.ready(f"{len(host.markets)} instruments")
        _loop(runtime, stage, host, checkpoints)
    return 0


def _loop(runtime: Runtime, stage: Stage, host: StrategyHost, checkpoints: Checkpoints) -> None:
    batch = EventBuffer(BATCH)
    events, decisions = batch.cdata, host.desk.decisions.cdata
    take, give, decide = stage.take, stage.give, host.decide
    own_inputs, wait = runtime.own_inputs, runtime.wait
    publish = _Published(runtime, host)
    stop_at = 0
    while True:
        n = take(batch, own_inputs(batch))
        if n:
            give(decisions, decide(events, n))
            if publish.turn(n):
                checkpoints.save_if_due()
        else:
            wait()
        if runtime.stopping:
            stop_at = stop_at or monotonic_ns() + STOP_WAIT_NS
            if host.idle or monotonic_ns() > stop_at:
                return


class _Published:
    """What people see of the strategy: counters, a few times a second."""

    PERIOD_NS = 100_000_000

    def __init__(self, runtime: Runtime, host: StrategyHost):
        self._counters = runtime.counters
        self._stage_turns = self._counters.counter("turns")
        self._records = self._counters.counter("records")
        self._working = self._counters.counter("working_orders")
        self._desk = host.desk
        self._next_ns = 0
        self._taken = 0
        self._turns = 0
        self._rows = [
            (
                market.row,
                self._counters.counter(f"{market.instrument.symbol}.wanted_bid"),
                self._counters.counter(f"{market.instrument.symbol}.wanted_ask"),
            )
            for market in host.markets
        ]

    def turn(self, taken: int) -> bool:
        """Count a turn; True when it was time to publish."""
        self._taken += taken
        self._turns += 1
        now = monotonic_ns()
        if now < self._next_ns:
            return False
        self._next_ns = now + self.PERIOD_NS
        put = self._counters.set
        put(self._stage_turns, self._turns)
        put(self._records, self._taken)
        put(self._working, lib.pmm_desk_working(self._desk.cdata))
        for row, bid, ask in self._rows:
            wanted: Any = row.wanted
            put(bid, wanted.bids[0].price if wanted.bid_count else 0)
            put(ask, wanted.asks[0].price if wanted.ask_count else 0)
        return True
