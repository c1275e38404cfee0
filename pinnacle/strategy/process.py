"""The strategy process: take the market and the fills, decide, give intents to risk."""

from collections.abc import Callable, Sequence
from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.config import joined
from pinnacle.core.instruments import Instrument
from pinnacle.core.rows import QuotesWriter
from pinnacle.core.schema import EventBuffer
from pinnacle.runtime.book_watch import BookWatch
from pinnacle.runtime.frame import act
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.runtime.stage import Stage
from pinnacle.runtime.topology import Process
from pinnacle.strategy.chosen import code_of
from pinnacle.strategy.config import StrategyConfig
from pinnacle.strategy.host import StrategyHost

BATCH = 4096


def run(seat: Seat, config: StrategyConfig) -> int:
    """Until SIGTERM: then the quotes are pulled and waited for. The exit code."""
    process = seat.process
    return act(seat, config, lambda mine: make_host(process, mine, config), Trader, code_of(config))


def make_host(
    process: Process, instruments: Sequence[Instrument], config: StrategyConfig
) -> StrategyHost:
    """The logic of a session's strategy process."""
    _, _, name = process.name.partition(".")
    key = joined("strategies", name) if name else "strategy"
    return StrategyHost(instruments, config, key=key, owner=process.number)


class Trader:
    """Turns in C, with the strategy's hooks between taking and giving if it has any."""

    stop_wait_ns = 2_000_000_000
    settled = True

    def __init__(self, runtime: Runtime, stage: Stage, host: StrategyHost):
        self._runtime = runtime
        self._host = host
        self._batch = EventBuffer(BATCH)
        self._turns = (hooked_turns if host.hooked else native_turns)(stage, host, self._batch)
        self._published = _Published(runtime, host)
        self._watch = BookWatch.of(runtime, stage, host.usable)
        # The log rebuilt the book as it was; what the market did since comes as a fresh snapshot.
        self._watch.ask_all()
        self.words = f"{len(host.markets)} instruments"

    def turn(self) -> int:
        return self._turns(self._runtime.own_inputs(self._batch), self._runtime.span())

    def publish(self, now_ns: int) -> None:
        self._watch.look(now_ns)
        self._published.now(self._watch.asked)

    @property
    def idle(self) -> bool:
        return self._host.idle


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
    """What people see of the strategy: quotes and counters, a few times a second."""

    def __init__(self, runtime: Runtime, host: StrategyHost):
        self._counters = runtime.counters
        self._stage_turns = self._counters.counter("turns")
        self._working = self._counters.counter("working_orders")
        self._asked = self._counters.counter("resyncs_asked")
        self._desk = host.desk
        self._loop = runtime.loop
        self._quotes = QuotesWriter(runtime.paths.quotes(runtime.seat.process.name))

    def now(self, asked: int) -> None:
        """`asked`: how often the market was asked for again."""
        put = self._counters.set
        put(self._stage_turns, self._loop.turns)
        put(self._asked, asked)
        put(self._working, lib.pmm_desk_working(self._desk.cdata))
        self._quotes.publish(self._desk.cdata)
