"""The feed process: one venue's market data, to everyone who needs it."""

import asyncio
from functools import partial

from pinnacle.core.instruments import table
from pinnacle.core.schema import Reason
from pinnacle.feed.config import FeedConfig
from pinnacle.feed.publisher import Publisher
from pinnacle.feed.simulated import run_simulated
from pinnacle.runtime.frame import inputs_of
from pinnacle.runtime.origin import origin_of
from pinnacle.runtime.run_marks import end_records, places, start_records
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.venues.port import MarketData

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
            kind, section = config.venue()
            market = kind.market_data(
                section, table(runtime.mine), publisher.publish, now, publisher.top_of
            )
            asyncio.run(_run_network(runtime, market, publisher))
        runtime.end(end_records(process.source, runtime.epoch, now(), rings()))
    return 0


async def _run_network(runtime: Runtime, market: MarketData, publisher: Publisher) -> None:
    """The connection, and beside it the housekeeping that keeps the process alive to its peers."""
    suspensions = runtime.suspensions
    task = asyncio.create_task(market.run())
    runtime.ready("connecting")
    while not runtime.stopping and not task.done():
        counted = {f"market.{name}": count for name, count in market.counts().items()}
        publisher.tend(runtime, **counted)
        for instrument, reason in publisher.broken():
            market.resync(instrument, reason)
        if runtime.suspensions != suspensions:
            # The market went on, and no clock of this session can tell how old the books are.
            suspensions = runtime.suspensions
            for row in publisher.instruments:
                market.resync(row.instrument_id, Reason.STALE)
        await asyncio.sleep(NETWORK_TURN_S)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return
