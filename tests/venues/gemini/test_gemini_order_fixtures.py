"""Payloads that others have published: each is read, or refused by name; this table says which.

What stands here under `api.gemini.com/v1/order/events` is a stream that is archived and not used.
"""

import json

import pytest

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.orders.port import Answered, Call, Order, What
from tests.beside import BESIDE, needs
from tests.venues.gemini.gemini_gateway import Gateway
from tests.venues.orders.traded import COIN, IDS, answer

FIXTURES = BESIDE / "data" / "venue_fixtures"
XCHANGE = FIXTURES / "XChange" / "xchange-gemini" / "src" / "test" / "resources"
V1 = XCHANGE / "org" / "knowm" / "xchange" / "gemini" / "v1"
RECORDED = FIXTURES / "gocryptotrader" / "exchanges" / "gemini" / "testdata" / "http.filtered.json"
LIFTED = FIXTURES / "gocryptotrader" / "extracted_frames" / "gemini.jsonl"

#: By file: what it answers, and what it tells; words where it is refused. A list is made of a
#: single one where the venue answers with a list.
OPEN_FILES = {
    "__files/example-open-orders-data.json": 2,
    "v1/trade/example-open-orders-data.json": 1,
}
STATES = {
    "v1/order/example-limit-order-status.json": [Kind.FILLED_TOTAL],
    "v1/order/example-get-order-data-trades-included.json": [
        *(Kind.FILL, Kind.FEE, Kind.FILLED_TOTAL),
    ],
    "v1/order/example-get-order-data.json": [Kind.ORDER_STATUS],
    "v1/order/limit-order-partially-filled.json": [Kind.FILLED_TOTAL, Kind.ORDER_STATUS],
    "v1/order/limit-order-untouched.json": "neither live nor cancelled nor filled",
}
OTHERS = {
    "v1/trade/example-place-order-data.json",
    "v1/trade/example-cancel-order-data.json",
    "v1/trade/example-cancel-all-orders-data.json",
    "v1/trade/example-past-trades-data.json",
    "v1/account/example-account-info-data.json",
    "v1/account/example-account-info-balance.json",
    "v1/account/example-notionalvolume.json",
}


@pytest.fixture
def gateway(tmp_path):
    return Gateway(tmp_path)


def path_of(name):
    return XCHANGE / name if name.startswith("__files") else V1 / name.removeprefix("v1/")


def body_of(name):
    return path_of(name).read_bytes()


def order_as(row):
    """An order of ours that is the one of a fixture."""
    row_of = {"btcusd": 0, "ethusd": 1}
    name = str(row.get("order_id") or row.get("id"))
    side = 1 if row["side"] == "buy" else 2
    return Order(1, row_of[row["symbol"]], side, 0, COIN, IDS.text(1), name)


@needs(XCHANGE)
def test_the_table_names_every_file():
    there = {str(path.relative_to(XCHANGE)) for path in XCHANGE.rglob("*.json")}
    named = {*OPEN_FILES, *STATES, *OTHERS}
    assert there == {str(path_of(name).relative_to(XCHANGE)) for name in named}


@needs(XCHANGE)
@pytest.mark.parametrize("name", list(STATES))
def test_the_state_of_an_order_is_read(gateway, name):
    body, tells = body_of(name), STATES[name]
    order = order_as(json.loads(body))
    found = gateway.entry.answered(Call(What.QUERY, order), answer(body))
    if isinstance(tells, str):
        assert tells in found.fault and not found.reports
        return
    assert [report.kind for report in found.reports] == tells


@needs(XCHANGE)
@pytest.mark.parametrize("name", list(OPEN_FILES))
def test_open_orders_are_read(gateway, name):
    rows = json.loads(body_of(name))
    rows = rows if isinstance(rows, list) else [rows]
    assert len(rows) == OPEN_FILES[name]
    found = gateway.answered(What.OPEN, rows)
    # They are nobody's here, and one is of an instrument that is not ours.
    assert not found.fault and not found.reports
    assert list(gateway.known.strangers) == ["4003242"]


