"""Records as people read them: no kind is forgotten."""

import numpy as np
import pytest

from pinnacle.core.schema import Kind, Side
from pinnacle.replay.readable import rows
from tests.records import event, instruments

NO_PRICE = {"NONE", "BOOK_BEGIN", "BOOK_END", "BOOK_INVALID", "CANCEL_ALL", "QUERY"}
NO_PRICE |= {name for name, kind in Kind.__members__.items() if kind >= Kind.START}
PRICED = sorted(set(Kind.__members__) - NO_PRICE)


def readable(kind, **fields):
    """One record of the kind as a dict, for an instrument of ticks of 0.01 and lots of 0.001."""
    table = {i.instrument_id: i for i in instruments("BTC-USD")}
    (row,) = rows(event(kind, side=Side.BID, **fields), 0, np.arange(1), table)
    return row


@pytest.mark.parametrize("name", PRICED)
def test_the_price_and_quantity_of_every_kind_that_has_them_are_decimals(name):
    row = readable(Kind[name], price=5_999_650, quantity=2_000)
    assert (row["price"], row["quantity"]) == ("59996.50", "2.000")


@pytest.mark.parametrize("name", PRICED)
def test_a_zero_is_written_where_it_means_something(name):
    row = readable(Kind[name], price=0, quantity=0)
    assert (row["price"], row["quantity"]) == ("0.00", "0.000")


def test_a_snapshot_says_how_far_it_knows_each_side():
    row = readable(Kind.BOOK_BEGIN, quantity=3, price=5_999_650, order_id=6_000_050)
    assert (row["bids_down_to"], row["asks_up_to"]) == ("59996.50", "60000.50")
    assert not {"price", "quantity", "order_id"} & set(row)
    row = readable(Kind.BOOK_BEGIN, quantity=2, order_id=2**64 - 5)
    assert row["asks_up_to"] == "-0.05" and "bids_down_to" not in row
    assert not {"bids_down_to", "asks_up_to"} & set(readable(Kind.BOOK_BEGIN, aux=7))
