"""Payloads that others have collected of Binance's orders are read, or refused by name."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.schema import Kind
from pinnacle.venues.binance.exchange.words import ASKED
from pinnacle.venues.orders.port import Answered, Call, Heard, What
from tests.beside import BESIDE, needs
from tests.venues.binance.binance_desk import Gateway

FIXTURES = BESIDE / "data" / "venue_fixtures"
JKORF = FIXTURES / "JKorf_Binance.Net" / "Binance.Net.UnitTests"
FRAMES = FIXTURES / "gocryptotrader" / "extracted_frames" / "binance.jsonl"
RECORDED = FIXTURES / "gocryptotrader/exchanges/binance/testdata/http.filtered.json"
XCHANGE = FIXTURES / "XChange/xchange-binance/src/test/resources"
STATUS, FILLED = [Kind.ORDER_STATUS], Kind.FILLED_TOTAL
#: Which file answers which call, and what it tells of the order.
REST: dict[str, tuple[What, list[Kind]]] = {
    "Trading/PlaceOrder": (What.NEW, [Kind.ACK, FILLED]),
    "Trading/CancelOrder": (What.CANCEL, [Kind.CANCELLED]),
    "Trading/CancelAllOrders": (What.CANCEL_ALL, []),
    "Trading/GetOrder": (What.QUERY, STATUS),
    "Trading/GetOpenOrders": (What.OPEN, STATUS),
    "Trading/GetUserTrades": (What.FILLS, [Kind.FILL, Kind.FEE]),
    "Account/GetAccountInfo": (What.BALANCES, []),
    "Account/GetCommissionRates": (What.FEES, []),
}
SOCKET: dict[str, tuple[What, list[Kind]]] = {
    "Trading/PlaceOrder": (What.NEW, [Kind.ACK, FILLED]),
    # Its body is that of a question, as its documents once had it.
    "Trading/CancelOrder": (What.CANCEL, [FILLED]),
    "Trading/CancelAllOrders": (What.CANCEL_ALL, []),
    "Trading/GetOrder": (What.QUERY, [FILLED]),
    "Trading/GetOpenOrders": (What.OPEN, [FILLED, Kind.ORDER_STATUS]),
    "Trading/GetUserTrades": (What.FILLS, [Kind.FILL, Kind.FEE, Kind.FILL, Kind.FEE]),
    "Account/GetAccountInfo": (What.BALANCES, []),
}
STREAM: dict[str, list[Kind]] = {
    "Order": [Kind.ACK],
    "AccountPosition": [],
    "Balance": [],
    "OcoOrder": [],
    # Margin's, on a stream that is gone.
    "Liability": [],
}

pytestmark = needs(FIXTURES)


def gateway_of(symbol: str) -> Gateway:
    """With steps as fine as numbers of others may be."""
    config = InstrumentConfig(symbol=symbol, tick_size="0.00000001", lot_size="0.00000001")
    return Gateway(configs=[config])


def mine(what: What, found: Any) -> tuple[Gateway, Call, Any]:
    """A gateway that has asked for this, whose the order in it is."""
    first = found[0] if isinstance(found, list) else found
    gateway = gateway_of(first.get("symbol", "BTCUSDT"))
    if "orderId" not in first:
        return gateway, Call(what), found
    order = gateway.new(1, price=1, quantity=10**15)
    if what is What.NEW:
        return gateway, Call(what, order), first | {"clientOrderId": order.client_id}
    gateway.deliver(gateway.ask(Call(What.NEW, order), ack_of(first, order.client_id)).reports)
    return gateway, Call(what, gateway.order()), found


def ack_of(row: dict[str, Any], client_id: str) -> dict[str, Any]:
    return {"symbol": row["symbol"], "orderId": row["orderId"], "clientOrderId": client_id}


def body_of(path: Path) -> Any:
    """What stands behind the three lines of a reply of REST."""
    return json.loads(path.read_text(encoding="utf-8").split("\n", 3)[3])


def frame_of(path: Path) -> dict[str, Any]:
    """The frame that comes behind what is said, with a number of ours."""
    text = path.read_text(encoding="utf-8").partition("\n= ")[2]
    return json.loads(text.replace('"|1|"', "1"))


def kinds(reports) -> list[Kind]:
    return [report.kind for report in reports]


@pytest.mark.parametrize("name", REST)
def test_a_reply_of_rest_is_read(name):
    what, wanted = REST[name]
    gateway, call, body = mine(what, body_of(JKORF / f"Endpoints/Spot/{name}.txt"))
    answered = gateway.ask(call, body)
    assert not answered.fault
    assert kinds(answered.reports) == wanted
    if what is What.BALANCES:
        assert len(answered.balances) == 2
    if what is What.FEES:
        assert len(answered.fees) == 1


@pytest.mark.parametrize("name", SOCKET)
def test_an_answer_on_the_socket_is_read(name):
    what, wanted = SOCKET[name]
    frame = frame_of(JKORF / f"Socket/Spot/{name}.txt")
    gateway, call, frame["result"] = mine(what, frame["result"])
    gateway.entry.frame(call, 1)
    ((number, answered),) = gateway.hear(frame).answers
    assert number == 1 and not answered.fault
    assert kinds(answered.reports) == wanted


@pytest.mark.parametrize("name", STREAM)
def test_a_frame_of_the_user_stream_is_read(name):
    frame = frame_of(JKORF / f"Subscriptions/Spot/Account/{name}.txt")
    assert kinds(heard_of(frame.get("event", {}), frame)) == STREAM[name]


def heard_of(event: dict[str, Any], frame: dict[str, Any]) -> Any:
    """What an entry hears whose order it is."""
    gateway = gateway_of(event.get("s", "BTCUSDT"))
    if event.get("e") == "executionReport":
        order = gateway.new(1, price=1, quantity=10**15)
        event |= {"c": order.client_id}
    return gateway.hear(frame).reports


def test_frames_of_a_stream_that_is_gone_mean_the_same_without_their_wrapper():
    lines = [json.loads(line)["text"] for line in FRAMES.read_text(encoding="utf-8").splitlines()]
    found = {}
    for text in lines:
        frame = json.loads(text) if "%s" not in text else {}
        event = frame.get("data", {})
        if "@" in frame.get("stream", "@") or not event:
            continue  # the market's
        heard = kinds(heard_of(event, {"subscriptionId": 0, "event": event}))
        found[f"{event['e']} {event.get('x', '')}".strip()] = heard
    assert found == {
        "balanceUpdate": [],
        "listStatus": [],
        "executionReport NEW": [Kind.ACK],
        "executionReport TRADE": [Kind.FILL, Kind.FEE, FILLED],
        "outboundAccountPosition": [],
    }


def test_a_frame_with_another_wrapper_says_nothing():
    assert Gateway().hear({"stream": "key", "data": {"e": "executionReport"}}) == Heard()


def test_recorded_replies_are_read_but_for_the_one_that_is_empty():
    routes = json.loads(RECORDED.read_text(encoding="utf-8"))["routes"]
    counts = dict.fromkeys(What, 0)
    for path, verbs in routes.items():
        for verb, cases in verbs.items():
            what = ASKED.get(f"{verb} {path}")
            for case in cases if what is not None else ():
                counts[what] += 1
                if case["data"] is None:  # the venue refused it, and the words were not kept
                    assert what is What.NEW
                    assert "HTTP 400" in Gateway().ask(Call(What.OPEN), b"", 400).fault
                    continue
                gateway, call, body = mine(what, case["data"])
                assert not gateway.ask(call, body).fault, (path, case["queryString"])
    assert {what.name for what, count in counts.items() if count} == {
        *("NEW", "CANCEL", "QUERY", "OPEN", "BALANCES"),
    }


def test_orders_of_years_ago_are_read():
    body = json.loads((XCHANGE / "__files/open-orders.json").read_text(encoding="utf-8"))
    gateway, call, body = mine(What.OPEN, body)
    assert kinds(gateway.ask(call, body).reports) == STATUS
    path = XCHANGE / "org/knowm/xchange/binance/filled-market-order.json"
    gateway, call, body = mine(What.QUERY, json.loads(path.read_text(encoding="utf-8")))
    answered = gateway.ask(call, body)
    assert kinds(answered.reports) == [FILLED] and answered.more.page == "460498247"


def test_limits_without_a_word_in_them_are_refused_by_name():
    body = body_of(JKORF / "Endpoints/Spot/ExchangeData/GetExchangeInfo.txt")
    fault = Gateway().ask(Call(What.NAMES), body).fault
    assert "rateLimitType" in fault and "rateLimits" in fault
    body["rateLimits"] = []
    assert "does not list BTCUSDT" in Gateway().ask(Call(What.NAMES), body).fault
    assert gateway_of("ETHBTC").ask(Call(What.NAMES), body) == Answered()


def test_no_payload_of_a_call_that_is_made_here_is_left_out():
    asked_here, listed = set(), set()
    for path in sorted((JKORF / "Endpoints/Spot").rglob("*.txt")):
        verb, where = path.read_text(encoding="utf-8").split("\n", 2)[:2]
        if f"{verb.strip()} {where.strip()}" in ASKED:
            asked_here.add(path.parent.name + "/" + path.stem)
    for path in sorted((JKORF / "Socket/Spot").rglob("*.txt")):
        method = re.search(r'"method": *"([^"]+)"', path.read_text(encoding="utf-8"))
        if method and method[1] in ASKED:
            listed.add(path.parent.name + "/" + path.stem)
    assert asked_here == set(REST)
    assert listed == set(SOCKET)
    streams = {path.stem for path in (JKORF / "Subscriptions/Spot/Account").glob("*.txt")}
    assert streams == set(STREAM)
