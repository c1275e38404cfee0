"""Gemini's own side, over an exchange of ours: by the entry's own requests and frames."""

import json
from decimal import Decimal
from email.utils import parsedate_to_datetime

import numpy as np
import pytest

from pinnacle.core.book import Book
from pinnacle.core.schema import Kind, Reason, Side, TimeInForce
from pinnacle.venues.gemini.exchange.client import OrdersClient
from pinnacle.venues.gemini.exchange.side import GeminiExchange
from pinnacle.venues.gemini.reference import GeminiReference
from pinnacle.venues.gemini.signing import GeminiKey
from pinnacle.venues.gemini.stream import GeminiV2Stream
from pinnacle.venues.orders.port import Call, What
from pinnacle.venues.reference.listing import Status
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.served.exchange_side import Asked, Trouble
from pinnacle.venues.served.house import NewOrder
from tests.venues.gemini.gemini_gateway import KEY, MAKER_E8, TAKER_E8, TRADED, Both
from tests.venues.orders.traded import COIN, DOLLAR, SECOND, T0, answer, lowered

FAR = 50_000 * DOLLAR
SIGNER = GeminiKey(KEY.name, KEY.given["secret"])


@pytest.fixture
def both(tmp_path):
    return Both(tmp_path)


def with_field(**fields):
    return KEY._replace(given=KEY.given | fields, kept=KEY.kept | fields)


def asked(both, path, nonce, key=SIGNER, **fields):
    """A request by hand: its status and what it says."""
    headers = lowered(key.rest_headers(path, nonce, fields))
    reply = both.side.rest(Asked("POST", path, headers, b""))
    return reply.status, json.loads(reply.body)


def said(both, method, params, number=77):
    """A frame by hand: what it is answered."""
    text = json.dumps({"id": str(number), "method": method, "params": params})
    return [json.loads(frame) for frame in both.client.answer(text.encode())]


# Orders


def test_an_order_that_rests_is_acknowledged_by_its_event_and_listed(both):
    assert both.ready
    both.ask(both.new(price=FAR, post_only=True))
    assert both.kinds() == []  # the answer said nothing
    both.stream()
    assert both.kinds() == ["ACK", "ACK"]
    assert both.known.order(1).venue_id == both.order().venue_id
    both.ask(Call(What.OPEN))
    both.ask(Call(What.QUERY, both.known.order(1)))
    assert both.kinds() == ["ORDER_STATUS", "ORDER_STATUS"]


def test_an_order_is_found_by_our_name_where_its_events_are_lost(both):
    call = both.new(price=FAR)
    both.ask(call)
    both.events.clear()
    both.ask(Call(What.QUERY, call.order))
    assert both.kinds() == ["ORDER_STATUS"]
    assert both.known.order(1).venue_id == both.order().venue_id


def test_an_order_that_never_arrived_is_not_found(both):
    both.ask(Call(What.QUERY, both.new(price=FAR).order))
    (report,) = both.refused
    assert (report.kind, report.reason) == (Kind.REJECTED, Reason.UNKNOWN_ORDER)


