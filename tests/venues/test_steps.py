"""The coarsest steps of records are the greatest common divisors of all that they say."""

import math
from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import EVENT, STEPS, Kind, events_pointer

ORDERS = [kind for kind in Kind if kind.name.startswith("ORDER_")]
STATES = [Kind.BOOK_BEGIN, Kind.BOOK_END, Kind.BOOK_INVALID]
COUNT = 3
VALUE = st.builds(
    lambda step, times: step * times, st.sampled_from([1, 6, 250, 10**8]), st.integers(0, 10**9)
) | st.integers(0, 2**63 - 1)
RECORD = st.tuples(
    st.sampled_from([Kind.DEPTH, Kind.TRADE, Kind.TOP, Kind.TOP, *ORDERS, *STATES]),
    st.integers(0, COUNT),
    *[VALUE] * 4,
)
FIELDS = ("kind", "instrument_id", "price", "quantity", "order_id", "aux")


def taken(*batches):
    steps = np.zeros(COUNT + 1, STEPS)
    for batch in batches:
        events = np.zeros(len(batch), EVENT)
        for row, record in zip(events, batch, strict=True):
            for field, value in zip(FIELDS, record, strict=True):
                row[field] = value
        rows = ffi.from_buffer("struct pmm_steps[]", steps)
        lib.pmm_steps_take(rows, COUNT, events_pointer(events), len(events))
    *rows, beyond = [(int(row["price"]), int(row["quantity"])) for row in steps]
    assert beyond == (0, 0)
    return rows


@given(st.lists(st.lists(RECORD, max_size=6), max_size=4))
def test_steps_are_what_math_says(batches):
    """In one call or several; of ids beyond the table, and of what states of a book hold, none."""
    prices, quantities = [0] * (COUNT + 1), [0] * (COUNT + 1)
    for kind, row, price, quantity, order_id, aux in chain(*batches):
        if kind in STATES:
            continue
        prices[row] = math.gcd(prices[row], price)
        quantities[row] = math.gcd(quantities[row], quantity)
        if kind == Kind.TOP:
            prices[row] = math.gcd(prices[row], order_id)
            quantities[row] = math.gcd(quantities[row], aux)
    expected = list(zip(prices[:COUNT], quantities[:COUNT], strict=True))
    assert taken(*batches) == expected


def test_the_order_id_of_a_trade_is_no_price():
    assert taken([(Kind.TRADE, 0, 50, 20, 7, 7)])[0] == (50, 20)


def test_nothing_but_zeros_has_no_step():
    assert taken([(Kind.DEPTH, 1, 0, 0, 0, 0)]) == [(0, 0)] * COUNT
