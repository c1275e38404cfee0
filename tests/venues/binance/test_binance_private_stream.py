"""Binance's user stream: each event means what its documents say, in whatever order it comes."""

import pytest

from pinnacle.core.enums import FeeOf
from pinnacle.core.errors import DataError
from pinnacle.core.schema import Flag, Kind, Reason, Side
from pinnacle.execution.orders import OrderState
from pinnacle.venues.orders.port import Call, Heard, What
from tests.venues.binance.binance_desk import NOW_NS, Gateway, event_of, row_of, trade_of, trade_row


def kinds(heard):
    return [report.kind for report in heard.reports]


def told(gateway, said):
    """What of a frame goes on to risk."""
    return gateway.deliver(gateway.hear(said).reports)


def test_an_order_that_was_accepted_is_acknowledged():
    gateway = Gateway()
    (ack,) = gateway.hear(event_of(gateway.new())).reports
    found = ack.kind, ack.order_id, ack.row, ack.venue_id, ack.price, ack.quantity, ack.venue_ns
    assert found == (Kind.ACK, 1, 0, "28", 6_000_000, 100, NOW_NS)


@pytest.mark.parametrize("first", ["stream", "answer"])
def test_stream_and_answer_acknowledge_an_order_once_whichever_comes_first(first):
    gateway = Gateway()
    order = gateway.new()
    by_stream = gateway.hear(event_of(order)).reports
    by_answer = gateway.ask(Call(What.NEW, order), row_of(order)).reports
    pair = (by_stream, by_answer) if first == "stream" else (by_answer, by_stream)
    assert [gateway.deliver(reports) for reports in pair] == [[Kind.ACK], []]


def test_an_execution_is_a_fill_its_fee_and_what_is_filled_in_all():
    gateway = Gateway()
    fill, fee, total = gateway.hear(trade_of(gateway.live())).reports
    assert (fill.kind, fill.side, fill.price, fill.quantity) == (Kind.FILL, Side.BID, 6_000_000, 40)
    assert fill.flags == Flag.MAKER | Flag.FEE_TOLD and fill.aux == fee.aux == 28457
    assert (fee.kind, fee.side, fee.quantity, fee.price) == (Kind.FEE, FeeOf.QUOTE, 24, 3)
    assert (total.kind, total.quantity, total.aux) == (Kind.FILLED_TOTAL, 40, 240_000_000)


@pytest.mark.parametrize(
    ("asset", "paid", "of", "currency"),
    [
        ("BTC", "0.00000029", FeeOf.BASE, ""),
        ("USDT", "0.0170", FeeOf.QUOTE, ""),
        ("BNB", "0.00001", FeeOf.OTHER, "BNB"),
    ],
)
def test_a_fee_is_of_the_currency_that_it_was_taken_in(asset, paid, of, currency):
    gateway = Gateway()
    _, fee, _ = gateway.hear(trade_of(gateway.live(), N=asset, n=paid)).reports
    assert (fee.side, fee.currency) == (of, currency)
    assert fee.quantity * 10**-fee.price == pytest.approx(float(paid))


def test_an_execution_has_the_same_number_in_the_stream_and_in_lists_and_counts_once():
    gateway = Gateway()
    gateway.live()
    assert told(gateway, trade_of(gateway.order())) == [Kind.FILL, Kind.FEE]
    assert told(gateway, trade_of(gateway.order())) == [], "the same frame again"
    assert gateway.deliver(gateway.ask(Call(What.FILLS), [trade_row()]).reports) == []
    assert gateway.order().filled == 40


def test_a_fill_that_the_stream_has_lost_is_seen_by_the_next_ones_total():
    gateway = Gateway()
    gateway.live()
    second = trade_of(gateway.order(), t=28458, z="0.00080000", Z="48.00000000")
    assert told(gateway, second) == [Kind.FILL, Kind.FEE]
    lost = gateway.ask(Call(What.QUERY, gateway.order(), page="28"), [trade_row(id=28457)])
    assert gateway.deliver(lost.reports) == [Kind.FILL, Kind.FEE]
    assert gateway.order().filled == 80


def test_a_fill_before_the_acknowledgement_is_one():
    gateway = Gateway()
    order = gateway.new()
    assert told(gateway, trade_of(order)) == [Kind.ACK, Kind.FILL, Kind.FEE]
    assert told(gateway, event_of(order)) == []


