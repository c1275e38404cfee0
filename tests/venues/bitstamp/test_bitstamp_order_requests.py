"""What Bitstamp is asked: paths and forms, letter for letter, and who signed them."""

import json
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import ConfigError
from pinnacle.core.schema import Side, TimeInForce
from pinnacle.venues.bitstamp.config import BitstampOrdersConfig
from pinnacle.venues.bitstamp.orders.entry import UNSEEN_NS, BitstampOrders
from pinnacle.venues.bitstamp.signing import NONCE, TIMESTAMP, BitstampKey
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Call, Desk, What, When
from pinnacle.venues.reference.offset import Offset
from tests.beside import BESIDE, needs
from tests.venues.bitstamp.bitstamp_gateway import (
    KEY,
    TRADED,
    USER,
    V1,
    Both,
    Gateway,
    order_frame,
    placed,
)
from tests.venues.orders.traded import COIN, DOLLAR, SECOND, T0, answer

ID = ClientIds(7).text(1)
ANSWERS = BESIDE / "data/venue_fixtures/ccxt_extract/static_request_known_answers.json"
DAY_S = 86_400


@pytest.fixture
def gateway():
    return Gateway()


def asked(gateway, call):
    """Path and form."""
    request = gateway.entry.request(call)
    assert request.method == "POST"
    return request.target, request.body.decode()


