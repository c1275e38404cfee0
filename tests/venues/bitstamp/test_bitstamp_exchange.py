"""Bitstamp's own side, over an exchange of ours: by the entry's own requests and frames."""

import json
from decimal import Decimal

import numpy as np
import pytest

from pinnacle.core.book import Book
from pinnacle.core.schema import Kind, Reason, Side, TimeInForce
from pinnacle.venues.bitstamp.exchange.gate import NONCE_NS, Gate
from pinnacle.venues.bitstamp.reference import BitstampReference
from pinnacle.venues.bitstamp.signing import NONCE, REPLY_SIGNATURE, TIMESTAMP, BitstampKey
from pinnacle.venues.bitstamp.stream import BitstampStream
from pinnacle.venues.orders.port import Answer, Call, What
from pinnacle.venues.reference.listing import Status
from pinnacle.venues.served.exchange_side import Asked, Trouble
from pinnacle.venues.served.house import NewOrder
from tests.venues.bitstamp.bitstamp_gateway import KEY, TRADED, USER, Both
from tests.venues.orders.traded import COIN, DOLLAR, SECOND, T0

FAR, DAY = 50_000 * DOLLAR, 86_400 * SECOND


@pytest.fixture
def both():
    return Both()


def reason_of(reply):
    return json.loads(reply.body)["reason"]


# Orders


def test_both_channels_of_every_pair_are_open(both):
    assert both.ready


def test_an_order_that_rests_is_acknowledged_and_listed(both):
    both.ask(both.new(price=FAR, post_only=True))
    both.stream()
    assert set(both.kinds()) == {"ACK"}
    assert both.known.order(1).venue_id == both.order().venue_id
    both.ask(Call(What.OPEN))
    both.ask(Call(What.QUERY, both.known.order(1)))
    assert both.kinds() == ["ORDER_STATUS", "ORDER_STATUS"]


def test_an_order_is_found_by_our_name_before_its_own_is_known(both):
    call = both.new(price=FAR)
    both.rest(both.entry.request(call))
    both.ask(Call(What.QUERY, call.order))
    assert both.kinds() == ["ACK", "ORDER_STATUS"]
    assert both.known.order(1).venue_id == both.order().venue_id


