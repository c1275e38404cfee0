"""What Binance answers means what its documents say, whichever way it came, and no more."""

import json
from decimal import Decimal

import pytest

from pinnacle.core.enums import FeeOf
from pinnacle.core.schema import Flag, Kind, OrderType, Reason, Side, TimeInForce
from pinnacle.execution.orders import OrderState
from pinnacle.venues.binance.orders.asking import TRADES_MAX, TRADES_MS
from pinnacle.venues.orders.port import Answered, Balance, Call, Fees, What
from tests.venues.binance.binance_desk import (
    IDS,
    NOW_MS,
    NOW_NS,
    Gateway,
    row_of,
    trade_row,
)

MATCH = "Order would immediately match and take."
TIMEOUT = "Timeout waiting for response from backend server. Send status unknown; ..."
BUSY = "Server is currently overloaded with other requests."
#: Status, code, words, and why a new order was not taken; None: nobody knows whether it was.
NEW_ERRORS = [
    (400, -2010, "Account has insufficient balance for requested action.", Reason.FUNDS),
    (400, -2010, MATCH, Reason.WOULD_TAKE),
    (400, -2010, "This action is disabled on this account.", Reason.VENUE),
    (400, -2010, "Duplicate order sent.", None),
    (400, -1013, "Filter failure: PRICE_FILTER", Reason.BAD_PRICE),
    (400, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE", Reason.BAD_PRICE),
    (400, -1013, "Filter failure: PERCENT_PRICE", Reason.BAD_PRICE),
    (400, -1013, "Filter failure: LOT_SIZE", Reason.BAD_QUANTITY),
    (400, -1013, "Filter failure: MARKET_LOT_SIZE", Reason.BAD_QUANTITY),
    (400, -1013, "Filter failure: NOTIONAL", Reason.BAD_QUANTITY),
    (400, -1013, "Filter failure: MIN_NOTIONAL", Reason.BAD_QUANTITY),
    (400, -1013, "Filter failure: MAX_NUM_ORDERS", Reason.OPEN_ORDERS),
    (400, -1013, "Market is closed.", Reason.MARKET_MODE),
    (400, -2010, "Market is closed.", Reason.MARKET_MODE),
    (400, -1013, "This symbol does not allow the specified self-trade ...", Reason.VENUE),
    (400, -1111, "Parameter 'price' has too much precision.", Reason.BAD_PRICE),
    (400, -1111, "Parameter 'quantity' has too much precision.", Reason.BAD_QUANTITY),
    (400, -1106, "Parameter 'timeInForce' sent when not required.", Reason.BAD_ORDER),
    (400, -1121, "Invalid symbol.", Reason.BAD_INSTRUMENT),
    (400, -1022, "Signature for this request is not valid.", Reason.VENUE),
    (401, -2015, "Invalid API-key, IP, or permissions for action.", Reason.VENUE),
    (401, -2014, "API-key format invalid.", Reason.VENUE),
    (503, -1008, BUSY, None),
    (500, -1006, "An unexpected response was received; execution status unknown.", None),
    (504, -1007, TIMEOUT, None),
    (400, -1007, TIMEOUT, None),
    (500, -1000, "An unknown error occurred while processing the request.", None),
]


def socket_error(gateway, call, status, error):
    """What it makes of the same on the socket."""
    gateway.entry.frame(call, 9)
    heard = gateway.hear({"id": 9, "status": status, "error": error, "rateLimits": []})
    ((number, answered),) = heard.answers
    assert number == 9
    return heard, answered


@pytest.mark.parametrize(("status", "code", "words", "reason"), NEW_ERRORS)
def test_an_error_to_a_new_order_is_a_reason_or_leaves_it_unknown(status, code, words, reason):
    gateway = Gateway()
    call, error = Call(What.NEW, gateway.new()), {"code": code, "msg": words}
    answered = gateway.ask(call, error, status)
    assert answered == socket_error(gateway, call, status, error)[1]
    assert not answered.wait_s and not answered.again
    if reason is None:
        assert words in answered.fault and not answered.reports
        return
    (report,) = answered.reports
    found = report.kind, report.reason, report.words, report.order_id
    assert found == (Kind.REJECTED, reason, f"{code} {words}", 1)


@pytest.mark.parametrize(
    ("code", "words", "reason"),
    [
        (-2011, "Unknown order sent.", Reason.UNKNOWN_ORDER),
        (-1013, "Unknown order sent.", Reason.UNKNOWN_ORDER),
        (-2011, "Order was not canceled due to cancel restrictions.", Reason.VENUE),
        (-2039, "Client order ID is not correct for this order ID.", Reason.VENUE),
    ],
)
def test_a_cancel_that_is_refused_says_unknown_only_if_the_venue_does(code, words, reason):
    gateway = Gateway()
    call, error = Call(What.CANCEL, gateway.live()), {"code": code, "msg": words}
    (report,) = gateway.ask(call, error, 400).reports
    assert (report.kind, report.reason) == (Kind.CANCEL_REJECTED, reason)
    assert socket_error(gateway, call, 400, error)[1].reports == [report]


def test_a_stale_stamp_is_asked_again_and_at_last_a_refusal():
    gateway = Gateway()
    error = {"code": -1021, "msg": "Timestamp for this request was 1000ms ahead of the server's."}
    answered = gateway.ask(Call(What.NEW, gateway.new()), error, 400)
    assert answered.again and answered.reports[0].reason == Reason.TOO_OLD
    listed = gateway.ask(Call(What.OPEN), error, 400)
    assert listed.again and listed.fault


@pytest.mark.parametrize("body", [b"<html>502 Bad Gateway</html>", b"", b"{", b'"x"', b"[]"])
@pytest.mark.parametrize("status", [400, 404, 502, 503])
def test_an_answer_that_is_none_of_the_venues_leaves_all_unknown(status, body):
    gateway = Gateway()
    answered = gateway.ask(Call(What.NEW, gateway.new()), body, status)
    assert answered.fault.startswith(f"HTTP {status}")
    assert answered._replace(fault="") == Answered()


def test_too_much_weight_is_a_wait_for_as_long_as_the_header_says():
    gateway = Gateway()
    error = {"code": -1003, "msg": "Too much request weight used; current limit is 6000 ..."}
    call = Call(What.NEW, gateway.new())
    assert gateway.ask(call, error, 429, retry_after="7") == Answered(wait_s=7.0)
    assert gateway.ask(call, error, 429) == Answered(wait_s=1.0)
    assert gateway.ask(call, b"<html>", 429, retry_after="3") == Answered(wait_s=3.0)


def test_a_ban_is_a_wait_until_the_time_that_it_names():
    gateway = Gateway()
    words = f"Way too much request weight used; IP banned until {NOW_MS + 90_000}. Please use ..."
    call = Call(What.CANCEL, gateway.live())
    assert gateway.ask(call, {"code": -1003, "msg": words}, 418) == Answered(wait_s=90.0)
    for_ever = f"IP banned until {NOW_MS * 100}."
    longest = gateway.ask(call, {"code": -1003, "msg": for_ever}, 418)
    assert longest == Answered(wait_s=3 * 86_400.0)


def test_on_the_socket_the_wait_is_in_the_error():
    gateway = Gateway()
    error = {"code": -1003, "msg": "Too much", "data": {"retryAfter": NOW_MS + 2500}}
    _, answered = socket_error(gateway, Call(What.NEW, gateway.new()), 429, error)
    assert answered == Answered(wait_s=2.5)


def test_the_firewalls_refusal_is_a_wait():
    gateway = Gateway()
    answered = gateway.ask(Call(What.NEW, gateway.new()), b"<html>403 Forbidden</html>", 403)
    assert answered == Answered(wait_s=30.0)


ORDERS_10S = {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 2}
ORDERS_DAY = {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": 1, "limit": 1000}
WEIGHT_1M = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 60}


def test_limits_are_those_that_the_venue_lists_in_windows_of_its_clock():
    gateway = Gateway()
    limits, new = gateway.entry.limits, Call(What.NEW, gateway.new())
    assert limits.wait(new) == 0, "none before it has said any"
    gateway.listed(ORDERS_10S, ORDERS_DAY, WEIGHT_1M)
    for _ in range(2):
        assert limits.wait(new) == 0
        limits.take(new)
    gateway.now_ns += 3_000_000_000
    assert limits.wait(new) == pytest.approx(7.0)
    assert limits.wait(Call(What.CANCEL, gateway.order())) == 0
    gateway.now_ns += 7_000_000_000
    assert limits.wait(new) == 0


def test_questions_use_up_weight_and_cancels_never_wait():
    gateway = Gateway()
    gateway.listed(WEIGHT_1M)
    limits = gateway.entry.limits
    for _ in range(3):
        assert limits.wait(Call(What.BALANCES)) == 0
        limits.take(Call(What.BALANCES))
    assert limits.wait(Call(What.BALANCES)) > 0
    assert limits.wait(Call(What.CANCEL, gateway.live())) == 0


def test_the_venues_own_count_is_the_one_that_counts():
    gateway = Gateway()
    gateway.listed(ORDERS_10S, WEIGHT_1M)
    limits, new = gateway.entry.limits, Call(What.NEW, gateway.new())
    gateway.ask(Call(What.BALANCES), {"balances": []}, 200, x_mbx_order_count_10s="2")
    assert limits.wait(new) > 0
    gateway.ask(Call(What.BALANCES), {"balances": []}, 200, x_mbx_order_count_10s="0")
    assert limits.wait(new) == 0
    gateway.ask(Call(What.BALANCES), {"balances": []}, 200, x_mbx_used_weight_1m="60")
    assert limits.wait(Call(What.OPEN)) > 0


def test_an_order_on_its_way_counts_beside_what_the_venue_has_counted():
    gateway = Gateway()
    gateway.listed(ORDERS_10S)
    first, second = Call(What.NEW, gateway.new(1)), Call(What.NEW, gateway.new(2))
    for number, call in enumerate((first, second), 1):
        gateway.entry.limits.take(call)
        gateway.entry.frame(call, number)
    counted = [ORDERS_10S | {"count": 1}]
    answer = {"id": 1, "status": 200, "result": row_of(first.order), "rateLimits": counted}
    gateway.hear(answer)
    assert gateway.entry.limits.wait(second) > 0


def test_too_many_orders_hold_new_ones_back_and_cancels_not():
    gateway = Gateway()
    gateway.listed(ORDERS_10S, ORDERS_DAY)
    call = Call(What.NEW, gateway.new())
    error = {"code": -1015, "msg": "Too many new orders; current limit is 50 orders per 10 SECOND."}
    answered = gateway.ask(call, error, 429, retry_after="4")
    assert answered.again and answered.reports[0].reason == Reason.RATE_LIMIT
    assert 0 < gateway.entry.limits.wait(call) <= 10, "not for the rest of the day"
    assert gateway.entry.limits.wait(Call(What.CANCEL, gateway.order())) == 0
    gateway.now_ns += 10_000_000_000
    assert gateway.entry.limits.wait(call) == 0


def test_being_left_alone_for_a_while_uses_up_no_count_of_a_day():
    gateway = Gateway()
    gateway.listed(ORDERS_10S, ORDERS_DAY)
    gateway.entry.limits.full(2.0)
    assert gateway.entry.limits.wait(Call(What.NEW, gateway.new())) == 0


# New orders


def reply_of(gateway, **changes):
    """What it makes of an answer to the one new order."""
    order = gateway.new()
    return gateway.ask(Call(What.NEW, order), row_of(order, **changes))


def test_a_new_order_that_rests_is_acknowledged_by_its_answer():
    gateway = Gateway()
    (ack,) = reply_of(gateway).reports
    assert (ack.kind, ack.venue_id, ack.price, ack.quantity) == (Kind.ACK, "28", 6_000_000, 100)
    assert ack.venue_ns == NOW_NS
    gateway.deliver([ack])
    assert gateway.state() is OrderState.LIVE and gateway.order().venue_id == "28"


def test_an_answer_without_a_status_acknowledges_it_as_well():
    gateway = Gateway()
    order = gateway.new()
    head = ("symbol", "orderId", "orderListId", "clientOrderId", "transactTime")
    short = {name: value for name, value in row_of(order).items() if name in head}
    (ack,) = gateway.ask(Call(What.NEW, order), short).reports
    assert (ack.kind, ack.venue_id) == (Kind.ACK, "28")


def test_an_answer_tells_what_was_filled_at_once_and_no_single_fill():
    gateway = Gateway()
    filled = {"status": "FILLED", "executedQty": "0.00100000", "cummulativeQuoteQty": "60.1"}
    ack, total = reply_of(gateway, **filled).reports
    assert (ack.kind, total.kind) == (Kind.ACK, Kind.FILLED_TOTAL)
    assert (total.quantity, total.aux, total.reason) == (100, 601_000_000, Reason.NONE)


@pytest.mark.parametrize(
    ("fields", "changes", "reason"),
    [
        ({"tif": TimeInForce.IOC}, {"timeInForce": "IOC"}, Reason.NO_LIQUIDITY),
        ({"tif": TimeInForce.FOK}, {"timeInForce": "FOK"}, Reason.FOK),
        ({"kind": OrderType.MARKET}, {"type": "MARKET", "price": "0.0"}, Reason.NO_LIQUIDITY),
    ],
)
def test_an_answer_tells_that_what_takes_is_over(fields, changes, reason):
    gateway = Gateway()
    order = gateway.new(**fields)
    row = row_of(order, status="EXPIRED", **changes)
    ack, end = gateway.ask(Call(What.NEW, order), row).reports
    assert (ack.kind, end.kind, end.reason, end.quantity) == (Kind.ACK, Kind.CANCELLED, reason, 100)
    gateway.deliver([ack, end])
    assert gateway.state() is None


def test_an_answer_that_comes_when_all_is_over_says_nothing_more():
    gateway = Gateway()
    order = gateway.live()
    gateway.deliver(gateway.ask(Call(What.CANCEL, order), cancelled(order)).reports)
    assert gateway.ask(Call(What.NEW, order), row_of(order)) == Answered()


@pytest.mark.parametrize("changes", [{"clientOrderId": "another"}, {"symbol": "ETHUSDT"}])
def test_an_answer_of_another_order_is_none(changes):
    answered = reply_of(Gateway(), **changes)
    assert "of another" in answered.fault and not answered.reports


# Cancels


def cancelled(order, **changes):
    """The answer to a cancel, which has a name of its own."""
    names = {"origClientOrderId": order.client_id, "clientOrderId": "pXLV6Hz6mprAcVYpVMTGgx"}
    return row_of(order, status="CANCELED", **names | changes)


def test_a_cancel_is_done_when_it_is_answered_and_told_once():
    gateway = Gateway()
    order = gateway.live()
    call = Call(What.CANCEL, order)
    (end,) = gateway.ask(call, cancelled(order)).reports
    assert (end.kind, end.reason, end.quantity) == (Kind.CANCELLED, Reason.REQUESTED, 100)
    gateway.deliver([end])
    assert gateway.state() is None
    assert gateway.ask(call, cancelled(order)).reports == []


def test_the_answer_to_a_cancel_reveals_fills_that_nobody_told_and_waits_for_them():
    gateway = Gateway()
    order = gateway.live()
    part = {"executedQty": "0.00040000", "cummulativeQuoteQty": "24.00000000"}
    total, end = gateway.ask(Call(What.CANCEL, order), cancelled(order, **part)).reports
    assert (total.kind, total.quantity, end.kind, end.quantity) == (
        Kind.FILLED_TOTAL,
        40,
        Kind.CANCELLED,
        60,
    )
    assert Kind.CANCELLED not in gateway.deliver([total, end])
    assert gateway.state() is OrderState.CLOSING
    more = gateway.ask(Call(What.QUERY, order), cancelled(order, **part)).more
    assert more is not None and more.page == "28"
    fills = gateway.ask(more, [trade_row()]).reports
    assert gateway.deliver(fills) == [Kind.FILL, Kind.CANCELLED, Kind.FEE]
    assert gateway.state() is None


def test_all_orders_are_cancelled_an_instrument_at_a_time_whether_it_has_any_or_not():
    gateway = Gateway()
    order = gateway.live()
    first = gateway.ask(Call(What.CANCEL_ALL), [cancelled(order)])
    assert first == Answered(more=Call(What.CANCEL_ALL, page="1"))
    none = {"code": -2011, "msg": "Unknown order sent."}
    assert gateway.ask(Call(What.CANCEL_ALL), none, 400) == first
    assert gateway.ask(first.more, none, 400) == Answered()
    assert gateway.ask(Call(What.CANCEL_ALL), {"code": -1007, "msg": ""}, 504).fault


# Questions


def test_a_question_of_an_order_that_the_venue_does_not_have_is_answered_so():
    gateway = Gateway()
    error = {"code": -2013, "msg": "Order does not exist."}
    (report,) = gateway.ask(Call(What.QUERY, gateway.new()), error, 400).reports
    assert (report.kind, report.reason) == (Kind.REJECTED, Reason.UNKNOWN_ORDER)


def test_a_question_too_early_does_not_lose_an_order_that_is_found_filled_later():
    gateway = Gateway()
    order = gateway.new()
    unsure = gateway.ask(Call(What.NEW, order), {"code": -1007, "msg": TIMEOUT}, 504)
    assert unsure.fault and not unsure.reports
    early = gateway.ask(Call(What.QUERY, order), {"code": -2013, "msg": "..."}, 400)
    assert gateway.deliver(early.reports) == [] and gateway.state() is not None
    filled = {"status": "FILLED", "executedQty": "0.00100000", "cummulativeQuoteQty": "60.0"}
    later = gateway.ask(Call(What.QUERY, order), row_of(order, **filled))
    gateway.deliver(later.reports)
    fills = gateway.ask(later.more, [trade_row(qty="0.00100000")])
    assert gateway.deliver(fills.reports) == [Kind.FILL, Kind.FEE]
    assert gateway.state() is None and gateway.table.duplicates == 0


@pytest.mark.parametrize("status", ["NEW", "PARTIALLY_FILLED", "PENDING_NEW", "PENDING_CANCEL"])
def test_a_question_of_an_order_that_rests_says_what_is_left(status):
    gateway = Gateway()
    (found,) = gateway.ask(Call(What.QUERY, gateway.new()), row_of(gateway.order(), status=status))[
        0
    ]
    assert (found.kind, found.quantity, found.venue_id) == (Kind.ORDER_STATUS, 100, "28")


def test_what_was_prevented_of_an_order_is_not_left():
    gateway = Gateway()
    row = row_of(gateway.new(), executedQty="0.0004", preventedQuantity="0.0001")
    total, status = gateway.ask(Call(What.QUERY, gateway.order()), row).reports
    assert (total.quantity, status.quantity) == (40, 50)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "CANCELED"}, Reason.REQUESTED),
        ({"status": "EXPIRED"}, Reason.EXPIRED),
        ({"status": "EXPIRED", "timeInForce": "IOC"}, Reason.NO_LIQUIDITY),
        ({"status": "EXPIRED", "timeInForce": "FOK"}, Reason.FOK),
        ({"status": "EXPIRED", "type": "MARKET"}, Reason.NO_LIQUIDITY),
        ({"status": "EXPIRED_IN_MATCH"}, Reason.SELF_TRADE),
    ],
)
def test_a_question_of_an_order_that_has_ended_says_why(changes, reason):
    gateway = Gateway()
    (end,) = gateway.ask(Call(What.QUERY, gateway.new()), row_of(gateway.order(), **changes))[0]
    assert (end.kind, end.reason, end.quantity) == (Kind.CANCELLED, reason, 100)


