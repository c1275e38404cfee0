"""Coinbase's user channel: what its states mean in whatever order, and what they hide."""

import json

import pytest

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind, Reason, Side, TimeInForce
from pinnacle.venues.orders.port import Call, Heard, What
from tests.venues.coinbase.coinbase_gateway import Gateway, frame, shown
from tests.venues.orders.traded import COIN, DOLLAR, answer


@pytest.fixture
def gateway():
    return Gateway()


def subscriptions(*channels, number=0):
    said = {"subscriptions": {name: ["x"] for name in channels}}
    body = {"channel": "subscriptions", "sequence_num": number, "events": [said]}
    return json.dumps(body).encode()


def beat(number):
    body = {"channel": "heartbeats", "sequence_num": number, "events": [{"heartbeat_counter": 5}]}
    return json.dumps(body).encode()


def ids(reports):
    return [report.kind.name for report in reports]


# The connection


def test_it_is_ready_when_both_channels_are_confirmed_together_or_one_by_one(gateway):
    gateway.entry.greeting()
    assert not gateway.entry.heard(subscriptions("heartbeats", number=0)).ready
    assert gateway.entry.heard(subscriptions("user", number=1)).ready
    gateway.entry.greeting()
    assert not gateway.entry.heard(subscriptions("user", number=0)).ready
    assert gateway.entry.heard(subscriptions("heartbeats", "user", number=1)).ready


def test_a_subscription_that_is_refused_ends_the_connection(gateway):
    said = gateway.entry.heard(b'{"type":"error","message":"authentication failure"}')
    assert "authentication failure" in said.lost


def test_every_frame_has_the_next_number_whatever_its_channel(gateway):
    gateway.entry.greeting()
    assert not gateway.entry.heard(subscriptions("heartbeats", number=0)).lost
    assert not gateway.entry.heard(beat(1)).lost
    assert not gateway.entry.heard(frame(number=2)).lost
    assert gateway.entry.heard(beat(4)).lost


def test_what_came_with_a_gap_is_heard_all_the_same(gateway):
    order = gateway.live()
    gateway.entry.heard(beat(0))
    heard = gateway.entry.heard(frame(shown(order, "CANCELLED", left="0"), number=2))
    assert "1 frames" in heard.lost
    assert ids(heard.reports) == ["CANCELLED"]


def test_a_frame_that_comes_again_is_passed_over(gateway):
    order = gateway.live()
    gateway.entry.heard(beat(3))
    assert gateway.entry.heard(frame(shown(order, "CANCELLED"), number=3)) == Heard()


def test_another_connection_counts_anew(gateway):
    gateway.entry.heard(beat(40))
    gateway.entry.greeting()
    assert not gateway.entry.heard(beat(0)).lost


def test_it_has_nothing_to_be_asked_when_it_is_silent(gateway):
    assert gateway.entry.nudge() is None
    assert gateway.entry.keep_alive_s() == 0.0
    assert not gateway.entry.needs()


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\xff",
        b"[]",
        b"{",
        b'{"channel":5}',
        b'{"channel":"user","events":[{"orders":[{}]}]}',
        b'{"channel":"user","events":[{"orders":5}]}',
        b'{"channel":"subscriptions","events":[5]}',
    ],
)
def test_what_cannot_be_read_is_said_to_be_so(gateway, bad):
    with pytest.raises(DataError):
        gateway.entry.heard(bad)


# States


@pytest.mark.parametrize("status", ["PENDING", "OPEN", "QUEUED", "EDIT_QUEUED", "CANCEL_QUEUED"])
def test_an_order_that_is_there_is_acknowledged_with_its_name(gateway, status):
    order = gateway.new().order
    heard = gateway.entry.heard(frame(shown(order, status)))
    (ack,) = heard.reports
    assert (ack.kind, ack.order_id, ack.venue_id) == (Kind.ACK, 1, "v-1")
    assert (ack.side, ack.price, ack.quantity) == (Side.BID, 60_000 * DOLLAR, COIN)


def test_an_order_that_has_its_name_is_not_acknowledged_again(gateway):
    order = gateway.live()
    assert not gateway.entry.heard(frame(shown(order))).reports


def test_pending_then_open_is_one_acknowledgement_whichever_came_with_the_answer(gateway):
    order = gateway.new().order
    gateway.heard(frame(shown(order, "PENDING"), number=0))
    assert not gateway.heard(frame(shown(order), number=1)).reports
    assert gateway.table.orders[1].acknowledged


def test_the_stream_may_be_before_the_answer_and_the_answer_before_the_stream(gateway):
    body = answer({"success": True, "success_response": {"order_id": "v-1"}})
    first, second = gateway.new(1), gateway.new(2)
    gateway.heard(frame(shown(first.order, "FILLED", "1", "0", filled_value="60000")))
    told = gateway.deliver(gateway.entry.answered(first, body).reports)
    assert told == []
    named = answer({"success": True, "success_response": {"order_id": "v-2"}})
    gateway.deliver(gateway.entry.answered(second, named).reports)
    row = shown(second.order._replace(venue_id="v-2"), "FILLED", "1", "0", filled_value="60000")
    gateway.heard(frame(row, number=1))
    assert [gateway.table.orders[n].filled for n in (1, 2)] == [COIN, COIN]


