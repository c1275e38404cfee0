"""What Bitstamp's answers mean: taken, refused in three shapes, not known; states, lists, pages."""

import json

import pytest

from pinnacle.core.schema import Flag, Kind, Reason, Side, TimeInForce
from pinnacle.venues.bitstamp.orders.bodies import PAGE
from pinnacle.venues.bitstamp.orders.errors import LIMIT_WAIT_S, NONCE_WAIT_S
from pinnacle.venues.bitstamp.orders.states import OLDER_NS
from pinnacle.venues.orders.port import Answered, Call, What
from tests.venues.bitstamp.bitstamp_gateway import (
    V1,
    Gateway,
    error,
    order_frame,
    placed,
    status,
    trade_frame,
    transaction,
)
from tests.venues.orders.traded import COIN, DOLLAR, T0, answer

FUNDS = (
    "You need 600.00 USD to open that order. You have only 10.00 USD available. "
    "Check your account balance for details."
)


@pytest.fixture
def gateway():
    return Gateway()


def asked(gateway, what, body, order=None, code=200, **call):
    return gateway.entry.answered(Call(what, order, **call), answer(body, code))


def kinds(found):
    return [report.kind.name for report in found.reports]


# A new order


def test_an_order_that_is_taken_gets_its_name(gateway):
    call = gateway.new()
    found = gateway.entry.answered(call, answer(placed(call.order)))
    assert [(r.kind, r.venue_id) for r in found.reports] == [(Kind.ACK, V1)]
    assert found.more is None


def test_an_answer_without_our_name_is_one_too_and_ids_may_be_numbers(gateway):
    call = gateway.new()
    body = placed(call.order, int(V1))
    del body["client_order_id"]
    assert gateway.entry.answered(call, answer(body)).reports[0].venue_id == V1


@pytest.mark.parametrize(
    "change",
    [{"client_order_id": "another"}, {"id": "x-1"}, {"id": None}, {"id": ""}, {"id": "1e5"}],
)
def test_an_answer_that_names_another_order_or_none_says_nothing(gateway, change):
    call = gateway.new()
    assert gateway.entry.answered(call, answer(placed(call.order) | change)).fault


def test_an_order_that_was_given_up_and_is_there_after_all_is_taken_back(gateway):
    call = gateway.new()
    rejected = asked(gateway, What.NEW, {"status": "error", "reason": FUNDS}, call.order, 400)
    gateway.deliver(rejected.reports)
    assert not gateway.table.orders
    late = gateway.entry.answered(call, answer(placed(call.order)))
    assert kinds(late) == ["ORDER_STATUS"]


# Refusals: the facts' table, and the shapes


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (error({"__all__": [FUNDS]}), Reason.FUNDS),
        (error(FUNDS.replace("USD", "BTC"), status=200), Reason.FUNDS),
        (error("no", "400.009"), Reason.FUNDS),
        (error({"__all__": ["Minimum order size is 10.0 USD."]}), Reason.BAD_QUANTITY),
        (error("no", "400.020"), Reason.BAD_QUANTITY),
        (error("no", "400.046"), Reason.BAD_QUANTITY),
        (error({"__all__": ["Price is more than 20% above market price."]}), Reason.BAD_PRICE),
        (error("no", "400.021"), Reason.BAD_PRICE),
        (
            error({"price": ["Ensure that there are no more than 2 decimal places."]}),
            Reason.BAD_PRICE,
        ),
        (
            error({"amount": ["Ensure that there are no more than 8 decimal places."]}),
            Reason.BAD_QUANTITY,
        ),
        (error("Only one of optional parameters can be set.", "400.024"), Reason.BAD_ORDER),
        (error("Only one of optional parameters can be set."), Reason.BAD_ORDER),
        (error("no", "400.019"), Reason.DUPLICATE_ORDER),
        (error("no", "400.003"), Reason.MARKET_MODE),
        (error("Trading is disabled"), Reason.MARKET_MODE),
        (error("no", "500.017"), Reason.VENUE),
        (error("no", "400.026"), Reason.VENUE),
        (error("something else entirely"), Reason.VENUE),
        (answer({"error": {"__all__": ["Minimum order size is $1"]}}), Reason.BAD_QUANTITY),
        (answer({"error": "API access disabled. Check your user settings."}), Reason.VENUE),
        (
            answer({"status": "error", "reason": "Invalid signature", "code": "API0005"}, 403),
            Reason.VENUE,
        ),
        (
            answer({"status": "error", "reason": "No permission", "code": "API0003"}, 403),
            Reason.VENUE,
        ),
        (
            answer({"response_code": "400.009", "response_explanation": "Insufficient balance"}),
            Reason.FUNDS,
        ),
    ],
)
def test_a_refusal_of_any_shape_is_definite_and_has_the_venues_words(gateway, reply, reason):
    call = gateway.new()
    (report,) = gateway.entry.answered(call, reply).reports
    assert (report.kind, report.reason) == (Kind.REJECTED, reason)
    assert report.words
    gateway.deliver([report])
    assert not gateway.table.orders


