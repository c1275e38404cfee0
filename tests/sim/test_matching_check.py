"""The check of a matching engine's invariants: it passes what is right, and notices each thing
that is not."""

import pytest

from pinnacle.core.schema import Kind, Side
from tests.sim.matching_desk import ME, YOU, Desk
from tests.sim.matching_inside import Inside, intact

ORDERS = 9
NEXT, BEYOND = ORDERS, ORDERS + 1  # the slot that no order has had yet; one that there is not


class Book:
    """Slots 1, 2 and 3 queue at a side's best price with 5, 3 and 4 lots and 4 stands behind it
    with 2; 5 and 6 are of the other side; 8 and 7 are free."""

    def __init__(self, side):
        desk = Desk(orders=ORDERS)
        self.engine, self.side, self.other = desk.engine, side, Side.BID + Side.ASK - side
        self.best, self.behind = (100, 99) if side == Side.BID else (102, 103)
        others = (102, 103) if side == Side.BID else (100, 99)
        for slot, price, quantity in ((1, self.best, 5), (2, self.best, 3), (3, self.best, 4),
                                      (4, self.behind, 2)):  # fmt: skip
            desk.new(slot, side, price, quantity, (ME, YOU)[slot % 2])
        for slot, price in enumerate((*others, *others), 5):
            desk.new(slot, self.other, price, 9)
        desk.send(Kind.CANCEL, 7)
        desk.send(Kind.CANCEL, 8)
        self.inside = Inside(desk.engine)
        self.level = self.inside.level(side, self.best)
        assert [(self.queued(i).order_id, self.queued(i).next) for i in range(1, 9)] == [
            (1, 2), (2, 3), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 7),
        ]  # fmt: skip
        assert (self.level.head, self.level.tail, self.level.quantity) == (1, 3, 12)

    def order(self, slot):
        return self.inside.order(slot)

    def queued(self, slot):
        return self.order(slot).queued

    def set(self, slot, field, value):
        """prev and side stand in one word."""
        queued = self.queued(slot)
        if field == "prev":
            queued.prev_side = 2 * value + queued.prev_side % 2
        elif field == "side":
            queued.prev_side = queued.prev_side // 2 * 2 + (value == Side.ASK)
        else:
            setattr(self.order(slot) if field == "arrival" else queued, field, value)


@pytest.fixture(params=[Side.BID, Side.ASK])
def book(request):
    return Book(request.param)


@pytest.mark.parametrize(
    ("slot", "field", "value"),
    [
        (1, "prev", 3),
        (2, "prev", 0),
        (3, "prev", 1),
        (1, "price", 101),
        (3, "price", 101),
        (1, "arrival", 0),
        (2, "arrival", 1),
        (3, "arrival", 1),
        (2, "order_id", 77),
        (2, "order_id", 1),
        (1, "next", 3),
        (1, "next", 0),
        (2, "next", NEXT),
        (3, "next", 1),
        (3, "next", 3),
        (3, "next", 4),
        (8, "next", 0),
        (7, "next", 8),
        (7, "next", 7),
        (7, "next", NEXT),
    ],
)
def test_an_order_that_does_not_fit_its_queue_or_list_is_noticed(book, slot, field, value):
    book.set(slot, field, value)
    assert not intact(book.engine)


@pytest.mark.parametrize("slot", [1, 2, 3])
def test_an_order_of_the_other_side_is_noticed(book, slot):
    book.set(slot, "side", book.other)
    assert not intact(book.engine)


@pytest.mark.parametrize(("leaves", "total"), [(0, 3), (-1, 3), (4, 3), (3, 2), (-3, -3)])
def test_an_order_without_leaves_or_with_more_than_it_was_is_noticed(book, leaves, total):
    book.level.quantity += leaves - book.queued(2).leaves
    book.queued(2).leaves, book.order(2).total = leaves, total
    assert not intact(book.engine)


def test_an_order_with_one_lot_left_is_right(book):
    book.level.quantity -= 2
    book.queued(2).leaves = 1
    assert intact(book.engine)


