"""Orders by what the venue calls them: after a restart too, of strangers, and not for ever."""

import numpy as np
import pytest

from pinnacle.core.schema import (
    Flag,
    Kind,
    OrderType,
    Reason,
    Side,
    Source,
    TimeInForce,
    events_pointer,
)
from pinnacle.gateway import known as knowns
from pinnacle.gateway.config import GatewayConfig
from pinnacle.gateway.known import KnownOrders
from pinnacle.gateway.table import make_table
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Report
from pinnacle.venues.orders.records import records
from tests.gateway_orders import SECOND, from_risk
from tests.records import run

OURS, OTHERS = ClientIds(1), ClientIds(2)
INSTRUMENT, ROW = 7, 3  # of the gateway's instruments


@pytest.fixture
def table():
    return make_table(GatewayConfig(), live=True)


def known_of(table, foreign="report", **terms):
    return KnownOrders(table, OURS, {INSTRUMENT: ROW}, foreign, **terms)


def new(table, order_id=1, **fields):
    row = from_risk(Kind.NEW, order_id, instrument_id=INSTRUMENT, **fields)
    run(table.decided, row)
    return row


def told(table, kind, order_id=1, venue_id="", **fields):
    report = Report(kind, order_id, ROW, Side.BID, 100, 10, venue_id=venue_id)._replace(**fields)
    rows = records([report], [0, 0, 0, INSTRUMENT], SECOND, Source.EXCHANGE, 0)
    run(table.decided, rows)


def test_an_order_is_found_by_its_client_id_and_by_the_venues(table):
    known = known_of(table)
    new(table)
    known.called(1, "v-1")
    assert known.by_client(OURS.text(1)) == known.by_client(OURS.text(1).upper()) == 1
    assert known.by_venue("v-1") == 1
    assert known.by_client("somebody's") is known.by_venue("v-2") is None
    assert known.by_client(OTHERS.text(1)) is None, "another session's, of the same number"


def test_an_order_is_as_the_table_has_it(table):
    known = known_of(table)
    new(table)
    told(table, Kind.ACK, venue_id="v-1")
    told(table, Kind.FILL, quantity=4, aux=5)
    known.called(1, "v-1")
    order = known.order(1)
    assert (order.row, order.side, order.price, order.quantity) == (ROW, Side.BID, 100, 10)
    assert (order.filled, order.venue_id, order.client_id) == (4, "v-1", OURS.text(1))
    assert known.order(2) is None


@pytest.mark.parametrize("kind", [OrderType.LIMIT, OrderType.MARKET])
@pytest.mark.parametrize("tif", [TimeInForce.GTC, TimeInForce.IOC])
@pytest.mark.parametrize("post_only", [True, False])
def test_the_terms_of_a_new_order_are_those_of_its_record(table, kind, tif, post_only):
    flags = Flag.POST_ONLY if post_only else 0
    row = new(table, aux=tif | kind << 8, flags=flags)
    order = known_of(table).of_record(events_pointer(row)[0])
    terms = (kind == OrderType.MARKET, tif, post_only)
    assert (order.is_market, order.time_in_force, order.post_only) == terms
    assert (order.row, order.client_id, order.venue_id) == (ROW, OURS.text(1), "")


def test_names_are_there_after_a_restart_of_open_orders_and_of_those_that_are_gone(table):
    new(table, 1), new(table, 2)
    told(table, Kind.ACK, 1, "v-1"), told(table, Kind.ACK, 2, "v-2")
    told(table, Kind.CANCELLED, 2, quantity=0)
    known = known_of(table)
    assert known.by_venue("v-1") == 1 and known.order(1).venue_id == "v-1"
    assert known.by_venue("v-2") == 2, "its late fills must find it"
    assert known.order(2) is None
    assert known.by_venue("") is None, "what has no name is not found by none"


def test_after_a_restart_the_order_that_is_open_has_a_name_that_two_had(table):
    """A venue that gives a name again means the last one."""
    new(table, 1)
    told(table, Kind.ACK, 1, "v"), told(table, Kind.CANCELLED, 1, quantity=0)
    new(table, 2)
    told(table, Kind.ACK, 2, "v")
    assert known_of(table).by_venue("v") == 2


