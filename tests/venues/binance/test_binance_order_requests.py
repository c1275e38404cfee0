"""Every call to Binance is the request, or the frame, that its documents show."""

import json
from urllib.parse import parse_qsl

import pytest

from pinnacle.core.schema import OrderType, Side, TimeInForce
from pinnacle.venues.binance.orders.asking import TRADES_MS
from pinnacle.venues.binance.signing import (
    Ed25519Key,
    HmacKey,
    verify_params,
    verify_rest,
    window,
)
from pinnacle.venues.orders.port import Call, What
from pinnacle.venues.reference.offset import Offset
from tests.beside import BESIDE, needs
from tests.venues.binance.binance_desk import ED25519, HMAC, NOW_MS, NOW_NS, Gateway, params_of

ANSWERS = BESIDE / "data/venue_fixtures/ccxt_extract/static_request_known_answers.json"
ID = "9ace1234-5678-49ab-8000-000000000001"
#: How each kind of order is meant, and what it says besides symbol, side and ids.
ORDERS = {
    "limit": ({}, {"type": "LIMIT", "timeInForce": "GTC", "price": "60000.00"}),
    "post-only": ({"post_only": True}, {"type": "LIMIT_MAKER", "price": "60000.00"}),
    "ioc": ({"tif": TimeInForce.IOC}, {"type": "LIMIT", "timeInForce": "IOC", "price": "60000.00"}),
    "fok": ({"tif": TimeInForce.FOK}, {"type": "LIMIT", "timeInForce": "FOK", "price": "60000.00"}),
    "market": ({"kind": OrderType.MARKET, "tif": TimeInForce.IOC}, {"type": "MARKET"}),
}
HEAD = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "quantity": "0.00100",
    "newClientOrderId": ID,
    "newOrderRespType": "RESULT",
    "timestamp": str(NOW_MS),
}


