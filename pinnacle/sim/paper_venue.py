"""Paper trading's venue behind the time that both ways take (csrc/sim/paper_venue.h)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import FAR_CAPACITY, WINDOW
from pinnacle.core.enums import Cancel
from pinnacle.core.errors import check
from pinnacle.core.memory import OneBlock, aligned_memory
from pinnacle.sim.log_run import LogRun
from pinnacle.sim.paper import SETTLE_NS

#: Of ours at an instrument, open at once.
ORDERS = 256


class PaperVenue(OneBlock):
    """Pure logic over the exchange's input log: the market and the orders in, reports out.

    An order acts latency_in_ns after its recv_ns, a report is given latency_out_ns after its cause,
    both by the clock of the log. NativeError if an argument is out of its range.
    """

    def __init__(
        self,
        instruments: Sequence[int],
        latency_in_ns: int,
        latency_out_ns: int,
        *,
        orders_under_way: int = 4096,
        reports_under_way: int = 16_384,
    ):
        config = ffi.new("struct pmm_paper_venue_config *")
        config.paper.settle_ns, config.paper.cancel = SETTLE_NS, Cancel.PROPORTIONAL
        config.paper.orders = ORDERS
        config.paper.window, config.paper.far_capacity = WINDOW, FAR_CAPACITY
        config.latency_in_ns, config.latency_out_ns = latency_in_ns, latency_out_ns
        config.orders, config.reports = orders_under_way, reports_under_way
        size = lib.pmm_paper_venue_memsize(len(instruments), config)
        if size == 0:
            check(lib.PMM_ERR_ARGUMENT, "paper venue")
        self._memory = aligned_memory(size)
        ids = ffi.new("uint32_t[]", list(instruments))
        code = lib.pmm_paper_venue_init(self._memory, size, ids, len(instruments), config)
        check(code, "paper venue")
        self.memory = ffi.buffer(self._memory, size)
        self._venue = ffi.cast("struct pmm_paper_venue *", self._memory)
        self._paper = lib.pmm_paper_venue_paper(self._venue)
        self._run = LogRun(lib.pmm_paper_venue_run, self._venue, "paper venue")

    @property
    def waiting(self) -> bool:
        """Whether something happens when only the clock moves."""
        return bool(lib.pmm_paper_venue_waits(self._venue))

    def decided(self, events: Any, n: int) -> np.ndarray:
        """The reports that a turn of n records causes, an EVENT array."""
        return self._run(events, n).copy()

    def usable(self, instrument_id: int) -> bool:
        """Whether the venue's book of it is valid."""
        return bool(lib.pmm_paper_valid(self._paper, instrument_id))