def test_an_order_that_the_venue_has_put_away_has_ended_without_a_fill():
    gateway = Gateway()
    error = {"code": -2026, "msg": "Order was canceled or expired with no executed qty over 90 ..."}
    (end,) = gateway.ask(Call(What.QUERY, gateway.live()), error, 400).reports
    assert (end.kind, end.quantity) == (Kind.CANCELLED, 100)


@pytest.mark.parametrize("changes", [{"status": "WHATEVER"}, {"side": "BOTH"}, {"price": "0.001"}])
def test_a_question_whose_answer_makes_no_sense_is_not_answered(changes):
    gateway = Gateway()
    answered = gateway.ask(Call(What.QUERY, gateway.new()), row_of(gateway.order()) | changes)
    assert answered.fault and not answered.reports


def test_an_order_of_another_name_is_no_answer():
    gateway = Gateway()
    row = row_of(gateway.live()) | {"orderId": 29, "clientOrderId": "x"}
    assert "another order" in gateway.ask(Call(What.QUERY, gateway.order()), row).fault


# Lists


def test_open_orders_are_ours_by_either_name_and_strangers_are_noted():
    gateway = Gateway()
    order = gateway.live()
    rows = [
        row_of(order, orderId=77),
        row_of(order, clientOrderId="renamed by hand"),
        row_of(order, orderId=99, clientOrderId="somebody's"),
        row_of(order, orderId=100, symbol="LTCBTC"),
    ]
    found = gateway.ask(Call(What.OPEN), rows)
    assert [(r.kind, r.order_id) for r in found.reports] == [(Kind.ORDER_STATUS, 1)] * 2
    assert gateway.known.strangers == {"99": "somebody's"}
    assert found.more == Call(What.OPEN, page="1")
    assert gateway.ask(found.more, []).more is None


