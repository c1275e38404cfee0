"""Kraken is asked for orders to which it has given no name: by lists, one for all of them."""

from urllib.parse import parse_qsl

import pytest

from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.venues.orders.port import Call, What
from tests.venues.kraken.kraken_gateway import NOW_S, Gateway

OPEN, CLOSED = "/0/private/OpenOrders", "/0/private/ClosedOrders"


@pytest.fixture
def gateway(tmp_path):
    return Gateway(tmp_path)


def question(gateway, order_id=1, page=""):
    order = gateway.known.order(order_id)
    return Call(What.QUERY, order, page=page)


def row(order, **terms):
    told = {"status": "open", "cl_ord_id": order.client_id, "vol": "0.0100", "vol_exec": "0"}
    pair = {"pair": "BTC/USD", "type": "buy", "ordertype": "limit", "price": "60000.0"}
    return told | {"descr": pair, "cost": "0"} | terms


def strangers(count):
    """That many orders of nobody."""
    for number in range(count):
        yield (
            f"OS{number}",
            {
                "status": "canceled",
                "cl_ord_id": f"s{number}",
                "vol": "1",
                "descr": {"pair": "BTC/USD", "type": "sell", "ordertype": "limit", "price": "1"},
            },
        )


def closed(gateway, call, rows, count):
    return gateway.ask(call, {"error": [], "result": {"closed": rows, "count": count}})


def asked(gateway, call):
    """Path and parameters."""
    request = gateway.entry.request(call)
    return request.target, dict(parse_qsl(request.body.decode()))


def test_the_list_of_open_orders_answers_and_then_what_has_gone_since_the_order_was_made(gateway):
    gateway.new()
    gateway.now_ns += 7_000_000_000
    path, said = asked(gateway, question(gateway))
    assert path == OPEN and set(said) == {"nonce"}
    more = gateway.ask(question(gateway), {"error": [], "result": {"open": {}}}).more
    path, said = asked(gateway, more)
    assert path == CLOSED and said["ofs"] == "0"
    assert NOW_S - 6 <= int(said["start"]) <= NOW_S


def test_one_that_rests_is_told_with_its_name(gateway):
    order = gateway.new()
    listed = dict(strangers(3)) | {"OX": row(order)}
    answered = gateway.ask(question(gateway), {"error": [], "result": {"open": listed}})
    (report,) = answered.reports
    assert (report.kind, report.order_id, report.side) == (Kind.ORDER_STATUS, 1, Side.BID)
    assert report.venue_id == "OX" and answered.more is None


def test_all_parts_of_what_has_gone_are_looked_through_before_it_is_unknown(gateway):
    order = gateway.new()
    call = question(gateway, page="0")
    seen = 0
    for part in parts():
        answered = closed(gateway, call, dict(part), 120)
        seen += len(part)
        if seen < 120:
            assert not answered.reports and answered.more.page == str(seen)
            call = answered.more
    (report,) = answered.reports
    assert (report.kind, report.reason) == (Kind.REJECTED, Reason.UNKNOWN_ORDER)
    assert report.order_id == order.order_id and answered.more is None


def parts():
    rows = list(strangers(120))
    return [rows[at : at + 50] for at in range(0, 120, 50)]


def test_one_that_has_gone_is_found_in_any_part(gateway):
    order = gateway.new()
    rows = dict(strangers(10)) | {"OX": row(order, status="closed", vol_exec="0.0100", cost="600")}
    answered = closed(gateway, question(gateway, page="50"), rows, 300)
    (report,) = answered.reports
    assert (report.kind, report.quantity, report.venue_id) == (Kind.FILLED_TOTAL, 100, "OX")
    assert answered.more is None


def test_a_part_that_is_empty_ends_the_search(gateway):
    gateway.new()
    (report,) = closed(gateway, question(gateway, page="50"), {}, 300).reports
    assert report.reason == Reason.UNKNOWN_ORDER


def test_questions_about_orders_without_a_name_and_the_list_itself_share_a_request(gateway):
    gateway.new()
    gateway.new(2, row=1)
    one, other = question(gateway), question(gateway, 2)
    list_of = gateway.entry.list_of
    assert list_of(one) == list_of(other) == list_of(Call(What.OPEN)) != ""
    assert list_of(one._replace(page="0")) == list_of(other._replace(page="0")) != list_of(one)
    assert list_of(one._replace(page="50")) != list_of(one._replace(page="0"))


def test_one_with_a_name_is_asked_for_alone(gateway):
    gateway.new()
    gateway.known.called(1, "OX")
    call = question(gateway)
    assert gateway.entry.list_of(call) == ""
    path, said = asked(gateway, call)
    assert (path, said["txid"]) == ("/0/private/QueryOrders", "OX")
    (report,) = gateway.ask(call, {"error": [], "result": {}}).reports
    assert report.reason == Reason.UNKNOWN_ORDER


def test_other_calls_share_nothing(gateway):
    order = gateway.new()
    for what in (What.NEW, What.CANCEL, What.FILLS, What.BALANCES, What.TOKEN):
        assert gateway.entry.list_of(Call(what, order)) == ""