def test_the_words_of_several_fields_are_told_together(gateway):
    call = gateway.new()
    body = error({"__all__": ["First.", "Second."], "price": "Third."}, "400.002x")
    (report,) = gateway.entry.answered(call, body).reports
    assert report.words == "First. Second.; price: Third."


@pytest.mark.parametrize(
    ("reply", "wait_s"),
    [
        (answer({"status": "error", "reason": "x", "code": "API0004"}, 403), NONCE_WAIT_S),
        (answer({"status": "error", "reason": "x", "code": "API0017"}, 403), NONCE_WAIT_S),
        (error("x", "400.002"), LIMIT_WAIT_S),
        (error("x", "400.067"), LIMIT_WAIT_S),
        (error("x", "400.068", 200), LIMIT_WAIT_S),
        (answer(b"Too many requests", 429), LIMIT_WAIT_S),
        (answer(b"", 429, **{"retry-after": "7"}), 7.0),
        (answer(b"", 429, **{"retry-after": "9" * 40}), 300.0),
        (answer(b"", 429, **{"retry-after": "soon"}), LIMIT_WAIT_S),
    ],
)
@pytest.mark.parametrize("what", [What.NEW, What.CANCEL, What.QUERY, What.OPEN, What.TOKEN])
def test_who_is_to_wait_is_refused_nothing(gateway, reply, wait_s, what):
    order = gateway.new().order
    stale = wait_s == NONCE_WAIT_S
    assert gateway.entry.answered(Call(what, order), reply) == Answered(wait_s=wait_s, stale=stale)


@pytest.mark.parametrize(
    "reply",
    [
        answer(b"<html>502 Bad Gateway</html>", 502),
        answer(b"", 503),
        answer(b"", 504),
        answer({"status": "error", "reason": "Internal error"}, 500),
        answer({"status": "error", "reason": FUNDS, "response_code": "400.009"}, 500),
        answer(b"<html>403 Forbidden</html>", 403),
        answer(b"not json", 200),
        answer(b"", 200),
        answer({"id": None}, 200),
        answer(b"[]", 200),
        answer(b"true", 200),
        answer(b"null", 200),
    ],
)
@pytest.mark.parametrize("what", [What.NEW, What.CANCEL, What.QUERY])
def test_what_tells_nothing_of_an_order_is_a_fault_and_no_outcome(gateway, reply, what):
    order = gateway.new().order
    found = gateway.entry.answered(Call(what, order), reply)
    assert found.fault
    assert not found.reports


