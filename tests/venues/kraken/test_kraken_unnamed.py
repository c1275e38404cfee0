"""Kraken is asked for orders to which it has given no name: by lists, one for all of them."""

from urllib.parse import parse_qsl

import pytest

from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.venues.kraken.orders.unnamed import Unnamed
from pinnacle.venues.orders.port import Call, What
from pinnacle.venues.reference.offset import Offset
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


def leaves(gateway, order_id=1, row_of=0):
    """An order that goes out now."""
    order = gateway.new(order_id, row=row_of)
    gateway.entry.frame(Call(What.NEW, order), order_id)
    return order


def follow(gateway, call):
    """The question that follows where no open order is the one."""
    return gateway.ask(call, {"error": [], "result": {"open": {}}}).more


def test_the_list_of_open_orders_answers_and_then_what_has_gone_since_the_order_left(gateway):
    leaves(gateway)
    gateway.now_ns += 7_000_000_000
    path, said = asked(gateway, question(gateway))
    assert path == OPEN and set(said) == {"nonce"}
    path, said = asked(gateway, follow(gateway, question(gateway)))
    assert path == CLOSED and set(said) == {"nonce", "start"}
    assert int(said["start"]) == NOW_S - 5


def test_when_it_left_is_the_venues_time_of_then_whatever_its_clock_is_found_to_be_since(gateway):
    gateway.entry.follow(Offset(2_000_000_000, 0))
    leaves(gateway)
    gateway.entry.follow(Offset(600_000_000_000, 0))  # this machine has slept
    _, said = asked(gateway, follow(gateway, question(gateway)))
    assert int(said["start"]) == NOW_S + 2 - 5


def test_one_that_left_in_another_run_is_asked_for_by_our_name_alone(gateway):
    order = gateway.new()
    call = follow(gateway, question(gateway))
    path, said = asked(gateway, call)
    assert path == CLOSED and said["cl_ord_id"] == order.client_id and "start" not in said
    assert gateway.entry.list_of(call) == ""
    (report,) = closed(gateway, call, {}, 0).reports
    assert (report.kind, report.reason) == (Kind.REJECTED, Reason.UNKNOWN_ORDER)


def test_one_that_rests_is_told_with_its_name(gateway):
    order = gateway.new()
    listed = dict(strangers(3)) | {"OX": row(order)}
    answered = gateway.ask(question(gateway), {"error": [], "result": {"open": listed}})
    (report,) = answered.reports
    assert (report.kind, report.order_id, report.side) == (Kind.ORDER_STATUS, 1, Side.BID)
    assert report.venue_id == "OX" and answered.more is None


def test_one_that_has_gone_is_told_with_its_fills(gateway):
    order = leaves(gateway)
    rows = dict(strangers(10)) | {"OX": row(order, status="closed", vol_exec="0.0100", cost="600")}
    answered = closed(gateway, follow(gateway, question(gateway)), rows, 300)
    (report,) = answered.reports
    assert (report.kind, report.quantity, report.venue_id) == (Kind.FILLED_TOTAL, 100, "OX")
    assert answered.more is None


def test_what_a_whole_list_does_not_have_is_unknown(gateway):
    order = leaves(gateway)
    call = follow(gateway, question(gateway))
    (report,) = closed(gateway, call, dict(strangers(3)), 3).reports
    assert (report.reason, report.order_id) == (Reason.UNKNOWN_ORDER, order.order_id)


def test_what_a_part_of_a_list_does_not_have_is_asked_for_alone(gateway):
    order = leaves(gateway)
    call = follow(gateway, question(gateway))
    answered = closed(gateway, call, dict(strangers(50)), 51)
    assert not answered.reports
    path, said = asked(gateway, answered.more)
    assert (path, said["cl_ord_id"]) == (CLOSED, order.client_id)
    (report,) = closed(gateway, answered.more, dict(strangers(50)), 51).reports
    assert report.reason == Reason.UNKNOWN_ORDER


@pytest.mark.parametrize("result", [{}, {"closed": {}}, {"open": {}}, {"count": 0}])
def test_an_answer_that_is_no_list_says_nothing(gateway, result):
    leaves(gateway)
    call = follow(gateway, question(gateway))
    answered = gateway.ask(call, {"error": [], "result": result})
    assert "not Kraken's answer" in answered.fault and not answered.reports
    if "open" not in result:
        for call in (question(gateway), Call(What.OPEN)):
            answered = gateway.ask(call, {"error": [], "result": result})
            assert "not Kraken's answer" in answered.fault and not answered.reports


def test_questions_about_orders_without_a_name_and_the_list_itself_share_a_request(gateway):
    leaves(gateway)
    gateway.now_ns += 60_000_000_000
    leaves(gateway, 2, row_of=1)
    one, other = question(gateway), question(gateway, 2)
    list_of = gateway.entry.list_of
    assert list_of(one) == list_of(other) == list_of(Call(What.OPEN)) != ""
    assert asked(gateway, gateway.entry.one_of([Call(What.OPEN), other, one]))[0] == OPEN
    one, other = follow(gateway, one), follow(gateway, other)
    assert list_of(one) == list_of(other) not in ("", list_of(Call(What.OPEN)))
    assert gateway.entry.one_of([other, one]) == one, "it left first"


def test_when_an_order_left_is_kept_of_the_last_ones(gateway):
    unnamed = Unnamed()
    for order_id in range(5000):
        unnamed.left(order_id, order_id)
    assert len(unnamed._left_ns) == 4096 and min(unnamed._left_ns) == 5000 - 4096


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