def test_a_market_order_and_what_is_left_of_one_that_may_not_rest(both):
    both.ask(both.new(1, side=Side.ASK, price=0, quantity=COIN // 100, is_market=True))
    both.ask(
        both.new(2, price=both.best(Side.ASK), quantity=100 * COIN, time_in_force=TimeInForce.IOC)
    )
    both.stream()
    assert "CANCELLED" in [kind for kind, order_id in both.told if order_id == 2]
    assert not both.table.orders


def test_an_order_that_would_take_is_taken_and_gone_and_only_a_question_says_so(both):
    call = both.new(price=both.best(Side.ASK), post_only=True)
    found = both.entry.answered(call, both.rest(both.entry.request(call)))
    both.deliver(found.reports)
    both.stream()
    assert both.table.orders
    both.clock.now += SECOND
    gone = both.entry.answered(found.more, both.rest(both.entry.request(found.more)))
    assert [(r.kind, r.reason) for r in gone.reports] == [(Kind.CANCELLED, Reason.WOULD_TAKE)]
    both.deliver(gone.reports)
    assert not both.table.orders


def test_a_cancel_is_done_when_the_state_of_the_order_says_so(both):
    both.ask(both.new(price=FAR))
    both.stream()
    both.ask(both.cancelling(both.known.order(1)))
    assert "CANCELLED" not in both.kinds()
    both.stream()
    assert both.kinds() == ["UNSURE", "CANCELLED"]
    assert not both.table.orders


def test_fills_before_a_cancel_are_known_though_no_trade_was_told(both):
    both.ask(both.new(price=both.best(Side.BID), quantity=COIN))
    both.house.hit(both.order(), leave=COIN // 2)
    both.events.clear()
    both.ask(both.cancelling(both.known.order(1)))
    both.stream()
    kinds = both.kinds()
    assert kinds[-1] == "CANCELLED"
    assert "FILL" in kinds
    assert not both.table.orders


def test_a_cancel_of_what_has_been_filled_is_of_no_order_that_the_venue_knows(both):
    both.ask(both.new(price=both.best(Side.BID), quantity=COIN))
    both.house.hit(both.order())
    both.ask(both.cancelling(both.known.order(1)))
    assert both.kinds()[-1] == "CANCEL_REJECTED"
    both.ask(Call(What.QUERY, both.known.order(1)))
    assert {"FILL", "FEE", "FILLED_TOTAL"} <= set(both.kinds())
    assert not both.table.orders


def test_a_cancel_by_our_name_is_as_good(both):
    call = both.new(price=FAR)
    both.rest(both.entry.request(call))
    both.ask(both.cancelling(call.order))
    both.stream()
    assert not both.table.orders


def test_all_orders_are_cancelled_at_once(both):
    both.ask(both.new(1, price=FAR))
    both.ask(both.new(2, side=Side.ASK, price=70_000 * DOLLAR))
    both.ask(Call(What.CANCEL_ALL))
    both.stream()
    assert not both.table.orders
    assert not list(both.house.live(both.account))


def test_an_order_of_the_day_ends_with_it():
    end_ns = (T0 // DAY + 1) * DAY
    both = Both(end_ns - SECOND)
    both.ask(both.new(price=FAR, time_in_force=TimeInForce.DAY))
    both.stream()
    both.side.due()
    assert both.order().status.value == "open"
    both.clock.now = end_ns
    both.side.due()
    both.stream()
    assert not both.table.orders
    assert both.order().reason == Reason.EXPIRED


def test_the_same_client_id_makes_two_orders_and_the_second_is_taken_back(both):
    call = both.new(price=FAR)
    both.ask(call)
    both.rest(both.entry.request(call))
    names = [order.venue_id for order in both.house.live(both.account)]
    assert len(names) == 2
    found = both.entry.answered(Call(What.OPEN), both.rest(both.entry.request(Call(What.OPEN))))
    assert "has the client id of another one" in found.odd
    assert [kind for kind, _, _ in both.deliver(found.reports)] == ["ORDER_STATUS", "CANCEL"]


@pytest.mark.parametrize(
    ("terms", "reason", "words"),
    [
        ({"quantity": 1}, Reason.BAD_QUANTITY, "Minimum order amount is 0.00001 BTC."),
        (
            {"price": FAR, "quantity": 1000},
            Reason.BAD_QUANTITY,
            "Minimum order size is 10 USD.",
        ),
        ({"price": 90_000 * DOLLAR}, Reason.BAD_PRICE, "Price is more than 20% above market"),
        ({"price": 20_000 * DOLLAR}, Reason.BAD_PRICE, "Price is more than 20% below market"),
        ({"price": FAR, "quantity": 10**6 * COIN}, Reason.FUNDS, "You need 50000000000 USD"),
        (
            {"time_in_force": TimeInForce.IOC, "post_only": True},
            Reason.BAD_ORDER,
            "Only one of optional parameters can be set.",
        ),
        ({"price": 0}, Reason.BAD_PRICE, "Price is more than 20% below market"),
    ],
)
def test_an_order_that_cannot_be_is_refused_in_the_venues_words(both, terms, reason, words):
    call = both.new(**terms)
    (report,) = both.entry.answered(call, both.rest(both.entry.request(call))).reports
    assert (report.kind, report.reason) == (Kind.REJECTED, reason)
    assert report.words.startswith(words)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (b"amount=1.000000001&price=60000", "amount"),
        (b"amount=1&price=60000.001", "price"),
        (b"amount=1", "price"),
        (b"price=60000", "amount"),
        (b"amount=much&price=60000", "amount"),
        (b"amount=1&price=60000&client_order_id=" + b"x" * 181, "client_order_id"),
    ],
)
def test_a_form_that_is_wrong_is_refused_with_the_name_of_the_field(both, form, field):
    reply = signed(both, "/api/v2/buy/btcusd/", form)
    assert reply.status == 400
    assert list(reason_of(reply)) == [field]


def test_what_is_not_there_is_not_found(both):
    for path in ("/api/v2/buy/xrpusd/", "/api/v2/replace_order/", "/api/v2/nothing/"):
        assert signed(both, path, b"amount=1&price=1").status == 404
    for form in (b"id=5", b"client_order_id=x"):
        assert reason_of(signed(both, "/api/v2/order_status/", form)) == "Order not found"
    assert signed(both, "/api/v2/order_status/", b"").status == 400


# Lists


def test_fills_are_listed_in_pages_and_by_the_state_the_same(both):
    both.ask(both.new(price=both.best(Side.BID), quantity=COIN))
    for left in (3, 2, 1):
        both.house.hit(both.order(), leave=left * COIN // 4)
    both.events.clear()
    order = both.known.order(1)
    both.ask(Call(What.FILLS, since_ns=T0 - SECOND))
    listed = both.kinds()
    assert listed[-6:] == ["FILL", "FEE"] * 3
    both.ask(Call(What.QUERY, order))
    both.stream()
    assert both.table.duplicates >= 6
    assert both.table.orders[1].filled == both.order().filled
    rows = json.loads(signed(both, "/api/v2/user_transactions/", b"limit=2&sort=asc").body)
    more = b"sort=asc&since_id=%d" % rows[-1]["id"]
    rest = json.loads(signed(both, "/api/v2/user_transactions/btcusd/", more).body)
    ids = [row["id"] for row in rows] + [row["id"] for row in rest[1:]]
    assert ids == sorted(set(ids))
    assert len(ids) == len(both.order().fills)


def test_balances_and_fees_are_the_exchanges(both):
    def ask(what):
        call = Call(what)
        return both.entry.answered(call, both.rest(both.entry.request(call)))

    both.ask(both.new(price=FAR, quantity=COIN))
    usd = next(b for b in ask(What.BALANCES).balances if b.currency == "USD")
    assert usd.total - usd.available == Decimal(50_000)
    assert [(f.row, f.maker_e8, f.taker_e8) for f in ask(What.FEES).fees] == [
        (0, 300_000, 400_000),
        (1, 300_000, 400_000),
    ]


def test_a_strangers_order_is_listed_without_a_name_of_ours(both):
    key = both.house.key(KEY.name)
    both.house.place(key, NewOrder(0, Side.BID, FAR, COIN))
    both.ask(Call(What.OPEN))
    assert list(both.known.strangers.values()) == [""]


# The private channels


def test_a_token_is_good_for_a_minute(both):
    text = both.entry.greeting()[0].encode()
    both.clock.now += 61 * SECOND
    client = both.side.open("/", {})
    (frame,) = client.answer(text)
    assert "unauthorized" in both.entry.heard(frame).lost


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("private-my_orders_btcusd-5", "unauthorized"),
        (f"private-my_hats_btcusd-{USER}", "Invalid channel"),
        (f"private-my_orders_xrpusd-{USER}", "Invalid channel"),
        ("diff_order_book_BTCUSD", "Invalid channel"),
        ("nothing", "Invalid channel"),
    ],
)
def test_channels_that_there_are_not_are_refused(both, channel, words):
    token = json.loads(both.entry.greeting()[0])["data"]["auth"]
    said = {"event": "bts:subscribe", "data": {"channel": channel, "auth": token}}
    (frame,) = both.side.open("/", {}).answer(json.dumps(said).encode())
    assert words in json.loads(frame)["data"]["message"]


def test_a_pair_that_there_is_not_is_confirmed_and_silent(both):
    said = {"event": "bts:subscribe", "data": {"channel": "live_trades_nonsense"}}
    (frame,) = both.side.open("/", {}).answer(json.dumps(said).encode())
    assert json.loads(frame)["event"] == "bts:subscription_succeeded"


def test_what_is_said_is_answered_or_refused(both):
    client = both.side.open("/", {})
    assert json.loads(client.answer(b'{"event":"bts:heartbeat"}')[0])["data"] == {
        "status": "success"
    }
    for text in (b"{", b"5", b'{"event":"bts:dance"}', b"\xff"):
        assert json.loads(client.answer(text)[0])["event"] == "bts:error"


def test_an_event_that_was_skipped_is_asked_for_and_had(both):
    both.ask(both.new(1, price=FAR))
    both.ask(both.new(2, price=FAR - DOLLAR))
    both.stream()
    both.kinds()
    both.client.skip()
    both.house.cancel(both.order(1))
    both.house.cancel(both.order(2))
    both.stream()
    assert "CANCELLED" in both.kinds()
    # The first one's end was missed, and is known now to be in doubt.
    assert both.table.orders[1].state.name == "UNKNOWN"
    both.ask(Call(What.QUERY, both.known.order(1)))
    assert not both.table.orders


def test_an_event_that_is_told_twice_has_one_name(both):
    both.ask(both.new(price=both.best(Side.BID)))
    both.stream()
    both.house.hit(both.order())
    events = list(both.events)
    frames = [both.client.event(event) for event in events]
    assert frames == [both.client.event(event) for event in events]
    for frame in [frame for pair in frames + frames for frame in pair]:
        both.take(both.entry.heard(frame))
    assert not both.table.orders
    assert not both.table.unknown_fills


# Who asks


def signed(both, path, body, nonce=None, at_ns=None, host=Both.HOST, key=None, **headers):
    key = key or BitstampKey(KEY.name, KEY.kept["secret"])
    at_ms = (both.clock.now if at_ns is None else at_ns) // 10**6
    nonce = nonce or both.entry.request(Call(What.OPEN)).headers[NONCE]
    given = key.headers("POST", Both.HOST, path, body, nonce, at_ms)
    given = {name.lower(): value for name, value in given.items()}
    return both.side.rest(Asked("POST", path, given | {"host": host} | headers, body))


def code_of(reply):
    said = json.loads(reply.body)
    return said.get("code", "") if isinstance(said, dict) else ""


OPEN = "/api/v2/open_orders/"


def test_a_signature_that_is_wrong_is_refused(both):
    other = BitstampKey(KEY.name, "x" * 32)
    assert code_of(signed(both, OPEN, b"", key=other)) == "API0005"
    assert code_of(signed(both, OPEN, b"", host="elsewhere")) == "API0005"
    assert code_of(signed(both, OPEN, b"", key=BitstampKey("nobody", "x"))) == "API0001"
    assert signed(both, OPEN, b"").status == 200


@pytest.mark.parametrize("way", [-1, 1])
def test_a_stamp_that_is_stale_or_ahead_is_refused(both, way):
    late = T0 + way * 149 * SECOND
    assert signed(both, OPEN, b"", at_ns=late).status == 200
    assert code_of(signed(both, OPEN, b"", at_ns=T0 + way * 151 * SECOND)) == "API0017"


def test_a_nonce_that_was_used_is_refused_for_five_minutes(both):
    nonce = "0" * 36
    assert signed(both, OPEN, b"", nonce).status == 200
    assert code_of(signed(both, OPEN, b"", nonce)) == "API0004"
    assert code_of(signed(both, OPEN, b"", "short")) == "API0004"
    both.clock.now += NONCE_NS + SECOND
    assert signed(both, OPEN, b"", nonce).status == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-auth-version": "v1"}, "API0010"),
        ({"content-type": "application/json"}, "API0019"),
        ({"x-auth": "BITSTAMP"}, "API0001"),
    ],
)
def test_a_header_that_is_wrong_is_refused(both, headers, code):
    assert code_of(signed(both, OPEN, b"a=1", **headers)) == code