def test_an_order_of_another_session_of_ours_is_adopted():
    gateway = Gateway(foreign="cancel")
    row = row_of(gateway.new()) | {"orderId": 500, "clientOrderId": "of another program"}
    (status,) = gateway.ask(Call(What.OPEN), [row]).reports
    gateway.deliver([status])
    assert gateway.order(status.order_id).venue_id == "500"


def test_fills_come_with_the_fee_that_each_was_charged():
    gateway = Gateway()
    gateway.live()
    gateway.listed()
    rows = [
        trade_row(id=3, commission="0.00000029", commissionAsset="BTC"),
        trade_row(id=1),
        trade_row(id=2, commission="0.0001", commissionAsset="BNB", isMaker=False),
        trade_row(id=4, orderId=999),
    ]
    reports = gateway.ask(Call(What.FILLS), rows).reports
    fills, fees = reports[::2], reports[1::2]
    assert [fill.aux for fill in fills] == [fee.aux for fee in fees] == [1, 2, 3]
    assert fills[0].flags == Flag.FEE_TOLD | Flag.MAKER and fills[1].flags == Flag.FEE_TOLD
    paid = [(fee.side, fee.quantity, fee.price, fee.currency) for fee in fees]
    assert paid == [(FeeOf.QUOTE, 24, 3, ""), (FeeOf.OTHER, 1, 4, "BNB"), (FeeOf.BASE, 29, 8, "")]


