"""struct pmm_risk itself, in memory of its own: for what a gate never asks of it."""

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import EventBuffer, events_pointer
from tests.records import batch

LIMITS = {
    "order_quantity_max": 1000,
    "position_max": 1000,
    "collar_e4": 100,
    "open_orders_max": 1000,
}
SESSION = {"intent_age_max_ns": 10**9, "messages_per_s": 10**9, "messages_burst": 10**9}


class Book:
    """struct pmm_risk with a small table of orders; `code` is what its making returned."""

    def __init__(
        self,
        orders=8,
        count=1,
        short=0,
        fees=(0, 0),
        limits=None,
        session=None,
        least=1,
        venues=(),
        offsets=(),
        tick=(0, 0),
        lot=(0, 0),
    ):
        size = lib.pmm_risk_memsize(orders, count)
        self.memory = ffi.new("char[]", b"\xff" * (size - 1))
        self.cdata = ffi.cast("struct pmm_risk *", self.memory)
        terms = ffi.new("struct pmm_instrument[]", max(count, 1))
        for row in terms:
            row.quantity_min, row.maker_fee_e8, row.taker_fee_e8 = least, *fees
            row.tick_mantissa, row.tick_decimals = tick
            row.lot_mantissa, row.lot_decimals = lot
        for row, venue in zip(terms, venues, strict=False):
            row.venue_number = venue
        for row, offset in zip(terms, offsets, strict=False):
            row.feed_offset = offset
        rows = ffi.new("struct pmm_risk_limits[]", [LIMITS | (limits or {})] * max(count, 1))
        asked = ffi.new("struct pmm_risk_session *", SESSION | (session or {}))
        self.code = lib.pmm_risk_init(self.cdata, size - short, orders, terms, rows, count, asked)
        self.orders = orders

    def run(self, *rows, room=None):
        """The decisions, or the error code."""
        sent = batch(*rows)
        room = 2 * len(sent) + self.orders if room is None else room
        out = EventBuffer(max(room, 1))
        n = lib.pmm_risk_run(self.cdata, events_pointer(sent), len(sent), out.cdata, room)
        return n if n < 0 else out.array[:n].copy()

    def position(self):
        out = ffi.new("struct pmm_position *")
        assert lib.pmm_risk_position(self.cdata, 0, out) == 0
        return out
