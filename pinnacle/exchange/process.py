"""The exchange process: a simulated venue, or paper trading's, behind the rings of a gateway."""

from collections.abc import Sequence

import numpy as np
import structlog

from pinnacle.core.bell import Bell
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.config import JournalConfig, ProcessConfig
from pinnacle.core.instruments import Instrument, read_table
from pinnacle.core.outlet import Outlet
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingReader, RingWriter
from pinnacle.core.schema import EventBuffer, Source, Venue, events_pointer
from pinnacle.core.segment import Mode
from pinnacle.exchange.config import ExchangeConfig, market_params
from pinnacle.runtime.book_watch import BookWatch
from pinnacle.runtime.checkpoint import Checkpoints
from pinnacle.runtime.decision_log import end_of
from pinnacle.runtime.origin import origin_of
from pinnacle.runtime.runtime import GIVE_WAIT_NS, Runtime
from pinnacle.runtime.stage import REPORT_KINDS, Input, Output, Stage, kind_mask
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


def run(
    paths: SessionPaths,
    config: ExchangeConfig,
    process: ProcessConfig,
    journal: JournalConfig,
    log: structlog.stdlib.BoundLogger,
) -> int:
    """Until SIGTERM. The exit code."""
    peers = (Source.GATEWAY, Source.FEED) if config.kind == "paper" else (Source.GATEWAY,)
    runtime = Runtime("exchange", paths, process, log, peers=peers)
    with runtime:
        instruments = read_table(paths.instruments)
        origin = origin_of(config, instruments)
        venue = make_venue(instruments, config)
        orders = RingReader(paths.ring("venue.orders"))
        inputs = [Input(orders, Source.GATEWAY)]
        if config.kind == "paper":
            inputs.append(Input(RingReader(paths.ring("market.exchange")), Source.FEED))
        stage = Stage(
            runtime.open_journal(journal),
            Source.EXCHANGE,
            inputs,
            [
                Output(
                    RingWriter(paths.ring("venue.reports")),
                    Bell(paths.process("gateway"), Mode.SHARED),
                    kind_mask(REPORT_KINDS),
                )
            ],
            GIVE_WAIT_NS,
            runtime.clock,
        )
        runtime.wait_on(*(given.ring for given in inputs))
        checkpoints = runtime.recover(stage, venue, origin, journal.checkpoint_s)
        # Behind the recovery: what the market skipped before is told already.
        market = (
            _Followed(paths, instruments, venue, inputs[-1].ring, log)
            if isinstance(venue, PaperVenue)
            else _Published(paths, instruments, venue, log)
        )
        runtime.ready(f"{config.kind} venue, {len(instruments)} instruments")
        _loop(runtime, stage, venue, market, checkpoints)
        runtime.end(end_of(stage, runtime.epoch))
    return 0


class _Published:
    """The market of a venue that makes its own: it goes to the feed."""

    #: Times that the market was asked for again: it is never anybody else's.
    asked = 0

    def __init__(
        self,
        paths: SessionPaths,
        instruments: Sequence[Instrument],
        venue: SimulatedVenue,
        log: structlog.stdlib.BoundLogger,
    ):
        bell = Bell(paths.process("feed"), Mode.SHARED)
        ring = paths.ring("venue.market")
        self._outlet = Outlet(
            ring, bell, [i.instrument_id for i in instruments], Source.EXCHANGE, Venue.SIMULATED
        )
        self._venue = venue
        self._log = log
        self._skipped_ns = venue.skipped_ns

    @property
    def overflows(self) -> int:
        """Pushes that found no room."""
        return self._outlet.overflows

    def send(self) -> None:
        """What the last turn made, in order; and that the market stood still, if it did."""
        rows = np.ascontiguousarray(self._venue.market)
        self._outlet.push(events_pointer(rows), len(rows))
        skipped_ns = self._venue.skipped_ns - self._skipped_ns
        if skipped_ns:
            self._skipped_ns += skipped_ns
            seconds = f"{skipped_ns / 1e9:.1f} s"
            self._log.warning(f"this process stood still: the market skips {seconds}")

    def resync(self) -> None:
        """Send what the feed is owed: it attached, asked, or its ring was full."""
        self._venue.resync(self._outlet)

    def look(self, now_ns: int) -> None:
        """Nothing: the books are the venue's own."""


class _Followed:
    """The market of a real venue: it comes from the feed, whose books stand beside the venue's."""

    #: Nothing is published.
    overflows = 0

    def __init__(
        self,
        paths: SessionPaths,
        instruments: Sequence[Instrument],
        venue: PaperVenue,
        ring: RingReader,
        log: structlog.stdlib.BoundLogger,
    ):
        ring.request_resync()
        self._watch = BookWatch(paths, instruments, venue.usable, ring, log)

    @property
    def asked(self) -> int:
        """Times that the market was asked for again."""
        return self._watch.asked

    def send(self) -> None:
        """Nothing: the market is there already."""

    def resync(self) -> None:
        """Nothing: nobody is owed a book."""

    def look(self, now_ns: int) -> None:
        """Now and then: is a book unusable beside a good one? `now_ns` is monotonic."""
        self._watch.look(now_ns)


def _loop(
    runtime: Runtime,
    stage: Stage,
    venue: SimulatedVenue | PaperVenue,
    market: _Published | _Followed,
    checkpoints: Checkpoints,
) -> None:
    batch = EventBuffer(BATCH)
    counters = runtime.counters
    records, reports = counters.counter("records"), counters.counter("reports")
    overflows = counters.counter("market_overflows")
    asked = counters.counter("resyncs_asked")
    publish_ns = taken = given = 0
    while not runtime.stopping:
        own = runtime.own_inputs(batch, timer=False)
        if venue.waiting:
            own = runtime.tick(batch, own)
        n = stage.take(batch, own)
        if n:
            taken += n
            decided = np.ascontiguousarray(venue.decided(batch.cdata, n))
            given += len(decided)
            stage.give(events_pointer(decided), len(decided))
            market.send()
        market.resync()
        runtime.wait(TURN_NS)
        now = monotonic_ns()
        if now >= publish_ns:
            publish_ns = now + 100_000_000
            counters.set(records, taken)
            counters.set(reports, given)
            checkpoints.save_if_due()
            market.look(now)
            counters.set(asked, market.asked)
            counters.set(overflows, market.overflows)
