"""What Coinbase is asked: targets and bodies, letter for letter, and who signed them."""

import json
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from pinnacle.core.schema import Side, TimeInForce
from pinnacle.venues.coinbase.orders.entry import TOKEN_AGE_S
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Call, What, When
from pinnacle.venues.reference.offset import Offset
from tests.beside import BESIDE, needs
from tests.venues.coinbase.coinbase_gateway import KEY, Gateway
from tests.venues.orders.traded import COIN, DOLLAR, SECOND, T0, answer

BASE = "/api/v3/brokerage"
ID = ClientIds(7).text(1)
ANSWERS = BESIDE / "data/venue_fixtures/ccxt_extract/static_request_known_answers.json"


@pytest.fixture
def gateway():
    return Gateway()


def body_of(request):
    return json.loads(request.body)


def claims_of(token):
    return jwt.decode(
        token,
        KEY.kept["public_key"],
        algorithms=["ES256"],
        options={"verify_exp": False, "verify_nbf": False},
    )


@pytest.mark.parametrize(
    ("terms", "configuration"),
    [
        ({}, {"limit_limit_gtc": {"post_only": False}}),
        ({"post_only": True}, {"limit_limit_gtc": {"post_only": True}}),
        ({"time_in_force": TimeInForce.IOC}, {"sor_limit_ioc": {}}),
        ({"time_in_force": TimeInForce.FOK}, {"limit_limit_fok": {}}),
        (
            {"time_in_force": TimeInForce.DAY},
            {"limit_limit_gtd": {"end_time": "2026-09-22T00:00:00.000000Z", "post_only": False}},
        ),
    ],
)
def test_a_limit_order_is_asked_for_by_the_kind_that_it_is(gateway, terms, configuration):
    request = gateway.entry.request(gateway.new(price=60_000_50, quantity=COIN // 1000, **terms))
    ((kind, fields),) = configuration.items()
    numbers = {"base_size": "0.00100000", "limit_price": "60000.50"}
    assert (request.method, request.target) == ("POST", f"{BASE}/orders")
    assert body_of(request) == {
        "client_order_id": ID,
        "product_id": "BTC-USD",
        "side": "BUY",
        "order_configuration": {kind: numbers | fields},
    }


def test_a_market_order_has_a_size_and_no_price(gateway):
    call = gateway.new(side=Side.ASK, price=0, quantity=COIN * 2, row=1, is_market=True)
    said = body_of(gateway.entry.request(call))
    assert said["side"] == "SELL"
    assert said["product_id"] == "ETH-USD"
    assert said["order_configuration"] == {"market_market_ioc": {"base_size": "2.00000000"}}


@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK])
def test_what_may_neither_rest_nor_take_is_said_so_that_the_venue_refuses_it(gateway, tif):
    said = body_of(gateway.entry.request(gateway.new(time_in_force=tif, post_only=True)))
    assert said["order_configuration"]["limit_limit_fok"]["post_only"] is True


def test_a_replace_says_price_and_the_new_total(gateway):
    order = gateway.live()
    request = gateway.entry.request(Call(What.REPLACE, order, 60_001 * DOLLAR, 2 * COIN))
    assert (request.method, request.target) == ("POST", f"{BASE}/orders/edit")
    assert body_of(request) == {"order_id": "v-1", "price": "60001.00", "size": "2.00000000"}


def test_a_cancel_names_the_order_as_the_venue_does(gateway):
    request = gateway.entry.request(Call(What.CANCEL, gateway.live()))
    assert (request.method, request.target) == ("POST", f"{BASE}/orders/batch_cancel")
    assert body_of(request) == {"order_ids": ["v-1"]}


def test_a_cancel_waits_until_the_venue_has_named_its_order(gateway):
    call = gateway.new()
    cancel = Call(What.CANCEL, call.order)
    assert gateway.entry.when(cancel) is When.LATER
    body = {"success": True, "success_response": {"order_id": "v-9"}}
    gateway.deliver(gateway.entry.answered(call, answer(body)).reports)
    assert gateway.entry.when(cancel) is When.NOW
    assert body_of(gateway.entry.request(cancel)) == {"order_ids": ["v-9"]}


def test_a_cancel_of_an_order_that_was_refused_meanwhile_is_never_sent(gateway):
    call = gateway.new()
    body = {"success": False, "error_response": {"error": "INSUFFICIENT_FUND"}}
    gateway.deliver(gateway.entry.answered(call, answer(body)).reports)
    assert gateway.entry.when(Call(What.CANCEL, call.order)) is When.NEVER


@pytest.mark.parametrize(
    ("call", "path", "query"),
    [
        (Call(What.BALANCES), "accounts", {"limit": ["250"]}),
        (Call(What.BALANCES, page="c 1"), "accounts", {"limit": ["250"], "cursor": ["c 1"]}),
        (Call(What.FEES), "transaction_summary", {}),
        (
            Call(What.OPEN),
            "orders/historical/batch",
            {
                "order_status": ["PENDING", "QUEUED", "EDIT_QUEUED", "CANCEL_QUEUED"],
                "limit": ["250"],
            },
        ),
        (
            Call(What.OPEN, page='["open","c"]'),
            "orders/historical/batch",
            {"order_status": ["OPEN"], "limit": ["250"], "cursor": ["c"]},
        ),
        (
            Call(What.FILLS, since_ns=T0),
            "orders/historical/fills",
            {"start_sequence_timestamp": ["2026-09-21T14:13:20.000000Z"], "limit": ["100"]},
        ),
        (
            Call(What.CANCEL_ALL, page='["open",""]'),
            "orders/historical/batch",
            {"order_status": ["OPEN"], "limit": ["100"]},
        ),
    ],
)
def test_lists_are_asked_for_part_by_part(gateway, call, path, query):
    request = gateway.entry.request(call)
    url = urlsplit(request.target)
    assert (request.method, url.path, parse_qs(url.query)) == ("GET", f"{BASE}/{path}", query)
    assert not request.body


