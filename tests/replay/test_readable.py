"""Records as people read them."""

import numpy as np
import pytest

from pinnacle.core.schema import (
    EVENT,
    INSTRUMENT_ALL,
    BalanceOf,
    FeeOf,
    Flag,
    Kind,
    Reason,
    Side,
    Source,
    TextOf,
)
from pinnacle.replay.readable import COLUMNS, rows
from tests.replay.recorded import BTC, START_NS, event


def test_a_timer_shows_what_both_clocks_said():
    timer = event(Kind.TIMER, 0, order_id=61 * 10**9, aux=START_NS - 5, source=Source.RISK)
    (row,) = rows(timer, 7, np.zeros(1, int), {})
    assert (row["monotonic_ns"], row["wall_ns"]) == (61 * 10**9, START_NS - 5)
    assert "order_id" not in row and "aux" not in row


def test_a_timer_from_before_clocks_were_on_record_shows_none():
    timer = event(Kind.TIMER, 0, source=Source.RISK)
    (row,) = rows(timer, 7, np.zeros(1, int), {})
    assert "monotonic_ns" not in row and "wall_ns" not in row


def test_a_start_shows_its_hashes_as_such_and_no_price():
    start = event(Kind.START, 0, order_id=3, aux=70, price=-1, quantity=255, venue_ns=1 << 40)
    (row,) = rows(start, 7, np.zeros(1, int), {})
    assert (row["epoch"], row["records_before"]) == (3, 70)
    assert (row["configuration"], row["instruments"]) == ("f" * 16, "00000000000000ff")
    assert row["build"] == "0000010000000000"
    assert not {"price", "quantity", "order_id", "aux", "venue_ns"} & set(row)


def test_a_mark_of_a_ring_shows_which_it_is_and_no_side():
    marks = np.concatenate(
        [
            event(Kind.ATTACH, 0, order_id=START_NS, aux=12, source=Source.RISK),
            event(Kind.DETACH, 0, side=1, order_id=START_NS, aux=1 << 56 | 9, source=Source.FEED),
        ]
    )
    read, written = rows(marks, 7, np.arange(2), {})
    assert (read["ring"], read["cursor"]) == ("input", 12)
    assert (written["ring"], written["cursor"]) == ("output 1", 9)
    for row in (read, written):
        assert row["ring_created_ns"] == START_NS
        assert not {"side", "order_id", "aux"} & set(row)


def test_a_fee_shows_what_was_paid_in_which_currency_and_no_side():
    paid = [(FeeOf.BASE, 15, 4, "0.0015", "base"), (FeeOf.OTHER, -7, 0, "-7", "other")]
    for of, amount, decimals, text, name in paid:
        fee = event(Kind.FEE, 0, side=of, quantity=amount, price=decimals, aux=9)
        for instruments in (None, {0: BTC}):
            (row,) = rows(fee, 7, np.zeros(1, int), instruments)
            assert (row["fee"], row["fee_of"], row["aux"]) == (text, name, 9)
            assert not {"side", "price", "quantity"} & set(row)


def test_a_fee_of_decimals_that_cannot_be_is_shown_as_it_is():
    (row,) = rows(event(Kind.FEE, 0, quantity=3, price=99), 7, np.zeros(1, int), None)
    assert row["fee"] == "3e-99"


def test_a_balance_shows_its_amount_and_what_of_the_money_it_is():
    held = event(Kind.BALANCE, 0, side=BalanceOf.TOTAL, quantity=10, aux=5 * 10**17)
    held["instrument_id"] = INSTRUMENT_ALL
    (row,) = rows(held, 7, np.zeros(1, int), {0: BTC})
    assert (row["symbol"], row["balance"], row["balance_of"]) == ("*", "10.5", "total")
    assert not {"side", "price", "quantity", "aux"} & set(row)


def test_a_total_shows_what_it_was_worth_and_no_price():
    total = event(Kind.FILLED_TOTAL, 0, side=Side.BID, quantity=40, price=7, aux=1234)
    (row,) = rows(total, 7, np.zeros(1, int), None)
    assert (row["quantity"], row["notional"], row["side"]) == (40, 1234, "bid")
    assert not {"price", "aux"} & set(row)
    (row,) = rows(total, 7, np.zeros(1, int), {0: BTC})
    assert (row["quantity"], row["notional"]) == (BTC.quantity_text(40), BTC.money_text(1234))


def test_a_text_shows_what_it_is_and_which_part_and_neither_reason_nor_side():
    words, name = (
        event(Kind.TEXT, 0, reason=what, side=part)
        for what, part in ((TextOf.WORDS, 0), (TextOf.VENUE_ID, 1))
    )
    for row in (words, name):
        row.view(np.uint8)[16:21] = np.frombuffer(b"V-123", np.uint8)
    told, named = rows(np.concatenate([words, name]), 7, np.arange(2), {0: BTC})
    assert told["text"] == "V-123" and not {"text_of", "part"} & set(told)
    assert (named["text"], named["text_of"], named["part"]) == ("V-123", "venue_id", 1)
    assert not {"side", "reason", "price", "aux"} & (set(told) | set(named))


def test_how_a_fill_is_known_and_that_its_fee_is_told_have_names():
    fill = event(Kind.FILL_BUSTED, 0, reason=Reason.CORRECTED, flags=Flag.FEE_TOLD, quantity=1)
    (row,) = rows(fill, 7, np.zeros(1, int), None)
    assert (row["kind"], row["reason"]) == ("fill_busted", "corrected")
    assert row["flags"] == ["fee_told"]


@pytest.mark.parametrize("kind", Kind)
def test_a_row_of_no_kind_has_what_a_table_has_no_column_for(kind):
    full = np.frombuffer(b"\x01" * EVENT.itemsize, EVENT).copy()
    full["kind"] = kind
    for instruments in (None, {int(full["instrument_id"][0]): BTC}):
        (row,) = rows(full, 7, np.zeros(1, int), instruments)
        assert set(row) <= set(COLUMNS)
