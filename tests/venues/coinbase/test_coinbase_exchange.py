"""Coinbase's own side, over an exchange of ours: by the entry's own requests and frames."""

import json

import numpy as np
import pytest

from pinnacle.core.book import Book
from pinnacle.core.schema import Kind, Reason, Side, TimeInForce
from pinnacle.venues.coinbase.reference import CoinbaseReference
from pinnacle.venues.coinbase.stream import CoinbaseStream
from pinnacle.venues.orders.port import Answer, Call, What
from pinnacle.venues.reference.listing import Status
from pinnacle.venues.served.exchange_side import Asked, Trouble
from tests.venues.coinbase.coinbase_gateway import KEY, TRADED, Both
from tests.venues.orders.traded import COIN, DOLLAR, SECOND, T0

FAR, DAY = 50_000 * DOLLAR, 86_400 * SECOND


@pytest.fixture
def both():
    return Both()


# Orders


def test_an_order_that_rests_is_acknowledged_and_listed(both):
    both.ask(both.new(price=FAR, post_only=True))
    both.stream()
    assert both.kinds() == ["ACK"]
    assert both.known.order(1).venue_id == both.order().venue_id
    both.ask(Call(What.OPEN))
    both.ask(Call(What.QUERY, both.known.order(1)))
    assert both.kinds() == ["ORDER_STATUS", "ORDER_STATUS"]


def test_an_order_is_found_by_our_name_before_its_own_is_known(both):
    call = both.new(price=FAR)
    both.rest(both.entry.request(call))
    both.ask(Call(What.QUERY, call.order))
    assert both.kinds() == ["ORDER_STATUS"]
    assert both.known.order(1).venue_id == both.order().venue_id


