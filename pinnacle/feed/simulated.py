"""The simulated venue's market data: a ring of numbered records, resynced when one is missing."""

from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.ring import RingReader
from pinnacle.core.schema import EventBuffer, Reason, Venue
from pinnacle.feed.publisher import Publisher
from pinnacle.runtime.runtime import Runtime

#: A message is taken whole.
BATCH = lib.PMM_MESSAGE_MAX


class SimulatedFeed:
    """Takes the venue's ring, checks its sequence, publishes: struct pmm_venue_turn.

    What comes before an instrument's first snapshot is not used.
    """

    def __init__(self, ring: RingReader, publisher: Publisher):
        self._ring = ring
        self._publisher = publisher
        self._batch = EventBuffer(BATCH)
        self.cdata: Any = ffi.new("struct pmm_venue_turn *")
        self.cdata.feed = publisher.cdata
        self.cdata.ring = ring.handle
        self.cdata.batch = self._batch.cdata
        self.cdata.batch_max = BATCH
        self.cdata.venue_id = Venue.SIMULATED

    def start(self) -> None:
        """Nothing is known until the venue sends its whole state."""
        self._wait_for_all(Reason.STARTING)
        self._ring.request_resync()

    def lost(self) -> None:
        """The venue's process is gone."""
        self._wait_for_all(Reason.DISCONNECTED)

    def back(self) -> None:
        self._ring.request_resync()

    def heal(self) -> None:
        """Ask for a new snapshot of every book that has found itself wrong."""
        for instrument, _ in self._publisher.broken():
            self._wait_for(instrument, Reason.RESYNC)
            self._ring.request_resync()

    def turn(self) -> int:
        """Publish what the ring holds; how many records."""
        return self._publisher.check(lib.pmm_venue_run_turn(self.cdata))

    def turns(self, loop: Any) -> int:
        """Turn after turn until the struct pmm_loop says that its owner is needed."""
        return self._publisher.check(lib.pmm_venue_turns(self.cdata, loop))

    def _wait_for(self, instrument: int, reason: Reason) -> None:
        self._publisher.check(lib.pmm_venue_wait_for(self.cdata, instrument, reason))

    def _wait_for_all(self, reason: Reason) -> None:
        for instrument in self._publisher.instruments:
            self._wait_for(instrument.instrument_id, reason)

    @property
    def gaps(self) -> int:
        """How often the venue's sequence was broken."""
        return self.cdata.gaps


def run_simulated(runtime: Runtime, ring: RingReader, publisher: Publisher) -> None:
    """Until SIGTERM."""
    feed = SimulatedFeed(ring, publisher)
    runtime.wait_on(ring)
    feed.start()
    runtime.ready("simulated venue")
    (exchange,) = runtime.seat.topology.peers(runtime.seat.process)
    venue_lost = False
    while not runtime.stopping:
        feed.turns(runtime.span())
        feed.heal()
        publisher.tend(runtime, gaps=feed.gaps)
        lost = runtime.lost(exchange.source)
        if lost != venue_lost:
            venue_lost = lost
            (feed.lost if lost else feed.back)()
