"""The L3 order book (csrc/book/l3book.h): every resting order of an instrument, as its venue tells.

Prices are ticks and quantities lots of the book's instrument.
"""

from typing import Any, NamedTuple

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import LEVEL, Top
from pinnacle.core.errors import check
from pinnacle.core.memory import aligned_memory
from pinnacle.core.schema import EVENT, Side, dtype_of, events_pointer

ORDER = dtype_of(ffi.typeof("struct pmm_l3_order"))
TOP = dtype_of(ffi.typeof("struct pmm_top"))
ORDERS_MAX = lib.PMM_L3_ORDERS_MAX
PRICE_MAX = lib.PMM_L3_PRICE_MAX
QUANTITY_MAX = lib.PMM_L3_QUANTITY_MAX


class Order(NamedTuple):
    """A resting order: its price in ticks and what is left of it in lots."""

    order_id: int
    side: Side
    price: int
    quantity: int


class L3BookStats(NamedTuple):
    """What has happened to a book since it was made, and what it holds."""

    applied: int
    rejected: int
    dropped: int
    invalidated: int
    recentred: int
    orders: int
    hashed: int
    bid_levels: int
    ask_levels: int


def ring_for(orders: int) -> int:
    """A good `id_ring` for ids that rise one by one: four places an order, a power of two."""
    return min(max(64, 1 << (4 * orders - 1).bit_length()), lib.PMM_L3_ID_RING_MAX)


class L3Book:
    """A book that this process writes and reads; see csrc/book/l3book.h for its records and states.

    `orders` may rest at once, on `levels` levels a side; `window` is ticks per side (a power of
    two, 4096 to 262144) that are found quickest. `dense`: the venue's ids rise one by one, so
    they are found directly; ids of any kind are right either way.
    """

    def __init__(
        self,
        instrument_id: int,
        orders: int = 65_536,
        window: int = 16_384,
        levels: int = 16_384,
        dense: bool = False,
    ):
        sizes = (orders, window, levels, ring_for(orders) if dense else 0)
        what = f"L3 book of {orders} orders, window {window}, {levels} levels"
        size = lib.pmm_l3book_memsize(*sizes)
        check(lib.PMM_ERR_ARGUMENT if size == 0 else 0, what)
        self._memory = aligned_memory(size)
        check(lib.pmm_l3book_init(self._memory, size, instrument_id, *sizes), what)
        self.cdata = ffi.cast("struct pmm_l3book *", self._memory)
        self._top = ffi.new("struct pmm_top *")
        self._stats = ffi.new("struct pmm_l3book_stats *")
        self._order = ffi.new("struct pmm_l3_order *")

    def apply(self, events: Any, n: int) -> int:
        """Apply n records of a struct pmm_event *; returns how many the book took."""
        return lib.pmm_l3book_apply(self.cdata, events, n)

    def apply_array(self, events: np.ndarray) -> int:
        """The same for a contiguous array of dtype EVENT, shape (n,)."""
        return lib.pmm_l3book_apply(self.cdata, events_pointer(events), len(events))

    def tops(self, events: np.ndarray) -> np.ndarray:
        """Apply an EVENT array; returns the top after each record, shape (n,), dtype TOP.

        A price means something only where its quantity is not 0.
        """
        out = np.zeros(len(events), dtype=TOP)
        pointer = ffi.from_buffer("struct pmm_top[]", out)
        lib.pmm_l3book_apply_tops(self.cdata, events_pointer(events), len(events), pointer)
        return out

    def top(self) -> Top:
        """Best prices and quantities, and whether the book is valid."""
        lib.pmm_l3book_top(self.cdata, self._top)
        return Top(*(getattr(self._top, name) for name in Top._fields))

    def depth(self, side: int, levels: int) -> np.ndarray:
        """Up to `levels` levels from the best: dtype LEVEL (price ticks, quantity lots)."""
        out = np.zeros(levels, dtype=LEVEL)
        pointer = ffi.from_buffer("struct pmm_level[]", out)
        count = lib.pmm_l3book_depth(self.cdata, side, pointer, levels)
        return out[: check(count, f"depth of side {side}")]

    def quantity(self, side: int, price: int) -> int:
        """Lots at a price, 0 if there is no such level."""
        return lib.pmm_l3book_quantity(self.cdata, side, price)

    def queue(self, side: int, price: int, orders: int = 1024) -> np.ndarray:
        """Up to `orders` orders of a level, first in the queue first: dtype ORDER."""
        out = np.zeros(orders, dtype=ORDER)
        pointer = ffi.from_buffer("struct pmm_l3_order[]", out)
        count = lib.pmm_l3book_queue(self.cdata, side, price, pointer, orders)
        return out[: check(count, f"queue of side {side}")]

    def order(self, order_id: int) -> Order | None:
        """A resting order, or None."""
        if lib.pmm_l3book_order(self.cdata, order_id, self._order) < 0:
            return None
        found = self._order
        return Order(found.order_id, Side(found.side), found.price, found.quantity)

    def queue_ahead(self, order_id: int) -> int | None:
        """Lots before an order in its level's queue, or None if it does not rest here."""
        ahead = lib.pmm_l3book_queue_ahead(self.cdata, order_id)
        return None if ahead == lib.PMM_ERR_NOT_FOUND else ahead

    def stats(self) -> L3BookStats:
        """Counters since the book was made, and its sizes now."""
        lib.pmm_l3book_get_stats(self.cdata, self._stats)
        return L3BookStats(*(getattr(self._stats, name) for name in L3BookStats._fields))

    def snapshot(self, recv_ns: int) -> np.ndarray:
        """The whole book as records (dtype EVENT): applied elsewhere, they make the same book."""
        out = np.zeros(self.stats().orders + 2, dtype=EVENT)
        count = lib.pmm_l3book_snapshot(self.cdata, recv_ns, events_pointer(out), len(out))
        return out[: check(count, "snapshot")]

    def check(self) -> None:
        """Assert every invariant of the structure; CorruptError. Slow."""
        check(lib.pmm_l3book_check(self.cdata), "L3 book")