def test_the_same_list_twice_books_every_fill_once():
    gateway = Gateway()
    gateway.live()
    reports = gateway.ask(Call(What.FILLS), [trade_row()]).reports
    assert gateway.deliver(reports) == [Kind.FILL, Kind.FEE]
    assert gateway.deliver(reports) == []


def test_a_fee_of_nothing_needs_no_currency_and_one_of_something_does():
    gateway = Gateway()
    gateway.live()
    free = trade_row(commission="0", commissionAsset=None)
    _, fee = gateway.ask(Call(What.FILLS), [free]).reports
    assert (fee.side, fee.quantity) == (FeeOf.QUOTE, 0)
    assert gateway.ask(Call(What.FILLS), [trade_row(commissionAsset=None)]).fault


def test_fills_of_several_days_are_asked_for_a_day_at_a_time_of_each_instrument():
    gateway = Gateway()
    since_ns = NOW_NS - 36 * 3_600 * 1_000_000_000
    call, begun = Call(What.FILLS, since_ns=since_ns), since_ns // 1_000_000
    pages = []
    while call is not None:
        call = gateway.ask(call, []).more
        pages.append(None if call is None else call.page)
    next_day = begun + TRADES_MS
    assert pages == [f"0:{next_day}:", f"1:{begun}:", f"1:{next_day}:", None]