def test_the_last_execution_ends_an_order():
    gateway = Gateway()
    gateway.live()
    last = trade_of(gateway.order(), X="FILLED", l="0.001", z="0.001", Z="60")
    assert told(gateway, last) == [Kind.FILL, Kind.FEE]
    assert gateway.state() is None


def cancel_of(order, **changes):
    """A cancel of ours: the stream calls it by a name of its own, and the order by `C`."""
    names = {"x": "CANCELED", "X": "CANCELED", "c": "pXLV6Hz6mprAcVYpVMTGgx", "C": order.client_id}
    return event_of(order, **names | changes)


def test_a_cancel_is_found_by_the_orders_name_and_not_by_its_own():
    gateway = Gateway()
    (end,) = gateway.hear(cancel_of(gateway.live())).reports
    assert (end.kind, end.order_id, end.reason, end.quantity) == (
        Kind.CANCELLED,
        1,
        Reason.REQUESTED,
        100,
    )


def test_a_cancel_that_is_called_like_another_order_of_ours_is_not_that_ones():
    gateway = Gateway()
    gateway.live(1, "28")
    gateway.live(2, "29")
    (end,) = gateway.hear(cancel_of(gateway.order(1), c=gateway.order(2).client_id)).reports
    assert end.order_id == 1


def test_an_order_that_was_renamed_is_found_by_the_venues_own_id():
    gateway = Gateway()
    gateway.live()
    (end,) = gateway.hear(cancel_of(gateway.order(), C="renamed by an amendment")).reports
    assert (end.kind, end.order_id) == (Kind.CANCELLED, 1)


@pytest.mark.parametrize("first", ["stream", "answer"])
def test_stream_and_answer_end_an_order_once_whichever_comes_first(first):
    gateway = Gateway()
    order = gateway.live()
    row = row_of(order, status="CANCELED", origClientOrderId=order.client_id)
    for at in (0, 1):
        by_stream = (first == "stream") == (at == 0)
        reports = (
            gateway.hear(cancel_of(order)).reports
            if by_stream
            else gateway.ask(Call(What.CANCEL, order), row).reports
        )
        assert gateway.deliver(reports) == ([Kind.CANCELLED] if at == 0 else [])


def test_a_cancel_that_overtakes_the_last_fill_waits_for_it():
    gateway = Gateway()
    gateway.live()
    early = cancel_of(gateway.order(), z="0.00040000", Z="24.00000000")
    assert told(gateway, early) == []
    assert gateway.state() is OrderState.CLOSING
    assert told(gateway, trade_of(gateway.order())) == [Kind.FILL, Kind.CANCELLED, Kind.FEE]
    assert gateway.state() is None


def test_a_fill_of_an_order_that_has_gone_is_told_all_the_same():
    gateway = Gateway()
    order = gateway.live()
    told(gateway, cancel_of(order))
    assert told(gateway, trade_of(order)) == [Kind.FILL, Kind.FEE]
    assert gateway.table.unknown_fills == 1


@pytest.mark.parametrize(
    ("expiry", "changes", "reason"),
    [
        ("UNFILLED_IOC_QUANTITY_EXPIRED", {"f": "IOC"}, Reason.NO_LIQUIDITY),
        ("UNFILLED_FOK_ORDER_EXPIRED", {"f": "FOK"}, Reason.FOK),
        ("INSUFFICIENT_LIQUIDITY", {"o": "MARKET"}, Reason.NO_LIQUIDITY),
        ("EXECUTION_RULE_PRICE_RANGE_EXCEEDED", {"f": "GTC"}, Reason.EXPIRED),
        ("", {"f": "IOC"}, Reason.NO_LIQUIDITY),
        ("", {"f": "GTC"}, Reason.EXPIRED),
    ],
)
def test_what_the_venue_ends_by_itself_says_why(expiry, changes, reason):
    gateway = Gateway()
    said = event_of(gateway.live(), x="EXPIRED", X="EXPIRED", eR=expiry, **changes)
    (end,) = gateway.hear(said).reports
    assert (end.kind, end.reason, end.words) == (Kind.CANCELLED, reason, expiry)


def test_a_trade_with_ourselves_that_was_prevented_ends_an_order_once():
    gateway = Gateway()
    gateway.live()
    prevented = {"X": "EXPIRED_IN_MATCH", "A": "0.001", "B": "0.001"}
    (end,) = gateway.hear(event_of(gateway.order(), x="TRADE_PREVENTION", **prevented)).reports
    assert (end.kind, end.reason, end.quantity) == (Kind.CANCELLED, Reason.SELF_TRADE, 0)
    gateway.deliver([end])
    gone = event_of(gateway.new(2), i=28, x="EXPIRED", **prevented)
    gone["event"]["c"] = "9ace1234-5678-49ab-8000-000000000001"
    assert gateway.hear(gone) == Heard([])