def test_orders_go_by_rest_where_the_socket_is_not_there(both):
    both.by_rest(both.new(price=FAR))
    assert both.kinds() == ["ACK"]
    both.by_rest(both.new(2, price=both.best(Side.ASK), quantity=COIN // 100))
    assert both.kinds() == ["ACK", "FILLED_TOTAL"]
    both.by_rest(Call(What.CANCEL, both.known.order(1)))
    assert both.kinds() == ["CANCELLED"]


def test_a_market_order_and_what_is_left_of_one_that_may_not_rest(both):
    both.ask(both.new(1, side=Side.ASK, price=0, quantity=COIN // 100, is_market=True))
    worst = both.best(Side.ASK)
    both.ask(both.new(2, price=worst, quantity=100 * COIN, time_in_force=TimeInForce.IOC))
    both.stream()
    assert both.kinds()[-1] == "CANCELLED"
    assert both.order(2).reason == Reason.NO_LIQUIDITY
    assert not both.table.orders


def test_fills_one_by_one_sum_up_and_are_the_same_by_rest(both):
    both.ask(both.new(price=both.best(Side.BID), quantity=COIN))
    order = both.order()
    both.house.hit(order, leave=COIN // 2)
    both.house.hit(order, leave=COIN // 4)
    both.stream()
    assert both.table.orders[1].filled == order.filled == COIN * 3 // 4
    before = both.table.duplicates
    both.ask(Call(What.QUERY, both.known.order(1)))
    both.ask(Call(What.FILLS, since_ns=T0))
    assert both.table.orders[1].filled == COIN * 3 // 4
    # A fill and its fee, twice.
    assert both.table.duplicates - before == 2 * 2 * len(order.fills)
    both.house.hit(order)
    both.stream()
    assert not both.table.orders


def test_fees_on_the_stream_are_those_of_the_house(both):
    both.ask(both.new(price=both.best(Side.BID), quantity=COIN))
    both.house.hit(both.order())
    (fill,) = both.order().fills[-1:]
    events = list(both.events)
    frames = [frame for each in events for frame in both.client.event(each)]
    paid = [r for f in frames for r in both.entry.heard(f).reports if r.kind == Kind.FEE]
    assert Decimal(paid[-1].quantity).scaleb(-paid[-1].price) == fill.fee


@pytest.mark.parametrize("currency", ["base", "GUSD"])
def test_a_fee_that_the_stream_cannot_say_is_asked_for(both, currency):
    both.house.rules[:] = [
        rule._replace(fee_in=currency, fee_price=Decimal(1)) for rule in both.house.rules
    ]
    both.ask(both.new(price=both.best(Side.BID), quantity=COIN))
    both.house.hit(both.order())
    both.stream()
    kinds = both.kinds()
    assert kinds.count("FEE") >= kinds.count("FILL") >= len(both.order().fills) > 0
    assert not both.table.orders


def test_a_cancel_is_done_when_the_stream_says_so(both):
    both.ask(both.new(price=FAR))
    both.stream()
    both.kinds()
    both.ask(Call(What.CANCEL, both.known.order(1)))
    assert both.kinds() == []
    both.stream()
    assert both.kinds() == ["CANCELLED"]
    assert not both.table.orders


def test_a_cancel_of_what_was_filled_is_refused_as_unknown(both):
    both.ask(both.new(price=both.best(Side.BID), quantity=COIN))
    both.stream()
    both.house.hit(both.order())
    both.ask(Call(What.CANCEL, both.known.order(1)))
    assert [r.reason for r in both.refused] == [Reason.UNKNOWN_ORDER]
    both.by_rest(Call(What.CANCEL, both.known.order(1)))
    assert "FILL" in both.kinds()  # by REST it is looked at
    assert not both.table.orders


def test_everything_is_taken_back_by_either_way(both):
    for number in range(1, 4):
        both.ask(both.new(number, price=FAR + number))
    both.ask(Call(What.CANCEL_ALL))
    both.stream()
    assert not both.table.orders
    both.ask(both.new(9, price=FAR))
    both.by_rest(Call(What.CANCEL_ALL))
    both.stream()
    assert not both.table.orders and not list(both.house.live(both.account))


def test_orders_of_a_key_alone_are_taken_back_with_its_session(both):
    both.ask(both.new(price=FAR))
    foreign = both.house.place(
        both.house.key(KEY.name)._replace(name="another"), new_order(both, FAR)
    )
    assert said(both, "order.cancel_session", {})[0]["status"] == 200
    assert list(both.house.live(both.account)) == [foreign]


def new_order(both, price):
    return NewOrder(0, Side.BID, price, COIN, "by hand")


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"price": FAR, "quantity": 10**8 * COIN}, Reason.FUNDS),
        ({"price": FAR, "quantity": 999}, Reason.BAD_QUANTITY),
        ({"price": 0}, Reason.BAD_PRICE),
    ],
)
@pytest.mark.parametrize("way", ["ask", "by_rest"])
def test_what_the_exchange_refuses_has_the_venues_word_and_its_reason(both, way, terms, reason):
    getattr(both, way)(both.new(**terms))
    assert [(r.kind, r.reason) for r in both.refused] == [(Kind.REJECTED, reason)]
    both.stream()
    assert both.kinds() == ["REJECTED"]
    assert not both.table.orders


@pytest.mark.parametrize("way", ["ask", "by_rest"])
def test_an_order_that_would_take_and_may_not_is_refused_on_either_way(both, way):
    call = both.new(price=both.best(Side.ASK), post_only=True)
    getattr(both, way)(call)
    assert [(r.kind, r.reason) for r in both.refused] == [(Kind.REJECTED, Reason.WOULD_TAKE)]
    assert not both.table.orders
    # The venue has it as cancelled, for whoever asks.
    both.ask(Call(What.QUERY, call.order))
    assert [r.reason for r in both.refused] == [Reason.WOULD_TAKE] * 2


def test_a_name_that_is_open_is_refused_on_the_socket_and_another_order_by_rest(both):
    call = both.new(price=FAR)
    both.ask(call)
    both.ask(call)
    assert [r.reason for r in both.refused] == [Reason.DUPLICATE_ORDER]
    both.rest(both.entry.request(call))
    assert len(list(both.house.live(both.account))) == 2
    found = both.entry.answered(
        Call(What.QUERY, call.order), both.rest(both.entry.request(Call(What.QUERY, call.order)))
    )
    assert "2 orders are called" in found.odd


def test_an_order_never_trades_with_another_of_the_account(both):
    price = both.best(Side.BID) + 1
    both.ask(both.new(1, price=price))
    both.ask(both.new(2, side=Side.ASK, price=price))
    both.stream()
    assert both.order(2).reason == Reason.SELF_TRADE
    assert not both.order(1).fills


def test_balances_fees_and_heartbeats_are_the_houses(both):
    both.ask(both.new(price=FAR))
    found = both.entry.answered(
        Call(What.BALANCES), both.rest(both.entry.request(Call(What.BALANCES)))
    )
    held = {b.currency: (b.total, b.available) for b in found.balances}
    assert held["USD"] == (Decimal(10**9), Decimal(10**9) - 50_000)
    fees = both.entry.answered(Call(What.FEES), both.rest(both.entry.request(Call(What.FEES)))).fees
    assert [(f.maker_e8, f.taker_e8) for f in fees] == [(MAKER_E8, TAKER_E8)] * 2
    both.ask(Call(What.KEEP_ALIVE))
    both.ask(Call(What.NAMES))


def test_trades_are_the_newest_or_the_next_behind_a_time(both):
    both.ask(both.new(price=both.best(Side.BID), quantity=COIN))
    order = both.order()
    for left in (3, 2, 1):
        both.clock.now += SECOND
        both.house.hit(order, leave=left * COIN // 4)
    count, last = len(order.fills), order.fills[-1]
    now = Decimal(both.clock.now).scaleb(-9)
    status, newest = asked(both, "/v1/mytrades", now + 2, symbol="btcusd", limit_trades=1)
    assert (status, len(newest), newest[0]["tid"] % 1000) == (200, 1, last.number)
    since = {"symbol": "btcusd", "timestamp": order.fills[0].at_ns // 10**9}
    _, page = asked(both, "/v1/mytrades", now + 3, limit_trades=2, **since)
    assert [row["tid"] % 1000 for row in page] == [f.number for f in order.fills[1::-1]]
    _, rest = asked(both, "/v1/mytrades", now + 4, **since)
    assert len(rest) == count
    _, none = asked(both, "/v1/mytrades", now + 5, symbol="ethusd")
    assert none == []
    refused = asked(both, "/v1/mytrades", now + 6, symbol="btcusd", timestamp=-1)
    assert (refused[0], refused[1]["reason"]) == (400, "InvalidTimestampInPayload")


# Who may ask


NOW_S = Decimal(T0).scaleb(-9)


def test_a_wrong_signature_is_refused(both):
    other = GeminiKey(KEY.name, "another secret")
    status, body = asked(both, "/v1/orders", NOW_S + 2, other)
    assert (status, body["reason"]) == (400, "InvalidSignature")
    stranger = GeminiKey("stranger", KEY.given["secret"])
    assert asked(both, "/v1/orders", NOW_S + 2, stranger)[1]["reason"] == "InvalidSignature"
    found = both.entry.answered(Call(What.OPEN), answer(body, status))
    assert found.fault.startswith("InvalidSignature")


@pytest.mark.parametrize("off_s", [31, -31, 1_790_000_000 * 999])
def test_a_nonce_that_is_not_of_now_is_refused(both, off_s):
    """The last one counts milliseconds."""
    status, body = asked(both, "/v1/orders", NOW_S + off_s)
    assert (status, body["reason"]) == (400, "InvalidNonce")
    assert "is not within 30 seconds of server time" in body["message"]
    assert both.entry.answered(Call(What.OPEN), answer(body, status)).again


def test_a_nonce_that_was_used_is_refused_by_request_and_by_opening(both):
    assert asked(both, "/v1/orders", NOW_S + 10)[0] == 200
    for nonce in (NOW_S + 10, NOW_S + 9):
        status, body = asked(both, "/v1/orders", nonce)
        assert (status, body["reason"]) == (400, "InvalidNonce")
        assert "has not increased" in body["message"]
    late = both.side.open("/", lowered(SIGNER.websocket_headers(int(NOW_S) + 9)))
    assert isinstance(late, Reply) and json.loads(late.body)["reason"] == "InvalidNonce"
    opened = both.side.open("/", lowered(SIGNER.websocket_headers(int(NOW_S) + 11)))
    assert isinstance(opened, OrdersClient)
    assert asked(both, "/v1/orders", NOW_S + 11)[1]["reason"] == "InvalidNonce"


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"x-gemini-signature": "00"}, 400, "InvalidSignature"),
        ({"x-gemini-nonce": "1790000012"}, 401, "InvalidSignature"),
        ({"x-gemini-apikey": "stranger"}, 400, "InvalidSignature"),
    ],
)
def test_an_opening_that_is_not_signed_is_refused(both, change, status, reason):
    headers = lowered(SIGNER.websocket_headers(int(NOW_S) + 11)) | change
    reply = both.side.open("/", headers)
    assert isinstance(reply, Reply)
    assert (reply.status, json.loads(reply.body)["reason"]) == (status, reason)


