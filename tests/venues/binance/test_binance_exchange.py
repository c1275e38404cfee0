"""Binance's server over an exchange of ours answers as Binance does, and the entry understands."""

import itertools
import json
from decimal import Decimal

import pytest

from pinnacle.core.book import FAR_CAPACITY, WINDOW, Book
from pinnacle.core.enums import FeeOf
from pinnacle.core.instruments import from_config, table
from pinnacle.core.schema import Flag, Kind, OrderType, Reason, Side, TimeInForce, Venue
from pinnacle.exchange.network.house import Rules
from pinnacle.venues.binance.exchange.counts import ORDERS, WEIGHT, Rule
from pinnacle.venues.binance.exchange.side import BinanceExchange
from pinnacle.venues.binance.reference import BinanceReference
from pinnacle.venues.binance.signing import HmacKey, signed_params, signed_query
from pinnacle.venues.binance.stream import BinanceStream
from pinnacle.venues.orders.port import Answered, Call, Request, What
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.served.exchange_side import Asked, Trouble
from tests.venues.binance.binance_desk import CONFIGS, NOW_NS
from tests.venues.binance.binance_exchange import (
    ED25519,
    HMAC,
    Exchange,
    answer_of,
    error_of,
    sums,
)

WAYS = ["rest", "socket"]


@pytest.fixture
def exchange() -> Exchange:
    made = Exchange()
    made.begin()
    return made


def kinds(reports):
    return [report.kind for report in reports]


def ask(exchange, way, call):
    return exchange.rest(call) if way == "rest" else exchange.socket(call)


# Round trips


@pytest.mark.parametrize("key", [HMAC, ED25519], ids=["hmac", "ed25519"])
@pytest.mark.parametrize("way", WAYS)
def test_an_order_rests_is_found_and_is_cancelled(key, way):
    exchange = Exchange(key=key)
    exchange.begin()
    gateway = exchange.gateway
    order = gateway.new(price=exchange.behind())
    (ack,) = ask(exchange, way, Call(What.NEW, order)).reports
    assert ack.kind == Kind.ACK and ack.venue_id == "40000000001"
    assert gateway.deliver([ack]) == [Kind.ACK]
    assert kinds(exchange.heard()) == [Kind.ACK], "the stream says so, too"
    (listed,) = exchange.rest(Call(What.OPEN)).reports
    (found,) = exchange.rest(Call(What.QUERY, gateway.order())).reports
    assert listed == found and (listed.kind, listed.quantity) == (Kind.ORDER_STATUS, 100)
    (end,) = ask(exchange, way, Call(What.CANCEL, gateway.order())).reports
    assert (end.kind, end.reason, end.quantity) == (Kind.CANCELLED, Reason.REQUESTED, 100)
    (heard,) = exchange.heard()
    assert heard._replace(venue_ns=0) == end._replace(venue_ns=0)
    gateway.deliver([end])
    assert gateway.state() is None and not exchange.rest(Call(What.OPEN)).reports


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("meant", "reason"),
    [
        ({"tif": TimeInForce.IOC}, Reason.NO_LIQUIDITY),
        ({"tif": TimeInForce.FOK, "quantity": 90_000}, Reason.FOK),
    ],
)
def test_what_does_not_find_enough_is_over(exchange, way, meant, reason):
    price = exchange.behind() if meant["tif"] == TimeInForce.IOC else exchange.best(Side.ASK)
    order = exchange.gateway.new(price=price, **meant)
    answered = ask(exchange, way, Call(What.NEW, order)).reports
    assert kinds(answered) == [Kind.ACK, Kind.CANCELLED]
    assert answered[1].reason == reason
    assert kinds(exchange.heard()) == [Kind.ACK, Kind.CANCELLED]


