"""What Coinbase's answers mean: taken, refused with a reason, or nothing that is known."""

import json

import pytest

from pinnacle.core.schema import Flag, Kind, Reason, Side
from pinnacle.venues.orders.ids import ClientIds
from pinnacle.venues.orders.port import Answer, Balance, Call, Fees, Report, What
from pinnacle.venues.orders.records import execution_number
from tests.venues.coinbase.coinbase_gateway import Gateway, frame, shown
from tests.venues.orders.traded import COIN, DOLLAR, SECOND, T0, answer

ID = ClientIds(7).text(1)


@pytest.fixture
def gateway():
    return Gateway()


def to_new(gateway, body, status=200):
    return gateway.entry.answered(gateway.new(), answer(body, status))


def refused_with(**error):
    return {"success": False, "error_response": error}


def row(order_id="v-1", status="OPEN", **more):
    """An order as requests have it."""
    config = {"limit_limit_gtc": {"base_size": "1", "limit_price": "60000.00", "post_only": True}}
    return {
        "order_id": order_id,
        "client_order_id": ID,
        "product_id": "BTC-USD",
        "side": "BUY",
        "status": status,
        "order_configuration": config,
        "created_time": "2026-09-21T14:13:20Z",
        "filled_size": "0",
        "filled_value": "0",
        "time_in_force": "GOOD_UNTIL_CANCELLED",
    } | more


def test_an_order_that_was_taken_is_acknowledged_with_the_name_that_stands_within(gateway):
    found = to_new(
        gateway,
        {
            "success": True,
            "failure_reason": "UNKNOWN_FAILURE_REASON",
            "success_response": {
                "order_id": "v-1",
                "product_id": "BTC-USD",
                "side": "BUY",
                "client_order_id": ID,
            },
        },
    )
    (ack,) = found.reports
    assert (ack.kind, ack.order_id, ack.venue_id) == (Kind.ACK, 1, "v-1")
    assert (ack.price, ack.quantity) == (60_000 * DOLLAR, COIN)


@pytest.mark.parametrize(
    "success",
    [
        {"order_id": "v-1", "client_order_id": "somebody-else"},
        {"order_id": ""},
        None,
    ],
)
def test_an_answer_with_another_order_or_none_says_nothing(gateway, success):
    found = to_new(gateway, {"success": True, "success_response": success})
    assert found.fault
    assert not found.reports


@pytest.mark.parametrize(("name", "other"), [("base_size", "2"), ("limit_price", "59999.99")])
def test_an_order_of_the_same_name_and_other_numbers_is_not_taken_for_ours(gateway, name, other):
    shown = {"base_size": "1.0", "limit_price": "60000"}
    body = {"success": True, "success_response": {"order_id": "v-1"}}
    right = to_new(gateway, body | {"order_configuration": {"limit_limit_gtc": shown}})
    assert [report.kind for report in right.reports] == [Kind.ACK]
    wrong = to_new(
        gateway, body | {"order_configuration": {"limit_limit_gtc": shown | {name: other}}}
    )
    assert name in wrong.fault


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("INSUFFICIENT_FUND", Reason.FUNDS),
        ("INSUFFICIENT_FUNDS", Reason.FUNDS),
        ("PREVIEW_INSUFFICIENT_FUND", Reason.FUNDS),
        ("INVALID_LIMIT_PRICE_POST_ONLY", Reason.WOULD_TAKE),
        ("PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY", Reason.WOULD_TAKE),
        ("INVALID_PRICE_PRECISION", Reason.BAD_PRICE),
        ("PREVIEW_INVALID_PRICE_PRECISION", Reason.BAD_PRICE),
        ("INVALID_SIZE_PRECISION", Reason.BAD_QUANTITY),
        ("PREVIEW_INVALID_SIZE_PRECISION", Reason.BAD_QUANTITY),
        ("PREVIEW_INVALID_BASE_SIZE_TOO_SMALL", Reason.BAD_QUANTITY),
        ("PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL", Reason.BAD_QUANTITY),
        ("LIMIT_PRICE_TOO_FAR_FROM_MARKET", Reason.BAD_PRICE),
        ("ORDER_ENTRY_DISABLED", Reason.MARKET_MODE),
        ("UNTRADABLE_PRODUCT", Reason.MARKET_MODE),
        ("PREVIEW_PRODUCT_TRADING_HALTED", Reason.MARKET_MODE),
        ("POST_ONLY_NOT_ALLOWED_WITH_FOK", Reason.BAD_ORDER),
        ("FOK_ONLY_ALLOWED_ON_LIMIT_ORDERS", Reason.BAD_ORDER),
        ("INVALID_PRODUCT_ID", Reason.BAD_INSTRUMENT),
        ("INVALID_SIDE", Reason.BAD_ORDER),
        ("INELIGIBLE_PAIR", Reason.BAD_INSTRUMENT),
        ("INVALID_REQUEST", Reason.VENUE),
        ("COMMANDER_REJECTED_NEW_ORDER", Reason.VENUE),
        ("UNKNOWN_FAILURE_REASON", Reason.VENUE),
        ("A_WORD_OF_NEXT_YEAR", Reason.VENUE),
    ],
)
@pytest.mark.parametrize("where", ["error", "preview_failure_reason", "new_order_failure_reason"])
def test_each_refusal_has_its_reason_wherever_the_venue_says_it(gateway, word, reason, where):
    found = to_new(gateway, refused_with(**{"message": "so it is", where: word}))
    (rejected,) = found.reports
    assert (rejected.kind, rejected.reason) == (Kind.REJECTED, reason)
    assert "so it is" in rejected.words
    assert not found.fault


