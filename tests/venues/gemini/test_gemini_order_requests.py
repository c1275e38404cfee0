"""What Gemini is asked: payloads and frames, letter for letter, nonces in their order."""

import base64
import json
from decimal import Decimal

import pytest

from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.core.schema import Side, TimeInForce
from pinnacle.venues.gemini.signing import GeminiKey
from pinnacle.venues.orders.nonces import TooFarAhead
from pinnacle.venues.orders.port import Call, What, When
from pinnacle.venues.reference.offset import Offset
from tests.beside import BESIDE, needs
from tests.venues.gemini.gemini_gateway import KEY, Gateway, nonce_of, order_event, said
from tests.venues.orders.traded import COIN, DOLLAR, IDS, SECOND, T0, Clock

ID = IDS.text(1)
COUNTER = KEY._replace(given=KEY.given | {"nonce": "counter"})
RECORDED = BESIDE / "data/venue_fixtures/gocryptotrader/exchanges/gemini/testdata"


@pytest.fixture
def gateway(tmp_path):
    return Gateway(tmp_path)


def framed(gateway, call):
    return json.loads(gateway.entry.frame(call, 42))


@pytest.mark.parametrize(
    ("terms", "tif", "options"),
    [
        ({}, "GTC", []),
        ({"post_only": True}, "MOC", ["maker-or-cancel"]),
        ({"time_in_force": TimeInForce.IOC}, "IOC", ["immediate-or-cancel"]),
        ({"time_in_force": TimeInForce.FOK}, "FOK", ["fill-or-kill"]),
    ],
)
def test_a_limit_order_is_one_of_four_kinds_on_the_socket_and_by_rest(gateway, terms, tif, options):
    call = gateway.new(price=60_000_50, quantity=COIN // 1000, **terms)
    assert framed(gateway, call) == {
        "id": "42",
        "method": "order.place",
        "params": {
            "symbol": "btcusd",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": tif,
            "price": "60000.50",
            "quantity": "0.00100000",
            "clientOrderId": ID,
        },
    }
    request = gateway.entry.request(call)
    assert (request.method, request.target, request.body) == ("POST", "/v1/order/new", b"")
    assert said(request) == {
        "request": "/v1/order/new",
        "client_order_id": ID,
        "symbol": "btcusd",
        "amount": "0.00100000",
        "price": "60000.50",
        "side": "buy",
        "type": "exchange limit",
        "options": options,
    }


def test_a_market_order_has_a_quantity_alone_and_goes_by_no_request(gateway):
    call = gateway.new(side=Side.ASK, price=0, quantity=2 * COIN, row=1, is_market=True)
    assert framed(gateway, call)["params"] == {
        "symbol": "ethusd",
        "side": "SELL",
        "type": "MARKET",
        "quantity": "2.00000000",
        "clientOrderId": ID,
    }
    with pytest.raises(UsageError, match="market orders on its WebSocket alone"):
        gateway.entry.request(call)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"time_in_force": TimeInForce.DAY}, "no order for a day"),
        ({"time_in_force": TimeInForce.IOC, "post_only": True}, "neither rest nor take"),
        ({"time_in_force": TimeInForce.FOK, "post_only": True}, "neither rest nor take"),
    ],
)
def test_an_order_that_would_mean_something_else_there_is_beyond_the_venue(gateway, terms, words):
    assert words in gateway.entry.beyond(gateway.new(**terms))


def test_what_it_has_is_not_beyond_it_but_a_change_is(gateway):
    assert gateway.entry.beyond(gateway.new(post_only=True)) == ""
    assert gateway.entry.beyond(gateway.new(2, time_in_force=TimeInForce.IOC)) == ""
    assert gateway.entry.beyond(Call(What.REPLACE, gateway.live(3))) == "Gemini changes no order"


def test_a_cancel_names_the_order_as_the_venue_does(gateway):
    call = Call(What.CANCEL, gateway.live())
    params = {"orderId": "101"}
    assert framed(gateway, call) == {"id": "42", "method": "order.cancel", "params": params}
    assert said(gateway.entry.request(call)) == {"request": "/v1/order/cancel", "order_id": 101}


