"""The feed process: one venue's market data, to everyone who needs it."""

from functools import partial

from pinnacle.feed.config import FeedConfig, SignedFeedConfig
from pinnacle.feed.publisher import Publisher
from pinnacle.feed.simulated import run_simulated
from pinnacle.runtime.frame import inputs_of
from pinnacle.runtime.origin import origin_of
from pinnacle.runtime.run_marks import end_records, places, start_records
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat


def run(seat: Seat, config: FeedConfig | SignedFeedConfig) -> int:
    """Until SIGTERM. The exit code."""
    credentials = None
    if isinstance(config, SignedFeedConfig):
        # What opens the vault is much, and most feeds need none of it.
        from pinnacle.vault.signer import credentials_of

        credentials = credentials_of(config.vault, config.key, config.venue)
        config = config.table
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
            # What speaks to venues is much, and the simulated one needs none of it.
            from pinnacle.feed.network import run_network

            run_network(runtime, *config.venue(), publisher, credentials)
        runtime.end(end_records(process.source, runtime.epoch, now(), rings()))
    return 0
