"""What Gemini's answers mean: by REST every error and list, on the socket every code."""

import json
from decimal import Decimal

import pytest

from pinnacle.core.schema import Flag, Kind, Reason, Side
from pinnacle.venues.gemini.orders.asking import TRADES_MAX
from pinnacle.venues.orders.port import Answered, Call, What
from tests.venues.gemini.gemini_gateway import Gateway, order_event, replied, status_row, trade_row
from tests.venues.orders.traded import COIN, DOLLAR, IDS, SECOND, T0, answer


@pytest.fixture
def gateway(tmp_path):
    return Gateway(tmp_path)


def refusal(reason, message="words"):
    return {"result": "error", "reason": reason, "message": message}


def kinds(found):
    return [(report.kind, report.reason) for report in found.reports]


# Errors by REST


@pytest.mark.parametrize(
    ("status", "reason", "means"),
    [
        (406, "InsufficientFunds", Reason.FUNDS),
        (400, "InvalidPrice", Reason.BAD_PRICE),
        (400, "InvalidQuantity", Reason.BAD_QUANTITY),
        (400, "InvalidSymbol", Reason.BAD_INSTRUMENT),
        (400, "InvalidSignature", Reason.VENUE),
        (403, "MissingRole", Reason.VENUE),
        (400, "MarketNotOpen", Reason.MARKET_MODE),
        (400, "MissingAccounts", Reason.VENUE),
        (400, "ConflictingOptions", Reason.BAD_ORDER),
        (400, "UnsupportedOption", Reason.BAD_ORDER),
        (400, "ClientOrderIdTooLong", Reason.BAD_ORDER),
        (400, "NobodyKnowsThisWord", Reason.VENUE),
        (404, "OrderNotFound", Reason.VENUE),  # of a new order it says nothing
    ],
)
def test_a_new_order_is_refused_for_the_venues_reason(gateway, status, reason, means):
    order = gateway.new().order
    found = gateway.answered(What.NEW, refusal(reason), order, status)
    assert kinds(found) == [(Kind.REJECTED, means)]
    assert found.reports[0].words == f"{reason}: words"


def test_a_cancel_is_refused_as_unknown_only_if_the_venue_says_so(gateway):
    order = gateway.live()
    unknown = gateway.answered(What.CANCEL, refusal("OrderNotFound"), order, 404)
    assert kinds(unknown) == [(Kind.CANCEL_REJECTED, Reason.UNKNOWN_ORDER)]
    other = gateway.answered(What.CANCEL, refusal("MissingRole"), order, 403)
    assert kinds(other) == [(Kind.CANCEL_REJECTED, Reason.VENUE)]


def test_a_question_about_no_order_says_so_and_about_anything_else_nothing(gateway):
    order = gateway.live()
    found = gateway.answered(What.QUERY, refusal("OrderNotFound"), order, 404)
    assert kinds(found) == [(Kind.REJECTED, Reason.UNKNOWN_ORDER)]
    for status, reason in ((403, "MissingRole"), (400, "InvalidSignature")):
        found = gateway.answered(What.QUERY, refusal(reason), order, status)
        assert not found.reports and found.fault == f"{reason}: words"
    found = gateway.answered(What.FILLS, refusal("OrderNotFound"), order, 404)
    assert not found.reports and found.fault


@pytest.mark.parametrize("what", [What.NEW, What.CANCEL, What.QUERY, What.OPEN, What.FILLS])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, refusal("Maintenance")),
        (500, refusal("System")),
        (502, b"<html>Bad Gateway</html>"),
        (504, b""),
        (400, b"<html>cloudflare</html>"),
        (403, b"null"),
        (302, b""),
        (200, b"<html>"),
        (200, b"\xff"),
        (200, refusal("InsufficientFunds")),
        (200, {}),
        (200, "text"),
    ],
)
def test_what_is_no_answer_of_the_venues_says_nothing(gateway, what, status, body):
    found = gateway.answered(what, body, gateway.live(), status)
    assert found.fault
    assert found == Answered(fault=found.fault)