def test_after_a_restart_the_last_that_is_gone_has_a_name_that_two_had(table):
    for order_id in (1, 2):
        new(table, order_id)
        told(table, Kind.ACK, order_id, "v")
        told(table, Kind.CANCELLED, order_id, quantity=0)
    assert known_of(table).by_venue("v") == 2


# Of strangers


@pytest.mark.parametrize("client_id", ["", "by hand", OURS.text(1)[:-1]])
@pytest.mark.parametrize("foreign", ["report", "halt"])
def test_an_order_of_somebody_else_is_left_alone_and_counted_once(table, foreign, client_id):
    met = []
    known = known_of(table, foreign, met=lambda *which: met.append(which))
    for _ in range(2):
        assert known.adopted("v-9", client_id) is None
    assert met == [("v-9", client_id)]
    assert known.strangers == {"v-9": client_id} and known.by_venue("v-9") is None


def test_an_order_of_somebody_else_is_adopted_to_be_cancelled_where_that_is_wanted(table):
    known = known_of(table, "cancel")
    first, second = known.adopted("v-9", ""), known.adopted("v-10", "by hand")
    assert first != second and first >> 48 == second >> 48 == 0xFE
    assert known.adopted("v-9", "") == first == known.by_venue("v-9")
    assert known.strangers == {}
    told(table, Kind.ORDER_STATUS, first, "v-9")
    assert known.order(first).venue_id == "v-9"


@pytest.mark.parametrize("foreign", ["report", "cancel", "halt"])
def test_an_order_of_another_session_of_ours_is_adopted_whatever_is_said_of_strangers(
    table, foreign
):
    known = known_of(table, foreign)
    adopted = known.adopted("v-9", OTHERS.text(1))
    assert adopted is not None and adopted != 1 and known.strangers == {}


def test_a_stranger_has_the_same_id_after_a_restart(table):
    """Or it would be there twice."""
    adopted = known_of(table, "cancel").adopted("v-9", "")
    assert known_of(table, "cancel").adopted("v-9", "") == adopted
    told(table, Kind.ORDER_STATUS, adopted, "v-9")
    assert known_of(table, "cancel").adopted("v-9", "") == adopted


# For how long


def test_the_oldest_names_are_forgotten_but_not_those_of_open_orders(table, monkeypatch):
    monkeypatch.setattr(knowns, "_GONE_MAX", 8)
    known = known_of(table)
    new(table, 1)
    for order_id in range(1, 100):
        known.called(order_id, f"v-{order_id}")
        assert len(known._by_venue) <= 9 and len(known._names) <= 9
    assert known.by_venue("v-1") == 1 and known.order(1).venue_id == "v-1"
    assert known.by_venue("v-2") is None
    assert known.by_venue("v-99") == 99


def test_open_orders_alone_make_no_room_and_are_all_known(table, monkeypatch):
    monkeypatch.setattr(knowns, "_GONE_MAX", 8)
    known = known_of(table)
    for order_id in range(1, 30):
        new(table, order_id)
        known.called(order_id, f"v-{order_id}")
    assert all(known.by_venue(f"v-{order_id}") == order_id for order_id in range(1, 30))


def test_an_order_that_is_called_the_same_again_and_again_crowds_nobody_out(table, monkeypatch):
    monkeypatch.setattr(knowns, "_GONE_MAX", 8)
    known = known_of(table)
    for order_id in range(1, 9):
        known.called(order_id, f"v-{order_id}")
    for _ in range(20):
        known.called(8, "v-8")
    assert known.by_venue("v-1") == 1


def test_strangers_are_bounded(table, monkeypatch):
    monkeypatch.setattr(knowns, "_GONE_MAX", 8)
    known = known_of(table)
    for number in range(100):
        known.adopted(f"v-{number}", "")
    assert len(known.strangers) <= 8 and "v-99" in known.strangers


def test_a_refused_order_has_no_name(table):
    known = known_of(table)
    new(table)
    told(table, Kind.REJECTED, reason=Reason.WOULD_TAKE)
    assert known.order(1) is None and np.size(list(table.gone())) == 1