def test_a_market_order_and_what_is_left_of_one_that_may_not_rest(both):
    both.ask(both.new(1, side=Side.ASK, price=0, quantity=COIN // 100, is_market=True))
    worst = both.best(Side.ASK)
    both.ask(both.new(2, price=worst, quantity=1000 * COIN // 10, time_in_force=TimeInForce.IOC))
    both.stream()
    assert [r for r in both.told if r[1] == 2][-1][0] in ("CANCELLED", "FEE")
    assert not both.table.orders


def test_a_cancel_is_done_when_the_stream_says_so(both):
    both.ask(both.new(price=FAR))
    both.ask(Call(What.CANCEL, both.known.order(1)))
    assert both.kinds() == ["ACK"]
    both.stream()
    assert both.kinds() == ["CANCELLED"]
    assert not both.table.orders


def test_a_cancel_of_what_has_been_filled_is_refused_and_looked_at(both):
    both.ask(both.new(price=both.best(Side.BID), quantity=COIN))
    both.house.hit(both.order())
    both.ask(Call(What.CANCEL, both.known.order(1)))
    assert both.kinds() == ["ACK", "CANCEL_REJECTED", "FILLED_TOTAL", "FILL", "FEE"]


def test_an_edit_is_seen_on_the_stream_or_by_the_question_behind_it_and_once(both):
    both.ask(both.new(price=FAR))
    both.ask(both.replace(both.known.order(1), FAR + DOLLAR, 2 * COIN))
    both.stream()
    assert both.kinds().count("REPLACED") == 1
    order = both.table.orders[1]
    assert (order.price, order.quantity) == (FAR + DOLLAR, 2 * COIN)
    assert (both.order().price, both.order().quantity) == (FAR + DOLLAR, 2 * COIN)


@pytest.mark.parametrize(
    ("price", "quantity", "reason"),
    [
        (FAR, COIN // 4, Reason.BAD_QUANTITY),
        (0, COIN, Reason.BAD_PRICE),
        (FAR, 0, Reason.BAD_QUANTITY),
    ],
)
def test_an_edit_that_cannot_be_is_refused(both, price, quantity, reason):
    both.ask(both.new(price=both.best(Side.BID), quantity=COIN))
    both.house.hit(both.order(), leave=COIN // 2)
    both.stream()
    call = both.replace(both.known.order(1), price, quantity)
    found = both.entry.answered(call, both.rest(both.entry.request(call)))
    assert [(r.kind, r.reason) for r in found.reports] == [(Kind.REPLACE_REJECTED, reason)]


def test_everything_is_taken_back_page_by_page(both):
    for number in range(1, 8):
        both.ask(both.new(number, price=FAR + number))
    both.ask(Call(What.CANCEL_ALL))
    both.stream()
    assert not both.table.orders
    assert not list(both.house.live(both.account))


def test_an_order_of_a_day_ends_by_itself():
    both = Both(at_ns=T0 // DAY * DAY + DAY - SECOND // 2)
    both.ask(both.new(price=FAR, time_in_force=TimeInForce.DAY))
    both.side.due()
    both.stream()
    assert both.kinds() == ["ACK"]
    both.clock.now += SECOND
    both.side.due()
    both.stream()
    assert both.kinds() == ["CANCELLED"]
    assert both.order().reason == Reason.EXPIRED


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"price": FAR, "quantity": 10**8 * COIN}, Reason.FUNDS),
        ({"price": FAR, "quantity": 999}, Reason.BAD_QUANTITY),
        ({"price": 1, "quantity": 1000}, Reason.BAD_QUANTITY),
        ({"price": FAR, "time_in_force": TimeInForce.FOK, "post_only": True}, Reason.BAD_ORDER),
        ({"price": 0}, Reason.BAD_PRICE),
    ],
)
def test_what_the_exchange_refuses_has_the_venues_word_and_its_reason(both, terms, reason):
    call = both.new(**terms)
    found = both.entry.answered(call, both.rest(both.entry.request(call)))
    assert [(r.kind, r.reason) for r in found.reports] == [(Kind.REJECTED, reason)]
    both.stream()
    assert both.kinds() == []


def test_an_order_that_would_take_and_may_not_is_refused(both):
    call = both.new(price=both.best(Side.ASK), post_only=True)
    found = both.entry.answered(call, both.rest(both.entry.request(call)))
    assert [(r.kind, r.reason) for r in found.reports] == [(Kind.REJECTED, Reason.WOULD_TAKE)]


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"product_id": "DOGE-USD"}, "INVALID_PRODUCT_ID"),
        ({"side": "HOLD"}, "INVALID_SIDE"),
        ({"client_order_id": ""}, "INVALID_REQUEST"),
        ({"order_configuration": {}}, "INVALID_REQUEST"),
        (
            {"order_configuration": {"twap_limit_gtd": {"base_size": "1"}}},
            "UNSUPPORTED_ORDER_CONFIGURATION",
        ),
        (
            {"order_configuration": {"market_market_ioc": {"quote_size": "1"}}},
            "UNSUPPORTED_ORDER_CONFIGURATION",
        ),
        (
            {"order_configuration": {"sor_limit_ioc": {"base_size": 1, "limit_price": "1"}}},
            "INVALID_REQUEST",
        ),
        (
            {"order_configuration": {"sor_limit_ioc": {"base_size": "1", "limit_price": "0.001"}}},
            "INVALID_PRICE_PRECISION",
        ),
        (
            {
                "order_configuration": {
                    "sor_limit_ioc": {"base_size": "0.000000001", "limit_price": "1"}
                }
            },
            "INVALID_SIZE_PRECISION",
        ),
        (
            {
                "order_configuration": {
                    "limit_limit_gtd": {
                        "base_size": "1",
                        "limit_price": "1",
                        "end_time": "2020-01-01T00:00:00Z",
                    }
                }
            },
            "INVALID_REQUEST",
        ),
    ],
)
def test_an_order_that_is_none_is_refused_by_the_word_for_it(both, changed, word):
    request = both.entry.request(both.new(price=FAR))
    body = json.dumps(json.loads(request.body) | changed).encode()
    said = json.loads(both.rest(request._replace(body=body)).body)
    assert said["success"] is False
    assert said["error_response"]["error"] == word


