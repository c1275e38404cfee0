"""A matching engine's memory as its private headers describe it, for tests that damage it."""

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import Side
from tests.core.private_headers import private_ffi

PRIVATE = private_ffi(
    {
        "order_index.h": ("pmm_index_entry",),
        "order_pool.h": ("pmm_queued", "pmm_queue", "pmm_order_pool"),
        "match_orders.h": ("pmm_match_order", "pmm_match_touch", "pmm_match"),
        "ladder.h": ("pmm_ladder",),
    }
)


class Inside:
    """Everything in it may be written. Prices must lie in the ladders' windows."""

    def __init__(self, engine):
        self._start = int(ffi.cast("uintptr_t", engine.cdata))
        self.match = PRIVATE.cast("struct pmm_match *", self._start)
        self.pool = self.match.pool
        entries = 2 ** (32 - self.pool.index_shift)
        index = self._at("struct pmm_index_entry *", self.pool.index_at)
        self.index = [index + i for i in range(entries)]
        self.orders = self._at("struct pmm_match_order *", self.pool.orders_at)

    def _at(self, kind, offset):
        return PRIVATE.cast(kind, self._start + offset)

    def sizeof(self, kind):
        return PRIVATE.sizeof(kind)

    def order(self, slot):
        return self.orders + slot

    def entry(self, slot):
        """The order's entry in the index."""
        return next(entry for entry in self.index if entry.slot == slot)

    def ladder(self, side):
        return self._at("struct pmm_ladder *", self.pool.ladder_at[side - 1])

    def ladder_size(self, side):
        """To the end of its far blocks: three words and 32 keys each."""
        ladder = self.ladder(side)
        return ladder.far_at + ladder.far_blocks * (3 + 32) * 8

    def ladder_bytes(self, side):
        size = self.pool.ladder_at[Side.ASK - 1] - self.pool.ladder_at[Side.BID - 1]
        return PRIVATE.buffer(PRIVATE.cast("char *", self.ladder(side)), size)

    def level(self, side, price):
        ladder = self.ladder(side)
        slot = (price ^ ladder.flip) & (ladder.window - 1)
        first = self.pool.ladder_at[side - 1] + ladder.payload_at
        return self._at("struct pmm_queue *", first) + slot


def intact(engine):
    return lib.pmm_match_check(engine.cdata) == 0