@pytest.mark.parametrize("what", [What.NEW, What.CANCEL, What.QUERY, What.OPEN, What.KEEP_ALIVE])
def test_a_venue_that_wants_to_be_left_alone_has_taken_no_notice(gateway, what):
    order = gateway.live()
    assert gateway.answered(what, refusal("RateLimit"), order, 429) == Answered(wait_s=1.0)
    assert gateway.answered(what, b"<html>", order, 429) == Answered(wait_s=1.0)
    assert gateway.answered(what, refusal("RateLimit"), order, 400) == Answered(wait_s=1.0)
    told = answer(b"", 429, **{"retry-after": "7"})
    assert gateway.entry.answered(Call(what, order), told) == Answered(wait_s=7.0)


@pytest.mark.parametrize("what", [What.NEW, What.CANCEL, What.QUERY, What.BALANCES])
def test_a_nonce_that_came_too_late_is_asked_again_with_another(gateway, what):
    words = "Nonce '1' has not increased since your last call"
    found = gateway.answered(what, refusal("InvalidNonce", words), gateway.live(), 400)
    assert found.again and found.stale and not found.reports
    assert words in found.fault


# One order by REST


def test_an_order_by_rest_that_rests_is_acknowledged_with_its_name(gateway):
    order = gateway.new().order
    found = gateway.answered(What.NEW, status_row(order, order_id="77", id="77"), order)
    assert kinds(found) == [(Kind.ACK, Reason.NONE)]
    assert found.reports[0].venue_id == "77"


