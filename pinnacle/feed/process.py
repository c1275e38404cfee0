"""The feed process: one venue's market data, to everyone who needs it."""

import asyncio
from typing import TYPE_CHECKING

import structlog

from pinnacle.core.config import JournalConfig, ProcessConfig
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import read_table, table
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingReader
from pinnacle.core.runtime import Runtime
from pinnacle.core.schema import Source, Venue
from pinnacle.feed.config import FeedConfig
from pinnacle.feed.publisher import Publisher
from pinnacle.feed.simulated import run_simulated

if TYPE_CHECKING:
    from pinnacle.venues.binance.connector import BinanceConnector

NETWORK_TURN_S = 0.005


def run(
    paths: SessionPaths,
    config: FeedConfig,
    process: ProcessConfig,
    journal: JournalConfig,
    log: structlog.stdlib.BoundLogger,
) -> int:
    """Until SIGTERM. The exit code."""
    instruments = read_table(paths.instruments)
    venue = instruments[0].venue
    simulated = venue is Venue.SIMULATED
    peers = (Source.EXCHANGE,) if simulated else ()
    with Runtime("feed", paths, process, log, peers=peers) as runtime:
        # Paper trading rests its orders in the real market: its exchange reads it too.
        readers = ("strategy",) if simulated else ("strategy", "exchange")
        publisher = Publisher(
            paths, instruments, runtime.open_journal(journal), readers, runtime.clock
        )
        if simulated:
            ring = RingReader(paths.ring("venue.market"))
            run_simulated(runtime, ring, publisher)
        elif venue is Venue.BINANCE and config.binance is not None:
            from pinnacle.venues.binance.connector import BinanceConnector

            connector = BinanceConnector(config.binance, table(instruments), publisher.publish)
            asyncio.run(_run_network(runtime, connector, publisher))
        else:
            raise ConfigError(f"feed.{venue.name.lower()}: missing: this venue needs its table")
    return 0


async def _run_network(
    runtime: Runtime, connector: "BinanceConnector", publisher: Publisher
) -> None:
    """The connector, and beside it the housekeeping that keeps the process alive to its peers."""
    counters = runtime.counters
    published, overflows = counters.counter("published"), counters.counter("overflows")
    task = asyncio.create_task(connector.run())
    runtime.ready("connecting")
    while not runtime.stopping and not task.done():
        runtime.housekeep()
        publisher.resync_readers()
        for instrument, reason in publisher.broken():
            connector.resync(instrument, reason)
        counters.set(published, publisher.published)
        counters.set(overflows, publisher.overflows)
        await asyncio.sleep(NETWORK_TURN_S)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return