def test_a_key_that_counts_is_taken_by_rest_and_not_by_the_socket(tmp_path):
    key = with_field(nonce="counter")
    both = Both(tmp_path, key=key)
    both.by_rest(both.new(price=FAR))
    assert both.kinds() == ["ACK"]
    reply = both.side.open("/", lowered(SIGNER.websocket_headers(10**12)))
    assert isinstance(reply, Reply) and reply.status == 403


def test_a_request_to_another_place_than_it_says_and_one_of_nothing_are_refused(both):
    headers = lowered(SIGNER.rest_headers("/v1/orders", NOW_S + 2, {}))
    reply = both.side.rest(Asked("POST", "/v1/balances", headers, b""))
    assert json.loads(reply.body)["reason"] == "EndpointMismatch"
    status, body = asked(both, "/v1/nothing", NOW_S + 3)
    assert (status, body["reason"]) == (404, "EndpointNotFound")
    headers = headers | {"x-gemini-payload": "e30", "x-gemini-signature": SIGNER.sign("e30")}
    assert both.side.rest(Asked("POST", "/v1/orders", headers, b"")).status == 400


def test_whoever_has_no_key_is_told_nothing_of_orders(both):
    both.client = both.side.open("/", {})
    for method, params in (("order.place", {}), ("subscribe", ["orders@account"])):
        (reply,) = said(both, method, params)
        assert (reply["status"], reply["error"]["code"]) == (401, -1002)
    both.house.place(both.house.key(KEY.name), new_order(both, FAR))
    assert [frame for e in both.events for frame in both.client.event(e)] == []