def test_a_full_page_of_fills_is_gone_on_from_behind_its_last():
    gateway = Gateway()
    rows = [trade_row(id=number) for number in range(TRADES_MAX)]
    more = gateway.ask(Call(What.FILLS, since_ns=NOW_NS), rows).more
    assert more.page == f"0:{NOW_MS}:{TRADES_MAX}"
    following = gateway.ask(more, [trade_row(id=TRADES_MAX)]).more
    assert following.page == f"1:{NOW_MS}:"


def test_balances_count_what_orders_hold():
    held = {"balances": [{"asset": "BTC", "free": "1.3447112", "locked": "0.08600000"}]}
    (balance,) = Gateway().ask(Call(What.BALANCES), held).balances
    assert balance == Balance("BTC", Decimal("1.4307112"), Decimal("1.3447112"))


def test_fees_are_the_sum_of_what_the_venue_takes_and_an_instrument_each():
    rates = {"maker": "0.00100000", "taker": "0.00200000", "buyer": "0", "seller": "0.00010000"}
    tax = {"maker": "0.00000001", "taker": "0", "buyer": "0", "seller": "0"}
    row = {"symbol": "BTCUSDT", "standardCommission": rates, "taxCommission": tax}
    row["discount"] = {"enabledForAccount": True, "enabledForSymbol": True, "discount": "0.75"}
    found = Gateway().ask(Call(What.FEES), row)
    assert found.fees == [Fees(0, 82_501, 157_500)]
    assert found.more == Call(What.FEES, page="1")
    row["discount"]["enabledForAccount"] = False
    assert Gateway().ask(Call(What.FEES), row).fees == [Fees(0, 110_001, 210_000)]