def test_what_says_nothing_stands_behind_what_says_something(gateway):
    found = to_new(
        gateway,
        refused_with(
            error="UNKNOWN_FAILURE_REASON",
            new_order_failure_reason="UNKNOWN_FAILURE_REASON",
            preview_failure_reason="PREVIEW_INSUFFICIENT_FUND",
        ),
    )
    assert found.reports[0].reason == Reason.FUNDS


@pytest.mark.parametrize(
    "unknown",
    [
        answer(b"<html>502 Bad Gateway</html>", 502),
        answer(b"<html>503</html>", 503),
        answer({"error": "INTERNAL", "message": "try again"}, 500),
        answer(b"", 504),
        answer(b"<html>OK</html>"),
        answer(b""),
        answer({}),
        answer([]),
        answer({"error": "UNKNOWN"}, 400),
        answer(b"no JSON", 400),
        answer({"message": "no word"}, 400),
    ],
)
@pytest.mark.parametrize("what", [What.NEW, What.REPLACE, What.CANCEL])
def test_an_outcome_that_nobody_knows_is_never_a_refusal(gateway, unknown, what):
    order = gateway.live()
    call = Call(what, order, 1, 1)
    found = gateway.entry.answered(call, unknown)
    assert found.fault
    assert not found.reports
    assert not found.wait_s


def test_an_error_of_http_that_names_one_is_definite(gateway):
    found = to_new(gateway, {"error": "INVALID_ARGUMENT", "message": "bad body"}, 400)
    (rejected,) = found.reports
    assert (rejected.kind, rejected.reason) == (Kind.REJECTED, Reason.VENUE)
    assert rejected.words == "INVALID_ARGUMENT: bad body"


def test_nothing_was_done_without_a_good_token(gateway):
    unauthorized = answer(b"Unauthorized\n", 401)
    new = gateway.entry.answered(gateway.new(2), unauthorized)
    assert [r.kind for r in new.reports] == [Kind.REJECTED]
    order = gateway.live()
    cancel = gateway.entry.answered(Call(What.CANCEL, order), unauthorized)
    assert cancel.again
    assert cancel.fault
    question = gateway.entry.answered(Call(What.OPEN), unauthorized)
    assert question.again
    gateway.replace(order, 1, 2)
    edit = gateway.entry.answered(Call(What.REPLACE, order, 1, 2), unauthorized)
    assert [r.kind for r in edit.reports] == [Kind.REPLACE_REJECTED]