def test_whoever_asks_too_often_is_told_to_wait(both):
    both.side = GeminiExchange(
        both.house, {n: TRADED.rows[i : i + 1] for i, n in enumerate(TRADED.names)}, 1, 2
    )
    statuses = [asked(both, "/v1/orders", NOW_S + 2 + n)[0] for n in range(3)]
    assert statuses == [200, 200, 429]


def test_a_switch_that_the_key_has_takes_everything_back_after_half_a_minute(tmp_path):
    both = Both(tmp_path, key=with_field(heartbeat="required"))
    both.ask(both.new(price=FAR))
    both.by_rest(Call(What.KEEP_ALIVE))
    both.clock.now += 25 * SECOND
    both.house.advance()
    both.by_rest(Call(What.KEEP_ALIVE))
    both.clock.now += 25 * SECOND
    both.house.advance()
    assert list(both.house.live(both.account))
    both.clock.now += 6 * SECOND
    both.house.advance()
    both.stream()
    assert not both.table.orders


# What is asked for wrongly


GOOD = {
    "symbol": "btcusd",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "50000.00",
    "quantity": "1",
    "clientOrderId": "a",
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"symbol": "dogeusd"}, "InvalidSymbol"),
        ({"side": "HOLD"}, "InvalidSide"),
        ({"type": "STOP"}, "InvalidOrderType"),
        ({"timeInForce": "DAY"}, "UnsupportedOption"),
        ({"price": 50000}, "InvalidPrice"),
        ({"price": "50000.001"}, "InvalidPrice"),
        ({"price": "NaN"}, "InvalidPrice"),
        ({"quantity": "0.000000001"}, "InvalidQuantity"),
        ({"quantity": None}, "InvalidQuantity"),
        ({"clientOrderId": "ä"}, "InvalidClientOrderId"),
        ({"clientOrderId": "a" * 37}, "InvalidClientOrderId"),
        ({"type": "MARKET"}, "InvalidOrderType"),
    ],
)
def test_an_order_that_is_none_is_refused_in_the_answer(both, change, words):
    (reply,) = said(both, "order.place", GOOD | change)
    assert (reply["status"], reply["error"]["code"]) == (400, -1013)
    assert words in reply["error"]["msg"]
    assert not list(both.house.live(both.account))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"options": ["maker-or-cancel", "fill-or-kill"]}, "ConflictingOptions"),
        ({"options": ["auction-only"]}, "UnsupportedOption"),
        ({"type": "exchange market"}, "InvalidOrderType"),
        ({"client_order_id": "a" * 100}, "ClientOrderIdTooLong"),
        ({"amount": 1}, "InvalidQuantity"),
        ({"symbol": 7}, "InvalidSymbol"),
    ],
)
def test_the_same_by_rest(both, change, reason):
    good = {
        "symbol": "btcusd",
        "side": "buy",
        "type": "exchange limit",
        "price": "50000.00",
        "amount": "1",
    }
    assert asked(both, "/v1/order/new", NOW_S + 2, **good)[0] == 200
    status, body = asked(both, "/v1/order/new", NOW_S + 3, **good | change)
    assert (status, body["reason"]) == (400, reason)


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b'{"method":1}', b'{"id":1}'])
def test_what_is_no_request_is_answered_so(both, text):
    (frame,) = both.client.answer(text)
    assert json.loads(frame)["error"]["code"] == -1013


