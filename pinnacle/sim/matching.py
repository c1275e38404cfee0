"""The matching engine of an instrument: price-time priority on single orders (csrc/sim/match.h)."""

from typing import Any

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import LEVEL, Top
from pinnacle.core.errors import check
from pinnacle.core.memory import aligned_memory
from pinnacle.core.schema import EVENT, EventBuffer, Side, events_pointer

ORDERS_MAX = lib.PMM_MATCH_ORDERS_MAX
PRICE_MAX = lib.PMM_MATCH_PRICE_MAX
QUANTITY_MAX = lib.PMM_MATCH_QUANTITY_MAX


class MatchingView:
    """Reads an engine that somebody else runs; its memory must outlive the view."""

    def __init__(self, cdata: Any):
        self.cdata = cdata
        self._top = ffi.new("struct pmm_top *")

    @property
    def order_count(self) -> int:
        """Open orders."""
        return lib.pmm_match_order_count(self.cdata)

    def top(self) -> Top:
        """Best bid and ask, always valid; its version is the number of public records so far."""
        lib.pmm_match_top(self.cdata, self._top)
        return Top._make(getattr(self._top, name) for name in Top._fields)

    def depth(self, side: Side, levels: int) -> np.ndarray:
        """Up to `levels` best levels of a side: fields price (ticks), quantity (lots)."""
        out = np.zeros(levels, dtype=LEVEL)
        cdata = ffi.from_buffer("struct pmm_level[]", out)
        return out[: check(lib.pmm_match_depth(self.cdata, side, cdata, levels), "depth")]

    def snapshot(self, recv_ns: int) -> np.ndarray:
        """The book as BOOK_BEGIN, DEPTH and BOOK_END records."""
        return self._records(
            lambda out, room: lib.pmm_match_snapshot(self.cdata, recv_ns, out, room)
        )

    def orders(self, source: int = 0) -> np.ndarray:
        """A participant's open orders (0: everybody's) as ORDER_STATUS, in price-time order."""
        return self._records(lambda out, room: lib.pmm_match_orders(self.cdata, source, out, room))

    def queue_ahead(self, order_id: int) -> int:
        """Lots ahead of an open order in its level's queue; NativeError if it is not open."""
        return check(lib.pmm_match_queue_ahead(self.cdata, order_id), f"order {order_id}")

    def check(self) -> None:
        """Assert every invariant of the structure; CorruptError. Slow."""
        check(lib.pmm_match_check(self.cdata), "matching engine")

    def _records(self, write: Any) -> np.ndarray:
        # No book has more levels than orders, so this size always suffices.
        buffer = EventBuffer(self.order_count + 2)
        return buffer.array[: check(write(buffer.cdata, len(buffer)), "matching engine")]


class MatchingEngine(MatchingView):
    """One instrument's book of orders; `orders` may be open at once, `far_levels` levels a side.

    `window` is a power of two of at least 4096 ticks: levels within it of the best are quickest.
    """

    def __init__(
        self,
        instrument_id: int,
        orders: int = 65_536,
        window: int = 16_384,
        far_levels: int = 65_536,
    ):
        size = lib.pmm_match_memsize(orders, window, far_levels)
        if size == 0:
            raise ValueError(
                f"no matching engine of {orders} orders, a window of {window} ticks "
                f"and {far_levels} far levels"
            )
        self.orders_max = orders
        self._memory = aligned_memory(size)
        code = lib.pmm_match_init(self._memory, size, instrument_id, orders, window, far_levels)
        check(code, "matching engine")
        super().__init__(ffi.cast("struct pmm_match *", self._memory))
        self._consumed = ffi.new("size_t *")
        self._run = lib.pmm_match_run

    def run(self, events: Any, count: int, out: Any, out_max: int) -> tuple[int, int]:
        """Run `count` records at cdata `events`; returns (written to `out`, consumed).

        Fewer are consumed when what the next one might cause does not fit in `out`.
        """
        written = self._run(self.cdata, events, count, out, out_max, self._consumed)
        return check(written, "matching engine"), self._consumed[0]

    def process(self, events: np.ndarray) -> np.ndarray:
        """All that an EVENT array causes, as a new EVENT array; for tools and tests."""
        pointer, done, parts = events_pointer(events), 0, []
        buffer = EventBuffer(4 * self.orders_max + 3 if self.orders_max < 1024 else 4096)
        while done < len(events):
            written, consumed = self.run(
                pointer + done, len(events) - done, buffer.cdata, len(buffer)
            )
            parts.append(buffer.array[:written].copy())
            done += consumed
            if consumed == 0:
                buffer = EventBuffer(2 * len(buffer))
        return np.concatenate(parts) if parts else np.empty(0, dtype=EVENT)

    def end_day(self, recv_ns: int) -> np.ndarray:
        """Cancel every DAY order; returns what that causes."""
        buffer = EventBuffer(2 * self.order_count + 1)
        written = lib.pmm_match_end_day(self.cdata, recv_ns, buffer.cdata, len(buffer))
        return buffer.array[: check(written, "end of day")]