@pytest.mark.parametrize("way", WAYS)
def test_a_market_order_is_filled_with_a_fee_each_and_everywhere_the_same(exchange, way):
    order = exchange.gateway.new(quantity=500, price=0, kind=OrderType.MARKET)
    answered = ask(exchange, way, Call(What.NEW, order)).reports
    heard = exchange.heard()
    listed = exchange.rest(Call(What.FILLS, since_ns=NOW_NS))
    assert listed.reports == [], "nobody knows its name yet"
    exchange.gateway.deliver([*answered, *heard])
    listed = exchange.rest(Call(What.FILLS, since_ns=NOW_NS)).reports
    assert answered[1].kind == Kind.FILLED_TOTAL
    assert sums(heard) == sums(listed) == (500, answered[1].aux)
    named = order._replace(venue_id=answered[0].venue_id)
    assert exchange.rest(Call(What.FILLS, named, since_ns=NOW_NS)).reports == listed
    by_stream = [r._replace(venue_id="") for r in heard if r.kind in (Kind.FILL, Kind.FEE)]
    assert by_stream == [r._replace(venue_id="") for r in listed]
    assert all(r.side == FeeOf.QUOTE for r in listed if r.kind == Kind.FEE)
    assert not any(r.flags & Flag.MAKER for r in listed)
    assert exchange.gateway.state() is None


@pytest.mark.parametrize(
    ("fee_in", "of", "currency"), [("base", FeeOf.BASE, ""), ("BNB", FeeOf.OTHER, "BNB")]
)
def test_a_fee_in_base_or_a_third_currency_is_told_as_one(fee_in, of, currency):
    exchange = Exchange(Rules(10_000, 20_000, fee_in=fee_in, fee_price=Decimal(300)))
    exchange.begin()
    order = exchange.gateway.new(quantity=10, price=0, kind=OrderType.MARKET)
    exchange.socket(Call(What.NEW, order))
    fees = [report for report in exchange.heard() if report.kind == Kind.FEE]
    assert fees and {(fee.side, fee.currency) for fee in fees} == {(of, currency)}


def test_an_order_that_is_hit_is_a_makers(exchange):
    gateway = exchange.gateway
    order = gateway.new(price=exchange.behind(), post_only=True)
    gateway.deliver(exchange.socket(Call(What.NEW, order)).reports)
    exchange.house.hit(next(iter(exchange.house.live(exchange.account))), leave=40)
    heard = exchange.heard()
    fill = next(report for report in heard if report.kind == Kind.FILL)
    assert (fill.quantity, fill.flags) == (60, Flag.MAKER | Flag.FEE_TOLD)
    gateway.deliver(heard)
    answered = exchange.rest(Call(What.QUERY, gateway.order()))
    assert kinds(answered.reports) == [Kind.FILLED_TOTAL, Kind.ORDER_STATUS]
    again = exchange.rest(answered.more).reports
    assert again[0].aux == fill.aux and gateway.deliver(again) == []
    assert gateway.order().filled == 60


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("meant", "reason", "words"),
    [
        ({"price": 7_000_000, "post_only": True}, Reason.WOULD_TAKE, "immediately match"),
        ({"quantity": 10**9}, Reason.FUNDS, "insufficient balance"),
        ({"quantity": 1}, Reason.BAD_QUANTITY, "LOT_SIZE"),
        ({"quantity": 10, "price": 100}, Reason.BAD_QUANTITY, "NOTIONAL"),
    ],
)
def test_what_the_venue_does_not_take_is_refused_in_its_words(way, meant, reason, words):
    exchange = Exchange(Rules(10_000, 20_000, 5, Decimal(5)))
    exchange.begin()
    order = exchange.gateway.new(**{"price": exchange.behind()} | meant)
    (refused,) = ask(exchange, way, Call(What.NEW, order)).reports
    assert (refused.kind, refused.reason) == (Kind.REJECTED, reason)
    assert words in refused.words
    assert exchange.heard() == [], "of what is refused the stream says nothing"


def test_an_order_whose_name_is_taken_is_left_unknown_and_then_found(exchange):
    order = exchange.gateway.new(price=exchange.behind())
    exchange.socket(Call(What.NEW, order))
    answered = exchange.socket(Call(What.NEW, order))
    assert "Duplicate order sent." in answered.fault
    (found,) = exchange.rest(Call(What.QUERY, order)).reports
    assert found.kind == Kind.ORDER_STATUS


def test_a_name_is_free_again_when_its_order_is_over(exchange):
    order = exchange.gateway.new(price=exchange.behind())
    for _ in range(2):
        assert kinds(exchange.rest(Call(What.NEW, order)).reports) == [Kind.ACK]
        assert kinds(exchange.rest(Call(What.CANCEL, order)).reports) == [Kind.CANCELLED]