@pytest.mark.parametrize("what", list(What))
@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, 1.0),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "soon"}, 1.0),
        ({"retry-after": "9" * 400}, 300.0),
    ],
)
def test_too_many_requests_is_a_time_to_wait_and_no_outcome(gateway, what, headers, wait_s):
    body = {"errors": [{"id": "rate_limit_exceeded", "message": "Too many requests"}]}
    found = gateway.entry.answered(Call(what, gateway.live()), answer(body, 429, **headers))
    assert (found.wait_s, found.reports, found.fault) == (wait_s, (), "")


# Cancels


def to_cancel(gateway, **result):
    call = Call(What.CANCEL, gateway.live())
    return gateway.entry.answered(call, answer({"results": [{"order_id": "v-1"} | result]}))


def test_a_cancel_that_was_taken_is_not_one_that_is_done(gateway):
    found = to_cancel(gateway, success=True, failure_reason="UNKNOWN_CANCEL_FAILURE_REASON")
    assert found == type(found)()


def test_a_cancel_that_is_under_way_already_is_one_that_was_taken(gateway):
    found = to_cancel(gateway, success=False, failure_reason="DUPLICATE_CANCEL_REQUEST")
    assert found == type(found)()


def test_a_cancel_of_an_order_that_is_being_edited_goes_again(gateway):
    found = to_cancel(gateway, success=False, failure_reason="ORDER_IS_BEING_REPLACED")
    assert found.again
    assert found.fault
    assert not found.reports


def test_a_cancel_of_an_order_that_the_venue_does_not_know_says_so(gateway):
    found = to_cancel(gateway, success=False, failure_reason="UNKNOWN_CANCEL_ORDER")
    (told,) = found.reports
    assert (told.kind, told.reason) == (Kind.CANCEL_REJECTED, Reason.UNKNOWN_ORDER)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("ORDER_IS_FULLY_FILLED", Reason.TOO_LATE),
        ("INVALID_CANCEL_REQUEST", Reason.VENUE),
        ("COMMANDER_REJECTED_CANCEL_ORDER", Reason.VENUE),
        ("INVALID_CANCEL_PRODUCT_ID", Reason.VENUE),
        ("NOT_ALLOWED_TO_CANCEL", Reason.VENUE),
        ("UNKNOWN_CANCEL_FAILURE_REASON", Reason.VENUE),
    ],
)
def test_any_other_cancel_that_is_refused_has_its_order_looked_at(gateway, word, reason):
    found = to_cancel(gateway, success=False, failure_reason=word)
    (told,) = found.reports
    assert (told.kind, told.reason, told.words) == (Kind.CANCEL_REJECTED, reason, word)
    assert found.more.what is What.QUERY


@pytest.mark.parametrize("results", [[], [{"success": True, "order_id": "v-2"}]])
def test_an_answer_to_the_cancel_of_another_order_says_nothing(gateway, results):
    call = Call(What.CANCEL, gateway.live())
    assert gateway.entry.answered(call, answer({"results": results})).fault


def test_everything_is_cancelled_list_by_list_and_what_was_refused_is_told(gateway):
    def step(page, body):
        found = gateway.entry.answered(Call(What.CANCEL_ALL, page=page), answer(body))
        assert not found.fault
        return found.more.page if found.more else "", found.odd

    queued, _ = step("", {"orders": [row("a", "PENDING")], "has_next": False})
    assert json.loads(queued) == ["open", "", ["a"]]
    opened, odd = step(
        queued, {"results": [{"success": False, "order_id": "a", "failure_reason": "X"}]}
    )
    assert odd == "a: X"
    following, _ = step(opened, {"orders": [row("b"), row("c")], "has_next": True, "cursor": "n"})
    assert json.loads(following) == ["open", "n", ["b", "c"]]
    last, odd = step(following, {"results": [{"success": True, "order_id": "b"}]})
    assert (json.loads(last), odd) == (["open", "n", []], "")
    end, _ = step(last, {"orders": [row("d")], "has_next": False})
    done, _ = step(end, {"results": [{"success": True, "order_id": "d"}]})
    assert done == ""


# Edits


def to_edit(gateway, body, price=60_001 * DOLLAR, quantity=2 * COIN):
    call = gateway.replace(gateway.live(), price, quantity)
    return gateway.entry.answered(call, answer(body))