@pytest.mark.parametrize(
    ("terms", "flag"),
    [
        ({}, ""),
        ({"post_only": True}, "&moc_order=True"),
        ({"time_in_force": TimeInForce.IOC}, "&ioc_order=True"),
        ({"time_in_force": TimeInForce.FOK}, "&fok_order=True"),
        ({"time_in_force": TimeInForce.DAY}, "&daily_order=True"),
    ],
)
def test_a_limit_order_says_amount_price_our_name_and_one_flag(gateway, terms, flag):
    call = gateway.new(price=60_000_50, quantity=COIN // 1000, **terms)
    form = f"amount=0.00100000&price=60000.50&client_order_id={ID}{flag}"
    assert asked(gateway, call) == ("/api/v2/buy/btcusd/", form)


def test_a_market_order_has_an_amount_and_no_price(gateway):
    call = gateway.new(side=Side.ASK, price=0, quantity=2 * COIN, row=1, is_market=True)
    form = f"amount=2.00000000&client_order_id={ID}"
    assert asked(gateway, call) == ("/api/v2/sell/market/ethusd/", form)


@pytest.mark.parametrize(
    ("tif", "flag"), [(TimeInForce.IOC, "ioc_order"), (TimeInForce.FOK, "fok_order")]
)
def test_what_may_neither_rest_nor_take_is_said_so_that_the_venue_refuses_it(gateway, tif, flag):
    _, form = asked(gateway, gateway.new(time_in_force=tif, post_only=True))
    assert form.endswith(f"&{flag}=True&moc_order=True")


def test_a_cancel_and_a_question_name_the_order_as_the_venue_does(gateway):
    order = gateway.live()
    assert asked(gateway, Call(What.CANCEL, order)) == ("/api/v2/cancel_order/", f"id={V1}")
    assert asked(gateway, Call(What.QUERY, order)) == ("/api/v2/order_status/", f"id={V1}")
    assert asked(gateway, Call(What.FILLS, order)) == ("/api/v2/order_status/", f"id={V1}")


def test_before_that_they_name_it_as_we_do_and_need_not_wait(gateway):
    order = gateway.new().order
    for what in (What.CANCEL, What.QUERY):
        call = Call(what, order)
        assert gateway.entry.when(call) is When.NOW
        assert asked(gateway, call)[1] == f"client_order_id={ID}"


def test_a_call_made_before_the_order_had_a_name_uses_the_one_that_it_has_by_now(gateway):
    call = gateway.new()
    cancel = Call(What.CANCEL, call.order)
    gateway.entry.answered(call, answer(placed(call.order)))
    assert asked(gateway, cancel)[1] == f"id={V1}"


@pytest.mark.parametrize(
    ("call", "path", "form"),
    [
        (Call(What.TOKEN), "websockets_token/", ""),
        (Call(What.CANCEL_ALL), "cancel_all_orders/", ""),
        (Call(What.OPEN), "open_orders/", ""),
        (Call(What.BALANCES), "account_balances/", ""),
        (Call(What.FEES), "fees/trading/", ""),
        (
            Call(What.FILLS, since_ns=T0 - DAY_S * SECOND),
            "user_transactions/",
            f"since_timestamp={T0 // SECOND - DAY_S}&sort=asc&limit=1000",
        ),
        (
            Call(What.FILLS, since_ns=T0, page="400000123"),
            "user_transactions/",
            "since_id=400000123&sort=asc&limit=1000",
        ),
        (
            Call(What.EVENTS, page="1 019f4ac8-1"),
            "account_order_data/",
            "order_source=orderbook&market=ETH%2FUSD&since_id=019f4ac8-1",
        ),
    ],
)
def test_what_is_of_no_order_has_a_path_and_a_form(gateway, call, path, form):
    assert asked(gateway, call) == (f"/api/v2/{path}", form)


def test_fills_are_never_asked_for_from_longer_ago_than_the_venue_allows(gateway):
    _, form = asked(gateway, Call(What.FILLS, since_ns=0))
    since_s = int(dict(parse_qsl(form))["since_timestamp"])
    assert T0 // SECOND - 30 * DAY_S < since_s < T0 // SECOND - 29 * DAY_S


def test_names_come_without_a_key(gateway):
    request = gateway.entry.request(Call(What.NAMES))
    assert request == ("GET", "/api/v2/markets/", {}, b"")
    assert [call.what for call in gateway.entry.needs()] == [What.NAMES, What.TOKEN]


def test_a_pair_is_of_the_currencies_that_the_venue_says(gateway):
    listed = [{"name": "XBT/USDX", "market_symbol": "btcusd"}, {"name": "?", "market_symbol": "?"}]
    gateway.entry.answered(Call(What.NAMES), answer(listed))
    _, form = asked(gateway, Call(What.EVENTS, page="0 1"))
    assert "market=XBT%2FUSDX" in form


# Signatures


@pytest.mark.parametrize("what", [What.OPEN, What.NEW])
def test_a_request_is_signed_with_or_without_a_body(gateway, what):
    call = gateway.new() if what is What.NEW else Call(what)
    request = gateway.entry.request(call)
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert ("content-type" in headers) == bool(request.body)
    key = BitstampKey(KEY.name, KEY.kept["secret"])
    assert key.verify("POST", Both.HOST, request.target, headers, request.body)
    assert not key.verify("POST", Both.HOST, request.target, headers, request.body + b"1")


def test_two_requests_of_one_millisecond_have_different_nonces_of_36_characters(gateway):
    nonces = {gateway.entry.request(Call(What.OPEN)).headers[NONCE] for _ in range(50)}
    assert len(nonces) == 50
    assert {len(nonce) for nonce in nonces} == {36}


def test_a_stamp_is_what_the_venues_clock_shows_in_milliseconds(gateway):
    gateway.entry.follow(Offset(3 * SECOND, 0))
    stamp = gateway.entry.request(Call(What.OPEN)).headers[TIMESTAMP]
    assert int(stamp) == (T0 + 3 * SECOND) // 10**6


# The private channels


def test_both_channels_of_every_pair_are_asked_for_with_the_token_in_short_frames(gateway):
    said = [json.loads(text) for text in gateway.begin()]
    channels = [each["data"]["channel"] for each in said]
    assert channels == [
        f"private-my_{kind}_{name}-{USER}"
        for name in ("btcusd", "ethusd")
        for kind in ("orders", "trades")
    ]
    assert {each["event"] for each in said} == {"bts:subscribe"}
    assert {each["data"]["auth"] for each in said} == {"the-token"}
    assert all(len(text) < 512 for text in gateway.begin())


def test_it_speaks_when_nothing_has_come_for_a_while(gateway):
    assert json.loads(gateway.entry.nudge()) == {"event": "bts:heartbeat"}
    assert gateway.entry.keep_alive_s() == 0


def test_more_instruments_than_a_connection_has_channels_for_are_refused(gateway):
    desk = Desk(TRADED.rows, ["btcusd"] * 513, gateway.known, gateway.clock, gateway.known)
    with pytest.raises(ConfigError, match="513 instruments: 512 at most"):
        BitstampOrders(BitstampOrdersConfig(), Credentials(**KEY.given), desk)


# When


def test_an_order_that_may_not_take_and_is_not_seen_is_looked_at_after_a_second(gateway):
    call = gateway.new(post_only=True)
    found = gateway.entry.answered(call, answer(placed(call.order)))
    gateway.deliver(found.reports)
    assert found.more.what is What.QUERY
    assert gateway.entry.when(found.more) is When.LATER
    gateway.clock.now += UNSEEN_NS
    assert gateway.entry.when(found.more) is When.NOW


def test_one_that_the_stream_has_shown_by_then_is_not(gateway):
    call = gateway.new(post_only=True)
    found = gateway.entry.answered(call, answer(placed(call.order)))
    gateway.deliver(found.reports)
    gateway.begin()
    gateway.heard(order_frame(gateway.known.order(1), "order_created"))
    assert gateway.entry.when(found.more) is When.NEVER


def test_one_that_was_shown_before_its_answer_came_is_not_looked_at_at_all(gateway):
    gateway.begin()
    call = gateway.new(post_only=True)
    gateway.heard(order_frame(call.order, "order_created"))
    assert gateway.entry.answered(call, answer(placed(call.order))).more is None


# Limits


def test_cancels_pass_where_all_else_has_used_what_it_may():
    gateway = Gateway(requests_per_10_minutes=2_000)
    limits, order = gateway.entry.limits, gateway.live()
    for _ in range(1_000):
        limits.take(Call(What.OPEN))
    assert limits.wait(Call(What.NEW, order)) > 0
    assert limits.wait(Call(What.QUERY, order)) > 0


def test_the_last_thousand_are_for_cancels():
    limits = Gateway(requests_per_10_minutes=2_000).entry.limits
    limits.take(Call(What.OPEN))
    window = limits._limits[1]
    window.used(1_000)
    assert window.wait(Call(What.NEW)) > 0
    assert window.wait(Call(What.CANCEL)) == 0
    window.used(2_000)
    assert window.wait(Call(What.CANCEL)) > 0


# Others' known answers


@needs(ANSWERS)
def test_paths_and_forms_are_those_of_others(gateway):
    cases = {
        case["what"]: case
        for case in json.loads(ANSWERS.read_text(encoding="utf-8"))["bitstamp"]["cases"]
    }
    order = {"limit buy": Side.BID, "limit sell": Side.ASK, "market buy": Side.BID}
    for what, side in order.items():
        theirs = dict(parse_qsl(cases[what]["body"]))
        price = int(Decimal(theirs.get("price", "0")) * DOLLAR)
        call = Gateway().new(
            side=side, price=price, quantity=COIN, is_market=what.startswith("market")
        )
        path, form = asked(gateway, call)
        ours = dict(parse_qsl(form))
        assert ours.pop("client_order_id") == ID
        assert cases[what]["url"] == f"https://{Both.HOST}{path.replace('btcusd', 'btcusdt')}"
        assert {k: Decimal(v) for k, v in ours.items()} == {
            k: Decimal(v) for k, v in theirs.items()
        }
    # They send a form that says nothing, so that there is one, and ask pair by pair.
    plain = {
        "balances (ccxt sends a dummy field so that a content type is present)": What.BALANCES,
        "fee of a pair": What.FEES,
        "cancel all of a pair": What.CANCEL_ALL,
    }
    for what, call in plain.items():
        path, form = asked(gateway, Call(call))
        assert cases[what]["url"].removesuffix("btcusdt/") == f"https://{Both.HOST}{path}"
        assert form == ""
    assert cases.keys() == order.keys() | plain.keys()
