"""The memory of a matching engine: how much it needs, and that it uses no more than that."""

import numpy as np
import pytest

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import EVENT, EventBuffer, Kind, Side, events_pointer
from pinnacle.sim.matching import ORDERS_MAX, MatchingView
from tests.sim.matching_inside import Inside

WINDOW, LEVELS = 4096, 16
GUARD = 256


class Fenced:
    """An engine in just the memory that it asks for, between bytes of which none may change."""

    def __init__(self, orders):
        self.size = lib.pmm_match_memsize(orders, WINDOW, LEVELS)
        block = np.full(self.size + 2 * GUARD + 63, 0xA5, dtype=np.uint8)
        begin = GUARD + -block.ctypes.data % 64
        self.before, self.after = block[:begin], block[begin + self.size :]
        self.memory = ffi.from_buffer("char[]", block[begin : begin + self.size])
        self.sizes = 7, orders, WINDOW, LEVELS
        assert lib.pmm_match_init(self.memory, self.size, *self.sizes) == 0
        self.view = MatchingView(ffi.cast("struct pmm_match *", self.memory))
        self.out = EventBuffer(4 * orders + 3)

    def send(self, kind, order_id=0, side=0, price=0, quantity=0):
        event = np.zeros(1, dtype=EVENT)
        event[["kind", "order_id", "side", "price", "quantity", "instrument_id"]] = (
            kind, order_id, side, price, quantity, 7,
        )  # fmt: skip
        taken = ffi.new("size_t *")
        room = len(self.out)
        written = lib.pmm_match_run(
            self.view.cdata, events_pointer(event), 1, self.out.cdata, room, taken
        )
        assert taken[0] == 1
        self.view.check()
        assert (self.before == 0xA5).all() and (self.after == 0xA5).all()
        return self.out.array[:written]


def lines(size):
    return -(-size // 64) * 64


@pytest.mark.parametrize("orders", [1, 6, 7, 8, 9, 100])
def test_its_parts_follow_each_other_on_cache_lines_with_nothing_between_them(orders):
    engine = Fenced(orders)
    inside = Inside(engine.view)
    end = lines(inside.sizeof("struct pmm_match"))
    end = lines(end + inside.sizeof("struct pmm_match_touch") * (orders + 1))
    for side in (Side.BID, Side.ASK):
        assert inside.pool.ladder_at[side - 1] == end
        end = lines(end + inside.ladder_size(side))
    for begin, size in (
        (inside.pool.index_at, 8 * len(inside.index)),
        (inside.pool.orders_at, 64 * (orders + 1)),
    ):
        assert begin == end
        end = lines(end + size)
    assert engine.size == end
    assert 2 * orders <= len(inside.index) <= max(4 * orders, 16)


@pytest.mark.parametrize("orders", [1, 2, 6, 14])
@pytest.mark.parametrize("side", [Side.BID, Side.ASK])
def test_a_full_pool_that_is_swept_in_one_go_stays_within_the_memory(orders, side):
    """A level for each order and then one for what the taker has left: the most that one record
    touches."""
    engine = Fenced(orders)
    for order_id in range(orders):
        engine.send(Kind.NEW, order_id, side, 100 + order_id, 1)
    other = Side.BID + Side.ASK - side
    out = engine.send(Kind.NEW, 99, other, 100 if side == Side.BID else 99 + orders, orders + 1)
    depths = out[out["kind"] == Kind.DEPTH]
    assert depths["quantity"].tolist() == [0] * orders + [1]
    assert engine.view.order_count == 1


def test_memory_that_is_too_small_or_is_not_aligned_is_refused():
    engine = Fenced(6)
    for memory, size in (
        (ffi.NULL, engine.size),
        (engine.memory, engine.size - 1),
        (engine.memory + 8, engine.size),
        (engine.memory + 32, engine.size),
        (engine.memory + 1, engine.size),
    ):
        assert lib.pmm_match_init(memory, size, *engine.sizes) == lib.PMM_ERR_ARGUMENT
    for sizes in ((0, WINDOW, LEVELS), (6, WINDOW - 1, LEVELS), (6, WINDOW, 0)):
        assert lib.pmm_match_init(engine.memory, engine.size, 7, *sizes) == lib.PMM_ERR_ARGUMENT
    engine.send(Kind.NEW, 1, Side.BID, 100, 1)
    assert lib.pmm_match_init(engine.memory, engine.size + 1, *engine.sizes) == 0
    assert engine.view.order_count == 0


def test_there_may_be_so_many_orders_and_no_more():
    assert lib.pmm_match_memsize(ORDERS_MAX, WINDOW, LEVELS) > 64 * ORDERS_MAX
    assert lib.pmm_match_memsize(ORDERS_MAX + 1, WINDOW, LEVELS) == 0
    assert lib.pmm_match_memsize(0, WINDOW, LEVELS) == 0