def test_an_edit_that_was_taken_is_looked_at_before_it_counts(gateway):
    found = to_edit(gateway, {"success": True, "errors": []})
    assert not found.reports
    assert found.more.what is What.QUERY


@pytest.mark.parametrize(
    "shown",
    [
        {"order_configuration": {"limit_limit_gtc": {"base_size": "2", "limit_price": "60001.00"}}},
        {
            "edit_history": [
                {"price": "59000", "size": "1", "replace_accept_timestamp": "2026-09-21T14:00:00Z"},
                {"price": "60001", "size": "2", "replace_accept_timestamp": "2026-09-21T15:00:00Z"},
                {"price": "1", "size": "1", "replace_accept_timestamp": ""},
            ]
        },
    ],
)
def test_an_order_that_is_seen_with_its_new_terms_is_replaced_once(gateway, shown):
    query = to_edit(gateway, {"success": True, "errors": []}).more
    body = {"order": row(**shown)}
    found = gateway.entry.answered(query, answer(body))
    replaced, status = found.reports
    assert (replaced.kind, replaced.price, replaced.quantity) == (
        Kind.REPLACED,
        60_001 * DOLLAR,
        2 * COIN,
    )
    assert (status.kind, status.quantity) == (Kind.ORDER_STATUS, 2 * COIN)
    again = gateway.entry.answered(query, answer(body))
    assert [report.kind for report in again.reports] == [Kind.ORDER_STATUS]


def test_an_order_that_still_has_its_old_terms_says_nothing_of_the_edit(gateway):
    query = to_edit(gateway, {"success": True, "errors": []}).more
    found = gateway.entry.answered(query, answer({"order": row()}))
    assert [report.kind for report in found.reports] == [Kind.ORDER_STATUS]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("ORDER_NOT_FOUND", Reason.UNKNOWN_ORDER),
        ("ONLY_OPEN_ORDERS_CAN_BE_EDITED", Reason.TOO_LATE),
        ("ORDER_IS_ALREADY_BEING_REPLACED", Reason.TOO_LATE),
        ("CANNOT_EDIT_ORDER_PENDING_CANCEL", Reason.TOO_LATE),
        ("INVALID_EDITED_SIZE", Reason.BAD_QUANTITY),
        ("CANNOT_EDIT_TO_BELOW_FILLED_SIZE", Reason.BAD_QUANTITY),
        ("INVALID_EDITED_PRICE", Reason.BAD_PRICE),
        ("ONLY_LIMIT_ORDER_EDITS_SUPPORTED", Reason.BAD_ORDER),
        ("COMMANDER_REJECTED_EDIT_ORDER", Reason.VENUE),
    ],
)
@pytest.mark.parametrize("as_list", [True, False])
def test_an_edit_that_is_refused_leaves_the_order_as_it_was(gateway, word, reason, as_list):
    fault = {
        "edit_failure_reason": word,
        "preview_failure_reason": "UNKNOWN_PREVIEW_FAILURE_REASON",
    }
    found = to_edit(gateway, {"success": False, "errors": [fault] if as_list else fault})
    (told,) = found.reports
    assert (told.kind, told.reason, told.words) == (Kind.REPLACE_REJECTED, reason, word)


def test_the_previews_word_counts_where_the_edit_has_none(gateway):
    fault = {
        "edit_failure_reason": "UNKNOWN_EDIT_ORDER_FAILURE_REASON",
        "preview_failure_reason": "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY",
    }
    found = to_edit(gateway, {"success": False, "errors": [fault]})
    assert found.reports[0].reason == Reason.WOULD_TAKE


def test_an_edit_to_what_the_order_is_already_is_done(gateway):
    fault = {"edit_failure_reason": "EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST"}
    found = to_edit(gateway, {"success": False, "errors": [fault]})
    assert [report.kind for report in found.reports] == [Kind.REPLACED]


# Questions


def query(gateway, body, status=200):
    return gateway.entry.answered(Call(What.QUERY, gateway.live()), answer(body, status))