@needs(XCHANGE)
def test_orders_that_were_placed_and_cancelled_are_read(gateway):
    order = gateway.new(side=2, price=900_00, quantity=COIN // 100).order
    placed = json.loads(body_of("v1/trade/example-place-order-data.json"))
    assert "another order" in gateway.answered(What.NEW, placed, order).fault
    found = gateway.answered(What.NEW, placed | {"client_order_id": order.client_id}, order)
    assert [(r.kind, r.venue_id) for r in found.reports] == [(Kind.ACK, "4003264")]
    cancelled = body_of("v1/trade/example-cancel-order-data.json")
    known = order._replace(venue_id="4003242")
    found = gateway.entry.answered(Call(What.CANCEL, known), answer(cancelled))
    assert [(r.kind, r.reason) for r in found.reports] == [(Kind.CANCELLED, Reason.VENUE)]
    everything = body_of("v1/trade/example-cancel-all-orders-data.json")
    assert gateway.entry.answered(Call(What.CANCEL_ALL), answer(everything)) == Answered()


@needs(XCHANGE)
def test_trades_without_a_number_are_refused(gateway):
    body = body_of("v1/trade/example-past-trades-data.json")
    found = gateway.entry.answered(Call(What.FILLS), answer(body))
    assert "fee_currency" in found.fault


@needs(XCHANGE)
def test_balances_and_fees_are_read(gateway):
    body = body_of("v1/account/example-account-info-balance.json")
    found = gateway.entry.answered(Call(What.BALANCES), answer(body)).balances
    assert [(b.currency, str(b.total)) for b in found] == [("USD", "5.5")]
    one = json.loads(body_of("v1/account/example-account-info-data.json"))
    (held,) = gateway.answered(What.BALANCES, [one]).balances
    assert (held.currency, str(held.available)) == ("USD", "8.53524686")
    body = body_of("v1/account/example-notionalvolume.json")
    fees = gateway.entry.answered(Call(What.FEES), answer(body)).fees
    assert [(f.maker_e8, f.taker_e8) for f in fees] == [(350_000, 100_000)] * 2


def recorded(path):
    routes = json.loads(RECORDED.read_text(encoding="utf-8"))["routes"]
    return [entry for entries in routes[path].values() for entry in entries]


@needs(RECORDED)
def test_the_table_names_every_recorded_path():
    routes = json.loads(RECORDED.read_text(encoding="utf-8"))["routes"]
    private = {path for path, methods in routes.items() if "POST" in methods}
    assert private == {
        "/v1/balances",
        "/v1/heartbeat",
        "/v1/mytrades",
        "/v1/notionalvolume",
        "/v1/order/cancel",
        "/v1/order/cancel/all",
        "/v1/order/new",
        "/v1/order/status",
        "/v1/orders",
    }


@needs(RECORDED)
def test_recorded_orders_are_read_and_recorded_refusals_are_definite(gateway):
    seen = []
    for entry in recorded("/v1/order/new"):
        body = entry["data"]
        asked = json.loads(entry["bodyParams"])
        if body.get("result") == "error":
            found = gateway.answered(What.NEW, body, gateway.new(len(seen) + 1).order, 400)
            seen.append([(r.kind, r.reason) for r in found.reports])
            continue
        if body["symbol"] != "btcusd":
            continue
        price = int(asked["price"]) * 100
        order = gateway.new(len(seen) + 1, price=price).order
        found = gateway.answered(What.NEW, body | {"client_order_id": order.client_id}, order)
        seen.append([(r.kind, r.venue_id) for r in found.reports])
    assert seen == [
        [(Kind.ACK, "265555413")],
        [(Kind.REJECTED, Reason.BAD_INSTRUMENT)],
        [(Kind.REJECTED, Reason.BAD_ORDER)],
        [(Kind.REJECTED, Reason.BAD_ORDER)],
        [(Kind.REJECTED, Reason.VENUE)],
        [(Kind.REJECTED, Reason.VENUE)],
        [(Kind.ACK, "266043798")],
    ]


@needs(RECORDED)
def test_recorded_cancels_and_states_are_read(gateway):
    order = gateway.live(venue_id="265555413", price=4500_00)
    first, second = (entry["data"] for entry in recorded("/v1/order/cancel"))
    found = gateway.answered(What.CANCEL, first, order)
    assert [(r.kind, r.reason) for r in found.reports] == [(Kind.CANCELLED, Reason.REQUESTED)]
    # Another one, of another instrument, that was filled before.
    assert "another order" in gateway.answered(What.CANCEL, second, order).fault
    (status,) = (entry["data"] for entry in recorded("/v1/order/status"))
    known = gateway.live(2, venue_id=status["order_id"], price=9000_00)
    found = gateway.answered(What.QUERY, status, known)
    assert [(r.kind, r.reason) for r in found.reports] == [(Kind.CANCELLED, Reason.REQUESTED)]
    (everything,) = (entry["data"] for entry in recorded("/v1/order/cancel/all"))
    assert gateway.answered(What.CANCEL_ALL, everything) == Answered()


@needs(RECORDED)
def test_recorded_lists_are_read_and_what_is_no_list_is_refused(gateway):
    trades, error, nothing = (entry["data"] for entry in recorded("/v1/mytrades"))
    order = gateway.live(venue_id=trades[0]["order_id"], price=4365_44)
    found = gateway.answered(What.FILLS, trades)
    assert [(r.kind, r.aux) for r in found.reports] == [
        (Kind.FILL, trades[0]["tid"]),
        (Kind.FEE, trades[0]["tid"]),
    ]
    assert order.order_id == found.reports[0].order_id
    assert "InvalidTimestampInPayload" in gateway.answered(What.FILLS, error, status=400).fault
    for what, body in [
        (What.FILLS, nothing),
        *((What.OPEN, entry["data"]) for entry in recorded("/v1/orders")),
    ]:
        assert "null" in gateway.answered(what, body).fault
    (balances,) = (entry["data"] for entry in recorded("/v1/balances"))
    assert len(gateway.answered(What.BALANCES, balances).balances) == len(balances)
    (volume,) = (entry["data"] for entry in recorded("/v1/notionalvolume"))
    assert gateway.answered(What.FEES, volume).fees[0].taker_e8 == 350_000
    (beat,) = (entry["data"] for entry in recorded("/v1/heartbeat"))
    assert gateway.answered(What.KEEP_ALIVE, beat) == Answered()
    (listed,) = (entry["data"] for entry in recorded("/v1/symbols/details/all"))
    assert gateway.answered(What.NAMES, listed) == Answered()


@needs(LIFTED)
def test_frames_of_the_archived_streams_are_refused_or_say_nothing(gateway):
    lines = [json.loads(line) for line in LIFTED.read_text(encoding="utf-8").splitlines()]
    assert len(lines) > 15
    refused = 0
    for line in lines:
        text = line["text"].encode()
        if text.lstrip().startswith(b"["):
            with pytest.raises(DataError, match="not Gemini's frame"):
                gateway.entry.heard(text)
            refused += 1
            continue
        if b"MissingRole" in text:
            found = gateway.answered(What.NEW, text, gateway.new().order, 403)
            assert [r.reason for r in found.reports] == [Reason.VENUE]
            continue
        heard = gateway.entry.heard(text)
        assert not heard.reports and not heard.answers and not heard.ready
    assert refused == 5
