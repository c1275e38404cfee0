"""The simulated venue: a market by the clock of the exchange's log (csrc/sim/simulated_venue.h)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.memory import OneBlock, aligned_memory
from pinnacle.core.outlet import Outlet
from pinnacle.core.schema import EVENT, Class, is_of
from pinnacle.sim.log_run import LogRun
from pinnacle.sim.market import OUT_OF_RANGE, MarketView, market_config, market_rows

#: The longest time between two turns that the market lives through.
GAP_MAX_NS = lib.PMM_SIMULATED_VENUE_GAP_NS


class SimulatedVenue(OneBlock):
    """Pure logic over the exchange's input log: orders and the clock in, reports and market out.

    `params` as for a Market, `number` the exchange's among the session's. ValueError if anything is
    out of its range.
    """

    #: The market moves by itself: every turn needs the clock.
    waiting = True

    def __init__(
        self,
        params: Sequence[Mapping[str, float]],
        seed: int,
        latency_in_ns: int,
        latency_out_ns: int,
        number: int = 0,
        pending: int = 4096,
    ):
        config = market_config(
            seed=seed,
            latency_in_ns=latency_in_ns,
            instruments=len(params),
            pending=pending,
            number=number,
        )
        rows = market_rows(params)
        size = lib.pmm_simulated_venue_memsize(config, rows, latency_out_ns)
        if size == 0:
            raise ValueError(OUT_OF_RANGE)
        self._memory = aligned_memory(size)
        lib.pmm_simulated_venue_init(self._memory, size, config, rows, latency_out_ns)
        self.memory = ffi.buffer(self._memory, size)
        self._venue = ffi.cast("struct pmm_simulated_venue *", self._memory)
        self._instruments = len(params)
        self._run = LogRun(lib.pmm_simulated_venue_run, self._venue, "simulated venue")
        #: Public market data of the last turn, in order.
        self.market = np.empty(0, EVENT)

    @property
    def simulation(self) -> MarketView | None:
        """The market, to be read; None before the log's first record."""
        market = lib.pmm_simulated_venue_market(self._venue)
        return MarketView(market, self._instruments) if market else None

    @property
    def skipped_ns(self) -> int:
        """For how long the market has stood still, in all."""
        return lib.pmm_simulated_venue_skipped_ns(self._venue)

    def decided(self, events: Any, n: int) -> np.ndarray:
        """The execution reports that a turn of n records causes; `market` holds the public data."""
        out = self._run(events, n)
        is_report = is_of(out, Class.REPORT)
        self.market = out[~is_report]
        return out[is_report]

    def resync(self, outlet: Outlet) -> None:
        """Send what the outlet's reader is owed of the books, by the market's virtual clock."""
        market = lib.pmm_simulated_venue_market(self._venue)
        if market:
            lib.pmm_market_resync(outlet.cdata, market, lib.pmm_market_now(market))