def test_a_cancel_waits_until_an_order_event_has_named_its_order(gateway):
    order = gateway.new().order
    cancel = Call(What.CANCEL, order)
    assert gateway.entry.when(cancel) is When.LATER
    gateway.heard(order_event(order, "OPEN", i=109))
    assert gateway.entry.when(cancel) is When.NOW
    assert framed(gateway, cancel)["params"] == {"orderId": "109"}
    assert said(gateway.entry.request(cancel))["order_id"] == 109


def test_a_cancel_of_an_order_that_was_refused_meanwhile_is_never_sent(gateway):
    order = gateway.new().order
    gateway.heard(order_event(order, "REJECTED", r="InsufficientFunds"))
    assert gateway.entry.when(Call(What.CANCEL, order)) is When.NEVER


def test_everything_is_cancelled_by_one_word(gateway):
    call = Call(What.CANCEL_ALL)
    assert framed(gateway, call) == {"id": "42", "method": "order.cancel_all", "params": {}}
    assert said(gateway.entry.request(call)) == {"request": "/v1/order/cancel/all"}


@pytest.mark.parametrize(
    ("call", "payload"),
    [
        (Call(What.OPEN), {"request": "/v1/orders"}),
        (Call(What.BALANCES), {"request": "/v1/balances"}),
        (Call(What.FEES), {"request": "/v1/notionalvolume"}),
        (Call(What.KEEP_ALIVE), {"request": "/v1/heartbeat"}),
        (
            Call(What.FILLS, since_ns=T0),
            {
                "request": "/v1/mytrades",
                "symbol": "btcusd",
                "limit_trades": 500,
                "timestamp": T0 // 10**6,
            },
        ),
        (
            Call(What.FILLS, since_ns=T0, page="1:1790000000123"),
            {
                "request": "/v1/mytrades",
                "symbol": "ethusd",
                "limit_trades": 500,
                "timestamp": 1790000000123,
            },
        ),
        (
            Call(What.FILLS),
            {"request": "/v1/mytrades", "symbol": "btcusd", "limit_trades": 500},
        ),
    ],
)
def test_questions_are_payloads(gateway, call, payload):
    request = gateway.entry.request(call)
    assert (request.method, request.target, request.body) == ("POST", payload["request"], b"")
    assert said(request) == payload


def test_one_order_is_asked_for_by_its_own_id_and_before_that_by_ours_with_its_trades(gateway):
    path = {"request": "/v1/order/status", "include_trades": True}
    order = gateway.new().order
    asked = said(gateway.entry.request(Call(What.QUERY, order)))
    assert asked == path | {"client_order_id": ID}
    live = gateway.live(2, venue_id="1011")
    for what in (What.QUERY, What.FILLS):
        assert said(gateway.entry.request(Call(what, live))) == path | {"order_id": 1011}


def test_instruments_are_asked_for_by_anybody(gateway):
    (names,) = gateway.entry.needs()
    request = gateway.entry.request(names)
    assert request == ("GET", "/v1/symbols/details/all", {}, b"")


def test_a_request_is_signed_over_what_it_says(gateway):
    headers = gateway.entry.request(Call(What.OPEN)).headers
    key = GeminiKey(KEY.name, KEY.given["secret"])
    assert key.verify(headers["X-GEMINI-PAYLOAD"], headers["X-GEMINI-SIGNATURE"])
    assert headers["Content-Type"] == "text/plain" and headers["Cache-Control"] == "no-cache"


def test_the_stream_is_opened_with_four_headers_and_begins_with_the_accounts_orders(gateway):
    headers = gateway.entry.handshake()
    nonce = headers["X-GEMINI-NONCE"]
    assert nonce.isdigit() and T0 // SECOND <= int(nonce) <= T0 // SECOND + 1
    assert base64.b64decode(headers["X-GEMINI-PAYLOAD"]).decode() == nonce
    assert len(headers) == 4
    (text,) = gateway.entry.greeting()
    subscription = {"id": "subscribe", "method": "subscribe", "params": ["orders@account"]}
    assert json.loads(text) == subscription
    assert json.loads(gateway.entry.nudge()) == {"id": "ping", "method": "ping", "params": {}}


