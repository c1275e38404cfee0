"""Reports become records of the log, and what they say in words stands behind them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.enums import TextOf
from pinnacle.core.schema import Flag, Kind, Reason, Side
from pinnacle.replay.readable import text_of
from pinnacle.venues.orders.port import Report
from pinnacle.venues.orders.records import WORDS_BYTES_MAX, execution_number, records

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
