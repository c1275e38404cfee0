"""A book is a dictionary per side, however far apart its prices are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.book import Book
from pinnacle.core.schema import EVENT, Flag, Kind, Reason, Side

WINDOW = 4096
SIDES = (Side.BID, Side.ASK)

# Near each other, at multiples of the window and around them, and anywhere a price may be.
NEAR = st.integers(-60, 60)
EDGES = st.builds(lambda k, d: k * WINDOW // 4 + d, st.integers(-40, 40), st.integers(-2, 2))
PRICES = st.one_of(NEAR, EDGES, EDGES, st.integers(-3_000_000, 3_000_000))
HUGE = st.integers(-(2**62), 2**62)
QUANTITIES = st.one_of(st.just(0), st.integers(1, 9), st.integers(1, 2**63 - 1))
SETS = st.tuples(st.just("set"), st.sampled_from(SIDES), PRICES | HUGE, QUANTITIES)
TAKES = st.tuples(st.just("take best"), st.sampled_from(SIDES), st.integers(1, 8), st.just(0))
OPERATIONS = st.lists(SETS | SETS | SETS | TAKES, min_size=1, max_size=120)


def ordered(model, side):
    return sorted(model[side].items(), reverse=side == Side.BID)


def expand(operations):
    """Depth records (side, price, quantity) of the operations, and the model after each."""
    model = {side: {} for side in SIDES}
    for what, side, number, quantity in operations:
        rows = [(number, quantity)]
        if what == "take best":
            rows = [(price, 0) for price, _ in ordered(model, side)[:number]]
        for price, lots in rows:
            model[side].pop(price, None)
            if lots:
                model[side][price] = lots
            yield side, price, lots, model


def depth_records(rows):
    out = np.zeros(len(rows), dtype=EVENT)
    out["kind"] = Kind.DEPTH
    for i, (side, price, quantity) in enumerate(rows):
        out[i]["side"], out[i]["price"], out[i]["quantity"] = side, price, quantity
    return out


def assert_top(book, model):
    top = book.top()
    for side, price, quantity in (
        (Side.BID, top.bid_price, top.bid_quantity),
        (Side.ASK, top.ask_price, top.ask_quantity),
    ):
        if model[side]:
            assert (price, quantity) == ordered(model, side)[0]
        else:
            assert quantity == 0


@given(OPERATIONS, st.integers(1, 20))
def test_top_depth_and_quantities_are_those_of_a_dictionary(operations, read_each):
    book = Book(0, window=WINDOW, far_capacity=1000)
    for i, (side, price, quantity, model) in enumerate(expand(operations)):
        assert book.apply_array(depth_records([(side, price, quantity)])) == 1
        assert_top(book, model)
        assert book.quantity(side, price) == quantity
        if i % read_each == 0:
            for each in SIDES:
                levels = ordered(model, each)
                assert book.depth(each, 2000).tolist() == levels
                assert book.depth(each, 3).tolist() == levels[:3]


@given(OPERATIONS)
def test_one_batch_and_its_snapshot_make_the_same_book_as_single_records(operations):
    rows, model = [], {side: {} for side in SIDES}
    for side, price, quantity, after in expand(operations):
        rows.append((side, price, quantity))
        model = after
    whole, single, copy = (Book(0, window=WINDOW, far_capacity=1000) for _ in range(3))
    records = depth_records(rows)
    for book in (whole, single):
        book.apply_array(state_record(Kind.BOOK_BEGIN))
    assert whole.apply_array(records) == len(rows)
    for i in range(len(records)):
        single.apply_array(records[i : i + 1])
    snapshot = whole.snapshot(1)
    copy.apply_array(snapshot)
    assert len(snapshot) == 1 + len(model[Side.BID]) + len(model[Side.ASK])
    for book in (whole, single, copy):
        for side in SIDES:
            assert book.depth(side, 2000).tolist() == ordered(model, side)
    assert copy.top()[:4] == whole.top()[:4] == single.top()[:4]


def state_record(kind):
    out = np.zeros(1, dtype=EVENT)
    out["kind"], out["flags"] = kind, Flag.LAST
    return out


@given(OPERATIONS, st.integers(1, 6))
def test_a_small_far_table_gives_a_true_prefix_and_a_valid_book_a_true_top(operations, far):
    book = Book(0, window=WINDOW, far_capacity=far)
    book.apply_array(state_record(Kind.BOOK_BEGIN))
    model = {side: {} for side in SIDES}
    for side, price, quantity, after in expand(operations):
        model = after
        book.apply_array(depth_records([(side, price, quantity)]))
        for each in SIDES:
            depth = book.depth(each, 2000).tolist()
            assert depth == ordered(model, each)[: len(depth)]
    held = {side: len(book.depth(side, 2000)) for side in SIDES}
    assert len(book.snapshot(1)) == 1 + sum(held.values())

    book.apply_array(state_record(Kind.BOOK_END))
    top = book.top()
    if top.valid:
        assert_top(book, model)
        assert not all(held.values()) or top.bid_price < top.ask_price
    elif top.reason == Reason.OVERFLOW:
        assert book.stats().dropped > 0 and not all(held.values())
    else:
        assert top.reason == Reason.CROSSED and top.bid_price >= top.ask_price
    for kind in (Kind.BOOK_BEGIN, Kind.BOOK_END):
        book.apply_array(state_record(kind))
    assert book.top().valid == 1


BOUNDS = st.integers(-80, 80)


@given(OPERATIONS, BOUNDS, BOUNDS, st.integers(0, 3))
def test_a_bounded_book_is_exact_to_its_bound_and_says_when_it_has_ended(
    operations, bid_bound, ask_bound, bounded
):
    """Of what lies beyond a snapshot's worst level nothing is known, also when it changes."""
    bounds = {Side.BID: bid_bound, Side.ASK: ask_bound}
    flags = {Side.BID: bounded & 1, Side.ASK: bounded & 2}
    begin = state_record(Kind.BOOK_BEGIN)
    begin["quantity"], begin["price"] = bounded, bid_bound
    begin["order_id"] = np.int64(ask_bound).astype(np.uint64)
    book, copy = (Book(0, window=WINDOW, far_capacity=1000) for _ in range(2))
    book.apply_array(begin)
    model = {side: {} for side in SIDES}
    for side, price, quantity, after in expand(operations):
        model = after
        book.apply_array(depth_records([(side, price, quantity)]))

    def known(side, price):
        inside = price >= bounds[side] if side == Side.BID else price <= bounds[side]
        return inside or not flags[side]

    shown = {s: [level for level in ordered(model, s) if known(s, level[0])] for s in SIDES}
    ended = any(flags[side] and not shown[side] for side in SIDES)
    crossed = all(shown.values()) and shown[Side.BID][0][0] >= shown[Side.ASK][0][0]
    book.apply_array(state_record(Kind.BOOK_END))
    copy.apply_array(book.snapshot(1))
    for each in (book, copy):
        for side in SIDES:
            assert each.depth(side, 2000).tolist() == shown[side]
        top = each.top()
        assert bool(top.valid) == (not ended and not crossed)
        assert not ended or top.reason == Reason.OVERFLOW
