"""Whatever Coinbase sends, the entry says what it means, or that it cannot be read."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Venue
from pinnacle.venues.orders.port import Answer, Answered, Call, Heard, What
from pinnacle.venues.orders.records import records
from tests.venues.coinbase.coinbase_gateway import COIN, DOLLAR, Gateway, frame, shown
from tests.venues.coinbase.test_coinbase_order_answers import fill, row

EXAMPLES = settings(max_examples=40, deadline=None)
GATEWAY = Gateway()
ORDER = GATEWAY.live()
OTHERS = [
    None,
    "",
    "x",
    -1,
    True,
    10**30,
    0.5,
    "9" * 40,
    "1e999999999",
    "NaN",
    "\udcff",
    [],
    {},
    [[]],
    "9" * 5000,
]
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


def members(value, at=()):
    """Where each member of each object, and each element, stands."""
    if isinstance(value, (dict, list)):
        for name in value if isinstance(value, dict) else range(len(value)):
            yield (*at, name)
            yield from members(value[name], (*at, name))


def variants(message):
    """Without one member, or with another thing in its place."""
    for at in members(message):
        for other in (..., *OTHERS):
            whole = holder = copy.deepcopy(message)
            for step in at[:-1]:
                holder = holder[step]
            if other is ...:
                del holder[at[-1]]
            else:
                holder[at[-1]] = other
            yield json.dumps(whole).encode()


def recorded(reports):
    """They can be records of the log."""
    records(reports, [0, 1], 1, 257, Venue.COINBASE)


def answered(call, status, body):
    GATEWAY.entry._states.edited(ORDER, 60_001 * DOLLAR, 2 * COIN)
    found = GATEWAY.entry.answered(call, Answer(status, {}, body))
    assert isinstance(found, Answered)
    recorded(found.reports)
    for text in (found.fault, found.odd):
        assert isinstance(text, str)
    if found.more is not None:
        GATEWAY.entry.request(found.more)


def heard(data):
    try:
        found = GATEWAY.entry.heard(data)
    except DataError:
        return
    assert isinstance(found, Heard)
    recorded(found.reports)
    for call in found.ask:
        GATEWAY.entry.request(call)


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
        heard(text)


@EXAMPLES
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    heard(data)
    for what in What:
        for status in (200, 404, 500):
            answered(Call(what, ORDER, 1, 1), status, data)


@EXAMPLES
@given(at=st.integers(0, 10_000), by=st.binary(max_size=3), which=st.integers(0, 100))
def test_what_is_damaged_anywhere_is_read_or_refused(at, by, which):
    whole = FRAMES[which % len(FRAMES)]
    at %= len(whole)
    heard(whole[:at] + by + whole[at + 1 :])
    what = list(ANSWERS)[which % len(ANSWERS)]
    body = json.dumps(ANSWERS[what][0]).encode()
    at %= len(body)
    answered(Call(what, ORDER, 1, 1), 200, body[:at] + by + body[at + 1 :])
