"""The strategy process: take the market and the fills, decide, give intents to risk."""

from pinnacle.core.rows import QuotesWriter
from pinnacle.core.schema import EventBuffer
from pinnacle.runtime.book_watch import BookWatch
from pinnacle.runtime.frame import act
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.runtime.stage import Stage
from pinnacle.strategy.chosen import code_of
from pinnacle.strategy.closing import Closing
from pinnacle.strategy.config import StrategyConfig
from pinnacle.strategy.host import BATCH, StrategyHost, key_of, make_host
from pinnacle.strategy.tuning import Tuning
from pinnacle.strategy.turns import hooked_turns, native_turns


def run(seat: Seat, config: StrategyConfig) -> int:
    """Until SIGTERM: then the quotes are pulled and waited for. The exit code."""
    process = seat.process
    code = code_of(config, key_of(process))
    return act(seat, config, lambda mine: make_host(process, mine, config), Trader, code)


class Trader:
    """Turns in C, with the strategy's hooks between taking and giving if it has any."""

    stop_wait_ns = 2_000_000_000
    settled = True

    def __init__(self, runtime: Runtime, stage: Stage, host: StrategyHost):
        self._runtime = runtime
        self._host = host
        self._batch = EventBuffer(BATCH)
        self._turns = (hooked_turns if host.hooks else native_turns)(stage, host, self._batch)
        self._quotes = QuotesWriter(runtime.paths.quotes(runtime.seat.process.name))
        self._watch = BookWatch.of(runtime, stage, host.usable)
        # The log rebuilt the book as it was; what the market did since comes as a fresh snapshot.
        self._watch.ask_all()
        runtime.listen(Closing(runtime, host).handlers | Tuning(runtime, host).handlers)
        self.words = f"{len(host.markets)} instruments"

    def turn(self) -> int:
        return self._turns(self._runtime.own_inputs(self._batch), self._runtime.span())

    def publish(self, now_ns: int) -> None:
        self._watch.look(now_ns)
        self._runtime.counters.show(
            turns=self._runtime.loop.turns,
            working_orders=self._host.desk.working(),
            resyncs_asked=self._watch.asked,
        )
        self._quotes.publish(self._host.desk.cdata)

    @property
    def idle(self) -> bool:
        return self._host.idle
