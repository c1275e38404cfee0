"""Orders at venues' own sides, where all of them come to the same."""

import pytest

from pinnacle.core.schema import Side, TimeInForce
from tests.venues.bitstamp import bitstamp_gateway
from tests.venues.coinbase import coinbase_gateway
from tests.venues.gemini import gemini_gateway
from tests.venues.orders.traded import COIN, DOLLAR

FAR = 50_000 * DOLLAR
MADE = {
    "bitstamp": lambda folder: bitstamp_gateway.Both(),
    "coinbase": lambda folder: coinbase_gateway.Both(),
    "gemini": gemini_gateway.Both,
}
#: Those that tell of orders as a whole first, and of their fills behind it.
BY_STATES = ("bitstamp", "coinbase")


@pytest.fixture(params=MADE)
def both(request, tmp_path):
    return MADE[request.param](tmp_path)


def test_an_order_that_takes_is_filled_and_its_fills_have_fees(both):
    both.ask(
        both.new(price=both.best(Side.ASK), quantity=COIN // 100, time_in_force=TimeInForce.IOC)
    )
    both.stream()
    kinds = both.kinds()
    assert kinds[0] == "ACK"
    assert kinds.count("FILL") == kinds.count("FEE") == len(both.order().fills) > 0
    assert not both.table.orders and not both.table.behind
    assert not both.table.unknown_fills


def test_an_order_that_must_be_filled_whole_is_not_filled_at_all(both):
    both.ask(
        both.new(price=both.best(Side.ASK), quantity=100 * COIN, time_in_force=TimeInForce.FOK)
    )
    both.stream()
    assert "FILL" not in both.kinds()
    assert not both.table.orders


@pytest.mark.parametrize("both", BY_STATES, indirect=True)
def test_the_stream_names_an_order_whose_answer_was_lost(both):
    both.rest(both.entry.request(both.new(price=FAR)))
    both.stream()
    assert both.kinds() == ["ACK"]


@pytest.mark.parametrize("both", BY_STATES, indirect=True)
def test_a_partial_fill_is_told_in_all_and_confirmed_by_its_fill(both):
    both.ask(both.new(price=both.best(Side.BID), quantity=COIN))
    order = both.order()
    both.house.hit(order, leave=COIN // 2)
    both.stream()
    assert both.kinds()[-3:] == ["FILLED_TOTAL", "FILL", "FEE"]
    assert both.table.orders[1].filled == order.filled == COIN // 2
    both.house.hit(order)
    both.stream()
    assert not both.table.orders