@pytest.mark.parametrize("code", [200, 400, 500])
@pytest.mark.parametrize("shape", ["code", "words"])
def test_of_a_time_out_the_order_that_it_names_is_asked_for(gateway, code, shape):
    order = gateway.new().order
    words = "request timed out before order confirmation. Please check order status with id"
    body = {"status": "error", "reason": words if shape == "words" else "x", "order_id": 77}
    body |= {"response_code": "500.016"} if shape == "code" else {}
    found = asked(gateway, What.NEW, body, order, code)
    assert [r.kind for r in found.reports] == [Kind.UNSURE]
    assert found.more == Call(What.QUERY, order._replace(venue_id="77"))
    gateway.deliver(found.reports)
    assert gateway.table.orders[1].state.name == "UNKNOWN"


def test_of_one_that_names_none_it_is_asked_for_by_our_name(gateway):
    order = gateway.new().order
    found = asked(gateway, What.NEW, {"status": "error", "response_code": "500.016"}, order, 500)
    assert found.more == Call(What.QUERY, order)


# A cancel


@pytest.mark.parametrize("said", [{"status": "Canceled"}, {"status": "Cancel pending"}, {}])
def test_a_cancel_that_is_answered_is_not_one_that_is_done(gateway, said):
    order = gateway.live()
    call = gateway.cancelling(order)
    body = {"id": int(V1), "amount": 1e-8, "price": 60000, "type": 0, "market": "BTC/USD"}
    assert gateway.entry.answered(call, answer(body | said)) == Answered()


def test_a_cancel_of_another_order_is_a_fault(gateway):
    call = gateway.cancelling(gateway.live())
    assert "another order" in gateway.entry.answered(call, answer({"id": 5})).fault


@pytest.mark.parametrize(
    "reply", [error("Order not found", "404.002", 404), error("Order not found", status=200)]
)
def test_a_cancel_of_what_the_venue_does_not_know_is_looked_into_by_the_table(gateway, reply):
    call = gateway.cancelling(gateway.live())
    found = gateway.entry.answered(call, reply)
    assert [(r.kind, r.reason) for r in found.reports] == [
        (Kind.CANCEL_REJECTED, Reason.UNKNOWN_ORDER)
    ]
    assert [kind for kind, _, _ in gateway.deliver(found.reports)] == ["QUERY"]


def test_a_cancel_that_is_refused_for_another_reason_is_looked_at(gateway):
    call = gateway.cancelling(gateway.live())
    found = gateway.entry.answered(call, error("Cancel order failed."))
    assert [(r.kind, r.reason) for r in found.reports] == [(Kind.CANCEL_REJECTED, Reason.VENUE)]
    assert found.more.what is What.QUERY


def test_a_cancel_that_is_refused_for_its_key_goes_again_and_then_nothing_is_known(gateway):
    call = gateway.cancelling(gateway.live())
    body = {"status": "error", "reason": "Invalid signature", "code": "API0005"}
    found = gateway.entry.answered(call, answer(body, 403))
    assert found.again
    assert found.fault


def test_a_cancel_of_all_is_done_if_the_venue_says_that_it_was(gateway):
    whole = {"canceled": [{"id": 1, "amount": 1e-4, "price": 1, "type": 1}], "success": True}
    assert asked(gateway, What.CANCEL_ALL, whole) == Answered()
    assert asked(gateway, What.CANCEL_ALL, whole | {"success": False}).fault
    assert asked(gateway, What.CANCEL_ALL, b"true").fault


# The state of one order


def test_an_order_that_rests_is_there_with_what_is_left_and_its_fills(gateway):
    order = gateway.live()
    found = asked(gateway, What.QUERY, status(order, "Open", "0.60", [transaction()]), order)
    fill, fee, total, there = found.reports
    assert (fill.kind, fill.price, fill.quantity, fill.aux) == (
        Kind.FILL,
        60_000 * DOLLAR,
        COIN * 4 // 10,
        7,
    )
    assert fill.flags == Flag.FEE_TOLD
    assert fill.venue_ns == 1_790_000_001_500_000_000
    assert (fee.kind, fee.quantity, fee.price, fee.currency) == (Kind.FEE, 72, 0, "")
    assert (total.kind, total.quantity, total.reason) == (
        Kind.FILLED_TOTAL,
        COIN * 4 // 10,
        Reason.NONE,
    )
    assert total.aux == 60_000 * DOLLAR * COIN * 4 // 10
    assert (there.kind, there.quantity, there.venue_id) == (
        Kind.ORDER_STATUS,
        COIN * 6 // 10,
        V1,
    )