@pytest.mark.parametrize("status", ["PENDING", "OPEN", "QUEUED", "EDIT_QUEUED", "CANCEL_QUEUED"])
def test_an_order_that_rests_or_may_soon_is_there(gateway, status):
    found = query(gateway, {"order": row(status=status)})
    (told,) = found.reports
    assert (told.kind, told.quantity, told.venue_id) == (Kind.ORDER_STATUS, COIN, "v-1")
    assert found.more is None


def test_what_is_filled_is_told_with_its_value_and_its_fills_are_asked_for(gateway):
    found = query(gateway, {"order": row(filled_size="0.4", filled_value="24000.5")})
    total, status = found.reports
    assert (total.kind, total.quantity) == (Kind.FILLED_TOTAL, 4 * COIN // 10)
    assert total.aux == 2_400_050 * COIN
    assert total.reason == Reason.INFERRED
    assert status.quantity == 6 * COIN // 10
    assert (found.more.what, found.more.order.venue_id) == (What.FILLS, "v-1")


@pytest.mark.parametrize(
    ("status", "more", "kinds"),
    [
        ("FILLED", {"filled_size": "1", "filled_value": "60000"}, ["FILLED_TOTAL"]),
        ("CANCELLED", {}, ["CANCELLED"]),
        ("CANCELLED", {"filled_size": "0.5"}, ["FILLED_TOTAL", "CANCELLED"]),
        ("EXPIRED", {}, ["CANCELLED"]),
        ("FAILED", {}, ["REJECTED"]),
        ("FAILED", {"filled_size": "0.5"}, ["FILLED_TOTAL", "CANCELLED"]),
    ],
)
def test_an_order_that_has_ended_says_how(gateway, status, more, kinds):
    found = query(gateway, {"order": row(status=status, **more)})
    assert [report.kind.name for report in found.reports] == kinds
    if kinds[-1] == "CANCELLED":
        filled = int(float(more.get("filled_size", "0")) * COIN)
        assert found.reports[-1].quantity == COIN - filled


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"cancel_message": "User requested cancel"}, Reason.REQUESTED),
        ({"cancel_message": "Self trade prevention"}, Reason.SELF_TRADE),
        ({"time_in_force": "IMMEDIATE_OR_CANCEL"}, Reason.NO_LIQUIDITY),
        ({"time_in_force": "FILL_OR_KILL"}, Reason.FOK),
        ({"cancel_message": None}, Reason.VENUE),
        ({"status": "EXPIRED"}, Reason.EXPIRED),
    ],
)
def test_why_an_order_was_cancelled_is_told(gateway, more, reason):
    found = query(gateway, {"order": row(**{"status": "CANCELLED"} | more)})
    assert found.reports[0].reason == reason


def test_an_order_that_failed_is_refused_with_the_venues_word(gateway):
    found = query(gateway, {"order": row(status="FAILED", reject_reason="INSUFFICIENT_FUND")})
    assert found.reports[0].reason == Reason.FUNDS


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"not JSON"),
        (404, {"error": "NOT_FOUND", "message": "fixture"}),
        (400, {"error": "INVALID_ARGUMENT", "message": "fixture"}),
        (400, {"error": "NOT_FOUND"}),
    ],
)
def test_an_order_that_the_venue_does_not_have_is_told_as_that(gateway, status, body):
    (told,) = query(gateway, body, status).reports
    assert (told.kind, told.reason) == (Kind.REJECTED, Reason.UNKNOWN_ORDER)


@pytest.mark.parametrize(
    "body", [{"order": row(status="UNKNOWN_ORDER_STATUS")}, {"order": row(filled_size="-1")}, {}]
)
def test_an_order_in_a_state_that_is_none_says_nothing(gateway, body):
    found = query(gateway, body)
    assert found.fault
    assert not found.reports