def test_a_header_that_is_missing_is_refused_by_its_name(both):
    request = both.entry.request(Call(What.OPEN))
    found = []
    for name in ("X-Auth", "X-Auth-Signature", NONCE, TIMESTAMP, "X-Auth-Version"):
        headers = {k.lower(): v for k, v in request.headers.items() if k != name}
        reply = both.side.rest(Asked("POST", OPEN, headers | {"host": Both.HOST}, b""))
        found.append((reply.status, code_of(reply)))
    assert found == [(403, f"API00{number}") for number in (12, 13, 14, 15, 16)]


def test_a_reply_is_signed_by_who_knows_the_secret(both):
    request = both.entry.request(Call(What.BALANCES))
    reply = both.rest(request)
    key = BitstampKey(KEY.name, KEY.kept["secret"])
    headers = request.headers
    assert key.verify_reply(
        headers[NONCE],
        headers[TIMESTAMP],
        reply.headers["content-type"],
        reply.body,
        reply.headers[REPLY_SIGNATURE.lower()],
    )


def test_who_asks_too_often_is_told_so_and_heard_again_later(both):
    both.side.desk._gate = Gate(both.house, per_s=3)
    assert [signed(both, OPEN, b"").status for _ in range(4)] == [200, 200, 200, 429]
    both.clock.now += SECOND
    assert signed(both, OPEN, b"").status == 200


