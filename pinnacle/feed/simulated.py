"""The simulated venue's market data: a ring of numbered records, resynced when one is missing."""

from pinnacle.core.clock import monotonic_ns
from pinnacle.core.ring import RingReader
from pinnacle.core.runtime import Runtime
from pinnacle.core.schema import EventBuffer, Kind, Reason, Source, Venue
from pinnacle.feed.publisher import Publisher

BATCH = 2048
#: How often a reader's wish, a broken book and the counters are looked at.
MAINTENANCE_NS = 2_000_000


class SimulatedFeed:
    """Takes the venue's ring, checks its sequence, publishes."""

    def __init__(self, ring: RingReader, publisher: Publisher):
        self._ring = ring
        self._publisher = publisher
        self._batch = EventBuffer(BATCH)
        #: Instruments that wait for a snapshot: what comes before it is not used.
        self._waiting = {i.instrument_id for i in publisher.instruments}
        self.gaps = 0

    def start(self) -> None:
        """Nothing is known until the venue sends its whole state."""
        self._publisher.invalidate_all(Reason.STARTING, Venue.SIMULATED)
        self._ring.request_resync()

    def lost(self) -> None:
        """The venue's process is gone."""
        self._publisher.invalidate_all(Reason.DISCONNECTED, Venue.SIMULATED)
        self._waiting = {i.instrument_id for i in self._publisher.instruments}

    def back(self) -> None:
        self._ring.request_resync()

    def heal(self) -> None:
        """Ask for a new snapshot of every book that has found itself wrong."""
        for instrument, _ in self._publisher.broken():
            self._waiting.add(instrument)
            self._publisher.invalidate(instrument, Reason.RESYNC, Venue.SIMULATED)
            self._ring.request_resync()

    def turn(self) -> int:
        """Publish what the ring holds; how many records."""
        n = self._ring.take(self._batch.cdata, BATCH)
        if n == 0:
            return 0
        self._batch.array["recv_ns"][:n] = self._publisher.clock.wall_ns()
        self._publish(n)
        self._ring.release()
        return n

    def _publish(self, n: int) -> None:
        begin = 0
        while begin < n:
            if self._waiting:
                begin, n = self._without_waiting(begin, n)
                if begin == n:
                    return
            good, instrument = self._publisher.continues(self._batch.cdata + begin, n - begin)
            if good:
                self._publisher.publish(self._batch.cdata + begin, good)
            begin += good
            if begin < n:
                self._gap(instrument)

    def _gap(self, instrument: int) -> None:
        self.gaps += 1
        self._waiting.add(instrument)
        self._publisher.invalidate(instrument, Reason.SEQUENCE_GAP, Venue.SIMULATED)
        self._ring.request_resync()

    def _without_waiting(self, begin: int, n: int) -> tuple[int, int]:
        """Drop records of instruments that wait for a BOOK_BEGIN; the rest moves up."""
        kept = begin
        rows = self._batch.array
        for i in range(begin, n):
            instrument = int(rows[i]["instrument_id"])
            if instrument in self._waiting:
                if rows[i]["kind"] != Kind.BOOK_BEGIN:
                    continue
                self._waiting.discard(instrument)
            if kept != i:
                rows[kept] = rows[i]
            kept += 1
        return begin, kept


def run_simulated(runtime: Runtime, ring: RingReader, publisher: Publisher) -> None:
    """Until SIGTERM."""
    feed = SimulatedFeed(ring, publisher)
    counters = runtime.counters
    published, gaps = counters.counter("published"), counters.counter("gaps")
    overflows = counters.counter("overflows")
    runtime.wait_on(ring)
    feed.start()
    runtime.ready("simulated venue")
    venue_lost = False
    next_ns = 0
    while not runtime.stopping:
        if feed.turn() == 0:
            runtime.wait()
        # The readers may share this core: nothing stands between a record and their turn.
        now = monotonic_ns()
        if now < next_ns:
            continue
        next_ns = now + MAINTENANCE_NS
        runtime.housekeep()
        feed.heal()
        publisher.resync_readers()
        lost = runtime.lost(Source.EXCHANGE)
        if lost != venue_lost:
            venue_lost = lost
            (feed.lost if lost else feed.back)()
        counters.set(published, publisher.published)
        counters.set(gaps, feed.gaps)
        counters.set(overflows, publisher.overflows)
