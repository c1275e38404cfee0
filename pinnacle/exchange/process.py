"""The exchange process: a simulated venue, or paper trading's, behind the rings of a gateway."""

from pinnacle.core.schema import EventBuffer, events_pointer
from pinnacle.exchange.config import ExchangeConfig
from pinnacle.exchange.market_side import MadeMarket, TakenMarket
from pinnacle.exchange.venue import BATCH, make_venue
from pinnacle.runtime.frame import act
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.runtime.stage import Stage
from pinnacle.sim.paper_venue import PaperVenue
from pinnacle.sim.simulated_venue import SimulatedVenue

#: How finely the simulated market moves: its traders act between two turns at their own times.
TURN_NS = 1_000_000


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
            TakenMarket(runtime, stage, venue)
            if isinstance(venue, PaperVenue)
            else MadeMarket(runtime, venue)
        )
        self.words = f"{self._market.words}, {len(runtime.seat.process.instruments)} instruments"
        self._given = 0

    def turn(self) -> int:
        batch, venue = self._batch, self._venue
        own = self._runtime.own_inputs(batch, timer=False)
        if venue.waiting:
            own = self._runtime.tick(batch, own)
        n = self._stage.take(batch, own)
        if n:
            decided = venue.decided(batch.cdata, n)
            self._given += len(decided)
            self._stage.give(events_pointer(decided), len(decided))
        self._market.serve(n)
        self._runtime.wait(TURN_NS)
        return n

    def publish(self, now_ns: int) -> None:
        self._runtime.counters.show(reports=self._given)
        self._market.publish(now_ns)
