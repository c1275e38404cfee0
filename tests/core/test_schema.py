"""The records that C, cffi and numpy share are one layout."""

from fractions import Fraction

import numpy as np
import pytest
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
    Source,
    class_of,
    instrument_set,
    is_of,
    number_of,
    owner_of,
    role_of,
    source_of,
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
    Class.REPORT: range(Kind.ACK, Kind.BALANCE + 1),
    Class.PROCESS: range(Kind.START, Kind.PARAMETER + 1),
}


def test_every_kind_but_none_is_of_its_class_and_of_no_other():
    rows = np.zeros(len(Kind), EVENT)
    rows["kind"] = list(Kind)
    for one, kinds in CLASSES.items():
        found = {kind for kind in rows["kind"][is_of(rows, one)].tolist() if kind != Kind.NONE}
        assert found == {kind for kind in Kind if kind in kinds}
        assert found == {kind for kind in Kind if class_of(kind) == one and kind != Kind.NONE}
    assert is_of(rows, *CLASSES).all() and set(CLASSES) == set(Class)


@pytest.mark.parametrize("number", [0, 1, 31])
def test_a_source_is_a_role_and_a_number_and_the_first_of_a_role_is_the_role(number):
    source = source_of(Source.FEED, number)
    assert (role_of(source), number_of(source)) == (Source.FEED, number)
    assert source_of(Source.FEED, 0) == Source.FEED
    with pytest.raises(ValueError, match="99"):
        role_of(source_of(99, number))


def test_an_order_tells_whose_it_is_whatever_it_counts():
    assert owner_of(1) == 0 and owner_of((1 << 48) - 1) == 0
    assert owner_of(1 << 63 | 7 << 48 | 5) == 7


@given(st.sets(st.integers(0, lib.PMM_INSTRUMENTS_MAX - 1)))
def test_a_set_has_the_instruments_that_were_put_into_it(ids):
    words = list(instrument_set(ids).words)
    assert {
        64 * i + bit for i, word in enumerate(words) for bit in range(64) if word >> bit & 1
    } == ids


@pytest.mark.parametrize("beyond", [-1, lib.PMM_INSTRUMENTS_MAX])
def test_what_no_session_has_is_in_no_set(beyond):
    with pytest.raises(ValueError, match=str(beyond)):
        instrument_set([0, beyond])