def test_the_same_name_again_gives_the_order_that_there_is(both):
    call = both.new(price=FAR)
    first = json.loads(both.rest(both.entry.request(call)).body)
    second = json.loads(both.rest(both.entry.request(call)).body)
    assert first["success_response"] == second["success_response"]
    assert len(list(both.house.orders(both.account))) == 1


# Lists


def test_lists_go_on_where_they_ended(both):
    for number in range(1, 6):
        both.ask(both.new(number, price=FAR + number))
    seen, cursor = [], ""
    while True:
        call = both.entry.request(Call(What.OPEN, page=json.dumps(["open", cursor])))
        body = json.loads(both.rest(call._replace(target=call.target.replace("250", "2"))).body)
        seen += [row["client_order_id"][-1] for row in body["orders"]]
        cursor = body["cursor"]
        assert body["has_next"] is bool(cursor)
        if not cursor:
            break
    assert seen == list("54321")


def test_open_orders_are_not_listed_with_others(both):
    request = both.entry.request(Call(What.OPEN))
    target = request.target + "&order_status=OPEN"
    assert both.rest(request._replace(target=target)).status == 400


def test_fills_are_those_since_a_time_and_the_newest_first(both):
    both.ask(both.new(1, price=both.best(Side.BID), quantity=COIN))
    both.house.hit(both.order(), leave=COIN // 2)
    both.clock.now += 10 * SECOND
    both.house.hit(both.order())

    def sizes(since_ns):
        reply = both.rest(both.entry.request(Call(What.FILLS, since_ns=since_ns)))
        return [fill["trade_time"] for fill in json.loads(reply.body)["fills"]]

    there = [fill.at_ns for fill in both.house.fills(both.account)]
    assert len(set(there)) == 2
    assert len(sizes(0)) == len(there)
    assert sizes(0) == sorted(sizes(0), reverse=True)
    assert len(sizes(T0 + SECOND)) == sum(at_ns > T0 for at_ns in there)
    assert not sizes(T0 + 11 * SECOND)


def test_balances_and_fees_are_the_accounts(both):
    both.ask(both.new(price=FAR, quantity=COIN))
    both.told = []
    found = both.entry.answered(
        Call(What.BALANCES), both.rest(both.entry.request(Call(What.BALANCES)))
    )
    dollars = next(each for each in found.balances if each.currency == "USD")
    assert dollars.total - dollars.available == 50_000
    fees = both.entry.answered(Call(What.FEES), both.rest(both.entry.request(Call(What.FEES)))).fees
    assert [(fee.maker_e8, fee.taker_e8) for fee in fees] == [(600_000, 1_200_000)] * 2


def test_the_user_channel_begins_with_what_is_open_by_fifties(both):
    for number in range(1, 51):
        both.ask(both.new(number, price=FAR + number, quantity=COIN // 1000))
    client = both.side.open("/", {})
    user = both.entry.greeting()[1]
    frames = [json.loads(frame) for frame in client.answer(user.encode())]
    assert [len(f["events"][0].get("orders", "-")) for f in frames] == [1, 50, 0]
    assert [frame["sequence_num"] for frame in frames] == [0, 1, 2]


def test_a_number_that_is_left_out_ends_the_stream(both):
    both.client.skip()
    both.clock.now += 2 * SECOND
    (entry,) = both.side.due()
    heard = both.entry.heard(both.client.frame_of(entry))
    assert heard.lost


# Who may ask


def request_of(both):
    request = both.entry.request(Call(What.FEES))
    return request, request.headers["Authorization"]


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"),
        lambda token: token.replace(".", "", 1),
        lambda token: token.replace("Bearer ", ""),
        lambda token: "",
    ],
)
def test_a_signature_that_is_wrong_is_refused(both, change):
    request, token = request_of(both)
    reply = both.rest(request._replace(headers={"Authorization": change(token)}))
    assert (reply.status, reply.body) == (401, b"Unauthorized\n")
    assert both.rest(request).status == 200


def test_a_token_for_another_request_or_host_is_refused(both):
    request, _ = request_of(both)
    other = request._replace(target="/api/v3/brokerage/accounts")
    assert both.rest(other).status == 401
    assert both.rest(request, host="elsewhere").status == 401


@pytest.mark.parametrize(
    ("age_s", "status"), [(0, 200), (89, 200), (90, 401), (-30, 200), (-31, 401)]
)
def test_a_token_is_good_for_two_minutes(both, age_s, status):
    request, _ = request_of(both)
    both.clock.now += age_s * SECOND
    assert both.rest(request).status == status


def test_a_token_is_good_once(both):
    request, _ = request_of(both)
    assert [both.rest(request).status for _ in range(2)] == [200, 401]


def test_a_key_that_was_never_given_is_refused(both):
    request, _ = request_of(both)
    both.house._keys.clear()
    assert both.rest(request).status == 401


@pytest.mark.parametrize("jwt", ["", "a.b.c"])
def test_the_user_channel_is_for_who_has_a_key(both, jwt):
    client = both.side.open("/", {})
    said = json.dumps({"type": "subscribe", "channel": "user", "jwt": jwt})
    (frame,) = client.answer(said.encode())
    assert json.loads(frame) == {"type": "error", "message": "authentication failure"}
    assert not client.subscribed


def test_who_asks_too_often_is_told_to_wait(both):
    both.side.gate._burst = 3.0
    statuses = [both.rest(both.entry.request(Call(What.FEES))).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    found = both.entry.answered(Call(What.FEES), both.rest(both.entry.request(Call(What.FEES))))
    assert found.wait_s == 1.0


@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("what", [What.NEW, What.CANCEL, What.REPLACE, What.QUERY, What.OPEN])
def test_trouble_on_purpose_is_what_the_entry_takes_it_for(both, trouble, what):
    both.ask(both.new(price=FAR))
    request = both.entry.request(Call(what, both.known.order(1), 1, 1))
    asked = Asked(request.method, request.target, request.headers, request.body)
    assert both.side.what(asked) is what
    reply = both.side.troubled(trouble, asked)
    call = Call(what, both.known.order(1), 1, 1)
    headers = {name.lower(): value for name, value in reply.headers.items()}
    found = both.entry.answered(call, Answer(reply.status, headers, reply.body))
    if trouble in (Trouble.RATE_LIMIT, Trouble.BAN):
        assert found.wait_s == (2.0 if trouble is Trouble.BAN else 1.0)
    elif trouble is Trouble.UNKNOWN:
        assert found.fault
    else:
        assert found.again or found.reports


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (Call(What.BALANCES), What.BALANCES),
        (Call(What.FEES), What.FEES),
        (Call(What.FILLS), What.FILLS),
    ],
)
def test_what_is_asked_is_told_by_where(both, call, what):
    request = both.entry.request(call)
    assert both.side.what(Asked(request.method, request.target, {}, b"")) is what
    assert both.side.what(Asked("GET", "/api/v3/brokerage/time", {}, b"")) is None
    assert both.side.what(b"{}") is None


