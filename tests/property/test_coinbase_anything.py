"""Whatever Coinbase sends, the entry says what it means, or that it cannot be read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.schema import Venue
from pinnacle.venues.orders.port import Call, What
from tests.venues.coinbase.coinbase_gateway import Gateway, frame, shown
from tests.venues.coinbase.test_coinbase_order_answers import fill, row
from tests.venues.odd_messages import EXAMPLES, Reader, damaged, variants
from tests.venues.orders.traded import COIN, DOLLAR

GATEWAY = Gateway()
ORDER = GATEWAY.live()
READER = Reader(GATEWAY.entry, Venue.COINBASE)
EDITED = row(
    filled_size="0.5",
    filled_value="30000",
    edit_history=[
        {"price": "60001", "size": "2", "replace_accept_timestamp": "2026-09-21T15:00:00Z"}
    ],
)
ANSWERS = {
    What.NEW: [
        {
            "success": True,
            "success_response": {"order_id": "v-1", "client_order_id": ORDER.client_id},
            "order_configuration": {"limit_limit_gtc": {"base_size": "1", "limit_price": "60000"}},
        },
        {"success": False, "error_response": {"error": "X", "message": "y"}, "failure_reason": "Z"},
    ],
    What.REPLACE: [
        {"success": True, "errors": []},
        {"success": False, "errors": [{"edit_failure_reason": "X", "preview_failure_reason": "Y"}]},
    ],
    What.CANCEL: [{"results": [{"success": False, "failure_reason": "X", "order_id": "v-1"}]}],
    What.CANCEL_ALL: [{"orders": [row()], "has_next": True, "cursor": "c"}],
    What.QUERY: [{"order": EDITED}, {"order": row(status="FAILED", reject_reason="X")}],
    What.OPEN: [
        {"orders": [EDITED, row("x", client_order_id="z")], "has_next": True, "cursor": "c"}
    ],
    What.FILLS: [{"fills": [fill(), fill(size_in_quote=True)], "cursor": "c"}],
    What.BALANCES: [
        {
            "accounts": [
                {"currency": "X", "available_balance": {"value": "1"}, "hold": {"value": "1"}}
            ],
            "has_next": True,
            "cursor": "c",
        }
    ],
    What.FEES: [{"fee_tier": {"taker_fee_rate": "0.1", "maker_fee_rate": "0.1"}}],
}
FRAMES = [
    frame(shown(ORDER, "OPEN", "0.5", "0.5", filled_value="30000", avg_price="60000"), number=None),
    frame(shown(ORDER, "FAILED", reject_reason="X", cancel_reason="Y"), number=None),
    b'{"channel":"subscriptions","sequence_num":null,"events":[{"subscriptions":{"user":["x"]}}]}',
    b'{"channel":"heartbeats","sequence_num":null,"events":[{"heartbeat_counter":1}]}',
    b'{"type":"error","message":"x"}',
]


def answered(call, status, body):
    GATEWAY.entry._states.edited(ORDER, 60_001 * DOLLAR, 2 * COIN)
    READER.answered(call, status, body)


@pytest.mark.parametrize("what", list(ANSWERS))
def test_an_answer_without_a_member_or_with_another_thing_there_is_read_or_a_fault(what):
    for body in ANSWERS[what]:
        for text in variants(body):
            answered(Call(what, ORDER, 60_001 * DOLLAR, 2 * COIN), 200, text)
            answered(Call(what, ORDER, 60_001 * DOLLAR, 2 * COIN), 400, text)


def test_a_page_of_orders_is_read_whatever_is_wrong_with_one():
    unnamed = Call(What.QUERY, ORDER._replace(venue_id=""))
    for text in variants({"orders": [EDITED], "has_next": True, "cursor": "c"}):
        answered(unnamed, 200, text)
    for text in variants({"results": [{"success": False, "order_id": "a"}]}):
        answered(Call(What.CANCEL_ALL, page='["open","",["a"]]'), 200, text)


@pytest.mark.parametrize("whole", FRAMES)
def test_a_frame_without_a_member_or_with_another_thing_there_is_read_or_refused(whole):
    for text in variants(json.loads(whole)):
        READER.heard(text)


@EXAMPLES
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    READER.heard(data)
    for what in What:
        for status in (200, 404, 500):
            answered(Call(what, ORDER, 1, 1), status, data)


@EXAMPLES
@given(at=st.integers(0, 10_000), by=st.binary(max_size=3), which=st.integers(0, 100))
def test_what_is_damaged_anywhere_is_read_or_refused(at, by, which):
    READER.heard(damaged(FRAMES[which % len(FRAMES)], at, by))
    what = list(ANSWERS)[which % len(ANSWERS)]
    body = json.dumps(ANSWERS[what][0]).encode()
    answered(Call(what, ORDER, 1, 1), 200, damaged(body, at, by))
