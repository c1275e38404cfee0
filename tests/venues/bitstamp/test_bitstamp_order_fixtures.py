"""Payloads that others have published: each is read, or refused by name; this table says which."""

import json

import pytest

from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.venues.orders.port import Call, What
from tests.beside import BESIDE, needs
from tests.venues.bitstamp.bitstamp_gateway import V1, Gateway
from tests.venues.orders.traded import COIN, answer

FIXTURES = BESIDE / "data" / "venue_fixtures"
JKORF = FIXTURES / "JKorf_Bitstamp.Net" / "Bitstamp.Net.UnitTests"
TRADING = JKORF / "Endpoints" / "ExchangeApi" / "Trading"
XCHANGE = FIXTURES / "XChange" / "xchange-bitstamp" / "src" / "test" / "resources"
DTO = XCHANGE / "org" / "knowm" / "xchange" / "bitstamp" / "dto"
GOCRYPTO = FIXTURES / "gocryptotrader" / "exchanges" / "bitstamp" / "testdata"
LIFTED = FIXTURES / "gocryptotrader" / "extracted_frames" / "bitstamp.jsonl"

#: Of positions of derivatives, collateral, deposits and public lists: nothing here asks for them.
NOT_ASKED = {
    "Account/GetCryptoTransactions.txt",
    "Account/GetLeverageSettings.txt",
    "Account/SetLeverage.txt",
    "ExchangeData/GetCollateralAssets.txt",
    "ExchangeData/GetOpenPositions.txt",
    "ExchangeData/GetOrderBook.txt",
    "Trading/ClosePosition.txt",
    "Trading/ClosePositions.txt",
    "Trading/GetOpenPositions.txt",
    "Trading/GetPositionHistory.txt",
    "Trading/GetPositionSettlementTransactions.txt",
    "Trading/GetPositionStatus.txt",
    "Trading/UpdatePositionCollateral.txt",
}
READ = {"Trading/GetOrderHistory.txt"}
#: Recorded calls, and what is asked for that.
ROUTES = {
    "/api/cancel_all_orders/": What.CANCEL_ALL,
    "/api/order_status/": What.QUERY,
    "/api/v2/balance/": What.BALANCES,
    "/api/v2/buy/btcusd/": What.NEW,
    "/api/v2/buy/market/btcusd/": What.NEW,
    "/api/v2/cancel_order/": What.CANCEL,
    "/api/v2/fees/trading/": What.FEES,
    "/api/v2/fees/trading/ltcbtc/": What.FEES,
    "/api/v2/open_orders/all/": What.OPEN,
    "/api/v2/open_orders/btcusd/": What.OPEN,
    "/api/v2/trading-pairs-info/": What.NAMES,
    "/api/v2/user_transactions/": What.FILLS,
    "/api/v2/user_transactions/btcusd/": What.FILLS,
    "/api/v2/websockets_token/": What.TOKEN,
}
#: A bare `true`, an order whose amounts stand under no currency's name, an object of all balances,
#: one pair's fee without a list, names of old.
REFUSED = {
    "/api/cancel_all_orders/",
    "/api/order_status/",
    "/api/v2/balance/",
    "/api/v2/fees/trading/ltcbtc/",
    "/api/v2/trading-pairs-info/",
}


@pytest.fixture
def gateway():
    made = Gateway()
    made.begin()
    return made


def body_of(path):
    """Behind method, path and whether it is signed."""
    return path.read_text(encoding="utf-8").split("\n", 3)[3].encode()


def dto(name):
    return (DTO / name).read_bytes()


def asked(gateway, what, body, order=None, **call):
    return gateway.entry.answered(Call(what, order, **call), answer(body))


def kinds(found):
    return [report.kind.name for report in found.reports]


@needs(JKORF)
def test_the_table_names_every_file():
    folder = JKORF / "Endpoints" / "ExchangeApi"
    there = {str(path.relative_to(folder)) for path in folder.rglob("*.txt")}
    assert there == READ | NOT_ASKED