def test_what_is_filled_in_all_is_told_with_its_value_and_its_fills_are_asked_for(gateway):
    order = gateway.live()
    row = shown(order, "OPEN", "0.25", "0.75", filled_value="15000.005", avg_price="60000.02")
    heard = gateway.entry.heard(frame(row))
    (total,) = heard.reports
    assert (total.kind, total.quantity, total.reason) == (
        Kind.FILLED_TOTAL,
        COIN // 4,
        Reason.INFERRED,
    )
    assert total.aux == 15_000_005 * COIN // 10
    (ask,) = heard.ask
    assert (ask.what, ask.order.order_id, ask.order.venue_id) == (What.FILLS, 1, "v-1")


@pytest.mark.parametrize("value", [{}, {"filled_value": ""}, {"filled_value": None}])
def test_where_it_says_no_value_the_average_has_it(gateway, value):
    row = shown(gateway.live(), "OPEN", "0.5", "0.5", avg_price="60000", **value)
    assert gateway.entry.heard(frame(row)).reports[0].aux == 30_000 * DOLLAR * COIN


def test_fills_are_asked_for_once_until_the_request_has_left(gateway):
    order = gateway.live()
    first = gateway.entry.heard(frame(shown(order, "OPEN", "0.25", "0.75"), number=0))
    assert not gateway.entry.heard(frame(shown(order, "OPEN", "0.5", "0.5"), number=1)).ask
    gateway.entry.request(first.ask[0])
    assert gateway.entry.heard(frame(shown(order, "OPEN", "0.75", "0.25"), number=2)).ask


def test_a_state_of_before_takes_nothing_back(gateway):
    order = gateway.live()
    gateway.heard(frame(shown(order, "OPEN", "0.5", "0.5", filled_value="30000"), number=0))
    late = gateway.heard(
        frame(shown(order, "OPEN", "0.25", "0.75", filled_value="15000"), number=1)
    )
    assert not late.ask
    assert gateway.table.orders[1].filled == COIN // 2


