"""Reports become records of the log, and what they say in words stands behind them."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.enums import BalanceOf, TextOf
from pinnacle.core.errors import DataError
from pinnacle.core.schema import INSTRUMENT_ALL, Flag, Kind, Reason, Side
from pinnacle.replay.readable import balance_amount, text_of
from pinnacle.venues.orders.port import Balance, Report
from pinnacle.venues.orders.records import (
    WORDS_BYTES_MAX,
    balance_parts,
    balance_records,
    execution_number,
    records,
)

ACK = Report(Kind.ACK, 7, 1, Side.BID, 100, 5, venue_ns=3)


def made(*reports):
    return records(reports, [10, 20], 99, 0x0101, 5)


def test_a_report_is_one_record_of_its_instrument():
    (row,) = made(ACK._replace(reason=Reason.VENUE, flags=Flag.MAKER, aux=4))
    names = ("recv_ns", "venue_ns", "price", "quantity", "order_id", "aux", "instrument_id")
    assert [int(row[name]) for name in names] == [99, 3, 100, 5, 7, 4, 20]
    names = ("reason", "kind", "side", "flags", "venue_id", "source")
    assert [int(row[name]) for name in names] == [
        Reason.VENUE, Kind.ACK, Side.BID, Flag.MAKER, 5, 0x0101,
    ]  # fmt: skip


def test_a_time_that_no_clock_shows_is_none_and_the_rest_counts():
    for venue_ns in (-1, 1 << 62, 10**40):
        (row,) = made(ACK._replace(venue_ns=venue_ns))
        assert (int(row["venue_ns"]), int(row["quantity"])) == (0, 5)
    (row,) = made(ACK._replace(venue_ns=(1 << 62) - 1))
    assert int(row["venue_ns"]) == (1 << 62) - 1


def test_a_long_name_takes_several_parts_and_the_last_says_so():
    name = "0f6c0a5e-4a0e-4f0e-9d59-6d1f7f7b0001"
    rows = made(ACK._replace(venue_id=name))
    assert list(rows["kind"]) == [Kind.ACK, Kind.TEXT, Kind.TEXT]
    assert list(rows["side"][1:]) == [0, 1] and set(rows["reason"][1:]) == {TextOf.VENUE_ID}
    assert [bool(flags & Flag.LAST) for flags in rows["flags"][1:]] == [False, True]
    assert "".join(text_of(row) for row in rows[1:]) == name


def test_name_words_and_currency_are_told_apart():
    rows = made(ACK._replace(venue_id="X", words="no", currency="BNB"))
    assert list(rows["reason"][1:]) == [TextOf.VENUE_ID, TextOf.WORDS, TextOf.CURRENCY]


def test_a_page_of_words_is_cut_and_broken_text_breaks_nothing():
    rows = made(ACK._replace(words="ü" * 1000))
    assert len(rows) == 1 + WORDS_BYTES_MAX // 32


def test_of_nothing_there_is_nothing():
    assert len(made()) == 0


@given(st.one_of(st.text(), st.integers(-(2**70), 2**70)))
def test_an_executions_number_is_positive_and_always_the_same(name):
    number = execution_number(name)
    assert 0 < number < 2**63 and execution_number(name) == number


def test_a_number_stands_for_itself_and_other_names_for_others():
    assert execution_number("12345") == execution_number(12345) == 12345
    numbers = {execution_number(f"TDLH43-DVQXD-{i:06}") for i in range(2000)}
    assert len(numbers) == 2000
    assert np.all(np.array(list(numbers)) > 0)


def test_a_balance_is_told_in_all_and_as_far_as_it_is_free_each_with_its_currency():
    held = Balance("USD", Decimal("-100000.1234567890123456"), Decimal(7))
    rows = balance_records([held], 99, 0x0101, 5)
    assert list(rows["kind"]) == [Kind.BALANCE, Kind.TEXT] * 2
    assert list(rows["side"][::2]) == [BalanceOf.TOTAL, BalanceOf.AVAILABLE]
    assert [text_of(row) for row in rows[1::2]] == ["USD", "USD"]
    told = [balance_amount(int(row["quantity"]), int(row["aux"])) for row in rows[::2]]
    assert told == [held.total, held.available]
    assert set(rows["instrument_id"]) == {INSTRUMENT_ALL} and not rows["order_id"].any()


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=18, min_value=-(2**60), max_value=2**60
    )
)
def test_whatever_a_venue_can_have_of_a_currency_comes_back_digit_for_digit(held):
    whole, part = balance_parts(held)
    assert whole * part >= 0 and abs(part) < 10**18
    assert balance_amount(whole, part) == held


@pytest.mark.parametrize("held", ["9223372036854775808", "1e-19", "NaN", "1e999999"])
def test_an_amount_that_no_record_holds_is_refused_and_not_rounded(held):
    with pytest.raises(DataError):
        balance_parts(Decimal(held))
