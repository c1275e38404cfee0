"""The exchange process: a simulated venue, or paper trading's, behind the rings of a gateway."""

from collections.abc import Sequence

import numpy as np

from pinnacle.core.bell import Bell
from pinnacle.core.instruments import Instrument
from pinnacle.core.outlet import Outlet
from pinnacle.core.schema import EventBuffer, Venue, events_pointer
from pinnacle.core.segment import Mode
from pinnacle.exchange.config import ExchangeConfig, market_params
from pinnacle.runtime.book_watch import BookWatch
from pinnacle.runtime.frame import act
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.runtime.stage import Stage
from pinnacle.sim.paper_venue import PaperVenue
from pinnacle.sim.simulated_venue import SimulatedVenue

BATCH = 4096
#: How finely the simulated market moves: its traders act between two turns at their own times.
TURN_NS = 1_000_000


def make_venue(
    instruments: Sequence[Instrument], config: ExchangeConfig, number: int = 0
) -> SimulatedVenue | PaperVenue:
    """The venue of this kind; its logic is pure, so that a restart replays the log into it."""
    latencies = config.latency_in_ns, config.latency_out_ns
    if config.kind == "paper":
        return PaperVenue([i.instrument_id for i in instruments], *latencies)
    return SimulatedVenue(market_params(config, instruments), config.seed, *latencies, number)


def run(seat: Seat, config: ExchangeConfig) -> int:
    """Until SIGTERM. The exit code."""
    number = seat.process.number
    return act(seat, config, lambda mine: make_venue(mine, config, number), Exchange)


class Exchange:
    """Turns of a venue; beside its logic stands where its market comes from or goes to."""

    stop_wait_ns = 0
    settled = idle = True

    def __init__(self, runtime: Runtime, stage: Stage, venue: SimulatedVenue | PaperVenue):
        self._runtime = runtime
        self._stage = stage
        self._venue = venue
        self._batch = EventBuffer(BATCH)
        self._market = (
            _Taken(runtime, stage, venue)
            if isinstance(venue, PaperVenue)
            else _Published(runtime, venue)
        )
        self._reports = runtime.counters.counter("reports")
        self._given = 0

    @property
    def words(self) -> str:
        kind = "paper" if isinstance(self._venue, PaperVenue) else "simulated"
        return f"{kind} venue, {len(self._runtime.seat.process.instruments)} instruments"

    def turn(self) -> int:
        batch, venue = self._batch, self._venue
        own = self._runtime.own_inputs(batch, timer=False)
        if venue.waiting:
            own = self._runtime.tick(batch, own)
        n = self._stage.take(batch, own)
        if n:
            decided = np.ascontiguousarray(venue.decided(batch.cdata, n))
            self._given += len(decided)
            self._stage.give(events_pointer(decided), len(decided))
        self._market.serve(n)
        self._runtime.wait(TURN_NS)
        return n

    def publish(self, now_ns: int) -> None:
        self._runtime.counters.set(self._reports, self._given)
        self._market.publish(now_ns)


class _Published:
    """The simulated venue's own market, to the feed."""

    def __init__(self, runtime: Runtime, venue: SimulatedVenue):
        paths, process = runtime.paths, runtime.seat.process
        (ring,) = runtime.seat.topology.publishes(process)
        bell = Bell(paths.process(ring.reader.name), Mode.SHARED)
        self._outlet = Outlet(
            paths.ring(ring.name), bell, process.instruments, process.source, Venue.SIMULATED
        )
        self._runtime = runtime
        self._venue = venue
        # Behind the recovery: what the market skipped before is told already.
        self._skipped_ns = venue.skipped_ns
        self._overflows = runtime.counters.counter("market_overflows")

    def serve(self, n: int) -> None:
        """What the last batch's market says, and what the feed is owed: it attached, asked, or its
        ring was full."""
        if n:
            rows = np.ascontiguousarray(self._venue.market)
            self._outlet.push(events_pointer(rows), len(rows))
            self._tell_skipped()
        self._venue.resync(self._outlet)

    def _tell_skipped(self) -> None:
        skipped_ns = self._venue.skipped_ns - self._skipped_ns
        if skipped_ns:
            self._skipped_ns += skipped_ns
            self._runtime.log.warning(
                f"this process stood still: the market skips {skipped_ns / 1e9:.1f} s"
            )

    def publish(self, now_ns: int) -> None:
        self._runtime.counters.set(self._overflows, self._outlet.overflows)


class _Taken:
    """The market of a real venue, which its feed brings."""

    def __init__(self, runtime: Runtime, stage: Stage, venue: PaperVenue):
        self._runtime = runtime
        self._asked = runtime.counters.counter("resyncs_asked")
        self._watch = BookWatch.of(runtime, stage, venue.usable)
        self._watch.ask_all()

    def serve(self, n: int) -> None:
        """It is taken with the orders."""

    def publish(self, now_ns: int) -> None:
        self._watch.look(now_ns)
        self._runtime.counters.set(self._asked, self._watch.asked)