def test_a_switch_that_the_key_has_is_fed_every_ten_seconds(tmp_path):
    without = Gateway(tmp_path)
    assert without.entry.keep_alive_s() == 0
    without.entry.close()
    assert 0 < Gateway(tmp_path, has_heartbeat=True).entry.keep_alive_s() <= 15


# Nonces


def test_requests_and_openings_of_a_key_of_time_have_one_rising_sequence(gateway):
    nonces = []
    for _ in range(3):
        nonces.append(nonce_of(gateway.entry.request(Call(What.OPEN))))
        nonces.append(Decimal(gateway.entry.handshake()["X-GEMINI-NONCE"]))
    assert nonces == sorted(set(nonces))
    assert all(abs(nonce - T0 // SECOND) < 5 for nonce in nonces)


def test_nonces_are_of_the_venues_time(gateway):
    gateway.entry.follow(Offset(-3600 * SECOND, 0))
    assert abs(nonce_of(gateway.entry.request(Call(What.OPEN))) - (T0 // SECOND - 3600)) < 5


@pytest.mark.parametrize("key", [KEY, COUNTER], ids=["time-based", "counter"])
def test_nonces_rise_over_a_restart_of_either_kind_of_key(tmp_path, key):
    clock = Clock()
    first = Gateway(tmp_path, clock, key)
    before = nonce_of(first.entry.request(Call(What.OPEN)))
    first.entry.close()
    clock.now -= SECOND  # and the clock was set back
    after = nonce_of(Gateway(tmp_path, clock, key).entry.request(Call(What.OPEN)))
    assert after > before


def test_a_key_that_counts_is_asked_with_whole_numbers_and_opens_no_socket(tmp_path):
    entry = Gateway(tmp_path, key=COUNTER).entry
    assert nonce_of(entry.request(Call(What.OPEN))) == T0 // 1000
    with pytest.raises(ConfigError, match="time-based keys alone"):
        entry.handshake()


def test_a_clock_that_was_set_far_back_lets_nothing_leave(gateway):
    gateway.entry.request(Call(What.OPEN))
    gateway.clock.now -= 60 * SECOND
    with pytest.raises(TooFarAhead):
        gateway.entry.request(Call(What.OPEN))


# Limits


def test_ten_questions_a_second_and_a_few_together_and_cancels_by_rest_count(gateway):
    limits, order = gateway.entry.limits, gateway.live()
    for _ in range(15):
        limits.take(Call(What.QUERY, order))
    assert limits.wait(Call(What.QUERY, order)) == 0
    for _ in range(10):
        gateway.entry.request(Call(What.CANCEL, order))
    assert limits.wait(Call(What.QUERY, order)) > 0.3
    assert limits.wait(Call(What.CANCEL, order)) == 0


@needs(RECORDED)
def test_what_others_have_asked_is_what_is_asked_here(gateway):
    """Members of their recorded payloads, but for what they leave out."""
    routes = json.loads((RECORDED / "http.filtered.json").read_text(encoding="utf-8"))["routes"]

    def recorded(path):
        return [json.loads(e["bodyParams"]) for e in routes[path]["POST"] if e["bodyParams"]]

    order = gateway.live(venue_id="265555413", price=4500 * DOLLAR)
    calls = {
        "/v1/order/cancel": Call(What.CANCEL, order),
        "/v1/order/cancel/all": Call(What.CANCEL_ALL),
        "/v1/balances": Call(What.BALANCES),
        "/v1/orders": Call(What.OPEN),
        "/v1/notionalvolume": Call(What.FEES),
        "/v1/heartbeat": Call(What.KEEP_ALIVE),
    }
    for path, call in calls.items():
        theirs = recorded(path)[0]
        del theirs["nonce"]
        assert said(gateway.entry.request(call)) == theirs
    theirs = recorded("/v1/order/new")[0]
    ours = said(gateway.entry.request(gateway.new(2, price=4500 * DOLLAR)))
    for name in ("request", "symbol", "side", "type"):
        assert ours[name] == theirs[name]
    for name in ("amount", "price"):
        assert Decimal(ours[name]) == Decimal(theirs[name])
    assert "symbol" in recorded("/v1/mytrades")[0]
