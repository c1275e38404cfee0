"""What the venue calls an order is known from the moment that it says so, and from the log."""

from pinnacle.core.schema import Kind, Source
from pinnacle.gateway.known import KnownOrders
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Report
from pinnacle.venues.orders.records import records
from tests.gateway_orders import from_risk, new_table
from tests.records import run


def known_of(table):
    return KnownOrders(table, ClientIds(1), {0: 0}, "report")


def test_an_order_has_its_name_before_the_table_has_read_it():
    table = new_table()
    known = known_of(table)
    run(table.decided, from_risk(Kind.NEW))
    assert known.order(1).venue_id == ""
    known.called(1, "v-1")
    assert (known.order(1).venue_id, known.by_venue("v-1")) == ("v-1", 1)
    assert table.orders[1].venue_id == ""


def test_an_order_that_gets_another_name_is_known_by_both_and_called_by_the_last():
    table = new_table()
    known = known_of(table)
    run(table.decided, from_risk(Kind.NEW))
    known.called(1, "v-1")
    known.called(1, "v-2")
    known.called(1, "")
    assert known.order(1).venue_id == "v-2"
    assert known.by_venue("v-1") == known.by_venue("v-2") == 1


def test_names_are_there_again_after_a_restart():
    table = new_table()
    run(table.decided, from_risk(Kind.NEW))
    ack = Report(Kind.ACK, 1, 0, 1, 100, 10, venue_id="v-1")
    run(table.decided, records([ack], [0], 10**9, Source.EXCHANGE, 0))
    assert known_of(table).order(1).venue_id == "v-1"