@pytest.mark.parametrize("way", WAYS)
def test_cancelling_what_is_not_there_is_refused_and_a_question_answered(exchange, way):
    order = exchange.gateway.new()
    (refused,) = ask(exchange, way, Call(What.CANCEL, order)).reports
    assert (refused.kind, refused.reason) == (Kind.CANCEL_REJECTED, Reason.UNKNOWN_ORDER)
    (none,) = exchange.rest(Call(What.QUERY, order)).reports
    assert (none.kind, none.reason) == (Kind.REJECTED, Reason.UNKNOWN_ORDER)


@pytest.mark.parametrize("way", WAYS)
def test_all_orders_of_both_instruments_are_cancelled(exchange, way):
    gateway = exchange.gateway
    for number in (1, 2):
        exchange.rest(Call(What.NEW, gateway.new(number, price=exchange.behind())))
    exchange.heard()
    first = ask(exchange, way, Call(What.CANCEL_ALL))
    assert first == Answered(more=Call(What.CANCEL_ALL, page="1"))
    assert ask(exchange, way, first.more) == Answered(), "there was none of it"
    assert kinds(exchange.heard()) == [Kind.CANCELLED] * 2
    assert not list(exchange.house.live(exchange.account))


def test_balances_and_fees_are_the_houses(exchange):
    held = {b.currency: b for b in exchange.rest(Call(What.BALANCES)).balances}
    assert held["USDT"].total == held["USDT"].available == 100_000 and held["BTC"].total == 2
    order = exchange.gateway.new(price=exchange.behind())
    exchange.rest(Call(What.NEW, order))
    worth = Decimal(order.price) * order.quantity / 10**7
    after = {b.currency: b for b in exchange.rest(Call(What.BALANCES)).balances}
    assert after["USDT"].total - after["USDT"].available == worth
    found = exchange.rest(Call(What.FEES))
    assert [(f.row, f.maker_e8, f.taker_e8) for f in found.fees] == [(0, 10_000, 20_000)]


def test_fills_are_given_a_page_at_a_time(exchange, monkeypatch):
    monkeypatch.setattr("pinnacle.venues.binance.orders.asking.TRADES_MAX", 3)
    monkeypatch.setattr("pinnacle.venues.binance.orders.lists.TRADES_MAX", 3)
    for number in range(1, 6):
        order = exchange.gateway.new(number, quantity=10, price=0, kind=OrderType.MARKET)
        exchange.gateway.deliver(exchange.rest(Call(What.NEW, order)).reports)
    heard = exchange.heard()
    call, found = Call(What.FILLS, since_ns=NOW_NS), []
    pages = 0
    while call is not None:
        answered = exchange.rest(call)
        assert not answered.fault
        found += answered.reports
        call, pages = answered.more, pages + 1
    assert pages == 3 and sums(found) == sums(heard)


def test_an_order_cancelled_by_the_venue_itself_is_told(exchange):
    gateway = exchange.gateway
    order = gateway.new(price=exchange.behind())
    gateway.deliver(exchange.socket(Call(What.NEW, order)).reports)
    exchange.heard()
    exchange.house.cancel_all(exchange.account, Reason.VENUE)
    assert kinds(exchange.heard()) == [Kind.CANCELLED]


# Who may ask


def request_of(exchange, **changes) -> Request:
    request = exchange.gateway.entry.request(Call(What.BALANCES))
    return request._replace(**changes)


def test_a_request_whose_signature_is_wrong_is_refused(exchange):
    good = request_of(exchange)
    bad = good.target[:-1] + ("0" if good.target[-1] != "0" else "1")
    assert exchange.reply(good).status == 200
    refused = error_of(exchange.reply(good._replace(target=bad)))
    assert refused == (400, -1022, "Signature for this request is not valid.")


@pytest.mark.parametrize("changed", ["omitZeroBalances=false", "omitZeroBalances=true&a=b"])
def test_a_request_that_was_changed_on_its_way_is_refused(exchange, changed):
    target = request_of(exchange).target.replace("omitZeroBalances=true", changed)
    assert error_of(exchange.reply(request_of(exchange, target=target)))[1] == -1022