@pytest.mark.parametrize(
    ("field", "value"),
    [("head", 2), ("head", BEYOND), ("tail", 2), ("tail", 0), ("quantity", 11), ("quantity", 13)],
)
def test_a_level_that_does_not_fit_its_queue_is_noticed(book, field, value):
    setattr(book.level, field, value)
    assert not intact(book.engine)


def test_a_level_that_nobody_stands_at_is_noticed(book):
    """All else is as if its only order had gone."""
    level = book.inside.level(book.side, book.behind)
    level.head = level.tail = level.quantity = 0
    book.inside.entry(4).slot = 0
    book.inside.pool.resting -= 1
    book.queued(4).next, book.inside.pool.free_head = book.inside.pool.free_head, 4
    assert not intact(book.engine)


def test_an_order_outside_of_the_pool_is_noticed(book):
    """All else is as if it were one: the pool ends before the slot that it has moved to."""
    book.order(NEXT)[0] = book.order(3)[0]
    book.queued(2).next = book.level.tail = book.inside.entry(3).slot = NEXT
    assert intact(book.engine)
    book.inside.pool.capacity = NEXT - 1
    assert not intact(book.engine)


def test_a_free_slot_outside_of_the_pool_is_noticed(book):
    book.queued(8).next, book.queued(NEXT).next = NEXT, 0
    assert intact(book.engine)
    book.inside.pool.capacity = NEXT - 1
    assert not intact(book.engine)


@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize("field", ["unused", "free_head", "resting"])
def test_a_slot_too_many_or_too_few_is_noticed(book, field, by):
    """Free are 8 and 7: from 9 it is one more, and from 7 one less."""
    setattr(book.inside.pool, field, getattr(book.inside.pool, field) + by)
    assert not intact(book.engine)


def test_an_entry_of_the_index_without_an_order_is_noticed(book):
    """In a place that no open order's id is looked for."""
    free = [i for i, entry in enumerate(book.inside.index) if entry.slot == 0]
    book.inside.index[free[-1]].slot = 7
    assert not intact(book.engine)


def test_a_ladder_that_is_wrong_or_has_dropped_a_level_is_noticed(book):
    ladder = book.inside.ladder(book.side)
    for field in ("window_levels", "far_levels", "dropped"):
        setattr(ladder, field, getattr(ladder, field) + 1)
        assert not intact(book.engine), field
        setattr(ladder, field, getattr(ladder, field) - 1)
        assert intact(book.engine)


def test_levels_that_were_not_published_are_noticed(book):
    book.inside.match.touched = 1
    assert not intact(book.engine)


@pytest.mark.parametrize(("price", "right"), [(101, True), (100, False), (99, False)])
def test_prices_that_meet_or_cross_are_noticed(price, right):
    """An engine's asks put into another one, whose best bid is 100."""
    desk, other = Desk(orders=ORDERS), Desk(orders=ORDERS)
    desk.buy(1, 100, 5)
    desk.sell(2, 102, 5)
    other.buy(1, 90, 5)
    other.sell(2, price, 5)
    inside = Inside(desk.engine)
    inside.ladder_bytes(Side.ASK)[:] = Inside(other.engine).ladder_bytes(Side.ASK)[:]
    inside.order(2).queued.price = price
    assert intact(desk.engine) == right


@pytest.mark.parametrize("side", [Side.BID, Side.ASK])
@pytest.mark.parametrize("step", [0, 1])
def test_a_full_pool_is_right_and_so_is_one_that_is_all_free_again(side, step):
    """In one queue and in many, with any ids: 0 has the first place of the index."""
    desk = Desk(orders=ORDERS)
    for order_id in range(ORDERS):
        desk.new(order_id, side, 100 + step * order_id, 1)
    assert desk.engine.order_count == ORDERS and Inside(desk.engine).index[0].slot == 1
    desk.send(Kind.CANCEL_ALL)
    assert desk.engine.order_count == 0
    assert intact(desk.engine)


def test_what_stands_in_the_place_of_nobody_is_of_no_account(book):
    """Slot 0 is no order; the index ends where it begins."""
    book.queued(0).order_id = 1
    assert intact(book.engine)