def test_what_there_is_not_is_not_found(both):
    request = both.entry.request(Call(What.FEES))
    elsewhere = request.target.replace("transaction_summary", "portfolios")
    assert both.rest(request._replace(target=elsewhere)).status == 401
    public = Asked("GET", "/api/v3/brokerage/market/nothing", {}, b"")
    assert both.side.rest(public).status == 404


def test_a_key_is_another_one_each_time():
    assert KEY.name.startswith("organizations/")
    assert "PRIVATE" in KEY.given["private_key"]
    assert "PUBLIC" in KEY.kept["public_key"]
    assert "private_key" not in KEY.kept


# The market


def test_products_are_listed_with_what_an_order_must_have_at_least(both):
    reference = CoinbaseReference()
    reply = both.side.rest(Asked("GET", reference.path(), {}, b""))
    one, _ = reference.listings(reply.body)
    assert (one.symbol, one.base, one.quote) == ("BTC-USD", "BTC", "USD")
    assert (one.tick, one.lot, one.quantity_min, one.value_min) == (
        "0.01",
        "0.00000001",
        "0.00001",
        "1",
    )
    assert one.status is Status.TRADING


def test_the_clock_and_the_last_price_are_told(both):
    reference = CoinbaseReference()
    path, _ = reference.clock_request("BTC-USD")
    moment = reference.moment("", both.side.rest(Asked("GET", path, {}, b"")).body)
    assert moment.at_ns == T0
    path, _ = reference.price_request("BTC-USD")
    price = reference.price(both.side.rest(Asked("GET", path, {}, b"")).body)
    assert price * DOLLAR == both.best(Side.BID)