@needs(TRADING)
def test_events_that_were_missed_are_read(gateway):
    body = body_of(TRADING / "GetOrderHistory.txt")
    call = Call(What.EVENTS, page="0 019f4ac8-1234-abcd-af00-3e9012000019")
    found = gateway.entry.answered(call, answer(body))
    assert (found.fault, kinds(found)) == ("", [])
    order = gateway.new(2, price=50_000_00).order
    body = body.replace(b"my-order-123", order.client_id.encode()).replace(b"000020", b"000021")
    found = gateway.entry.answered(call, answer(body))
    assert [(r.kind, r.venue_id) for r in found.reports] == [(Kind.ACK, "1458532827766784")]


# Real frames


def real_frames():
    return (GOCRYPTO / "wsMyOrders.json").read_text(encoding="utf-8").splitlines()


def ours(line, order):
    """A real frame, told on a channel of ours, of an order of ours."""
    frame = json.loads(line)
    frame["channel"] = frame["channel"].replace("314159", "1000001")
    frame["data"]["client_order_id"] = order.client_id
    return json.dumps(frame).encode()


@needs(GOCRYPTO)
def test_frames_of_other_accounts_say_nothing(gateway):
    for line in real_frames():
        heard = gateway.entry.heard(line.encode())
        assert (kinds(heard), heard.lost, heard.odd) == ([], "", "")


@needs(GOCRYPTO)
@pytest.mark.parametrize(("first", "side", "lots"), [(0, Side.BID, 38_667), (3, Side.ASK, 38_679)])
def test_a_real_market_order_is_filled_but_for_dust_and_asked_for(gateway, first, side, lots):
    order = gateway.new(side=side, price=0, quantity=lots, is_market=True).order
    created, changed, deleted = (ours(line, order) for line in real_frames()[first : first + 3])
    assert kinds(gateway.heard(created)) == ["ACK"]
    assert [(r.kind, r.quantity) for r in gateway.heard(changed).reports] == [
        (Kind.FILLED_TOTAL, lots - 1)
    ]
    end = gateway.heard(deleted)
    assert kinds(end) == ["FILLED_TOTAL", "UNSURE"]
    assert [call.what for call in end.ask] == [What.QUERY]


@needs(GOCRYPTO)
def test_a_real_limit_order_is_filled_whole_and_nobody_is_asked(gateway):
    order = gateway.new(side=Side.ASK, price=25_845_00, quantity=38_692).order
    created, deleted = (ours(line, order) for line in real_frames()[6:])
    assert kinds(gateway.heard(created)) == ["ACK"]
    end = gateway.heard(deleted)
    assert [(r.kind, r.quantity) for r in end.reports] == [(Kind.FILLED_TOTAL, 38_692)]
    assert not end.ask


# Recorded calls


def routes():
    recorded = json.loads((GOCRYPTO / "http.filtered.json").read_text(encoding="utf-8"))
    return recorded["routes"]


@needs(GOCRYPTO)
def test_recorded_answers_are_read_or_refused(gateway):
    order = gateway.live(venue_id="1453282316578816")
    assert routes().keys() == ROUTES.keys()
    for path, methods in routes().items():
        for rows in methods.values():
            for row in rows:
                body = json.dumps(row["data"]).encode()
                subject = gateway.new(9).order if ROUTES[path] is What.NEW else order
                body = body.replace(b'"123456789"', f'"{subject.client_id}"'.encode())
                found = asked(gateway, ROUTES[path], body, subject_of(ROUTES[path], subject))
                assert bool(found.fault) == (path in REFUSED), (path, found)


def subject_of(what, order):
    if what is What.QUERY:
        return order._replace(venue_id="1458532827766784")
    return order if what in (What.NEW, What.CANCEL) else None