@pytest.mark.parametrize(("key", "code"), [("", -2014), ("not a key!", -2014), ("n" * 64, -2015)])
def test_a_key_that_nobody_was_given_is_refused(exchange, key, code):
    request = request_of(exchange, headers={"X-MBX-APIKEY": key})
    assert error_of(exchange.reply(request))[:2] == (401, code)


@pytest.mark.parametrize(
    ("late_ms", "words"),
    [(5_001, "outside of the recvWindow"), (-1_000, "1000ms ahead"), (5_000, ""), (-999, "")],
)
def test_a_stamp_counts_within_the_venues_window_and_not_beyond(exchange, late_ms, words):
    request = request_of(exchange)
    exchange.now_ns = NOW_NS + late_ms * 1_000_000 + (exchange.now_ns - NOW_NS)
    reply = exchange.reply(request)
    if not words:
        assert reply.status == 200
        return
    status, code, said = error_of(reply)
    assert (status, code) == (400, -1021) and words in said
    assert exchange.gateway.entry.answered(Call(What.OPEN), answer_of(reply)).again


def test_a_window_of_ones_own_counts_and_one_that_is_too_wide_is_refused(exchange):
    key = HmacKey(HMAC.name, HMAC.given["secret"])
    stamp = exchange.now_ns // 1_000_000 - 20_000
    for window, wanted in (("30000", 200), ("30000.125", 200), ("19000", 400), ("60001", 400)):
        params = {"timestamp": stamp, "recvWindow": window}
        target = f"/api/v3/account?{signed_query(key, params)}"
        reply = exchange.reply(Request("GET", target, {"X-MBX-APIKEY": HMAC.name}))
        assert reply.status == wanted, window


