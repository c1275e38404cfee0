"""The book of single orders is a list of orders per price, however far apart prices and ids are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.l3book import L3Book, Order
from pinnacle.core.schema import EVENT, Flag, Kind, Reason, Side

WINDOW = 4096
SIDES = (Side.BID, Side.ASK)
ORDERS, RING = 64, 256

# Near each other, at multiples of the window and around them, and anywhere a price may be.
NEAR = st.integers(-20, 20)
EDGES = st.builds(lambda k, d: k * WINDOW // 4 + d, st.integers(-40, 40), st.integers(-2, 2))
PRICES = st.one_of(NEAR, NEAR, EDGES, st.integers(-(2**60), 2**60))
# Few, so that they come again; some share a place of the ring, some are anywhere.
IDS = st.one_of(
    st.integers(0, 12),
    st.builds(lambda place, turn: place + RING * turn, st.integers(0, 3), st.integers(0, 5)),
    st.integers(2**64 - 4, 2**64 - 1),
)
QUANTITIES = st.one_of(st.integers(0, 9), st.integers(1, 2**40))
CHANGES = st.tuples(
    st.sampled_from([Kind.ORDER_REDUCE, Kind.ORDER_EXECUTE, Kind.ORDER_REMOVE, Kind.ORDER_REPLACE]),
    IDS,
    st.sampled_from(SIDES),
    PRICES,
    QUANTITIES,
    IDS,
)
ADDS = st.tuples(st.just(Kind.ORDER_ADD), IDS, st.sampled_from(SIDES), PRICES, QUANTITIES, IDS)
OPERATIONS = st.lists(st.one_of(ADDS, ADDS, CHANGES), min_size=1, max_size=80)


class Model:
    """Orders in the order of their arrival: {id: [side, price, quantity]}."""

    def __init__(self):
        self.orders, self.rejected, self.reason = {}, 0, Reason.NONE

    def apply(self, kind, order_id, side, price, quantity, old):
        wrong = self._wrong(kind, order_id, quantity, old)
        if wrong:
            self.rejected += 1
            self.reason = self.reason or wrong
        elif kind == Kind.ORDER_ADD:
            self.orders[order_id] = [side, price, quantity]
        elif kind == Kind.ORDER_REPLACE:
            side = self.orders.pop(old)[0]
            self.orders[order_id] = [side, price, quantity]
        elif kind == Kind.ORDER_REMOVE or quantity == self.orders[order_id][2]:
            del self.orders[order_id]
        else:
            self.orders[order_id][2] -= quantity
        return not wrong

    def _wrong(self, kind, order_id, quantity, old):
        if kind in (Kind.ORDER_ADD, Kind.ORDER_REPLACE):
            if quantity < 1:
                return Reason.BAD_QUANTITY
            if kind == Kind.ORDER_REPLACE and old not in self.orders:
                return Reason.UNKNOWN_ORDER
            replaces_itself = kind == Kind.ORDER_REPLACE and order_id == old
            if order_id in self.orders and not replaces_itself:
                return Reason.DUPLICATE_ORDER
        elif order_id not in self.orders:
            return Reason.UNKNOWN_ORDER
        elif kind != Kind.ORDER_REMOVE and not 1 <= quantity <= self.orders[order_id][2]:
            return Reason.BAD_QUANTITY
        return Reason.NONE

    def queues(self, side):
        """{price: [(id, quantity)]}, best price first."""
        found = {}
        for order_id, (at, price, quantity) in self.orders.items():
            if at == side:
                found.setdefault(price, []).append((order_id, quantity))
        return dict(sorted(found.items(), reverse=side == Side.BID))

    def depth(self, side):
        return [(price, sum(q for _, q in queue)) for price, queue in self.queues(side).items()]

    def top(self):
        best = [(self.depth(side) or [(0, 0)])[0] for side in SIDES]
        return (*best[0], *best[1])


def records(operations):
    out = np.zeros(len(operations), dtype=EVENT)
    for i, (kind, order_id, side, price, quantity, old) in enumerate(operations):
        out[i]["kind"], out[i]["order_id"], out[i]["side"] = kind, order_id, side
        out[i]["price"], out[i]["quantity"] = price, quantity
        if kind == Kind.ORDER_REPLACE:
            out[i]["aux"] = np.uint64(old).astype(np.int64)
    return out


def states(*kinds):
    out = np.zeros(len(kinds), dtype=EVENT)
    out["kind"] = kinds
    return out


def valid_book(dense):
    book = L3Book(0, orders=ORDERS, window=WINDOW, levels=ORDERS, dense=dense)
    book.apply_array(states(Kind.BOOK_BEGIN, Kind.BOOK_END))
    return book


def assert_same(book, model):
    for side in SIDES:
        assert book.depth(side, 99).tolist() == model.depth(side)
        for price, queue in model.queues(side).items():
            got = book.queue(side, price)
            assert (
                list(zip(got["order_id"].tolist(), got["quantity"].tolist(), strict=True)) == queue
            )
            ahead = 0
            for order_id, quantity in queue:
                assert book.queue_ahead(order_id) == ahead
                assert book.order(order_id) == Order(order_id, side, price, quantity)
                assert book.quantity(side, price) == sum(q for _, q in queue)
                ahead += quantity
    assert book.stats().orders == len(model.orders)
    assert book.stats().rejected == model.rejected
    book.check()


@pytest.mark.parametrize("dense", [False, True], ids=["hashed", "dense"])
@given(operations=OPERATIONS)
def test_tops_queues_and_refusals_are_the_models(dense, operations):
    book, model = valid_book(dense), Model()
    for i, operation in enumerate(operations):
        taken = model.apply(*operation)
        assert book.apply_array(records([operation])) == taken
        assert tuple(book.top()[:4]) == model.top()
        assert book.top().reason == model.reason
        if i % 8 == 0:
            assert_same(book, model)
    assert_same(book, model)


@pytest.mark.parametrize("dense", [False, True], ids=["hashed", "dense"])
@given(operations=OPERATIONS)
def test_a_batch_gives_the_top_after_each_record(dense, operations):
    book, model = valid_book(dense), Model()
    expected = []
    for operation in operations:
        model.apply(*operation)
        expected.append((*model.top(), model.reason))
    tops = book.tops(records(operations))
    got = [(*row[:4], row[7]) for row in tops.tolist()]
    assert got == expected
    assert_same(book, model)


@given(operations=OPERATIONS, dense=st.booleans(), crossed_is_looked_at=st.booleans())
def test_a_snapshot_is_the_same_book(operations, dense, crossed_is_looked_at):
    book = valid_book(dense)
    events = records(operations)
    events["flags"] = Flag.LAST if crossed_is_looked_at else 0
    book.apply_array(events)
    records_of = book.snapshot(5)
    again = valid_book(not dense)
    again.apply_array(records_of)
    top = again.top()
    assert top[:4] == book.top()[:4]
    crossed = top.bid_quantity and top.ask_quantity and top.bid_price >= top.ask_price
    assert top.reason == (book.top().reason or (Reason.CROSSED if crossed else Reason.NONE))
    assert again.snapshot(5)[:-1].tobytes() == records_of[:-1].tobytes()
    again.check()