@pytest.mark.parametrize("method", ["order.replace", "subscribe"])
def test_what_the_venue_does_not_have_is_unsupported(both, method):
    (reply,) = said(both, method, ["btcusd@klines"])
    assert (reply["status"], reply["error"]["code"]) == (400, -1020)


def test_small_talk_is_answered(both):
    assert said(both, "ping", {})[0] == {"id": "77", "status": 200, "result": {}}
    assert said(both, "time", {})[0]["result"] == {"serverTime": T0 // 10**6}
    assert said(both, "list_subscriptions", {})[0]["result"] == ["orders@account"]
    said(both, "unsubscribe", ["orders@account"])
    both.ask(both.new(price=FAR))
    both.stream()
    assert both.kinds() == []


def test_a_cancelled_order_is_told_as_it_is_to_whoever_cancels_it_again(both):
    both.ask(both.new(price=FAR))
    number = int(both.order().venue_id)
    for nonce in (2, 3):
        status, row = asked(both, "/v1/order/cancel", NOW_S + nonce, order_id=number)
        assert (status, row["is_cancelled"], row["reason"]) == (200, True, "Requested")
    status, body = asked(both, "/v1/order/cancel", NOW_S + 4, order_id=1)
    assert (status, body["reason"]) == (404, "OrderNotFound")
    assert asked(both, "/v1/order/status", NOW_S + 5, order_id="x")[0] == 404


# Troubles


@pytest.mark.parametrize("trouble", list(Trouble))
def test_each_trouble_is_one_that_the_entry_knows(both, trouble):
    call = both.new(price=FAR)
    frame = both.entry.frame(call, 5)
    assert both.side.what(frame.encode()) is What.NEW
    (told,) = both.side.troubled(trouble, frame.encode())
    heard = both.entry.heard(told)
    ((number, on_socket),) = heard.answers
    assert number == 5
    request = both.entry.request(call)
    headers = lowered(request.headers)
    rest = Asked(request.method, request.target, headers, request.body)
    assert both.side.what(rest) is What.NEW
    reply = both.side.troubled(trouble, rest)
    found = both.entry.answered(call, answer(reply.body, reply.status, **lowered(reply.headers)))
    waits = trouble in (Trouble.RATE_LIMIT, Trouble.BAN)
    assert (on_socket.wait_s > 0, found.wait_s > 0) == (waits, waits)
    assert found.again == (trouble is Trouble.BAD_NONCE)
    assert bool(heard.lost) == (trouble in (Trouble.BAD_NONCE, Trouble.SESSION_EXPIRED))
    assert bool(on_socket.fault and found.fault) == (trouble is Trouble.UNKNOWN)


def test_what_is_of_no_account_is_asked_for_by_anybody(both):
    for text in (b"{", b'{"method":"ping"}', b'{"method":"subscribe","params":[]}'):
        assert both.side.what(text) is None
    assert both.side.what(Asked("GET", "/v1/symbols/details/all", {}, b"")) is None


# Market data


class Held:
    """A book that follows the stream of one instrument."""

    def __init__(self, both):
        self.book = Book(TRADED.instruments[0].instrument_id, 4096, 4096)
        self.trades = []
        self.stream = GeminiV2Stream(TRADED.rows, TRADED.names, self.take)
        self.stream.begin()
        self.client = both.side.open("/v2/marketdata", {})

    def take(self, events, count):
        self.book.apply(events, count)

    def hear(self, frames):
        self.stream.take(tuple(frames), T0)


def subscribed(both):
    held = Held(both)
    wanted = [{"name": "l2", "symbols": ["BTCUSD"]}]
    text = json.dumps({"type": "subscribe", "subscriptions": wanted})
    held.hear(held.client.answer(text.encode()))
    return held


def published(both, held):
    """The market moves, and the client hears of it."""
    both.clock.now += 2 * SECOND
    both.house.advance()
    records = np.concatenate(both.house.public)
    both.house.public.clear()
    mine = records[records["instrument_id"] == TRADED.instruments[0].instrument_id]
    entries = both.side.market(0, mine)
    frames = [held.client.frame_of(entry) for entry in entries]
    assert None not in frames
    held.hear(frames)
    return mine


@pytest.mark.parametrize("side", [Side.BID, Side.ASK])
def test_the_feed_has_the_books_of_the_house(both, side):
    held = subscribed(both)
    for _ in range(3):
        published(both, held)
        found = held.book.depth(side, 50)
        ours = list(zip(found["price"].tolist(), found["quantity"].tolist(), strict=True))
        assert ours == list(both.house.depth(0, side, len(ours))) and len(ours) > 5


def test_trades_are_told_with_the_side_that_took(both):
    held = subscribed(both)
    mine = published(both, held)
    sold = mine[mine["kind"] == Kind.TRADE]
    frames = [json.loads(e.frame) for e in both.side.market(0, sold)]
    assert len(sold) and [frame["type"] for frame in frames] == ["trade"] * len(sold)
    sides = {1: "buy", 2: "sell"}
    assert [frame["side"] for frame in frames] == [sides[int(e["side"])] for e in sold]
    assert frames[-1]["price"] == both.side.price_of("BTCUSD")


def test_a_heartbeat_comes_every_five_seconds_to_whoever_has_subscribed(both):
    held = subscribed(both)
    (beat,) = both.side.due()
    assert json.loads(held.client.frame_of(beat)) == {"type": "heartbeat", "timestamp": T0 // 10**6}
    assert both.side.due() == ()
    both.clock.now += 5 * SECOND
    assert len(both.side.due()) == 1
    both.clock.now -= 20 * SECOND
    assert len(both.side.due()) == 1


def test_a_book_may_begin_by_an_entry_too(both):
    (whole,) = both.side.opening(0)
    assert json.loads(whole.frame)["trades"] == []


def test_its_list_says_steps_and_the_least_and_its_replies_are_dated_by_its_clock(both):
    both.house.skew_ns = -90 * SECOND
    reference = GeminiReference()
    reply = both.side.rest(Asked("GET", reference.path(), {}, b""))
    assert parsedate_to_datetime(reply.headers["Date"]).timestamp() == T0 // SECOND - 90
    bitcoin = reference.listings(reply.body)[0]
    assert (bitcoin.symbol, bitcoin.base, bitcoin.quote) == ("BTCUSD", "BTC", "USD")
    assert (bitcoin.tick, bitcoin.lot, bitcoin.quantity_min) == ("0.01", "0.00000001", "0.00001")
    assert bitcoin.status is Status.TRADING
    path, _ = reference.price_request("BTCUSD")
    assert reference.price(both.side.rest(Asked("GET", path, {}, b"")).body) > 0
    assert both.side.rest(Asked("GET", "/v1/nothing", {}, b"")).status == 404


def test_it_says_where_it_is(both):
    assert both.side.addresses("h:1") == {"ws_url": "wss://h:1", "rest_url": "https://h:1"}
    market = both.side.market_addresses("h:1")
    assert market["ws_url"] == "wss://h:1/v2/marketdata"
    assert both.side.order_id(7).isdigit()