def test_what_is_left_of_an_order_that_has_ended_is_not_what_it_says(gateway):
    order = gateway.live()
    row = shown(order, "CANCELLED", "0.25", "0", cancel_reason="User requested cancel")
    total, end = gateway.entry.heard(frame(row)).reports
    assert (total.kind, total.quantity) == (Kind.FILLED_TOTAL, COIN // 4)
    assert (end.kind, end.quantity, end.reason) == (Kind.CANCELLED, 3 * COIN // 4, Reason.REQUESTED)


@pytest.mark.parametrize(
    ("row", "kind", "reason"),
    [
        ({"status": "CANCELLED"}, Kind.CANCELLED, Reason.VENUE),
        (
            {"status": "CANCELLED", "time_in_force": "IMMEDIATE_OR_CANCEL"},
            Kind.CANCELLED,
            Reason.NO_LIQUIDITY,
        ),
        ({"status": "CANCELLED", "time_in_force": "FILL_OR_KILL"}, Kind.CANCELLED, Reason.FOK),
        ({"status": "EXPIRED"}, Kind.CANCELLED, Reason.EXPIRED),
        (
            {"status": "FAILED", "reject_reason": "INVALID_LIMIT_PRICE_POST_ONLY"},
            Kind.REJECTED,
            Reason.WOULD_TAKE,
        ),
        (
            {"status": "FAILED", "reject_Reason": "PREVIEW_INSUFFICIENT_FUND"},
            Kind.REJECTED,
            Reason.FUNDS,
        ),
        ({"status": "FAILED"}, Kind.REJECTED, Reason.VENUE),
    ],
)
def test_each_end_has_its_kind_and_its_reason(gateway, row, kind, reason):
    order = gateway.live()
    (end,) = gateway.entry.heard(frame(shown(order, **{"left": "0"} | row))).reports
    assert (end.kind, end.reason) == (kind, reason)


def test_an_order_that_failed_is_refused_once_whoever_says_it_first(gateway):
    refused = answer({"success": False, "error_response": {"error": "INSUFFICIENT_FUND"}})
    failed = {"status": "FAILED", "left": "0", "reject_reason": "INSUFFICIENT_FUND"}
    first, second = gateway.new(1), gateway.new(2)
    by_stream = gateway.entry.heard(frame(shown(first.order, **failed), number=0)).reports
    by_answer = gateway.entry.answered(first, refused).reports
    told = gateway.deliver([*by_stream, *by_answer])
    assert [name for name, *_ in told] == ["REJECTED"]
    by_answer = gateway.entry.answered(second, refused).reports
    by_stream = gateway.entry.heard(frame(shown(second.order, **failed), number=1)).reports
    assert [name for name, *_ in gateway.deliver([*by_answer, *by_stream])] == ["REJECTED"]


def test_an_order_of_nothing_here_is_nobodys_business(gateway):
    order = gateway.live()
    foreign = shown(order, client_order_id="by hand", order_id="x")
    assert gateway.entry.heard(frame(foreign)) == Heard([], ask=[])


def test_an_order_is_known_by_the_venues_name_alone(gateway):
    order = gateway.live()
    row = shown(order, "CANCELLED", client_order_id="")
    assert ids(gateway.entry.heard(frame(row)).reports) == ["CANCELLED"]


def test_an_order_of_a_product_by_another_name_is_ours_by_its_own(gateway):
    order = gateway.live()
    row = shown(order, "OPEN", "0.5", "0.5", product_id="BTC-USDC")
    assert ids(gateway.entry.heard(frame(row)).reports) == ["FILLED_TOTAL"]


def test_an_order_that_has_ended_does_not_end_again(gateway):
    order = gateway.live()
    end = shown(order, "CANCELLED", left="0")
    gateway.heard(frame(end, number=0))
    assert not gateway.entry.heard(frame(end, number=1)).reports


def test_a_state_that_there_is_not_has_the_order_asked_about(gateway):
    order = gateway.live()
    heard = gateway.entry.heard(frame(shown(order, "UNKNOWN_ORDER_STATUS")))
    assert (heard.reports, heard.lost) == ([], "")
    assert "UNKNOWN_ORDER_STATUS" in heard.odd
    assert [call.what for call in heard.ask] == [What.QUERY]


def test_a_snapshot_of_another_connection_repeats_states_and_changes_nothing(gateway):
    order = gateway.live()
    row = shown(order, "OPEN", "0.5", "0.5", filled_value="30000")
    gateway.heard(frame(row, number=0))
    gateway.entry.greeting()
    heard = gateway.entry.heard(frame(row, number=0, kind="snapshot"))
    assert gateway.deliver(heard.reports) == []


def test_an_empty_snapshot_and_positions_are_nothing(gateway):
    assert gateway.entry.heard(frame(kind="snapshot")) == Heard([], ask=[])
    body = {"channel": "user", "sequence_num": 1, "events": [{"type": "snapshot", "positions": {}}]}
    assert gateway.entry.heard(json.dumps(body).encode()) == Heard([], ask=[])


def test_a_number_between_two_steps_is_believed_of_nobody(gateway):
    order = gateway.live()
    for text in ("0.000000001", "x", "1e99999999", "-1", "NaN"):
        with pytest.raises(DataError):
            gateway.entry.heard(frame(shown(order, "OPEN", text, "0"), number=None))


# Edits


def edited(gateway, row, price=60_001 * DOLLAR, quantity=2 * COIN):
    order = gateway.live()
    gateway.replace(order, price, quantity)
    return gateway.entry.heard(frame(shown(order, **row))).reports


def test_an_order_with_its_new_terms_is_replaced_though_no_answer_has_come(gateway):
    (replaced,) = edited(gateway, {"left": "2", "limit_price": "60001.00"})
    assert (replaced.kind, replaced.price, replaced.quantity) == (
        Kind.REPLACED,
        60_001 * DOLLAR,
        2 * COIN,
    )
    taken = answer({"success": True, "errors": []})
    order = gateway.known.order(1)
    later = gateway.entry.answered(Call(What.REPLACE, order, 60_001 * DOLLAR, 2 * COIN), taken)
    assert (later.reports, later.more) == ((), None)


def test_the_new_total_counts_what_is_filled(gateway):
    reports = edited(gateway, {"filled": "0.5", "left": "1.5", "limit_price": "60001"})
    assert ids(reports) == ["REPLACED", "FILLED_TOTAL"]


@pytest.mark.parametrize("status", ["OPEN", "EDIT_QUEUED"])
def test_an_order_with_its_old_terms_is_not_replaced_yet(gateway, status):
    assert edited(gateway, {"status": status, "left": "1"}) == []


def test_an_order_that_was_filled_with_its_old_terms_is_not_replaced_any_more(gateway):
    reports = edited(gateway, {"status": "FILLED", "filled": "1", "left": "0"})
    assert [(r.kind.name, r.reason.name) for r in reports] == [
        ("REPLACE_REJECTED", "TOO_LATE"),
        ("FILLED_TOTAL", "INFERRED"),
    ]


def test_an_order_that_was_filled_with_its_new_terms_was_replaced(gateway):
    row = {"status": "FILLED", "filled": "2", "left": "0", "limit_price": "60001"}
    assert ids(edited(gateway, row)) == ["REPLACED", "FILLED_TOTAL"]


def test_an_order_that_was_cancelled_before_its_edit_is_not_replaced(gateway):
    reports = edited(gateway, {"status": "CANCELLED", "left": "0"})
    assert ids(reports) == ["REPLACE_REJECTED", "CANCELLED"]


def test_a_market_order_has_no_price_to_show(gateway):
    order = gateway.new(price=0, is_market=True, time_in_force=TimeInForce.IOC).order
    row = shown(order, "FILLED", "1", "0", limit_price="", filled_value="60000")
    assert ids(gateway.entry.heard(frame(row)).reports) == ["ACK", "FILLED_TOTAL"]