def test_currencies_are_those_that_the_venue_lists_whatever_a_symbol_looks_like():
    gateway = Gateway()
    rows = [
        {"symbol": "BTCUSDT", "baseAsset": "BTCUS", "quoteAsset": "DT"},
        {"symbol": "ETHUSDT", "baseAsset": "ETH", "quoteAsset": "USDT"},
    ]
    assert gateway.ask(Call(What.NAMES), {"symbols": rows}) == Answered()
    gateway.live()
    _, fee = gateway.ask(Call(What.FILLS), [trade_row(commissionAsset="DT")]).reports
    assert fee.side == FeeOf.QUOTE


def test_an_instrument_that_the_venue_does_not_list_is_named():
    assert "does not list BTCUSDT" in Gateway().ask(Call(What.NAMES), {"symbols": []}).fault


# On the socket


def test_the_same_answer_on_the_socket_means_the_same():
    gateway = Gateway()
    call = Call(What.NEW, gateway.new(side=Side.ASK))
    gateway.entry.frame(call, 5)
    heard = gateway.hear({"id": 5, "status": 200, "result": row_of(call.order), "rateLimits": []})
    assert heard.answers == [(5, gateway.ask(call, row_of(call.order)))]
    again = gateway.hear({"id": 5, "status": 200, "result": row_of(call.order)})
    assert again.answers == ()