# Troubles


@pytest.mark.parametrize("trouble", list(Trouble))
def test_no_trouble_is_an_outcome(both, trouble):
    call = both.new(price=FAR)
    request = both.entry.request(call)
    asked = Asked("POST", request.target, {}, request.body)
    reply = both.side.troubled(trouble, asked)
    headers = {name.lower(): value for name, value in reply.headers.items()}
    found = both.entry.answered(call, Answer(reply.status, headers, reply.body))
    match trouble:
        case Trouble.UNKNOWN:
            assert [r.kind for r in found.reports] == [Kind.UNSURE]
            both.deliver(found.reports)
            both.ask(found.more)
            assert both.kinds()[-1] == "REJECTED"
        case Trouble.SESSION_EXPIRED:
            assert [(r.kind, r.reason) for r in found.reports] == [(Kind.REJECTED, Reason.VENUE)]
        case _:
            assert found.wait_s > 0
            assert not found.reports


def test_requests_are_known_by_what_they_ask(both):
    order = both.new(price=FAR).order
    for what in What:
        if what in (What.KEEP_ALIVE, What.REPLACE):
            continue
        page = "0 1" if what is What.EVENTS else ""
        request = both.entry.request(Call(what, None if what is What.FILLS else order, page=page))
        asked = Asked(request.method, request.target, request.headers, request.body)
        assert both.side.what(asked) is (None if what is What.NAMES else what)
    assert both.side.what(b'{"event":"bts:heartbeat"}') is None