def test_a_stamp_in_microseconds_is_one(exchange):
    key = HmacKey(HMAC.name, HMAC.given["secret"])
    params = {"timestamp": exchange.now_ns // 1000}
    target = f"/api/v3/account?{signed_query(key, params)}"
    assert exchange.reply(Request("GET", target, {"X-MBX-APIKEY": HMAC.name})).status == 200


def test_the_venue_knows_no_nonces_the_same_request_is_done_again(exchange):
    order = exchange.gateway.new(quantity=10, price=0, kind=OrderType.MARKET)
    request = exchange.gateway.entry.request(Call(What.NEW, order))
    assert [exchange.reply(request).status for _ in range(2)] == [200, 200]
    assert len(list(exchange.house.orders(exchange.account))) == 2


def test_a_frame_whose_signature_is_wrong_is_refused(exchange):
    frame = json.loads(exchange.gateway.entry.frame(Call(What.NEW, exchange.gateway.new()), 3))
    frame["params"]["quantity"] = "0.00200"
    (heard,) = exchange.say(json.dumps(frame))
    ((number, answered),) = heard.answers
    assert number == 3 and answered.reports[0].words.startswith("-1022")


def test_a_session_needs_an_ed25519_key_and_a_stamp_in_each_frame():
    exchange = Exchange(key=ED25519)
    call = Call(What.NEW, exchange.gateway.new(price=exchange.behind()))
    (heard,) = exchange.say(exchange.gateway.entry.frame(call, 1))
    assert "-1102" in heard.answers[0][1].reports[0].words, "there is no session"
    exchange.begin()
    exchange.gateway.entry.follow(Offset(-6_000_000_000, 0))
    assert exchange.socket(call).reports[0].reason == Reason.TOO_OLD
    key = HmacKey(HMAC.name, HMAC.given["secret"])
    params = signed_params(key, {"timestamp": exchange.now_ns // 1_000_000})
    said = {"id": 9, "method": "session.logon", "params": params}
    (frame,) = exchange.client.answer(json.dumps(said).encode())
    assert json.loads(frame)["status"] == 400


def test_one_connection_has_one_user_stream(exchange):
    (text,) = exchange.gateway.entry.greeting()
    (heard,) = exchange.say(text)
    assert "-2035" in heard.lost


def test_logging_out_ends_the_stream():
    exchange = Exchange(key=ED25519)
    exchange.begin()
    said = {"id": 8, "method": "session.logout"}
    _, ended = exchange.client.answer(json.dumps(said).encode())
    assert "eventStreamTerminated" in exchange.gateway.entry.heard(ended).lost


# What is wrong with a request


def placed(exchange, **params):
    """Status, code, words of a new order with these parameters; None leaves one out."""
    key = HmacKey(HMAC.name, HMAC.given["secret"])
    whole = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.001",
        "price": "50000",
        "timestamp": exchange.now_ns // 1_000_000,
    } | params
    body = signed_query(key, {n: v for n, v in whole.items() if v is not None}).encode()
    reply = exchange.reply(Request("POST", "/api/v3/order", {"X-MBX-APIKEY": HMAC.name}, body))
    return (200, 0, reply.body.decode()) if reply.status == 200 else error_of(reply)


@pytest.mark.parametrize(
    ("params", "code", "words"),
    [
        ({"symbol": "NOBTC"}, -1121, "Invalid symbol."),
        ({"symbol": None}, -1102, "'symbol'"),
        ({"side": "BOTH"}, -1117, "side"),
        ({"type": "STOP_LOSS"}, -1116, "orderType"),
        ({"timeInForce": None}, -1102, "'timeInForce'"),
        ({"timeInForce": "GTD"}, -1115, "timeInForce"),
        ({"type": "LIMIT_MAKER"}, -1106, "'timeInForce' sent when not required"),
        ({"type": "MARKET", "timeInForce": None}, -1106, "'price' sent when not required"),
        ({"price": None}, -1102, "'price'"),
        ({"price": "5e4"}, -1100, "'price'"),
        ({"price": "50000.001"}, -1013, "PRICE_FILTER"),
        ({"price": "0"}, -1013, "PRICE_FILTER"),
        ({"price": "50000.123456789"}, -1111, "too much precision"),
        ({"quantity": "0.000001"}, -1013, "LOT_SIZE"),
        ({"quantity": "0.0000000001"}, -1111, "too much precision"),
        ({"newClientOrderId": "x" * 37}, -1100, "^[a-zA-Z0-9-_]{1,36}$"),
        ({"newClientOrderId": "a b"}, -1100, "'newClientOrderId'"),
        ({"newOrderRespType": "ALL"}, -1100, "'newOrderRespType'"),
        ({"selfTradePreventionMode": "DECREMENT"}, -1013, "self-trade prevention"),
        ({"timestamp": "now"}, -1100, "'timestamp'"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(exchange, params, code, words):
    status, found, said = placed(exchange, **params)
    assert (status, found) == (400, code) and words in said


@pytest.mark.parametrize(
    ("params", "more"),
    [
        ({}, {"status", "fills"}),
        ({"newOrderRespType": "ACK"}, set()),
        ({"newOrderRespType": "RESULT"}, {"status"}),
        ({"type": "LIMIT_MAKER", "timeInForce": None}, set()),
        ({"newClientOrderId": "pn-7-000042"}, {"status", "fills"}),
    ],
)
def test_an_answer_has_as_much_as_was_asked_for_or_the_type_has_by_itself(exchange, params, more):
    status, _, body = placed(exchange, **params)
    found = json.loads(body)
    assert status == 200
    assert {"symbol", "orderId", "clientOrderId", "transactTime"} <= set(found)
    assert {"status", "fills"} & set(found) == more
    assert found["clientOrderId"] == params.get("newClientOrderId", found["clientOrderId"])


def test_numbers_are_written_with_eight_digits(exchange):
    found = json.loads(placed(exchange)[2])
    assert (found["price"], found["origQty"]) == ("50000.00000000", "0.00100000")


def test_both_names_of_an_order_must_be_of_one(exchange):
    first = json.loads(placed(exchange)[2])
    key = HmacKey(HMAC.name, HMAC.given["secret"])
    params = {"symbol": "BTCUSDT", "orderId": first["orderId"], "origClientOrderId": "other"}
    stamp = {"timestamp": exchange.now_ns // 1_000_000}
    target = f"/api/v3/order?{signed_query(key, params | stamp)}"
    for verb in ("GET", "DELETE"):
        request = Request(verb, target, {"X-MBX-APIKEY": HMAC.name})
        assert error_of(exchange.reply(request))[1] == -2039
    none = f"/api/v3/order?{signed_query(key, {'symbol': 'BTCUSDT'} | stamp)}"
    assert error_of(exchange.reply(Request("GET", none, {"X-MBX-APIKEY": HMAC.name})))[1] == -1102


@pytest.mark.parametrize("text", ["{", "[]", '"x"', '{"method":5}'])
def test_a_frame_that_is_no_request_is_refused(exchange, text):
    (frame,) = exchange.client.answer(text.encode())
    found = json.loads(frame)
    assert (found["id"], found["status"], found["error"]["code"]) == (None, 400, -1135)


def test_a_method_that_there_is_not_is_refused(exchange):
    key = HmacKey(HMAC.name, HMAC.given["secret"])
    params = signed_params(key, {"timestamp": exchange.now_ns // 1_000_000})
    said = {"id": "x", "method": "order.cancelReplace", "params": params}
    (frame,) = exchange.client.answer(json.dumps(said).encode())
    assert json.loads(frame)["error"]["code"] == -1020


@pytest.mark.parametrize("method", ["ping", "time", "session.status"])
def test_a_connection_answers_for_itself_without_a_key(exchange, method):
    (frame,) = exchange.client.answer(json.dumps({"id": method, "method": method}).encode())
    found = json.loads(frame)
    assert (found["id"], found["status"]) == (method, 200)
    if method == "time":
        assert found["result"] == {"serverTime": exchange.now_ns // 1_000_000}


# Limits


class Strict(BinanceExchange):
    RULES = (Rule(WEIGHT, "MINUTE", 1, 60), Rule(ORDERS, "SECOND", 10, 3))


@pytest.fixture
def strict(monkeypatch) -> Exchange:
    monkeypatch.setattr("tests.venues.binance.binance_exchange.BinanceExchange", Strict)
    made = Exchange()
    made.begin()
    assert exchange_names(made) == Answered()
    return made


def exchange_names(exchange) -> Answered:
    return exchange.rest(Call(What.NAMES))


def test_the_limits_that_the_venue_lists_are_those_that_the_entry_keeps(strict):
    gateway = strict.gateway
    for number in range(1, 4):
        call = Call(What.NEW, gateway.new(number, price=strict.behind()))
        assert gateway.entry.limits.wait(call) == 0
        gateway.entry.limits.take(call)
        assert kinds(strict.socket(call).reports) == [Kind.ACK]
    assert 0 < gateway.entry.limits.wait(Call(What.NEW, gateway.new(4))) <= 10


def test_too_many_orders_are_refused_and_a_cancel_is_not(strict):
    gateway = strict.gateway
    for number in range(1, 4):
        order = gateway.new(number, price=strict.behind())
        gateway.deliver(strict.rest(Call(What.NEW, order)).reports)
    answered = strict.rest(Call(What.NEW, gateway.new(4, price=strict.behind())))
    assert answered.again and "-1015" in answered.reports[0].words
    on_socket = strict.socket(Call(What.NEW, gateway.new(5, price=strict.behind())))
    assert on_socket.again
    assert kinds(strict.rest(Call(What.CANCEL, gateway.order(1))).reports) == [Kind.CANCELLED]
    strict.pass_s(10.0)
    strict.follow()
    assert kinds(strict.rest(Call(What.NEW, gateway.new(6, price=strict.behind()))).reports)


def test_the_first_fill_of_an_order_gives_something_back(strict):
    gateway = strict.gateway
    for number in range(1, 4):
        order = gateway.new(number, quantity=10, price=0, kind=OrderType.MARKET)
        assert strict.rest(Call(What.NEW, order)).reports
    assert strict.rest(Call(What.NEW, gateway.new(4, price=strict.behind()))).reports


def test_too_many_questions_are_a_wait_until_the_window_ends(strict):
    replies = [strict.rest(Call(What.BALANCES)) for _ in range(4)]
    assert replies[-1].wait_s > 0 and replies[-1].wait_s <= 60
    request = strict.gateway.entry.request(Call(What.BALANCES))
    reply = strict.reply(request)
    assert reply.status == 429 and 0 < int(reply.headers["Retry-After"]) <= 60
    on_socket = strict.socket(Call(What.BALANCES))
    assert on_socket.wait_s == pytest.approx(replies[-1].wait_s, abs=1.1)


def test_every_reply_counts_what_was_used(exchange):
    reply = exchange.reply(exchange.gateway.entry.request(Call(What.BALANCES)))
    before = int(reply.headers["X-MBX-USED-WEIGHT-1M"])
    reply = exchange.reply(exchange.gateway.entry.request(Call(What.BALANCES)))
    assert int(reply.headers["X-MBX-USED-WEIGHT-1M"]) - before == 20
    order = exchange.gateway.new(price=exchange.behind())
    reply = exchange.reply(exchange.gateway.entry.request(Call(What.NEW, order)))
    assert reply.headers["X-MBX-ORDER-COUNT-10S"] == "1"
    assert int(reply.headers["X-MBX-USED-WEIGHT-1M"]) - before == 20, "an order costs nothing"


# Troubles


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("trouble", Trouble)
def test_a_trouble_is_told_in_words_that_the_entry_knows(exchange, way, trouble):
    entry = exchange.gateway.entry
    call = Call(What.NEW, exchange.gateway.new())
    if way == "rest":
        request = entry.request(call)
        asked = Asked(request.method, request.target, {}, request.body)
        assert exchange.side.what(asked) is What.NEW
        reply = exchange.side.troubled(trouble, asked)
        assert isinstance(reply, Reply)
        found = entry.answered(call, answer_of(reply))
    else:
        frame = entry.frame(call, 4).encode()
        assert exchange.side.what(frame) is What.NEW
        (said,) = exchange.side.troubled(trouble, frame)
        ((_, found),) = entry.heard(said).answers
    if trouble is Trouble.BAN:
        assert found.wait_s == pytest.approx(2.0, abs=0.01)
    elif trouble is Trouble.UNKNOWN:
        assert found.fault and not found.reports
    else:
        assert found.reports[0].kind == Kind.REJECTED
        assert found.again == (trouble in (Trouble.RATE_LIMIT, Trouble.BAD_NONCE))


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (b'{"method":"order.cancel"}', What.CANCEL),
        (b'{"method":"userDataStream.subscribe"}', None),
        (b"nonsense", None),
        (Asked("GET", "/api/v3/myTrades?x=1", {}, b""), What.FILLS),
        (Asked("DELETE", "/api/v3/openOrders?x=1", {}, b""), What.CANCEL_ALL),
        (Asked("GET", "/api/v3/depth?symbol=BTCUSDT", {}, b""), None),
        (Asked("GET", "/api/v3/exchangeInfo", {}, b""), None),
    ],
)
def test_what_is_asked_is_known_by_how_it_is_asked(exchange, said, what):
    assert exchange.side.what(said) is what


# Its market


def test_the_feeds_own_stream_follows_the_market_from_a_fetched_book_without_a_gap():
    exchange = Exchange()
    instruments = table(from_config(CONFIGS, {"binance": Venue.BINANCE}))
    books = {row: Book(row, WINDOW, FAR_CAPACITY) for row in range(2)}

    def sink(events, n):
        for i in range(n):
            books[events[i].instrument_id].apply(events + i, 1)

    stream = BinanceStream(instruments, sink, depth_limit=5000, top_of=lambda row: top(books[row]))
    taken = 0
    for step in range(40):
        exchange.pass_s(0.05)
        frames = [entry.frame for entry in exchange.public()]
        taken += len(frames)
        if frames:
            stream.take(frames, exchange.now_ns)
            stream.flush()
        if step == 5:
            for row, name in enumerate(("BTCUSDT", "ETHUSDT")):
                body = exchange.side.rest(
                    Asked("GET", f"/api/v3/depth?symbol={name}&limit=5000", {}, b"")
                )
                assert body.status == 200
                stream.snapshot(row, body.body, exchange.now_ns)
    assert taken > 50 and not stream.wanted
    assert [sync.gaps for sync in stream.syncs] == [0, 0]
    assert sum(tally.compared for tally in stream.tallies) > 5
    assert sum(tally.different for tally in stream.tallies) == 0


def top(book):
    found = book.top()
    if not found.valid:
        return None
    return found.bid_price, found.bid_quantity, found.ask_price, found.ask_quantity


def test_changes_of_a_book_come_every_100_ms_and_join_on():
    exchange = Exchange()
    updates = []
    for _ in range(100):
        exchange.pass_s(0.01)
        entries = [e for e in exchange.public() if e.parts.channel == "btcusdt@depth@100ms"]
        updates += [json.loads(entry.parts.data) for entry in entries]
    assert 5 <= len(updates) <= 11
    assert all(b["U"] == a["u"] + 1 for a, b in itertools.pairwise(updates))
    assert all(len(level[0].partition(".")[2]) == 8 for u in updates for level in u["b"] + u["a"])


def test_a_stream_is_given_to_who_has_asked_for_it_wrapped_or_bare(exchange):
    wrapped = exchange.side.open("/stream", {})
    bare = exchange.side.open("/ws/btcusdt@bookTicker", {})
    assert not wrapped.subscribed and bare.subscribed
    (said,) = wrapped.answer(b'{"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":1}')
    assert json.loads(said) == {"result": None, "id": 1}
    entries = []
    while not entries:
        exchange.pass_s(0.05)
        entries = [e for e in exchange.public() if e.parts.channel == "btcusdt@bookTicker"]
    one, other = (json.loads(client.frame_of(entries[0])) for client in (wrapped, bare))
    assert one == {"stream": "btcusdt@bookTicker", "data": other}


def test_its_list_says_steps_and_the_least_that_an_order_must_have():
    exchange = Exchange(Rules(0, 0, 5, Decimal(5)))
    body = json.dumps(exchange.get('/api/v3/exchangeInfo?symbols=["BTCUSDT","ETHUSDT"]')).encode()
    first, second = BinanceReference().listings(body)
    assert (first.name, first.tick, first.lot) == ("BTC-USDT", "0.01", "0.00001")
    assert (first.quantity_min, first.value_min, first.words) == ("0.00005", "5", "TRADING")
    assert (second.symbol, second.quantity_min) == ("ETHUSDT", "0.0005")


def test_it_tells_its_time_and_its_last_price(exchange):
    assert exchange.get("/api/v3/time") == {"serverTime": exchange.now_ns // 1_000_000}
    price = Decimal(exchange.get("/api/v3/ticker/price?symbol=BTCUSDT")["price"])
    assert 50_000 < price < 70_000
    assert exchange.get("/api/v3/ping") == {}


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/api/v3/depth", 400, -1102),
        ("/api/v3/depth?symbol=NO", 400, -1121),
        ("/api/v3/depth?symbol=BTCUSDT&limit=x", 400, -1100),
        ("/api/v3/exchangeInfo?symbols=x", 400, -1100),
        ("/api/v3/nothing", 404, -1000),
    ],
)
def test_a_question_of_the_market_that_is_wrong_is_refused(exchange, target, status, code):
    reply = exchange.side.rest(Asked("GET", target, {}, b""))
    assert error_of(reply)[:2] == (status, code)


def test_orders_and_market_are_found_at_addresses_of_their_own(exchange):
    orders, market = exchange.side.addresses("h:1"), exchange.side.market_addresses("h:1")
    assert orders == {"ws_url": "wss://h:1/ws-api/v3", "rest_url": "https://h:1"}
    assert market == {"ws_url": "wss://h:1/stream", "rest_url": "https://h:1"}
    assert exchange.side.open("/elsewhere", {}).status == 404


def test_our_orders_are_levels_of_the_book_that_everybody_sees(exchange):
    exchange.public()
    price = exchange.best(Side.BID) + 1
    if price >= exchange.best(Side.ASK):
        price = exchange.behind()
    order = exchange.gateway.new(price=price)
    exchange.rest(Call(What.NEW, order))
    exchange.now_ns += 100_000_000
    text = f"{Decimal(price) / 100:.8f}"
    data = [json.loads(e.parts.data) for e in exchange.public() if e.symbol == "BTCUSDT"]
    assert any(
        level[0] == text for d in data for level in d.get("b", []) if isinstance(level, list)
    )


def test_a_stream_that_the_venue_ends_says_so_and_tells_nothing_more(exchange):
    (frame,) = exchange.client.ended()
    assert "eventStreamTerminated" in exchange.gateway.entry.heard(frame).lost
    assert exchange.client.ended() == ()
    exchange.socket(Call(What.NEW, exchange.gateway.new(price=exchange.behind())))
    assert exchange.heard() == []