def test_an_answer_on_the_socket_that_cannot_be_read_costs_that_call_alone():
    gateway = Gateway()
    gateway.entry.frame(Call(What.NEW, gateway.new()), 5)
    ((_, answered),) = gateway.hear({"id": 5, "status": 200, "result": {"symbol": 1}}).answers
    assert answered.fault and not answered.reports


def test_an_answer_to_nothing_that_was_asked_is_passed_over():
    assert Gateway().hear({"id": 5, "status": 200, "result": {}}).answers == ()


@pytest.mark.parametrize("code", [-2014, -2015])
def test_a_key_that_is_refused_on_the_socket_ends_it(code):
    gateway = Gateway()
    error = {"code": code, "msg": "Invalid API-key, IP, or permissions for action."}
    heard, answered = socket_error(gateway, Call(What.CANCEL, gateway.live()), 401, error)
    assert str(code) in heard.lost
    assert answered.reports[0].kind == Kind.CANCEL_REJECTED


@pytest.mark.parametrize("number", ["subscribe", "logon", None])
def test_a_stream_that_does_not_begin_is_lost(number):
    error = {"code": -2035, "msg": "User Data Stream subscription already active."}
    heard = Gateway().hear({"id": number, "status": 400, "error": error})
    assert "-2035" in heard.lost and not heard.ready


def test_ids_of_orders_are_those_that_the_venue_takes():
    assert len(IDS.text(2**55)) == 36
    assert json.dumps(IDS.text(1)).isascii()