def test_an_order_without_a_name_is_found_on_any_page_of_the_list(gateway):
    call = gateway.new()
    gateway.entry.request(call)
    ask = Call(What.QUERY, call.order)
    first = [row("x", client_order_id="another")]
    found = gateway.entry.answered(ask, answer({"orders": first, "has_next": True, "cursor": "c1"}))
    assert not found.reports
    assert found.more.page == "c1"
    found = gateway.entry.answered(
        found.more, answer({"orders": [row("v-7")], "has_next": True, "cursor": "c2"})
    )
    assert [(r.kind, r.venue_id) for r in found.reports] == [(Kind.ORDER_STATUS, "v-7")]


def test_the_list_is_not_followed_beyond_the_time_of_the_order(gateway):
    call = gateway.new()
    gateway.entry.request(call)
    old = [row("x", client_order_id="another", created_time="2026-09-21T14:00:00Z")]
    body = {"orders": old, "has_next": True, "cursor": "c1"}
    found = gateway.entry.answered(Call(What.QUERY, call.order), answer(body))
    assert [r.reason for r in found.reports] == [Reason.UNKNOWN_ORDER]


@pytest.mark.parametrize("at", [None, "", "yesterday"])
def test_a_page_whose_last_order_has_no_time_is_followed(gateway, at):
    call = gateway.new()
    gateway.entry.request(call)
    rows = [row("x", client_order_id="another", created_time=at)]
    body = {"orders": rows, "has_next": True, "cursor": "c1"}
    found = gateway.entry.answered(Call(What.QUERY, call.order), answer(body))
    assert found.more.page == "c1" and not found.reports


def test_of_an_order_of_an_earlier_run_the_list_is_followed_to_its_end(gateway):
    ask = Call(What.QUERY, gateway.new().order)
    old = [row("x", client_order_id="another", created_time="2020-01-01T00:00:00Z")]
    more = gateway.entry.answered(
        ask, answer({"orders": old, "has_next": True, "cursor": "c1"})
    ).more
    assert more is not None
    end = gateway.entry.answered(more, answer({"orders": old, "has_next": False}))
    assert [r.reason for r in end.reports] == [Reason.UNKNOWN_ORDER]


@pytest.mark.parametrize("cursor", ["", None, "c1"])
def test_a_list_that_would_never_end_is_given_up(gateway, cursor):
    call = Call(What.FILLS, page="c1")
    fills = gateway.entry.answered(call, answer({"fills": [], "cursor": cursor}))
    assert bool(fills.fault) is (cursor == "c1")
    call = Call(What.BALANCES, page="c1")
    body = {"accounts": [], "has_next": True, "cursor": cursor}
    assert gateway.entry.answered(call, answer(body)).fault


def test_all_that_rests_is_listed_first_what_waits_and_then_what_is_open(gateway):
    gateway.live()
    queued = gateway.entry.answered(Call(What.OPEN), answer({"orders": [row(status="QUEUED")]}))
    assert [r.kind for r in queued.reports] == [Kind.ORDER_STATUS]
    assert queued.more.page == '["open","",[]]'
    opened = gateway.entry.answered(
        queued.more,
        answer({"orders": [row(), row("x", "FILLED")], "has_next": True, "cursor": "n"}),
    )
    assert [r.kind for r in opened.reports] == [Kind.ORDER_STATUS]
    assert opened.more.page == '["open","n",[]]'
    last = gateway.entry.answered(opened.more, answer({"orders": []}))
    assert last.more is None


def test_orders_of_others_are_noted_and_what_is_odd_of_them_harms_nobody(gateway):
    others = [
        row("x", client_order_id="by hand"),
        row("y", client_order_id="", product_id="DOGE-USD"),
        row(
            "z",
            client_order_id="",
            order_configuration={"twap_limit_gtd": {"limit_price": "1.001"}},
        ),
        row(
            "u",
            client_order_id="",
            order_configuration={"limit_limit_gtc": {"base_size": "1", "limit_price": "1.001"}},
        ),
    ]
    found = gateway.entry.answered(Call(What.OPEN), answer({"orders": others}))
    assert not found.reports
    assert not found.fault
    assert "u" in found.odd
    assert gateway.known.strangers == {"x": "by hand"}