def test_the_feeds_own_stream_follows_the_book_and_its_trades(both):
    books = {i.instrument_id: Book(i.instrument_id, 1 << 16, 4096) for i in TRADED.instruments}
    kinds = []

    def sink(events, count):
        kinds.extend(events[n].kind for n in range(count))
        for book in books.values():
            book.apply(events, count)

    faults = []
    stream = CoinbaseStream(TRADED.rows, None, sink, lambda about, words: faults.append(words))
    stream.begin()
    client = both.side.open("/", {})
    frames = []
    for channel in ("heartbeats", "level2", "market_trades", "ticker"):
        said = {"type": "subscribe", "product_ids": ["BTC-USD", "ETH-USD"], "channel": channel}
        frames += client.answer(json.dumps(said).encode())
    for _ in range(200):
        both.clock.now += 10_000_000
        both.house.advance()
        records = np.concatenate(both.house.public) if both.house.public else None
        both.house.public.clear()
        for row, instrument in enumerate(TRADED.instruments):
            if records is not None:
                mine = records[records["instrument_id"] == instrument.instrument_id]
                frames += [client.frame_of(entry) for entry in both.side.market(row, mine)]
        frames += [client.frame_of(entry) for entry in both.side.due()]
    stream.take(frames, T0)
    assert not faults
    assert not stream.broken
    assert client.subscribed
    assert {Kind.TRADE, Kind.TOP, Kind.BOOK_END, Kind.DEPTH} <= set(kinds)
    for row, instrument in enumerate(TRADED.instruments):
        for side in (Side.BID, Side.ASK):
            ours = books[instrument.instrument_id].depth(side, 1000)
            theirs = both.house.depth(row, side, 1000)
            assert list(zip(ours["price"], ours["quantity"], strict=True)) == list(theirs)


def test_a_trade_has_the_side_of_who_was_there_before(both):
    client = both.side.open("/", {})
    said = {"type": "subscribe", "product_ids": ["BTC-USD"], "channel": "market_trades"}
    client.answer(json.dumps(said).encode())
    both.ask(
        both.new(price=both.best(Side.ASK), quantity=COIN // 1000, time_in_force=TimeInForce.IOC)
    )
    records = np.concatenate(both.house.public)
    frames = [json.loads(client.frame_of(e) or b"{}") for e in both.side.market(0, records)]
    (trades,) = [f["events"][0]["trades"] for f in frames if f.get("channel") == "market_trades"]
    assert trades[0]["side"] == "SELL"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"x", "failure to parse"),
        (b'{"type":"shout","channel":"level2"}', "unknown type"),
        (b'{"type":"subscribe","channel":"gossip"}', "unknown channel"),
        (b'{"type":"subscribe","channel":"level2","product_ids":["X-Y"]}', "not a valid product"),
    ],
)
def test_what_a_client_says_wrongly_it_is_told(both, said, words):
    (frame,) = both.side.open("/", {}).answer(said)
    assert words in json.loads(frame)["message"]


def test_who_unsubscribes_hears_no_more(both):
    client = both.side.open("/", {})
    for kind in ("subscribe", "unsubscribe"):
        said = {"type": kind, "product_ids": ["BTC-USD"], "channel": "level2"}
        client.answer(json.dumps(said).encode())
    (entry,) = both.side.opening(0)
    assert client.frame_of(entry) is None
    both.client.answer(b'{"type":"unsubscribe","channel":"user"}')
    both.ask(both.new(price=FAR))
    assert not both.client.event(both.events.popleft())