def test_a_fee_in_another_currency_is_none_of_its_troubles(both):
    assert both.side.never == {"fee_in_base", "fee_in_third"}


# The market


def frames_of(both, client):
    records = both.house.public
    rows = np.concatenate(records) if records else np.empty(0)
    records.clear()
    for row, instrument in enumerate(TRADED.instruments):
        mine = rows[rows["instrument_id"] == instrument.instrument_id] if len(rows) else rows
        for entry in both.side.market(row, mine) if len(mine) else ():
            frame = client.frame_of(entry)
            if frame is not None:
                yield frame


def test_the_feed_of_this_project_follows_its_books(both):
    client = both.side.open("/", {})
    for name in TRADED.names:
        for kind in ("diff_order_book_", "live_trades_"):
            said = {"event": "bts:subscribe", "data": {"channel": kind + name}}
            client.answer(json.dumps(said).encode())
    assert client.subscribed
    books = {i.instrument_id: Book(i.instrument_id, 1 << 16, 4096) for i in TRADED.instruments}
    kinds, faults = set(), []

    def sink(events, count):
        kinds.update(events[n].kind for n in range(count))
        for book in books.values():
            book.apply(events, count)

    stream = BitstampStream(
        TRADED.rows, TRADED.names, sink, lambda about, words: faults.append(words)
    )
    for step in range(200):
        both.clock.now += SECOND // 100
        both.house.advance()
        frames = list(frames_of(both, client))
        if frames:
            stream.take(frames, both.clock.now)
        for row, name in enumerate(TRADED.names if step == 50 else ()):
            reply = both.side.rest(Asked("GET", f"/api/v2/order_book/{name}/", {}, b""))
            assert stream.snapshot(row, reply.body, both.clock.now)
    assert not faults
    assert {Kind.TRADE, Kind.BOOK_END, Kind.DEPTH} <= kinds
    for row, instrument in enumerate(TRADED.instruments):
        for side in (Side.BID, Side.ASK):
            ours = books[instrument.instrument_id].depth(side, 1000)
            theirs = both.house.depth(row, side, 1000)
            assert list(zip(ours["price"], ours["quantity"], strict=True)) == list(theirs)


def test_its_markets_say_the_least_that_an_order_must_have(both):
    reference = BitstampReference()
    reply = both.side.rest(Asked("GET", reference.path(), {}, b""))
    listed = reference.listings(reply.body)
    assert [(each.symbol, each.base, each.quote) for each in listed] == [
        ("btcusd", "BTC", "USD"),
        ("ethusd", "ETH", "USD"),
    ]
    assert {(each.quantity_min, each.value_min, each.tick) for each in listed} == {
        ("0.00001", "10", "0.01")
    }
    assert {each.status for each in listed} == {Status.TRADING}


def test_its_clock_is_told_by_every_reply(both):
    path, _ = BitstampReference().clock_request("btcusd")
    reply = both.side.rest(Asked("GET", path, {}, b""))
    assert reply.status == 200
    assert reply.headers["Date"] == "Mon, 21 Sep 2026 14:13:20 GMT"


def test_what_is_not_served_is_not_found(both):
    for path in ("/", "/api/v2/order_book/xrpusd/", "/api/v2/order_book/btcusd/?group=2"):
        assert both.side.rest(Asked("GET", path, {}, b"")).status == 404