def test_an_order_of_another_session_of_ours_is_adopted(gateway):
    theirs = row("x", client_order_id=ClientIds(8).text(5), filled_size="0.25")
    found = gateway.entry.answered(Call(What.OPEN), answer({"orders": [theirs]}))
    total, status = found.reports
    assert (total.kind, total.quantity) == (Kind.FILLED_TOTAL, COIN // 4)
    assert (status.kind, status.side, status.quantity) == (
        Kind.ORDER_STATUS,
        Side.BID,
        3 * COIN // 4,
    )
    assert status.price == 60_000 * DOLLAR


def fill(trade="t-1", **more):
    return {
        "entry_id": "e-1",
        "trade_id": trade,
        "order_id": "v-1",
        "trade_time": "2026-09-21T14:13:21.123456789Z",
        "trade_type": "FILL",
        "price": "60000.00",
        "size": "0.25",
        "commission": "90.0000001",
        "product_id": "BTC-USD",
        "liquidity_indicator": "MAKER",
        "size_in_quote": False,
        "side": "BUY",
    } | more


def fills(gateway, *rows, call=None, **more):
    call = call or Call(What.FILLS)
    return gateway.entry.answered(call, answer({"fills": list(rows), "cursor": ""} | more))


def test_a_fill_comes_with_its_fee_and_the_oldest_first(gateway):
    gateway.live()
    found = fills(gateway, fill("t-2", liquidity_indicator="TAKER"), fill("t-1"))
    one, fee, two, _ = found.reports
    assert (one.kind, one.price, one.quantity) == (Kind.FILL, 60_000 * DOLLAR, COIN // 4)
    assert one.aux == execution_number("t-1 v-1")
    assert one.flags == Flag.FEE_TOLD | Flag.MAKER
    assert one.venue_ns == T0 + SECOND + 123_456_000
    assert (fee.kind, fee.aux, fee.price, fee.quantity) == (Kind.FEE, one.aux, 7, 900_000_001)
    assert two.flags == Flag.FEE_TOLD


def test_one_trade_with_two_orders_of_ours_is_two_fills(gateway):
    gateway.live(1, "v-1")
    gateway.live(2, "v-2", side=Side.ASK)
    found = fills(gateway, fill("t"), fill("t", order_id="v-2", side="SELL"))
    assert len({r.aux for r in found.reports if r.kind == Kind.FILL}) == 2


def test_a_fill_whose_size_is_in_quote_currency_is_divided_by_its_price(gateway):
    gateway.live()
    found = fills(gateway, fill(size="15000.00", size_in_quote=True))
    assert found.reports[0].quantity == COIN // 4
    assert fills(gateway, fill(size_in_quote=True, price="0")).fault


@pytest.mark.parametrize("kind", ["REVERSAL", "CORRECTION", "SYNTHETIC"])
def test_a_trade_of_another_type_is_no_fill_and_somebody_hears_of_it(gateway, kind):
    gateway.live()
    found = fills(gateway, fill("t-2", trade_type=kind), fill())
    assert [r.kind for r in found.reports] == [Kind.FILL, Kind.FEE]
    assert kind in found.odd


def test_fills_of_orders_that_nobody_here_knows_are_passed_over(gateway):
    assert not fills(gateway, fill(order_id="x")).reports


def test_fills_of_one_order_count_before_its_name_is_known(gateway):
    order = gateway.new().order._replace(venue_id="v-1")
    found = fills(gateway, fill(), call=Call(What.FILLS, order))
    assert [r.kind for r in found.reports] == [Kind.FILL, Kind.FEE]


def test_fills_go_on_behind_a_cursor(gateway):
    gateway.live()
    found = fills(gateway, fill(), call=Call(What.FILLS, since_ns=5), cursor="n")
    assert (found.more.page, found.more.since_ns) == ("n", 5)


@pytest.mark.parametrize(
    "odd",
    [{"price": "1.001"}, {"size": "x"}, {"side": "UNKNOWN_ORDER_SIDE"}, {"size": "1e99999999"}],
)
def test_a_fill_of_ours_that_cannot_be_read_is_a_fault(gateway, odd):
    gateway.live()
    assert fills(gateway, fill(**odd)).fault


def test_fills_and_inferred_ones_make_one_position(gateway):
    gateway.live()
    total = query(gateway, {"order": row(status="FILLED", filled_size="1", filled_value="60000")})
    told = gateway.deliver(total.reports)
    assert told == [("FILL", 60_000 * DOLLAR, COIN)]
    found = fills(gateway, *(fill(f"t-{n}") for n in range(4)))
    assert [name for name, *_ in gateway.deliver(found.reports)] == ["FEE"] * 4
    assert not gateway.table.orders


def test_balances_count_what_orders_hold(gateway):
    body = {
        "accounts": [
            {
                "currency": "BTC",
                "available_balance": {"value": "1.5", "currency": "BTC"},
                "hold": {"value": "0.25", "currency": "BTC"},
            },
            {"currency": "USD", "available_balance": {"value": "10"}},
        ],
        "has_next": True,
        "cursor": "n",
    }
    found = gateway.entry.answered(Call(What.BALANCES), answer(body))
    assert [(b.currency, str(b.total), str(b.available)) for b in found.balances] == [
        ("BTC", "1.75", "1.5"),
        ("USD", "10", "10"),
    ]
    assert isinstance(found.balances[0], Balance)
    assert found.more.page == "n"


def test_fees_are_the_tiers_of_every_instrument(gateway):
    body = {"fee_tier": {"taker_fee_rate": "0.012", "maker_fee_rate": "0.006"}}
    found = gateway.entry.answered(Call(What.FEES), answer(body))
    assert found.fees == [Fees(0, 600_000, 1_200_000), Fees(1, 600_000, 1_200_000)]


def test_an_answer_is_read_whatever_its_headers_are(gateway):
    found = gateway.entry.answered(Call(What.FEES), Answer(200, {"x": "y"}, b"[]"))
    assert found.fault


# What users of others have complained about


def unsure(gateway, order):
    """Its last question went unanswered: the table does not know what became of it."""
    told = Report(Kind.UNSURE, order.order_id, order.row, order.side)
    gateway.deliver([told._replace(reason=Reason.UNLISTED if order.venue_id else Reason.NONE)])


def test_an_order_that_is_not_found_at_first_and_then_is_there_is_one_order():
    gateway = Gateway(misses=3)
    order = gateway.new().order
    unsure(gateway, order)
    nothing = {"orders": [], "has_next": False}
    for _ in range(2):
        found = gateway.entry.answered(Call(What.QUERY, order), answer(nothing))
        assert gateway.deliver(found.reports) == []
    body = {"orders": [row(status="FILLED", filled_size="1", filled_value="60000")]}
    found = gateway.entry.answered(Call(What.QUERY, order), answer(body))
    told = gateway.deliver(found.reports)
    assert [name for name, *_ in told] == ["ACK", "FILL"]


def test_an_order_that_the_venue_has_purged_after_it_was_there_is_cancelled(gateway):
    order = gateway.live()
    unsure(gateway, order)
    found = gateway.entry.answered(Call(What.QUERY, order), answer(b"", 404))
    assert gateway.deliver(found.reports) == [("CANCELLED", 60_000 * DOLLAR, COIN)]
    assert not gateway.table.orders


def test_two_looks_at_an_order_that_is_done_are_one(gateway):
    order = gateway.live()
    body = answer({"order": row(status="FILLED", filled_size="1", filled_value="60000")})
    page = answer({"fills": [fill(size="1", commission="1")], "cursor": ""})
    told = []
    for _ in range(2):
        told += gateway.deliver(gateway.entry.answered(Call(What.QUERY, order), body).reports)
        told += gateway.deliver(gateway.entry.answered(Call(What.FILLS, order), page).reports)
    assert [name for name, *_ in told] == ["FILL", "FEE"]


def test_an_answer_that_is_older_than_the_stream_takes_nothing_back(gateway):
    order = gateway.live()
    gateway.heard(frame(shown(order, "OPEN", "0.75", "0.25", filled_value="45000")))
    late = answer({"order": row(filled_size="0.25", filled_value="15000")})
    told = gateway.deliver(gateway.entry.answered(Call(What.QUERY, order), late).reports)
    assert told == []
    assert gateway.table.orders[1].filled == 3 * COIN // 4
