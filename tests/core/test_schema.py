"""The records that C, cffi and numpy share are one layout."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import (
    EVENT,
    INSTRUMENT,
    Class,
    EventBuffer,
    Flag,
    Kind,
    class_of,
    is_of,
)


def test_an_event_is_one_cache_line_and_numpy_sees_the_same_offsets():
    assert EVENT.itemsize == ffi.sizeof("struct pmm_event") == lib.PMM_EVENT_BYTES == 64
    for name in EVENT.names:
        assert EVENT.fields[name][1] == ffi.offsetof("struct pmm_event", name)
    assert INSTRUMENT.itemsize == 128


def test_a_buffer_is_the_same_memory_for_c_and_for_numpy():
    buffer = EventBuffer(2)
    buffer.cdata[1].price = -5
    buffer.array[1]["kind"] = Kind.TRADE
    assert buffer.array[1]["price"] == -5
    assert buffer.cdata[1].kind == Kind.TRADE


def test_flags_do_not_overlap():
    values = [flag.value for flag in Flag]
    assert np.bitwise_or.reduce(values) == sum(values)


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(-(10**6), 10**6))
def test_a_fee_is_the_exact_product_rounded_towards_the_venue(price, quantity, fee_e8):
    exact = Fraction(price * quantity * fee_e8, 10**8)
    if abs(exact) < 2**62:
        assert lib.pmm_fee(price, quantity, fee_e8) == -((-exact.numerator) // exact.denominator)


#: A class, and the kinds that are of it.
CLASSES = {
    Class.MARKET: range(Kind.DEPTH, Kind.ORDER_EXECUTE + 1),
    Class.ORDER: range(Kind.NEW, Kind.QUERY + 1),
    Class.REPORT: range(Kind.ACK, Kind.ORDER_STATUS + 1),
    Class.PROCESS: range(Kind.START, Kind.END + 1),
}


def test_every_kind_but_none_is_of_its_class_and_of_no_other():
    rows = np.zeros(len(Kind), EVENT)
    rows["kind"] = list(Kind)
    for one, kinds in CLASSES.items():
        found = {kind for kind in rows["kind"][is_of(rows, one)].tolist() if kind != Kind.NONE}
        assert found == {kind for kind in Kind if kind in kinds}
        assert found == {kind for kind in Kind if class_of(kind) == one and kind != Kind.NONE}
    assert is_of(rows, *CLASSES).all() and set(CLASSES) == set(Class)
