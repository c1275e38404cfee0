"""FLATTEN: the quotes go, then the position, by orders that only reduce and are bounded."""

import pytest

from pinnacle.core._native import lib
from pinnacle.core.schema import Flag, Kind, Side, TimeInForce
from tests.desk_table import Table, kinds, live, pass_time
from tests.records import event

EVERYWHERE = 0xFFFFFFFF
RESUME = event(Kind.RESUME, instrument_id=EVERYWHERE)
PERCENT = 1_000_000


def flatten(slippage_e8=PERCENT, most=1000, tries=2, **fields):
    return event(Kind.FLATTEN, price=slippage_e8, quantity=most, aux=tries, **fields)


def holding(lots, **terms):
    """A desk that bought so many lots, or sold them, and has no order."""
    table = Table(stale_ms=0, **terms)
    side = Side.BID if lots > 0 else Side.ASK
    wanted = [(100, abs(lots))] if lots > 0 else [(102, abs(lots))]
    (made,) = table.want(wanted if lots > 0 else [], wanted if lots < 0 else [])
    table.report(Kind.ACK, made)
    table.report(Kind.FILL, made, side=side)
    assert (table.market.position, table.desk.working()) == (lots, 0)
    table.want([], [])
    return table


def closing(table):
    return bool(lib.pmm_desk_closing(table.desk.cdata))


def ends(table, order, filled=0):
    """The venue's answer to an IOC."""
    if filled:
        table.report(Kind.FILL, order, quantity=filled)
    if filled < order["quantity"]:
        table.report(Kind.CANCELLED, order, quantity=order["quantity"] - filled)


@pytest.mark.parametrize(("lots", "side", "price"), [(7, Side.ASK, 99), (-7, Side.BID, 103)])
def test_a_position_is_closed_by_one_order_no_further_than_the_slippage(lots, side, price):
    table = holding(lots)
    table.take(flatten())
    (order,) = table.decide()
    assert (order["kind"], order["side"], order["price"]) == (Kind.NEW, side, price)
    assert (order["quantity"], order["aux"] & 0xFF) == (7, TimeInForce.IOC)
    assert order["flags"] & Flag.POST_ONLY == 0 and closing(table)
    ends(table, order, filled=7)
    assert (table.market.position, kinds(table.decide()), closing(table)) == (0, [], False)


def test_nothing_is_closed_before_the_quotes_are_gone():
    table = holding(4)
    quotes = live(table, [(100, 5)], [(102, 5)])
    table.take(flatten())
    assert kinds(table.decide()) == ["CANCEL", "CANCEL"]
    table.report(Kind.CANCELLED, quotes[0])
    assert kinds(table.decide()) == []
    table.report(Kind.CANCELLED, quotes[1])
    assert kinds(table.decide()) == ["NEW"]


def test_nothing_is_quoted_or_sent_until_resume():
    table = holding(4)
    table.take(flatten(tries=1))
    (order,) = table.decide()
    ends(table, order)
    assert kinds(table.want([(100, 5)], [(102, 5)])) == []
    assert table.market.send(Side.BID, 5, 100, TimeInForce.GTC) == 0
    table.take(RESUME)
    assert kinds(table.want([(100, 5)], [(102, 5)])) == ["NEW", "NEW"]


def test_an_order_is_no_larger_than_allowed_and_the_next_waits_for_the_one_before_and_its_rest():
    table = holding(7)
    table.take(flatten(most=3))
    (order,) = table.decide()
    assert order["quantity"] == 3
    pass_time(table, 300)
    assert kinds(table.decide()) == []
    ends(table, order, filled=3)
    pass_time(table, 1)
    sizes = []
    while closing(table):
        for order in table.decide():
            sizes.append(int(order["quantity"]))
            ends(table, order, filled=int(order["quantity"]))
        assert kinds(table.decide()) == []
        pass_time(table, 250)
    assert (sizes, table.market.position) == ([3, 1], 0)


def test_as_many_orders_in_a_row_as_are_allowed_may_fill_nothing():
    table = holding(7)
    table.take(flatten(tries=2))
    outcomes = iter([0, 2, 0, 0])
    sent = 0
    for _ in range(10):
        for order in table.decide():
            sent += 1
            ends(table, order, filled=next(outcomes))
        pass_time(table, 250)
    assert (sent, table.market.position, closing(table)) == (4, 5, False)


def test_what_is_less_than_the_venue_takes_is_left():
    table = holding(7, quantity_min=5)
    table.take(flatten(most=6))
    (order,) = table.decide()
    ends(table, order, filled=6)
    pass_time(table, 250)
    assert (kinds(table.decide()), table.market.position, closing(table)) == ([], 1, False)


@pytest.mark.parametrize("kind", [Kind.HALT, Kind.STOP])
def test_a_halt_or_a_stop_ends_it_and_takes_back_what_is_out(kind):
    table = holding(7)
    table.take(flatten())
    (order,) = table.decide()
    table.report(Kind.ACK, order)
    table.take(event(kind, instrument_id=EVERYWHERE))
    assert kinds(table.decide()) == ["CANCEL"]
    table.report(Kind.CANCELLED, order)
    pass_time(table, 300)
    assert kinds(table.decide()) == []


def test_a_book_that_is_not_good_is_waited_for():
    table = holding(7)
    table.take(event(Kind.BOOK_INVALID, recv_ns=2))
    table.take(flatten())
    assert kinds(table.decide()) == [] and closing(table)


@pytest.mark.parametrize(
    "bad",
    [
        flatten(slippage_e8=-1),
        flatten(slippage_e8=100 * PERCENT + 1),
        flatten(most=0),
        flatten(tries=0),
        flatten(tries=1001),
        flatten(instrument_id=5),
    ],
)
def test_a_record_that_nobody_could_mean_closes_nothing(bad):
    table = holding(7)
    table.take(bad)
    assert not closing(table)
    assert kinds(table.want([(100, 5)])) == ["NEW"]