def test_a_post_only_order_that_would_have_taken_is_refused_though_the_answer_is_200(gateway):
    order = gateway.new(post_only=True).order
    row = status_row(order, is_live=False, is_cancelled=True, reason="MakerOrCancelWouldTake")
    found = gateway.answered(What.NEW, row, order)
    assert kinds(found) == [(Kind.REJECTED, Reason.WOULD_TAKE)]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("ImmediateOrCancelWouldPost", Reason.NO_LIQUIDITY),
        ("FillOrKillWouldNotFill", Reason.FOK),
        ("SelfCrossPrevented", Reason.SELF_TRADE),
        ("ExceedsPriceLimits", Reason.BAD_PRICE),
        ("MarketClosed", Reason.MARKET_MODE),
        ("TradingClosed", Reason.MARKET_MODE),
        ("Requested", Reason.REQUESTED),
        ("Whatever", Reason.VENUE),
    ],
)
def test_what_is_left_of_an_order_that_took_is_cancelled_for_the_venues_reason(
    gateway, word, reason
):
    order = gateway.new().order
    row = status_row(order, is_live=False, is_cancelled=True, reason=word, executed_amount="0.25")
    found = gateway.answered(What.NEW, row, order)
    assert kinds(found) == [
        (Kind.ACK, Reason.NONE),
        (Kind.FILLED_TOTAL, Reason.NONE),
        (Kind.CANCELLED, reason),
    ]
    assert [report.quantity for report in found.reports] == [COIN, COIN // 4, COIN * 3 // 4]


@pytest.mark.parametrize(
    "more",
    [
        {"client_order_id": "another"},
        {"client_order_id": None},
        {"symbol": "ethusd"},
        {"side": "sell"},
        {"price": "60001"},
        {"original_amount": "2"},
    ],
)
def test_an_answer_that_is_of_another_order_says_nothing(gateway, more):
    order = gateway.new().order
    assert "another order" in gateway.answered(What.NEW, status_row(order, **more), order).fault


def test_an_order_whose_end_the_stream_has_told_is_not_acknowledged_behind_it(gateway):
    order = gateway.new().order
    gateway.heard(order_event(order, "REJECTED", r="InsufficientFunds"))
    assert gateway.answered(What.NEW, status_row(order), order) == Answered()


def test_a_cancel_by_rest_is_done_only_if_the_order_is_cancelled_in_it(gateway):
    order = gateway.live()
    assert gateway.answered(What.CANCEL, status_row(order), order) == Answered()
    row = status_row(order, is_live=False, is_cancelled=True, reason="Requested")
    found = gateway.answered(What.CANCEL, row, order)
    assert kinds(found) == [(Kind.CANCELLED, Reason.REQUESTED)]


def test_a_cancel_that_was_too_late_has_its_order_looked_at(gateway):
    order = gateway.live()
    row = status_row(order, is_live=False, executed_amount="1", remaining_amount="0")
    assert gateway.answered(What.CANCEL, row, order) == Answered(more=Call(What.QUERY, order))


def test_an_order_is_an_object_by_its_own_id_and_its_trades_are_with_it(gateway):
    order = gateway.live()
    trades = [trade_row(order, tid=2, timestampms=2, amount="0.5"), trade_row(order, tid=1)]
    row = status_row(order, executed_amount="0.75", trades=trades)
    found = gateway.answered(What.QUERY, row, order)
    assert [report.kind for report in found.reports] == [
        *(Kind.FILL, Kind.FEE) * 2,
        Kind.FILLED_TOTAL,
        Kind.ORDER_STATUS,
    ]
    assert [r.aux for r in found.reports if r.kind == Kind.FILL] == [2, 1]
    assert [r.quantity for r in found.reports][-2:] == [COIN * 3 // 4, COIN // 4]


def test_an_order_is_in_an_array_by_our_id_and_must_be_the_same(gateway):
    order = gateway.new().order
    others = [
        status_row(order, symbol="ethusd"),
        status_row(order, side="sell"),
        status_row(order, original_amount="2"),
        status_row(order, price="60001.00"),
    ]
    found = gateway.answered(What.QUERY, [*others, status_row(order, id="9", order_id="9")], order)
    assert [(r.kind, r.venue_id) for r in found.reports] == [(Kind.ORDER_STATUS, "9")]
    assert "5 orders are called" in found.odd
    found = gateway.answered(What.QUERY, others[:1], order)
    assert kinds(found) == [(Kind.REJECTED, Reason.UNKNOWN_ORDER)]
    assert "another order there" in found.odd


def test_an_empty_array_is_no_order(gateway):
    found = gateway.answered(What.QUERY, [], gateway.new().order)
    assert kinds(found) == [(Kind.REJECTED, Reason.UNKNOWN_ORDER)]
    assert not found.odd


def test_an_answer_about_an_order_that_was_not_asked_for_says_nothing(gateway):
    order = gateway.live()
    for more in ({"order_id": "102"}, {"symbol": "ethusd"}):
        assert (
            "another order" in gateway.answered(What.QUERY, status_row(order, **more), order).fault
        )


def test_an_order_of_which_all_is_traded_is_done_when_its_trades_are_told(gateway):
    order = gateway.live()
    done = status_row(order, is_live=False, executed_amount="1", remaining_amount="0")
    gateway.deliver(gateway.answered(What.QUERY, done, order).reports)
    assert gateway.table.orders and gateway.table.behind
    trades = {"trades": [trade_row(order, amount="1")]}
    gateway.deliver(gateway.answered(What.QUERY, done | trades, order).reports)
    assert not gateway.table.orders


def test_the_same_answer_twice_says_nothing_the_second_time(gateway):
    order = gateway.live()
    trades = {"trades": [trade_row(order, amount="1")]}
    done = status_row(order, is_live=False, executed_amount="1", remaining_amount="0") | trades
    found = gateway.answered(What.QUERY, done, order)
    assert "FILL" in gateway.deliver(found.reports)
    assert "FILL" not in gateway.deliver(gateway.answered(What.QUERY, done, order).reports)


def test_that_an_order_was_cancelled_is_said_once(gateway):
    order = gateway.live()
    gateway.heard(order_event(order, "CANCELED", r="Requested"))
    row = status_row(order, is_live=False, is_cancelled=True, reason="Requested")
    assert not gateway.answered(What.QUERY, row, order).reports
    assert not gateway.answered(What.CANCEL, row, order).reports


def test_an_order_that_is_nobody_knows_what_says_nothing(gateway):
    order = gateway.live()
    for filled in ("0", "0.5"):
        row = status_row(order, is_live=False, executed_amount=filled)
        assert "neither live nor" in gateway.answered(What.QUERY, row, order).fault


# Lists


def test_open_orders_are_ours_by_either_name_and_strangers_are_told(gateway):
    first = gateway.live(1, venue_id="101")
    second = gateway.live(2, venue_id="102")
    rows = [
        status_row(first, executed_amount="0.25"),
        status_row(second, client_order_id=None),
        status_row(first, id="900", order_id="900", client_order_id="by hand"),
        status_row(first, symbol="dogeusd"),
    ]
    found = gateway.answered(What.OPEN, rows)
    assert [(r.kind, r.order_id) for r in found.reports] == [
        (Kind.FILLED_TOTAL, 1),
        (Kind.ORDER_STATUS, 1),
        (Kind.ORDER_STATUS, 2),
    ]
    assert gateway.known.strangers == {"900": "by hand"}
    assert found.reports[1].quantity == COIN * 3 // 4


def test_an_order_of_another_session_of_ours_is_adopted(gateway):
    order = gateway.live()
    theirs = IDS.text(5).replace("9ace0", "9ace1")
    row = status_row(order, id="900", order_id="900", client_order_id=theirs)
    (report,) = gateway.answered(What.OPEN, [row]).reports
    assert report.kind == Kind.ORDER_STATUS and report.order_id != 1


def test_trades_are_told_the_oldest_first_with_who_made_them_and_what_they_cost(gateway):
    order = gateway.live()
    rows = [
        trade_row(order, tid=7, timestampms=8, aggressor=True, fee_amount="0.003206"),
        trade_row(order, tid=6, timestampms=7, client_order_id=order.client_id, order_id=1),
        trade_row(order, tid=5, order_id=404),
    ]
    found = gateway.answered(What.FILLS, rows, page="1:0")
    fills = [r for r in found.reports if r.kind == Kind.FILL]
    fees = [r for r in found.reports if r.kind == Kind.FEE]
    assert [(r.aux, r.row, r.order_id, r.venue_ns) for r in fills] == [
        (6, 1, 1, 7_000_000),
        (7, 1, 1, 8_000_000),
    ]
    assert [r.flags for r in fills] == [Flag.FEE_TOLD | Flag.MAKER, Flag.FEE_TOLD]
    assert [(r.aux, r.quantity, r.price) for r in fees] == [(6, 30, 0), (7, 3206, 6)]
    assert fills[0].price == 60_000 * DOLLAR and fills[0].side == Side.BID


def test_trades_of_another_instrument_are_not_ours(gateway):
    order = gateway.live()
    found = gateway.answered(What.FILLS, [trade_row(order, symbol="ETHUSD")], page="0:0")
    assert not found.reports
    assert gateway.answered(What.FILLS, [trade_row(order, symbol="btcusd")]).reports


def test_trades_are_asked_for_instrument_by_instrument_and_a_full_list_goes_on(gateway):
    order, since_ms = gateway.live(), T0 // 10**6
    call = Call(What.FILLS, since_ns=T0)
    full = [trade_row(order, tid=n, timestampms=since_ms + n) for n in range(1, TRADES_MAX + 1)]
    first = gateway.entry.answered(call, answer(full[::-1]))
    assert first.more.page == f"0:{since_ms + TRADES_MAX}"
    # All of one moment: no list gets past it.
    stuck = [row | {"timestampms": since_ms + TRADES_MAX} for row in full]
    second = gateway.entry.answered(first.more, answer(stuck))
    assert second.more.page == f"1:{since_ms}"
    assert gateway.entry.answered(second.more, answer([])).more is None


def test_a_trade_that_the_venue_has_taken_back_is_booked_and_ended_and_said(gateway):
    order = gateway.live()
    found = gateway.answered(What.FILLS, [trade_row(order, **{"break": "full"})])
    assert [r.kind for r in found.reports] == [Kind.FILL, Kind.FEE, Kind.FILL_BUSTED]
    assert "taken trade 555 back" in found.odd
    assert gateway.deliver(found.reports)[-1] == "FILL_BUSTED"
    assert gateway.table.orders[1].filled == 0
    assert "FILL_BUSTED" not in gateway.deliver(found.reports)
    kept = gateway.answered(What.FILLS, [trade_row(order, tid=5, **{"break": "manual"})])
    assert [r.kind for r in kept.reports] == [Kind.FILL, Kind.FEE] and not kept.odd


@pytest.mark.parametrize(
    ("currency", "of", "named"),
    [("USD", 2, ""), ("usd", 2, ""), ("BTC", 1, ""), ("GUSD", 3, "GUSD")],
)
def test_a_fee_is_of_the_currency_that_it_is_paid_in(gateway, currency, of, named):
    row = trade_row(gateway.live(), fee_currency=currency, fee_amount="0.001")
    fee = gateway.answered(What.FILLS, [row]).reports[1]
    assert (fee.kind, fee.side, fee.currency) == (Kind.FEE, of, named)
    assert (fee.quantity, fee.price) == (1, 3)


def test_balances_are_those_that_orders_are_paid_from_however_many_digits_they_have(gateway):
    rows = [
        {
            "type": "exchange",
            "currency": "BTC",
            "amount": "1.1234567890123456789",
            "available": "1",
        },
        {"type": "exchange", "currency": "usd", "amount": "-0.0000000001", "available": "-0.1"},
        {"type": "earn", "currency": "ETH", "amount": "9", "available": "9"},
    ]
    found = gateway.answered(What.BALANCES, rows).balances
    assert [(b.currency, b.total, b.available) for b in found] == [
        ("BTC", Decimal("1.1234567890123456789"), Decimal(1)),
        ("USD", Decimal("-1e-10"), Decimal("-0.1")),
    ]


def test_fees_are_basis_points_of_everything(gateway):
    body = {"api_maker_fee_bps": 20, "api_taker_fee_bps": 37.5, "web_maker_fee_bps": 100}
    found = gateway.answered(What.FEES, body).fees
    assert [(f.row, f.maker_e8, f.taker_e8) for f in found] == [
        (0, 200_000, 375_000),
        (1, 200_000, 375_000),
    ]
    absurd = {"api_maker_fee_bps": 20_000, "api_taker_fee_bps": 1}
    assert gateway.answered(What.FEES, absurd).fault == "Gemini takes 2 of an order's worth"


def test_currencies_are_what_the_venue_says_they_are(gateway):
    listed = [
        {"symbol": "BTCUSD", "base_currency": "BTC", "quote_currency": "GUSD", "status": "open"},
        {"symbol": "ETHUSD", "base_currency": "ETH", "quote_currency": "USD", "status": "open"},
    ]
    assert gateway.answered(What.NAMES, listed) == Answered()
    fee = gateway.answered(What.FILLS, [trade_row(gateway.live(), fee_currency="GUSD")]).reports[1]
    assert fee.side == 2
    assert gateway.answered(What.NAMES, listed[:1]).fault == "Gemini does not list ETHUSD"


def test_what_was_not_cancelled_with_everything_is_seen_by_somebody(gateway):
    body = {"result": "ok", "details": {"cancelledOrders": [1], "cancelRejects": []}}
    assert gateway.answered(What.CANCEL_ALL, body) == Answered()
    body["details"]["cancelRejects"] = [330429106]
    assert gateway.answered(What.CANCEL_ALL, body) == Answered(odd="not cancelled: 330429106")


def test_a_heartbeat_is_taken_or_not(gateway):
    assert gateway.answered(What.KEEP_ALIVE, {"result": "ok"}) == Answered()
    assert gateway.answered(What.KEEP_ALIVE, {"result": "no"}).fault


# On the socket


def asked(gateway, call, number=42):
    gateway.entry.frame(call, number)
    return call


def test_that_an_order_was_taken_proves_nothing_of_it(gateway):
    asked(gateway, gateway.new())
    heard = gateway.heard(replied(42))
    assert heard.answers == [(42, Answered())]
    assert not gateway.table.orders[1].acknowledged


def test_a_cancel_that_was_taken_is_not_done(gateway):
    asked(gateway, Call(What.CANCEL, gateway.live()))
    assert gateway.heard(replied(42)).answers == [(42, Answered())]
    assert 1 in gateway.table.orders


@pytest.mark.parametrize(
    ("status", "code", "words", "reason"),
    [
        (400, -1013, "Invalid parameter", Reason.BAD_ORDER),
        (400, -1013, "InvalidQuantity: too small", Reason.BAD_QUANTITY),
        (400, -1020, "Unsupported", Reason.BAD_ORDER),
        (400, -2010, "Order rejected", Reason.VENUE),
        (400, -2010, "Rejected: InsufficientFunds", Reason.FUNDS),
        (400, -2010, "DuplicateOrder", Reason.DUPLICATE_ORDER),
        (400, -9999, "", Reason.VENUE),
    ],
)
def test_an_error_on_the_socket_is_definite(gateway, status, code, words, reason):
    asked(gateway, gateway.new())
    heard = gateway.heard(replied(42, status, error={"code": code, "msg": words}))
    ((number, found),) = heard.answers
    assert (number, kinds(found)) == (42, [(Kind.REJECTED, reason)])
    assert found.reports[0].words == f"{code} {words}".strip()
    assert not heard.lost


@pytest.mark.parametrize("words", ["order not found or already filled", "Order not found"])
def test_a_cancel_of_what_is_not_there_is_refused_as_unknown(gateway, words):
    asked(gateway, Call(What.CANCEL, gateway.live()))
    error = {"code": -1013, "msg": words}
    ((_, found),) = gateway.heard(replied(42, 400, error=error)).answers
    assert kinds(found) == [(Kind.CANCEL_REJECTED, Reason.UNKNOWN_ORDER)]


@pytest.mark.parametrize(("status", "code"), [(500, -1000), (503, 0), (600, 0), (100, -2010)])
def test_an_error_of_the_venues_own_says_nothing(gateway, status, code):
    asked(gateway, gateway.new())
    ((_, found),) = gateway.heard(replied(42, status, error={"code": code, "msg": "x"})).answers
    assert found == Answered(fault=found.fault) and found.fault


@pytest.mark.parametrize(("status", "code"), [(429, -1003), (400, -1003), (429, 0)])
def test_too_much_on_the_socket_is_a_time_to_wait(gateway, status, code):
    asked(gateway, gateway.new())
    heard = gateway.heard(replied(42, status, error={"code": code, "msg": "x"}))
    assert heard.answers == [(42, Answered(wait_s=1.0))]


def test_a_key_that_is_not_taken_any_more_ends_the_connection_and_refuses_the_order(gateway):
    asked(gateway, gateway.new())
    heard = gateway.heard(replied(42, 401, error={"code": -1002, "msg": "Unauthorized"}))
    assert heard.lost == "its key: -1002 Unauthorized"
    assert kinds(heard.answers[0][1]) == [(Kind.REJECTED, Reason.VENUE)]


def test_answers_to_nothing_and_of_another_connection_are_passed_over(gateway):
    asked(gateway, gateway.new())
    for name in (43, "ping", "x", "", "9" * 30, "٤٢"):
        heard = gateway.heard(replied(name, 400, error={"code": -2010, "msg": "x"}))
        assert not heard.answers and not heard.lost
    gateway.entry.greeting()
    assert not gateway.heard(replied(42)).answers


def test_that_a_frame_could_not_be_read_there_is_seen_by_somebody(gateway):
    error = {"code": -1013, "msg": "Malformed request"}
    heard = gateway.heard(json.dumps({"id": None, "status": 400, "error": error}).encode())
    assert heard.odd == "a frame is refused: -1013 Malformed request"
    assert not heard.lost and not heard.answers


def test_the_stream_is_there_when_the_subscription_is_confirmed(gateway):
    gateway.entry.greeting()
    assert gateway.heard(replied("subscribe")).ready
    refused = gateway.heard(replied("subscribe", 401, error={"code": -1002, "msg": "no"}))
    assert refused.lost == "orders@account: -1002 no"
    assert gateway.heard(replied("subscribe", 400)).lost == "orders@account: 400"


def test_everything_was_cancelled_or_not(gateway):
    asked(gateway, Call(What.CANCEL_ALL))
    assert gateway.heard(replied(42)).answers == [(42, Answered())]
    asked(gateway, Call(What.CANCEL_ALL))
    ((_, found),) = gateway.heard(replied(42, 400, error={"code": -1013, "msg": "x"})).answers
    assert found == Answered(fault="-1013 x")


def test_an_order_that_was_unsure_is_asked_for_and_found(gateway):
    """The answer was 200, and no order event came."""
    call = asked(gateway, gateway.new())
    gateway.heard(replied(42))
    gateway.clock.now += 2 * SECOND
    found = gateway.answered(What.QUERY, [status_row(call.order)], call.order)
    assert [(r.kind, r.venue_id) for r in found.reports] == [(Kind.ORDER_STATUS, "101")]
