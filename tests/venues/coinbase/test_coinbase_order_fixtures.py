"""Payloads that others have published: each is read, or refused by name; this table says which."""

import json

import pytest

from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.orders.port import Call, What
from tests.beside import BESIDE, needs
from tests.venues.coinbase.coinbase_gateway import Gateway
from tests.venues.orders.traded import COIN, answer

FIXTURES = BESIDE / "data" / "venue_fixtures"
JKORF = FIXTURES / "JKorf_Coinbase.Net" / "Coinbase.Net.UnitTests"
TRADING = JKORF / "Endpoints" / "AdvancedTrade" / "Trading"
ACCOUNT = JKORF / "Endpoints" / "AdvancedTrade" / "Account"
LIFTED = FIXTURES / "gocryptotrader" / "extracted_frames" / "coinbase.jsonl"
EXAMPLES = BESIDE / "data" / "payload_examples"

#: Of portfolios, transfers, conversions and futures: nothing here asks for them.
NOT_ASKED = {
    "ClosePosition.txt",
    "AllocatePortfolio.txt",
    "CommitConvertTrade.txt",
    "CreateConvertQuote.txt",
    "CreatePortfolio.txt",
    "DeletePortfolio.txt",
    "EditPortfolio.txt",
    "GetAddressTransactions.txt",
    "GetApiKeyInfo.txt",
    "GetConvertTrade.txt",
    "GetPortfolio.txt",
    "GetPortfolios.txt",
    "GetTransaction.txt",
}
READ = {
    "PlaceOrder.txt",
    "GetOrder.txt",
    "GetOrders.txt",
    "CancelOrders.txt",
    "EditOrder.txt",
    "GetUserTrades.txt",
    "GetAccounts.txt",
    "GetFeeInfo.txt",
    "GetFeeInfo2.txt",
}


@pytest.fixture
def gateway():
    return Gateway()


def body_of(path):
    """Behind method, path and whether it is signed."""
    return path.read_text(encoding="utf-8").split("\n", 3)[3].encode()


def asked(gateway, what, body, order=None, **call):
    return gateway.entry.answered(Call(what, order, **call), answer(body))


@needs(TRADING)
def test_the_table_names_every_file():
    there = {path.name for folder in (TRADING, ACCOUNT) for path in folder.iterdir()}
    assert there == READ | NOT_ASKED


