"""A paper venue: our orders in an imaginary queue of a real market (csrc/sim/paper.h)."""

from collections.abc import Sequence

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import Cancel as Cancel  # where in the queue cancelled quantity stood
from pinnacle.core.errors import check
from pinnacle.core.memory import aligned_memory
from pinnacle.core.schema import EVENT, EventBuffer, events_pointer

SETTLE_NS = lib.PMM_PAPER_SETTLE_NS


class Paper:
    """The order path of paper trading for one or more instruments; one thread, private memory.

    `orders` is the capacity of open orders per instrument, `window` (ticks, a power of two) and
    `far_capacity` (levels) size each book, `settle_ns` is how long trades and depth messages wait
    for each other. Raises NativeError if an argument is out of range or an instrument is repeated.
    """

    def __init__(
        self,
        instruments: Sequence[int],
        *,
        orders: int = 256,
        cancel: int = Cancel.PROPORTIONAL,
        settle_ns: int = SETTLE_NS,
        window: int = 4096,
        far_capacity: int = 1024,
    ):
        config = ffi.new("struct pmm_paper_config *")
        config.settle_ns, config.cancel, config.orders = settle_ns, cancel, orders
        config.window, config.far_capacity = window, far_capacity
        size = lib.pmm_paper_memsize(len(instruments), config)
        if size == 0:
            check(lib.PMM_ERR_ARGUMENT, "paper venue")
        self._memory = aligned_memory(size)
        self._paper = ffi.cast("struct pmm_paper *", self._memory)
        #: The whole venue as a writable buffer: there is no pointer in it, so a copy is a venue.
        self.memory = ffi.buffer(self._memory, size)
        ids = ffi.new("uint32_t[]", list(instruments))
        check(lib.pmm_paper_init(self._paper, size, ids, len(instruments), config), "paper venue")
        self._consumed = ffi.new("size_t *")
        self._run = lib.pmm_paper_run
        self._out = EventBuffer(max(1024, self.out_min))

    @property
    def out_min(self) -> int:
        """The fewest records that the out buffer of `step` may hold."""
        return lib.pmm_paper_out_min(self._paper)

    def step(
        self, events: EventBuffer, n: int, out: EventBuffer, start: int = 0
    ) -> tuple[int, int]:
        """Run events[start:n] into `out`: (reports written, records consumed from start).

        Fewer than n - start are consumed when `out` fills: call again with start moved on.
        """
        written = self._run(
            self._paper, events.cdata + start, n - start, out.cdata, out.capacity, self._consumed
        )
        return check(written, "paper venue"), self._consumed[0]

    def run(self, events: np.ndarray) -> np.ndarray:
        """Run a contiguous array of EVENT, shape (n,); a new array of the reports, shape (m,)."""
        parts, at, pointer = [], 0, events_pointer(events)
        while at < len(events):
            written = self._run(
                self._paper,
                pointer + at,
                len(events) - at,
                self._out.cdata,
                self._out.capacity,
                self._consumed,
            )
            parts.append(self._out.array[: check(written, "paper venue")].copy())
            at += self._consumed[0]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=EVENT)

    def orders(self, source: int = 0) -> np.ndarray:
        """Open orders of a source (0: all) as ORDER_STATUS; aux: the queue ahead or -1 (unseen)."""
        out = np.zeros(self.order_count, dtype=EVENT)
        pointer = ffi.from_buffer("struct pmm_event[]", out)
        return out[: check(lib.pmm_paper_orders(self._paper, source, pointer, len(out)))]

    def queue_ahead(self, instrument_id: int, order_id: int) -> int:
        """Estimated market quantity (lots) ahead of an open order.

        Raises NativeError if there is no such order, NotReadyError if its level is unseen yet.
        """
        code = lib.pmm_paper_queue_ahead(self._paper, instrument_id, order_id)
        return check(code, f"order {order_id}")

    def valid(self, instrument_id: int) -> bool:
        """Whether the instrument's book is valid: its orders can be filled."""
        return bool(lib.pmm_paper_valid(self._paper, instrument_id))

    @property
    def order_count(self) -> int:
        """Open orders of all instruments and participants."""
        return lib.pmm_paper_order_count(self._paper)

    def check(self) -> None:
        """Raise CorruptError if an invariant of the structure does not hold; slow, for tests."""
        check(lib.pmm_paper_check(self._paper), "paper venue")