@pytest.mark.parametrize("name", ORDERS)
def test_a_new_order_by_rest_says_what_its_type_needs_and_nothing_else(name):
    meant, said = ORDERS[name]
    gateway = Gateway()
    request = gateway.entry.request(Call(What.NEW, gateway.new(**meant)))
    path, params = params_of(request.target, request.body)
    assert (request.method, path, request.target) == ("POST", "/api/v3/order", path)
    assert params == HEAD | said
    assert request.headers == {
        "X-MBX-APIKEY": HMAC.key,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    assert verify_rest(HmacKey(HMAC.key, HMAC.secret), "", request.body)


@pytest.mark.parametrize("name", ORDERS)
def test_a_new_order_on_the_socket_says_the_same(name):
    meant, said = ORDERS[name]
    gateway = Gateway()
    frame = json.loads(gateway.entry.frame(Call(What.NEW, gateway.new(**meant)), 42))
    params = frame["params"]
    assert (frame["id"], frame["method"]) == (42, "order.place")
    assert verify_params(HmacKey(HMAC.key, HMAC.secret), params)
    assert params.pop("apiKey") == HMAC.key and params.pop("signature")
    assert params == HEAD | said | {"timestamp": NOW_MS}


def test_an_order_to_sell_says_so():
    gateway = Gateway()
    order = gateway.new(side=Side.ASK, row=1, price=250_000, quantity=5000)
    _, params = params_of("/", gateway.entry.request(Call(What.NEW, order)).body)
    found = params["symbol"], params["side"], params["price"], params["quantity"]
    assert found == ("ETHUSDT", "SELL", "2500.00", "0.5000")


@pytest.mark.parametrize(
    ("call", "method", "verb", "path", "params"),
    [
        (What.CANCEL, "order.cancel", "DELETE", "/api/v3/order", {"orderId": "28"}),
        (What.QUERY, "order.status", "GET", "/api/v3/order", {"orderId": "28"}),
    ],
)
def test_an_order_that_the_venue_has_named_goes_by_that_name(call, method, verb, path, params):
    gateway = Gateway()
    request = gateway.entry.request(Call(call, gateway.live()))
    assert request.method == verb and not request.body
    assert params_of(request.target) == (
        path,
        {"symbol": "BTCUSDT", "timestamp": str(NOW_MS)} | params,
    )
    frame = json.loads(gateway.entry.frame(Call(call, gateway.order()), 1))
    assert frame["method"] == method and frame["params"]["orderId"] == 28


@pytest.mark.parametrize("call", [What.CANCEL, What.QUERY])
def test_an_order_that_it_has_not_named_goes_by_ours(call):
    gateway = Gateway()
    _, params = params_of(gateway.entry.request(Call(call, gateway.new())).target)
    assert params["origClientOrderId"] == ID and "orderId" not in params


@pytest.mark.parametrize(
    ("call", "path", "params"),
    [
        (Call(What.CANCEL_ALL), "/api/v3/openOrders", {"symbol": "BTCUSDT"}),
        (Call(What.CANCEL_ALL, page="1"), "/api/v3/openOrders", {"symbol": "ETHUSDT"}),
        (Call(What.OPEN), "/api/v3/openOrders", {"symbol": "BTCUSDT"}),
        (Call(What.OPEN, page="1"), "/api/v3/openOrders", {"symbol": "ETHUSDT"}),
        (Call(What.BALANCES), "/api/v3/account", {"omitZeroBalances": "true"}),
        (Call(What.FEES, page="1"), "/api/v3/account/commission", {"symbol": "ETHUSDT"}),
        (
            Call(What.FILLS, since_ns=NOW_NS - 5_000_000_000),
            "/api/v3/myTrades",
            {
                "symbol": "BTCUSDT",
                "limit": "1000",
                "startTime": str(NOW_MS - 5000),
                "endTime": str(NOW_MS - 5000 + TRADES_MS - 1),
            },
        ),
        (
            Call(What.FILLS, page=f"1:{NOW_MS}:77"),
            "/api/v3/myTrades",
            {"symbol": "ETHUSDT", "limit": "1000", "fromId": "77"},
        ),
    ],
)
def test_a_list_is_asked_for_an_instrument_at_a_time(call, path, params):
    request = Gateway().entry.request(call)
    verb = "DELETE" if call.what is What.CANCEL_ALL else "GET"
    assert (request.method, request.body) == (verb, b"")
    assert params_of(request.target) == (path, params | {"timestamp": str(NOW_MS)})


def test_the_executions_of_an_order_are_asked_for_by_its_name():
    gateway = Gateway()
    call = Call(What.QUERY, gateway.live(), page="28")
    path, params = params_of(gateway.entry.request(call).target)
    assert path == "/api/v3/myTrades"
    assert params == {"symbol": "BTCUSDT", "orderId": "28", "timestamp": str(NOW_MS)}


def test_instruments_are_asked_for_without_a_key():
    request = Gateway().entry.request(Call(What.NAMES))
    path, _, query = request.target.partition("?")
    assert (request.method, path, request.headers) == ("GET", "/api/v3/exchangeInfo", {})
    assert parse_qsl(query) == [("symbols", '["BTCUSDT","ETHUSDT"]')]
    assert Gateway().entry.needs() == (Call(What.NAMES),)


def test_with_a_secret_the_stream_begins_with_a_signed_subscription():
    (text,) = Gateway().entry.greeting()
    frame = json.loads(text)
    assert frame["method"] == "userDataStream.subscribe.signature"
    assert verify_params(HmacKey(HMAC.key, HMAC.secret), frame["params"])
    assert set(frame["params"]) == {"apiKey", "timestamp", "signature"}


def test_with_an_ed25519_key_a_session_begins_and_then_the_stream():
    gateway = Gateway(ED25519)
    (text,) = gateway.entry.greeting()
    frame = json.loads(text)
    assert frame["method"] == "session.logon"
    assert verify_params(Ed25519Key(ED25519.key, ED25519.private_key), frame["params"])
    heard = gateway.hear({"id": frame["id"], "status": 200, "result": {"apiKey": ED25519.key}})
    assert not heard.ready
    (said,) = heard.say
    assert json.loads(said)["method"] == "userDataStream.subscribe"
    assert "params" not in json.loads(said)
    assert gateway.hear({"id": json.loads(said)["id"], "status": 200, "result": {}}).ready


def test_within_a_session_a_frame_is_stamped_and_not_signed():
    gateway = Gateway(ED25519)
    params = json.loads(gateway.entry.frame(Call(What.CANCEL, gateway.live()), 3))["params"]
    assert params == {"symbol": "BTCUSDT", "orderId": 28, "timestamp": NOW_MS}


def test_with_an_ed25519_key_a_request_by_rest_is_signed_all_the_same():
    gateway = Gateway(ED25519)
    request = gateway.entry.request(Call(What.BALANCES))
    key = Ed25519Key(ED25519.key, ED25519.private_key)
    assert verify_rest(key, request.target.partition("?")[2])


@pytest.mark.parametrize("drift_ns", [1_500_000_000, -6_000_000_000])
def test_stamps_follow_the_venues_clock_however_far_it_has_come(drift_ns):
    gateway = Gateway()
    gateway.entry.follow(Offset(drift_ns, 2_000_000))
    _, params = params_of(gateway.entry.request(Call(What.BALANCES)).target)
    stamp, venue_ns = int(params["timestamp"]), NOW_NS + drift_ns
    assert not window().is_ahead(stamp, venue_ns) and not window().is_late(stamp, venue_ns)
    assert abs(stamp - venue_ns // 1_000_000) <= 2


def test_of_many_instruments_open_orders_are_one_list(monkeypatch):
    gateway = Gateway()
    asking = gateway.entry._asking
    monkeypatch.setattr(asking, "_terms", asking._terms * 7)
    _, params = params_of(gateway.entry.request(Call(What.OPEN)).target)
    assert params == {"timestamp": str(NOW_MS)}


@needs(ANSWERS)
def test_orders_are_those_of_another_known_connector():
    """But for what it leaves out of its comparison, and how much is answered."""
    found = json.loads(ANSWERS.read_text(encoding="utf-8"))["binance"]
    left_out = {*found["ignore"], "newOrderRespType", "symbol", "quantity", "price"}
    for case, name in ((0, "limit"), (1, "post-only")):
        theirs = found["cases"][case]
        gateway = Gateway()
        request = gateway.entry.request(Call(What.NEW, gateway.new(**ORDERS[name][0])))
        assert theirs["url"].endswith(request.target)
        ours = params_of(request.target, request.body)[1]
        wanted = dict(parse_qsl(theirs["body"]))
        assert {n: v for n, v in ours.items() if n not in left_out} == {
            n: v for n, v in wanted.items() if n not in left_out
        }, theirs["what"]
        assert set(ours) == set(wanted) - {"recvWindow"}
