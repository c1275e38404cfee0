"""The strategy process: take the market and the fills, decide, give intents to risk."""

from collections.abc import Callable
from typing import Any

import structlog

from pinnacle.core._native import ffi, lib
from pinnacle.core.bell import Bell
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.config import JournalConfig, ProcessConfig
from pinnacle.core.instruments import read_table
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import EventBuffer, Source
from pinnacle.core.segment import Mode
from pinnacle.runtime.book_watch import BookWatch
from pinnacle.runtime.checkpoint import Checkpoints
from pinnacle.runtime.decision_log import end_of
from pinnacle.runtime.origin import origin_of
from pinnacle.runtime.runtime import GIVE_WAIT_NS, Runtime
from pinnacle.runtime.stage import ORDER_KINDS, Input, Output, Stage, kind_mask
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
    runtime = Runtime(
        "strategy", paths, process, log, peers=(Source.FEED, Source.RISK, Source.GATEWAY)
    )
    with runtime:
        instruments = read_table(paths.instruments)
        origin = origin_of(config, instruments)
        host = StrategyHost(instruments, config)
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
            runtime.clock,
        )
        runtime.wait_on(fills, market)
        checkpoints = runtime.recover(stage, host, origin, journal.checkpoint_s)
        # The log rebuilt the book as it was; what the market did since comes as a fresh snapshot.
        market.request_resync()
        runtime.ready(f"{len(host.markets)} instruments")
        watch = BookWatch(paths, instruments, host.usable, market, log)
        _loop(runtime, stage, host, checkpoints, watch)
        runtime.end(end_of(stage, runtime.epoch))
    return 0


def _loop(
    runtime: Runtime,
    stage: Stage,
    host: StrategyHost,
    checkpoints: Checkpoints,
    watch: BookWatch,
) -> None:
    batch = EventBuffer(BATCH)
    turns = (hooked_turns if host.hooked else native_turns)(stage, host, batch)
    own_inputs, span = runtime.own_inputs, runtime.span
    publish = _Published(runtime, host)
    stop_at = 0
    while True:
        if publish.turn(turns(own_inputs(batch), span())):
            checkpoints.save_if_due()
            watch.look(monotonic_ns())
            publish.asked(watch.asked)
        if runtime.stopping:
            stop_at = stop_at or monotonic_ns() + STOP_WAIT_NS
            if host.idle or monotonic_ns() > stop_at:
                return


Turns = Callable[[int, Any], int]


def native_turns(stage: Stage, host: StrategyHost, batch: EventBuffer) -> Turns:
    """Turns of a host without hooks: of (own records in the batch, struct pmm_loop *), all in C."""
    turn, run = native_turn(stage, host, batch), lib.pmm_strategy_turns
    checked = stage.journal.check
    return lambda own, loop: checked(run(turn, own, loop), "strategy")


def native_turn(stage: Stage, host: StrategyHost, batch: EventBuffer) -> Any:
    """struct pmm_strategy_turn * of these three, which must outlive it."""
    turn = ffi.new("struct pmm_strategy_turn *")
    turn.stage = stage.cdata
    turn.desk = host.desk.cdata
    for row in range(len(host.markets)):
        turn.makers[row] = host.makers[row]
    turn.batch = batch.cdata
    turn.batch_max = batch.capacity
    turn.decisions = host.desk.decisions.cdata
    turn.decisions_max = host.desk.decisions.capacity
    return turn


def hooked_turns(stage: Stage, host: StrategyHost, batch: EventBuffer) -> Turns:
    """The same with the strategy's hooks between taking and giving."""
    events, decisions = batch.cdata, host.desk.decisions.cdata
    take, give, decide, again = stage.take, stage.give, host.decide, lib.pmm_loop_again

    def turns(own: int, loop: Any) -> int:
        taken = 0
        while True:
            n = take(batch, own)
            if n:
                give(decisions, decide(events, n))
            taken += n
            own = 0
            if not again(loop, n):
                return taken

    return turns


class _Published:
    """What people see of the strategy: counters, a few times a second."""

    PERIOD_NS = 100_000_000

    def __init__(self, runtime: Runtime, host: StrategyHost):
        self._counters = runtime.counters
        self._stage_turns = self._counters.counter("turns")
        self._records = self._counters.counter("records")
        self._working = self._counters.counter("working_orders")
        self._asked = self._counters.counter("resyncs_asked")
        self._desk = host.desk
        self._loop = runtime.loop
        self._next_ns = 0
        self._taken = 0
        self._rows = [
            (market.row, *self._counters_of(market.instrument.symbol)) for market in host.markets
        ]

    def _counters_of(self, symbol: str) -> list[int]:
        names = ("wanted_bid", "wanted_ask", "unknown_reports")
        return [self._counters.counter(f"{symbol}.{name}") for name in names]

    def asked(self, times: int) -> None:
        """How often the market was asked for again."""
        self._counters.set(self._asked, times)

    def turn(self, taken: int) -> bool:
        """Count records; True when it was time to publish."""
        self._taken += taken
        now = monotonic_ns()
        if now < self._next_ns:
            return False
        self._next_ns = now + self.PERIOD_NS
        put = self._counters.set
        put(self._stage_turns, self._loop.turns)
        put(self._records, self._taken)
        put(self._working, lib.pmm_desk_working(self._desk.cdata))
        for row, bid, ask, unknown in self._rows:
            wanted: Any = row.wanted
            put(unknown, row.unknown_reports)
            put(bid, wanted.bids[0].price if wanted.bid_count else 0)
            put(ask, wanted.asks[0].price if wanted.ask_count else 0)
        return True
