"""An exchange's side of its market: it makes one for the feed, or the feed brings it one."""

from pinnacle.core.bell import Bell
from pinnacle.core.outlet import Outlet
from pinnacle.core.schema import Venue, events_pointer
from pinnacle.core.segment import Mode
from pinnacle.runtime.book_watch import BookWatch
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.stage import Stage
from pinnacle.sim.paper_venue import PaperVenue
from pinnacle.sim.simulated_venue import SimulatedVenue


class MadeMarket:
    """The simulated venue's own, to the feed."""

    words = "simulated venue"

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

    def serve(self, n: int) -> None:
        """What the last batch's market says, and what the feed is owed: it attached, asked, or its
        ring was full."""
        if n:
            rows = self._venue.market
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
        self._runtime.counters.show(market_overflows=self._outlet.overflows)


class TakenMarket:
    """A real venue's, which its feed brings."""

    words = "paper venue"

    def __init__(self, runtime: Runtime, stage: Stage, venue: PaperVenue):
        self._runtime = runtime
        self._watch = BookWatch.of(runtime, stage, venue.usable)
        self._watch.ask_all()

    def serve(self, n: int) -> None:
        """It is taken with the orders."""

    def publish(self, now_ns: int) -> None:
        self._watch.look(now_ns)
        self._runtime.counters.show(resyncs_asked=self._watch.asked)