def test_fills_of_an_order_that_may_not_take_are_a_makers(gateway):
    order = gateway.live(post_only=True)
    found = asked(gateway, What.QUERY, status(order, "Open", "0.60", [transaction()]), order)
    assert found.reports[0].flags == Flag.FEE_TOLD | Flag.MAKER


def test_a_cancelled_order_without_a_fill_has_no_transactions_and_that_is_no_error(gateway):
    order = gateway.live()
    found = asked(gateway, What.QUERY, status(order, "Canceled"), order)
    assert [(r.kind, r.quantity) for r in found.reports] == [(Kind.CANCELLED, COIN)]
    body = status(order, "Canceled") | {"transactions": None, "amount_remaining": None}
    assert kinds(asked(gateway, What.QUERY, body, order)) == ["CANCELLED"]


def test_more_may_be_filled_than_its_transactions_tell(gateway):
    order = gateway.live()
    found = asked(gateway, What.QUERY, status(order, "Canceled", "0.5", [transaction()]), order)
    total = found.reports[2]
    assert (total.quantity, total.aux) == (COIN // 2, 0)
    gateway.deliver(found.reports)
    assert gateway.table.behind
    gateway.deliver(
        asked(
            gateway,
            What.QUERY,
            status(order, "Canceled", "0.5", [transaction(), transaction(8, "0.1", fee="18")]),
            order,
        ).reports
    )
    assert not gateway.table.orders


def test_an_order_that_is_filled_is_gone_by_its_fills(gateway):
    order = gateway.live()
    body = status(order, "Finished", "0", [transaction(), transaction(8, "0.6", fee="108.00")])
    found = asked(gateway, What.QUERY, body, order)
    assert kinds(found) == ["FILL", "FEE", "FILL", "FEE", "FILLED_TOTAL"]
    gateway.deliver(found.reports)
    assert not gateway.table.orders


def test_one_that_says_nothing_of_what_remains_is_filled_whole_if_it_is_finished(gateway):
    order = gateway.live()
    body = status(order, "Finished", None, [transaction()])
    assert asked(gateway, What.QUERY, body, order).reports[-1].quantity == COIN


def test_a_finished_order_may_leave_dust(gateway):
    order = gateway.live(is_market=True)
    body = status(order, "Finished", "0.00000001", [transaction(amount="0.99999999")])
    found = asked(gateway, What.QUERY, body, order)
    end = found.reports[-1]
    assert (end.kind, end.quantity, end.reason) == (Kind.CANCELLED, 1, Reason.NO_LIQUIDITY)
    gateway.deliver(found.reports)
    assert not gateway.table.orders


@pytest.mark.parametrize(
    ("terms", "state", "reason"),
    [
        ({}, "Canceled", Reason.VENUE),
        ({"time_in_force": TimeInForce.DAY}, "Expired", Reason.EXPIRED),
        ({"time_in_force": TimeInForce.IOC}, "Canceled", Reason.NO_LIQUIDITY),
        ({"time_in_force": TimeInForce.FOK}, "Canceled", Reason.FOK),
        ({"is_market": True}, "Canceled", Reason.NO_LIQUIDITY),
        ({"post_only": True}, "Canceled", Reason.WOULD_TAKE),
    ],
)
def test_why_an_order_has_ended_is_what_it_was(gateway, terms, state, reason):
    order = gateway.live(**terms)
    found = asked(gateway, What.QUERY, status(order, state), order)
    assert [(r.kind, r.reason, r.words) for r in found.reports] == [(Kind.CANCELLED, reason, state)]


def test_or_that_we_have_asked_for_it(gateway):
    order = gateway.live(post_only=True)
    gateway.cancelling(order)
    found = asked(gateway, What.QUERY, status(order, "Canceled"), order)
    assert found.reports[0].reason == Reason.REQUESTED


def test_an_order_that_has_rested_was_not_cancelled_because_it_would_take(gateway):
    gateway.begin()
    order = gateway.live(post_only=True)
    at_us = T0 // 1000
    gateway.heard(
        order_frame(order, "order_created", at_us=at_us),
        order_frame(order, "order_deleted", at_us=at_us + 50_000),
    )
    found = asked(gateway, What.QUERY, status(order, "Canceled"), order)
    assert found.reports[0].reason == Reason.VENUE


def test_nor_was_one_that_an_answer_has_shown_to_rest(gateway):
    order = gateway.live(post_only=True)
    asked(gateway, What.QUERY, status(order, "Open"), order)
    found = asked(gateway, What.QUERY, status(order, "Canceled"), order)
    assert found.reports[0].reason == Reason.VENUE


def test_one_that_ended_as_it_began_was(gateway):
    gateway.begin()
    order = gateway.live(post_only=True)
    gateway.heard(order_frame(order, "order_created"), order_frame(order, "order_deleted"))
    found = asked(gateway, What.QUERY, status(order, "Canceled"), order)
    assert found.reports[0].reason == Reason.WOULD_TAKE


@pytest.mark.parametrize("state", ["Open", "In Queue", "Cancel pending"])
def test_a_cancel_that_is_pending_leaves_the_order_there(gateway, state):
    order = gateway.live()
    assert kinds(asked(gateway, What.QUERY, status(order, state), order)) == ["ORDER_STATUS"]


def test_an_older_answer_does_not_open_what_the_stream_has_ended(gateway):
    gateway.begin()
    order = gateway.live()
    gateway.heard(order_frame(order, "order_deleted"))
    assert kinds(asked(gateway, What.QUERY, status(order, "Open"), order)) == []
    gateway.clock.now += OLDER_NS
    # So long no answer lags: it is there after all.
    assert kinds(asked(gateway, What.QUERY, status(order, "Open"), order)) == ["ORDER_STATUS"]


def test_nor_what_the_answer_to_its_cancel_has_ended(gateway):
    order = gateway.live()
    call = gateway.cancelling(order)
    gateway.entry.answered(call, answer({"id": int(V1), "status": "Canceled"}))
    assert kinds(asked(gateway, What.QUERY, status(order, "Open"), order)) == []


def test_a_question_by_our_name_gives_the_order_its_own(gateway):
    order = gateway.new().order
    found = asked(gateway, What.QUERY, status(order, "Open"), order)
    assert [(r.kind, r.venue_id) for r in found.reports] == [
        (Kind.ACK, V1),
        (Kind.ORDER_STATUS, V1),
    ]
    gateway.deliver(found.reports)
    assert gateway.known.order(1).venue_id == V1


def test_a_question_by_our_name_may_find_several_orders(gateway):
    order = gateway.new().order
    rows = [status(order, "Open", id=int(V1) + 1), status(order, "Open")]
    found = asked(gateway, What.QUERY, rows, order)
    assert found.reports[0].venue_id == V1
    assert f"more orders are called so: {int(V1) + 1}" in found.odd


def test_a_state_of_another_order_or_of_a_kind_nobody_knows_is_a_fault(gateway):
    order = gateway.live()
    other = order._replace(venue_id="5", client_id="other")
    assert "another order" in asked(gateway, What.QUERY, status(other), order).fault
    assert "'Melted'" in asked(gateway, What.QUERY, status(order, "Melted"), order).fault
    assert asked(gateway, What.QUERY, [], order).fault


@pytest.mark.parametrize(
    "change",
    [{"price": "60000.001"}, {"btc": "0.000000001"}, {"btc": None}, {"tid": "x"}, {"fee": "a"}],
)
def test_a_fill_that_cannot_be_counted_is_a_fault(gateway, change):
    order = gateway.live()
    body = status(order, "Open", "0.6", [transaction() | change])
    assert asked(gateway, What.QUERY, body, order).fault


def test_an_order_that_is_not_found_is_one_that_the_venue_does_not_know(gateway):
    order = gateway.live()
    for reply in (error("Order not found", "404.002", 404), answer({"error": "Order not found"})):
        found = gateway.entry.answered(Call(What.QUERY, order), reply)
        assert [(r.kind, r.reason) for r in found.reports] == [
            (Kind.REJECTED, Reason.UNKNOWN_ORDER)
        ]


def test_any_other_refusal_of_a_question_is_none_of_the_order(gateway):
    order = gateway.live()
    found = gateway.entry.answered(Call(What.QUERY, order), error("No permission found", "x"))
    assert (found.reports, found.fault) == ((), "No permission found")


# Lists


def listed(order, **more):
    row = {
        "id": order.venue_id or V1,
        "datetime": "2026-09-21 14:13:20",
        "type": "0" if order.side == Side.BID else "1",
        "price": "60000.00",
        "amount": "0.60000000",
        "amount_at_create": "1.00000000",
        "market": "BTC/USD",
        "client_order_id": order.client_id,
    }
    return row | more


def test_open_orders_are_there_with_what_of_them_is_filled(gateway):
    order = gateway.live()
    found = asked(gateway, What.OPEN, [listed(order)])
    total, there = found.reports
    assert (total.kind, total.quantity) == (Kind.FILLED_TOTAL, COIN * 4 // 10)
    assert (there.kind, there.quantity, there.price) == (
        Kind.ORDER_STATUS,
        COIN * 6 // 10,
        60_000 * DOLLAR,
    )
    assert gateway.entry.open_lag_s == 10


def test_those_of_other_instruments_and_of_others_are_passed_over(gateway):
    order = gateway.live()
    other = order._replace(venue_id="5", client_id="by hand")
    found = asked(gateway, What.OPEN, [listed(order, market="XRP/USD"), listed(other)])
    assert not found.reports
    assert gateway.known.strangers == {"5": "by hand"}


def test_those_of_others_are_taken_back_where_that_is_wanted():
    gateway = Gateway(foreign="cancel")
    row = listed(gateway.live(), id="5", client_order_id=None)
    found = asked(gateway, What.OPEN, [row])
    told = [kind for kind, _, _ in gateway.deliver(found.reports)]
    assert told == ["ORDER_STATUS", "CANCEL"]


def test_a_second_order_under_a_client_id_of_ours_is_told_and_taken_back(gateway):
    order = gateway.live()
    found = asked(gateway, What.OPEN, [listed(order), listed(order, id="5", amount="1")])
    assert "order 5 has the client id of another one" in found.odd
    told = [kind for kind, _, _ in gateway.deliver(found.reports)]
    assert told[-2:] == ["ORDER_STATUS", "CANCEL"]
    assert gateway.known.order(1).venue_id == V1


def row(tid=7, order_id=V1, amount="0.40000000", **more):
    """A transaction of the account."""
    body = {
        "id": tid,
        "datetime": "2026-09-21 14:13:21.500000",
        "type": "2",
        "fee": "72.00",
        "order_id": int(order_id),
        "btc": amount,
        "usd": "-24000.00",
        "btc_usd": 60000.5,
        "eur": 0.0,
    }
    return body | more


def test_fills_of_a_page_are_those_of_orders_of_ours(gateway):
    gateway.live()
    body = [
        row(),
        row(8, order_id="5"),
        row(9, type="0"),
        row(10, order_id=V1) | {"order_id": None},
        row(11, amount="-0.1", type=2),
    ]
    found = asked(gateway, What.FILLS, body)
    assert [(r.kind, r.aux, r.side) for r in found.reports if r.kind == Kind.FILL] == [
        (Kind.FILL, 7, Side.BID),
        (Kind.FILL, 11, Side.ASK),
    ]
    assert found.reports[0].price == 60_000_50
    assert found.more is None


def test_a_page_that_is_full_has_another_behind_its_last_row_and_no_list_is_endless(gateway):
    body = json.dumps([row(n, order_id="5") for n in range(1, PAGE + 1)]).encode()
    call = Call(What.FILLS, since_ns=5)
    first = gateway.entry.answered(call, answer(body))
    assert first.more == call._replace(page=str(PAGE))
    again = gateway.entry.answered(first.more, answer(body))
    assert again.more is None


def test_a_fill_is_the_same_from_state_list_and_stream(gateway):
    gateway.begin()
    order = gateway.live()
    by_state = asked(gateway, What.QUERY, status(order, "Open", "0.6", [transaction()]), order)
    by_list = asked(gateway, What.FILLS, [row(btc_usd="60000.00")])
    by_stream = gateway.entry.heard(trade_frame(order))
    fills = [next(r for r in f.reports if r.kind == Kind.FILL) for f in (by_state, by_list)]
    fills.append(by_stream.reports[0])
    assert {(f.aux, f.price, f.quantity, f.side) for f in fills} == {
        (7, 60_000 * DOLLAR, COIN * 4 // 10, Side.BID)
    }
    for found in (by_state, by_list, by_stream):
        gateway.deliver(found.reports)
    assert gateway.table.orders[1].filled == COIN * 4 // 10
    assert gateway.table.duplicates == 4


def test_balances_are_those_of_currencies_in_capitals(gateway):
    body = [{"currency": "usd", "total": "12.50", "available": 10, "reserved": "2.5"}]
    (found,) = asked(gateway, What.BALANCES, body).balances
    assert (found.currency, str(found.total), str(found.available)) == ("USD", "12.50", "10")


def test_fees_come_in_percent(gateway):
    body = [
        {"market": "btcusd", "fees": {"maker": "0.3", "taker": "0.4"}},
        {"currency_pair": "ETH/USD", "fees": {"maker": "-0.01", "taker": 0}},
        {"market": "xrpusd", "fees": {"maker": "1", "taker": "1"}},
    ]
    fees = asked(gateway, What.FEES, body).fees
    assert [(f.row, f.maker_e8, f.taker_e8) for f in fees] == [
        (0, 300_000, 400_000),
        (1, -10_000, 0),
    ]


@pytest.mark.parametrize(
    "what", [What.OPEN, What.FILLS, What.BALANCES, What.FEES, What.TOKEN, What.NAMES, What.EVENTS]
)
def test_a_list_that_is_none_is_a_fault(gateway, what):
    call = Call(what, page="0 1" if what is What.EVENTS else "")
    for body in (b"{", b"5", b'{"status":"error","reason":"x"}', b"\xff"):
        assert gateway.entry.answered(call, answer(body)).fault


def test_a_fill_whose_time_cannot_be_read_is_one_without_a_time(gateway):
    order = gateway.live()
    fill = transaction() | {"datetime": "yesterday"}
    found = asked(gateway, What.QUERY, status(order, "Open", "0.6", [fill]), order)
    assert found.reports[0].venue_ns == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"token": "canary0123456789", "valid_sec": 60}, 200),
        ({"token": ["canary0123456789"], "user_id": 1}, 200),
        ({"token": "canary0123456789", "user_id": "canary0123456789"}, 200),
        ([{"token": "canary0123456789"}], 200),
        ({"token": "canary0123456789", "user_id": 1}, 201),
        ({"token": "canary0123456789"}, 502),
    ],
)
def test_a_token_in_an_answer_that_is_none_is_shown_to_nobody(gateway, body, code):
    found = asked(gateway, What.TOKEN, body, code=code)
    assert found.fault and "canary" not in str(found)