def test_what_was_prevented_of_an_order_that_stays_is_taken_off_its_total():
    gateway = Gateway()
    said = event_of(gateway.live(), x="TRADE_PREVENTION", A="0.0003", B="0.0003")
    (new,) = gateway.hear(said).reports
    assert (new.kind, new.price, new.quantity) == (Kind.REPLACED, 6_000_000, 70)


def test_an_amendment_by_hand_changes_the_total():
    gateway = Gateway()
    gateway.live()
    said = event_of(gateway.order(), x="REPLACED", q="0.0006", c="a name of the venue's")
    assert told(gateway, said) == [Kind.REPLACED]
    assert gateway.order().quantity == 60


def test_an_order_that_the_engine_refuses_says_why():
    gateway = Gateway()
    said = event_of(gateway.new(), x="REJECTED", X="REJECTED", r="WOULD_MATCH_IMMEDIATELY")
    (refused,) = gateway.hear(said).reports
    assert (refused.kind, refused.reason, refused.words) == (
        Kind.REJECTED,
        Reason.VENUE,
        "WOULD_MATCH_IMMEDIATELY",
    )


@pytest.mark.parametrize("what", ["NEW", "CANCELED"])
def test_only_an_execution_is_a_trade_whatever_number_stands_there(what):
    gateway = Gateway()
    said = event_of(gateway.live(), x=what, X="NEW", t=-1)
    assert Kind.FILL not in kinds(gateway.hear(said))


@pytest.mark.parametrize(
    "changes",
    [{"t": -1}, {"S": "BOTH"}, {"l": "0.000001"}, {"L": "60000.001"}, {"N": None}, {"X": "ODD"}],
)
def test_an_execution_that_makes_no_sense_is_refused_aloud(changes):
    gateway = Gateway()
    gateway.live()
    with pytest.raises(DataError):
        gateway.hear(trade_of(gateway.order(), **changes))


def test_what_is_somebody_elses_is_nobodys_business_here():
    gateway = Gateway()
    order = gateway.live()
    assert gateway.hear(event_of(order, i=99, c="somebody's")) == Heard([])
    assert gateway.hear(event_of(order, s="LTCBTC")) == Heard([])


@pytest.mark.parametrize(
    "event",
    [
        {"e": "outboundAccountPosition", "E": 1, "u": 1, "B": [{"a": "BTC", "f": "1", "l": "0"}]},
        {"e": "balanceUpdate", "E": 1, "a": "BTC", "d": "100.00000000", "T": 1},
        {"e": "externalLockUpdate", "E": 1, "a": "NEO", "d": "10.00000000", "T": 1},
        {"e": "listStatus", "E": 1, "s": "ETHBTC", "c": "OCO", "l": "EXEC_STARTED", "C": "x"},
        {"e": "somethingNew", "c": 5},
    ],
)
def test_events_that_are_not_of_orders_say_nothing_of_them(event):
    assert Gateway().hear({"subscriptionId": 0, "event": event}) == Heard()


@pytest.mark.parametrize("name", ["eventStreamTerminated", "serverShutdown"])
def test_a_stream_that_ends_is_lost(name):
    heard = Gateway().hear({"subscriptionId": 0, "event": {"e": name, "E": 1}})
    assert name in heard.lost


def test_silence_is_broken_by_a_ping_whose_answer_says_nothing():
    gateway = Gateway()
    assert gateway.entry.nudge() == '{"id":"ping","method":"ping"}'
    assert gateway.hear({"id": "ping", "status": 200, "result": {}}) == Heard()


def test_a_stream_is_ready_when_its_subscription_is_confirmed():
    gateway = Gateway()
    gateway.entry.greeting()
    said = {"id": "subscribe", "status": 200, "result": {"subscriptionId": 0}, "rateLimits": []}
    assert gateway.hear(said) == Heard(ready=True)


def test_after_a_timeout_the_stream_shows_that_the_order_is_there_and_nothing_is_sent_again():
    gateway = Gateway()
    order = gateway.new()
    answered = gateway.ask(Call(What.NEW, order), {"code": -1007, "msg": "unknown"}, 504)
    assert answered.fault and not answered.again
    assert told(gateway, event_of(order)) == [Kind.ACK]
    assert gateway.state() is OrderState.LIVE