def test_fills_of_one_order_and_a_question_about_it_name_it(gateway):
    order = gateway.live(venue_id="a/b?c")
    one = gateway.entry.request(Call(What.QUERY, order))
    assert one.target == f"{BASE}/orders/historical/a%2Fb%3Fc"
    fills = urlsplit(gateway.entry.request(Call(What.FILLS, order)).target)
    assert parse_qs(fills.query)["order_ids"] == ["a/b?c"]


def test_an_order_without_the_venues_name_is_looked_for_in_the_list_of_all(gateway):
    request = gateway.entry.request(Call(What.QUERY, gateway.new().order))
    assert request.target == f"{BASE}/orders/historical/batch?limit=250"


def test_everything_of_the_account_is_cancelled_by_name_and_no_more_together_than_may_be(gateway):
    found = [f"v-{n}" for n in range(130)]
    page = json.dumps(["open", "c", found])
    request = gateway.entry.request(Call(What.CANCEL_ALL, page=page))
    assert request.target == f"{BASE}/orders/batch_cancel"
    assert body_of(request) == {"order_ids": found[:100]}


def test_each_request_has_a_token_of_its_own_for_its_method_and_path_alone(gateway):
    first, second = (gateway.entry.request(Call(What.BALANCES, page="x")) for _ in range(2))
    tokens = [r.headers["Authorization"].removeprefix("Bearer ") for r in (first, second)]
    assert claims_of(tokens[0])["uri"] == "GET api.coinbase.com/api/v3/brokerage/accounts"
    assert tokens[0] != tokens[1]
    nonces = {jwt.get_unverified_header(token)["nonce"] for token in tokens}
    assert len(nonces) == 2


def test_tokens_are_stamped_by_the_venues_clock_and_never_of_its_future(gateway):
    gateway.entry.follow(Offset(7 * SECOND, 0))
    request = gateway.entry.request(Call(What.FEES))
    token = request.headers["Authorization"].removeprefix("Bearer ")
    assert claims_of(token)["nbf"] == T0 // SECOND + 7 - TOKEN_AGE_S


def test_the_stream_begins_with_one_channel_a_message_and_a_token_in_each(gateway):
    said = [json.loads(text) for text in gateway.entry.greeting()]
    assert [(each["type"], each["channel"]) for each in said] == [
        ("subscribe", "heartbeats"),
        ("subscribe", "user"),
    ]
    assert said[0]["jwt"] != said[1]["jwt"]
    assert all("uri" not in claims_of(each["jwt"]) for each in said)
    assert all("product_ids" not in each for each in said)


def test_a_tenth_of_an_hours_requests_is_kept_for_cancels():
    gateway = Gateway(requests_per_hour=2000)
    limits, new = gateway.entry.limits, Call(What.NEW)
    for _ in range(25):
        assert limits.wait(new) == 0.0
        limits.take(new)
    assert limits.wait(new) > 0.0
    assert limits.wait(Call(What.CANCEL)) == 0.0


KNOWN = {
    "limit GTC buy": ("limit_limit_gtc", {"post_only": False}),
    "limit post-only buy": ("limit_limit_gtc", {"post_only": True}),
    "limit IOC buy": ("sor_limit_ioc", {}),
    "market sell by base": ("market_market_ioc", {}),
}
#: Kinds of orders and requests that are not made here.
NOT_MADE = {"market buy by quote", "stop limit buy, trigger 0.2", "preview (no client id)"}


@needs(ANSWERS)
def test_what_others_ask_is_asked_here_in_the_same_words(gateway):
    cases = {
        c["what"]: c for c in json.loads(ANSWERS.read_text(encoding="utf-8"))["coinbase"]["cases"]
    }
    for what, (kind, _) in KNOWN.items():
        theirs = cases[what]["body"]["order_configuration"][kind]
        terms = {
            "limit GTC buy": {},
            "limit post-only buy": {"post_only": True},
            "limit IOC buy": {"time_in_force": TimeInForce.IOC},
            "market sell by base": {"is_market": True, "side": Side.ASK},
        }[what]
        price = round(float(theirs.get("limit_price", "0")) * DOLLAR)
        size = int(theirs["base_size"]) * COIN
        call = Gateway().new(price=price, quantity=size, **terms)
        request = gateway.entry.request(call)
        ours = body_of(request)
        assert cases[what]["url"].endswith(request.target)
        assert ours.keys() == cases[what]["body"].keys() | {"client_order_id"}
        assert ours["side"] == cases[what]["body"]["side"]
        assert same_numbers(ours["order_configuration"][kind]) == same_numbers(theirs)
    order = Gateway().live(venue_id="9fd0cadc-2ccc-45e8-b254-ea511c34e5b2")
    asked = {
        "edit": Call(What.REPLACE, order, 8, 20 * COIN),
        "cancel": Call(What.CANCEL, order),
        "one order": Call(What.QUERY, order),
        "balances": Call(What.BALANCES),
    }
    for what, call in asked.items():
        request = gateway.entry.request(call)
        assert cases[what]["url"].endswith(request.target), what
        if cases[what]["body"] is not None:
            assert same_numbers(body_of(request)) == same_numbers(cases[what]["body"])
    assert cases.keys() == KNOWN.keys() | asked.keys() | NOT_MADE


def same_numbers(fields):
    """Their numbers have no zeros at the end."""

    def plain(value):
        is_number = isinstance(value, str) and value.replace(".", "").isdigit() and "." in value
        return value.rstrip("0").rstrip(".") if is_number else value

    return {name: plain(value) for name, value in fields.items()}
