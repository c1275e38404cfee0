"""Records as people read them."""

import numpy as np
import pytest

from pinnacle.core.schema import EVENT, Kind, Source
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


@pytest.mark.parametrize("kind", Kind)
def test_a_row_of_no_kind_has_what_a_table_has_no_column_for(kind):
    full = np.frombuffer(b"\x01" * EVENT.itemsize, EVENT).copy()
    full["kind"] = kind
    for instruments in (None, {int(full["instrument_id"][0]): BTC}):
        (row,) = rows(full, 7, np.zeros(1, int), instruments)
        assert set(row) <= set(COLUMNS)
