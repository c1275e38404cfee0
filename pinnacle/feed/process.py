"""The feed process: one venue's market data, to everyone who needs it."""

import asyncio
from functools import partial
from typing import Any

import numpy as np

from pinnacle.core.config import Section
from pinnacle.core.errors import UsageError
from pinnacle.core.instruments import table
from pinnacle.core.schema import Reason
from pinnacle.feed.config import FeedConfig
from pinnacle.feed.publisher import Publisher
from pinnacle.feed.simulated import run_simulated
from pinnacle.feed.venue_clock import VenueClock
from pinnacle.runtime.frame import inputs_of
from pinnacle.runtime.origin import origin_of
from pinnacle.runtime.run_marks import end_records, places, start_records
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.venues.offset import Offset
from pinnacle.venues.port import VenueKind
from pinnacle.venues.transport.troubles import Troubles

NETWORK_TURN_S = 0.005


def run(seat: Seat, config: FeedConfig) -> int:
    """Until SIGTERM. The exit code."""
    paths, process, topology = seat.paths, seat.process, seat.topology
    with Runtime(seat) as runtime:
        recorded = runtime.open_journal()
        readers = topology.publishes(process)
        publisher = Publisher(paths, process, readers, runtime.mine, recorded, runtime.clock)
        inputs = inputs_of(runtime)
        origin = origin_of(config, runtime.instruments)
        now, rings = runtime.clock.session_ns, partial(places, inputs, publisher.rings)
        start = start_records(process.source, runtime.epoch, now(), recorded.count, origin, rings())
        recorded.append_array(start)
        if inputs:
            run_simulated(runtime, inputs[0].ring, publisher)
        else:
            asyncio.run(_run_network(runtime, *config.venue(), publisher))
        runtime.end(end_records(process.source, runtime.epoch, now(), rings()))
    return 0


async def _run_network(
    runtime: Runtime, kind: VenueKind[Any], section: Section, publisher: Publisher
) -> None:
    """The connection, and beside it the housekeeping that keeps the process alive to its peers."""
    suspensions, now = runtime.suspensions, runtime.clock.session_ns
    rows = table(runtime.mine)
    market = kind.market_data(section, rows, publisher.publish, now, publisher.top_of)
    task = asyncio.create_task(market.run())
    clock = asyncio.create_task(_venue_clock(runtime, kind, section, rows, publisher))
    runtime.ready("connecting")
    while not runtime.stopping and not task.done():
        shown = {**market.counts(), **market.state()._asdict()}
        publisher.tend(runtime, **{f"market.{name}": value for name, value in shown.items()})
        for instrument, reason in publisher.broken():
            market.resync(instrument, reason)
        if runtime.suspensions != suspensions:
            # The market went on, and no clock of this session can tell how old the books are.
            suspensions = runtime.suspensions
            for row in publisher.instruments:
                market.resync(row.instrument_id, Reason.STALE)
        await asyncio.sleep(NETWORK_TURN_S)
    task.cancel()
    clock.cancel()
    _, ended = await asyncio.gather(clock, task, return_exceptions=True)
    if isinstance(ended, BaseException) and not isinstance(ended, asyncio.CancelledError):
        raise ended


async def _venue_clock(
    runtime: Runtime,
    kind: VenueKind[Any],
    section: Section,
    rows: np.ndarray,
    publisher: Publisher,
) -> None:
    """The estimate of the venue's clock, shown, and for the latencies that are recorded."""
    latency = runtime.counters.histogram("venue_to_record")

    def told(offset: Offset) -> None:
        runtime.counters.show(clock_ahead_ns=offset.ahead_ns, clock_error_ns=offset.error_ns)
        publisher.venue_clock(latency, offset.ahead_ns)

    try:
        reference = kind.reference()
    except UsageError:
        return  # a venue of one's own that says nothing of itself
    symbol, now = kind.names(rows)[0], runtime.clock.session_ns
    await VenueClock(reference, section, symbol, now, Troubles(kind.name), told).run()