@needs(TRADING)
def test_an_order_is_placed_though_all_that_could_be_is_said_at_once(gateway):
    order = gateway.new(price=10_000_00, quantity=COIN // 1000).order
    said = json.loads(body_of(TRADING / "PlaceOrder.txt"))
    said["success_response"]["client_order_id"] = order.client_id
    found = asked(gateway, What.NEW, json.dumps(said).encode(), order)
    assert [(r.kind, r.venue_id) for r in found.reports] == [(Kind.ACK, "11111-00000-000000")]
    other = asked(gateway, What.NEW, body_of(TRADING / "PlaceOrder.txt"), order)
    assert "0000-00000-000000" in other.fault


@needs(TRADING)
def test_an_order_and_its_list_are_read(gateway):
    order = gateway.live(venue_id="0000-000000-000000", quantity=COIN // 1000)
    one = asked(gateway, What.QUERY, body_of(TRADING / "GetOrder.txt"), order)
    assert [r.kind for r in one.reports] == [Kind.FILLED_TOTAL, Kind.ORDER_STATUS]
    assert one.more.what is What.FILLS
    listed = asked(gateway, What.OPEN, body_of(TRADING / "GetOrders.txt"), page='["open"]')
    assert [r.kind for r in listed.reports] == [Kind.FILLED_TOTAL, Kind.ORDER_STATUS]
    assert json.loads(listed.more.page)[1] == "789100"


@needs(TRADING)
def test_cancels_and_edits_are_read(gateway):
    order = gateway.live(venue_id="0000-00000")
    found = asked(gateway, What.CANCEL, body_of(TRADING / "CancelOrders.txt"), order)
    assert found == type(found)()
    gateway.replace(order, 1, 1)
    edited = asked(gateway, What.REPLACE, body_of(TRADING / "EditOrder.txt"), order)
    assert not edited.fault
    assert edited.more.what is What.QUERY


@needs(TRADING)
def test_fills_are_read(gateway):
    gateway.live(venue_id="0000-000000-000000")
    found = asked(gateway, What.FILLS, body_of(TRADING / "GetUserTrades.txt"))
    assert [r.kind for r in found.reports] == [Kind.FILL, Kind.FEE]
    assert found.more.page == "789100"


@needs(ACCOUNT)
def test_balances_and_fees_are_read(gateway):
    found = asked(gateway, What.BALANCES, body_of(ACCOUNT / "GetAccounts.txt"))
    assert [(b.currency, str(b.total)) for b in found.balances] == [("BTC", "2.46")]
    for name, rates in (
        ("GetFeeInfo.txt", (200_000, 100_000)),
        ("GetFeeInfo2.txt", (600_000, 1_200_000)),
    ):
        fees = asked(gateway, What.FEES, body_of(ACCOUNT / name)).fees
        assert [(fee.maker_e8, fee.taker_e8) for fee in fees] == [rates, rates]


@needs(JKORF)
@pytest.mark.parametrize("name", ["User", "Heartbeat"])
def test_the_private_streams_are_read(gateway, name):
    text = (JKORF / "Subscriptions" / "AdvancedTrade" / f"{name}.txt").read_text(encoding="utf-8")
    asked_for, confirmed, rest = text.split("\n", 2)
    theirs = json.loads(asked_for.removeprefix("> "))
    channel = theirs.pop("channel")
    assert theirs.keys() == {"type", "jwt"}
    assert channel in {json.loads(text)["channel"] for text in gateway.entry.greeting()}
    heard = gateway.entry.heard(confirmed.removeprefix("< ").encode())
    assert not heard.lost
    frame = rest.strip().removeprefix("=").strip().encode()
    gateway.entry.greeting()
    assert not gateway.entry.heard(frame).reports


@needs(JKORF)
def test_the_user_channels_order_is_ours_if_its_name_is(gateway):
    text = (JKORF / "Subscriptions" / "AdvancedTrade" / "User.txt").read_text(encoding="utf-8")
    order = gateway.new(price=50_000_00, quantity=COIN // 100).order
    frame = text.split("\n", 2)[2].removeprefix("= ").replace("X" * 3, order.client_id)
    heard = gateway.entry.heard(frame.encode())
    ack, total = heard.reports
    assert (ack.kind, ack.venue_id) == (Kind.ACK, "YYY")
    assert (total.kind, total.quantity, total.aux) == (
        Kind.FILLED_TOTAL,
        COIN // 100,
        500_00 * COIN,
    )


@needs(LIFTED)
def test_errors_of_a_question_say_that_there_is_no_order(gateway):
    order = gateway.live()
    lines = LIFTED.read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"].encode() for line in lines]
    assert len(texts) == 2
    for text in texts:
        for status in (400, 404):
            found = gateway.entry.answered(Call(What.QUERY, order), answer(text, status))
            assert [r.reason for r in found.reports] == [Reason.UNKNOWN_ORDER]


@needs(EXAMPLES)
def test_examples_of_others_are_read(gateway):
    def example(name):
        return (EXAMPLES / f"coinbase_{name}.json").read_bytes()

    order = gateway.live(venue_id="0000-000000-000000", quantity=COIN // 1000, price=10_000_00)
    assert not asked(gateway, What.QUERY, example("http_order"), order).fault
    listed = asked(gateway, What.OPEN, example("http_orders_list"))
    assert (listed.fault, listed.odd) == ("", "")
    fills = asked(gateway, What.FILLS, example("http_fills"))
    assert [r.kind for r in fills.reports] == [Kind.FILL, Kind.FEE]
    assert len(asked(gateway, What.BALANCES, example("http_accounts")).balances) == 2
    frame = example("ws_user").replace(
        b"11111-000000-000001", gateway.new(2).order.client_id.encode()
    )
    assert [r.kind for r in gateway.entry.heard(frame).reports] == [Kind.ACK]
    for name in ("ws_heartbeats", "ws_subscriptions"):
        gateway.entry.greeting()
        assert not gateway.entry.heard(example(name)).reports