@needs(GOCRYPTO)
def test_recorded_lists_have_what_they_say(gateway):
    def recorded(path):
        return json.dumps(routes()[path]["POST"][0]["data"]).encode()

    gateway.live(venue_id="824343036", quantity=100 * COIN)
    fills = asked(gateway, What.FILLS, recorded("/api/v2/user_transactions/"))
    bought = [r for r in fills.reports if r.kind == Kind.FILL]
    assert len(bought) == 8
    assert {r.side for r in bought} == {Side.BID}
    assert sum(r.quantity for r in bought) == 94_268_200
    fees = asked(gateway, What.FEES, recorded("/api/v2/fees/trading/")).fees
    assert fees == []
    asked(gateway, What.TOKEN, recorded("/api/v2/websockets_token/"))
    assert "private-my_orders_btcusd-1337210" in gateway.entry.greeting()[0]
    asked(gateway, What.OPEN, recorded("/api/v2/open_orders/all/"))
    assert gateway.known.strangers == {"1234123412341234": "1234123412341234"}


# Bodies of another connector's tests, some of old


@needs(DTO)
def test_orders_that_were_placed_are_read(gateway):
    for name in ("example-place-limit-order.json", "example-place-instant-order.json"):
        found = asked(gateway, What.NEW, dto(f"trade/{name}"), gateway.new().order)
        assert [(r.kind, r.venue_id) for r in found.reports] == [(Kind.ACK, "1273070")]


@needs(DTO)
def test_refusals_of_old_are_read(gateway):
    found = asked(
        gateway, What.NEW, dto("trade/example-place-limit-order-error.json"), gateway.new().order
    )
    assert [(r.kind, r.reason, r.words) for r in found.reports] == [
        (Kind.REJECTED, Reason.BAD_QUANTITY, "Minimum order size is $1")
    ]


@needs(DTO)
def test_each_of_the_errors_has_a_reason(gateway):
    bodies, decoder, text = [], json.JSONDecoder(), dto("errors.json").decode().strip()
    while text:
        _, end = decoder.raw_decode(text)
        bodies.append(text[:end].encode())
        text = text[end:].strip()
    found = [asked(gateway, What.NEW, body, gateway.new(n).order) for n, body in enumerate(bodies)]
    assert [report.reason for each in found for report in each.reports] == [
        Reason.VENUE,
        Reason.VENUE,
        Reason.FUNDS,
        Reason.UNKNOWN_ORDER,
        Reason.BAD_QUANTITY,
    ]


@needs(DTO)
def test_cancels_are_read_but_for_a_bare_true(gateway):
    whole = asked(gateway, What.CANCEL_ALL, dto("trade/example-cancel-all-orders.json"))
    assert not whole.fault
    order = gateway.live(venue_id=V1)
    assert asked(gateway, What.CANCEL, dto("trade/example-cancel-order.json"), order).fault


@needs(DTO)
def test_lists_of_old_are_read_as_far_as_they_are_of_markets(gateway):
    # They say of no market.
    assert not asked(gateway, What.OPEN, dto("trade/example-openorders.json")).reports
    gateway.live(venue_id="6877187")
    found = asked(gateway, What.FILLS, dto("trade/example-user-transactions.json"))
    first = found.reports[0]
    assert (first.kind, first.price, first.quantity, first.aux) == (
        Kind.FILL,
        131_50,
        8_650_000,
        1_296_712,
    )
    balances = asked(gateway, What.BALANCES, dto("account/example-accountinfo-data.json"))
    assert balances.fault


@needs(LIFTED)
def test_frames_of_the_socket_that_are_none_of_orders_say_what_they_say(gateway):
    lost = []
    for line in LIFTED.read_text(encoding="utf-8").splitlines():
        heard = gateway.entry.heard(json.loads(line)["text"].encode())
        assert kinds(heard) == []
        lost += [heard.lost] if heard.lost else []
    assert lost == ["the venue asks for another connection"]
