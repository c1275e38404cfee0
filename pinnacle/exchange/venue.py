"""The exchange's logic, made from configuration: records in, reports out."""

from collections.abc import Sequence

from pinnacle.core.instruments import Instrument
from pinnacle.exchange.config import ExchangeConfig, market_params
from pinnacle.sim.paper_venue import PaperVenue
from pinnacle.sim.simulated_venue import SimulatedVenue

BATCH = 4096


def make_venue(
    instruments: Sequence[Instrument], config: ExchangeConfig, number: int = 0
) -> SimulatedVenue | PaperVenue:
    """The venue of this kind; `number` is the exchange's among the session's."""
    latencies = config.latency_in_ns, config.latency_out_ns
    if config.kind == "paper":
        return PaperVenue([i.instrument_id for i in instruments], *latencies)
    return SimulatedVenue(market_params(config, instruments), config.seed, *latencies, number)
