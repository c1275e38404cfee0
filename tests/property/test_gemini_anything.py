"""Whatever Gemini sends, the entry says what it means, or that it cannot be read."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core.errors import DataError
from pinnacle.core.schema import Venue
from pinnacle.venues.orders.port import Answer, Answered, Call, Heard, What
from pinnacle.venues.orders.records import records
from tests.venues.gemini.gemini_gateway import (
    T0,
    Gateway,
    order_event,
    replied,
    status_row,
    trade_row,
)

EXAMPLES = settings(max_examples=40, deadline=None)
#: What Gemini is never asked.
NEVER = (What.TOKEN, What.REPLACE, What.EVENTS)
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
    "0e999999999",
    "NaN",
    "\udcff",
    [],
    {},
    [[]],
    "9" * 5000,
]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("nonces"))
    gateway.live()
    return gateway


@pytest.fixture(scope="module")
def order(gateway):
    return gateway.known.order(1)


def answers(order):
    """A whole answer to each call, and to some a second one."""
    trades = [trade_row(order, **{"break": "full"})]
    half = status_row(order, executed_amount="0.5", trades=trades)
    gone = status_row(order, is_live=False, is_cancelled=True, reason="MakerOrCancelWouldTake")
    return {
        What.NEW: [gone],
        What.CANCEL: [gone],
        What.CANCEL_ALL: [{"result": "ok", "details": {"cancelRejects": [1, "2"]}}],
        What.QUERY: [half],
        What.OPEN: [[status_row(order, id="9", order_id="9", client_order_id="x")]],
        What.FILLS: [trades],
        What.BALANCES: [
            [{"type": "exchange", "currency": "X", "amount": "1", "available": "1"}],
        ],
        What.FEES: [{"api_maker_fee_bps": 20, "api_taker_fee_bps": 40}],
        What.KEEP_ALIVE: [{"result": "ok"}],
        What.NAMES: [
            [
                {"symbol": name, "base_currency": name[:3], "quote_currency": "USD"}
                for name in ("BTCUSD", "ETHUSD")
            ]
        ],
    }


def frames(order):
    fill = {"Z": "0.25", "L": "60000", "t": 5, "m": True, "n": "30", "r": "Requested"}
    return [
        *(
            order_event(order, state, **fill)
            for state in ("NEW", "PARTIALLY_FILLED", "CANCELED", "REJECTED", "MODIFIED")
        ),
        order_event(order, "FILLED", **fill, z=None),
        replied(1, 400, error={"code": -1013, "msg": "order not found"}),
        replied("subscribe", 400, error={"code": -1013, "msg": "x"}),
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
    records(reports, [0, 1], T0, 257, Venue.GEMINI)


def check_answer(gateway, call, status, body):
    found = gateway.entry.answered(call, Answer(status, {}, body))
    assert isinstance(found, Answered)
    recorded(found.reports)
    assert isinstance(found.fault, str) and isinstance(found.odd, str)
    if found.more is not None:
        gateway.entry.request(found.more)


def check_frame(gateway, order, data):
    gateway.entry.frame(Call(What.CANCEL, order), 1)
    try:
        found = gateway.entry.heard(data)
    except DataError:
        return
    assert isinstance(found, Heard)
    recorded(found.reports)
    for _, answered in found.answers:
        recorded(answered.reports)
    for call in found.ask:
        gateway.entry.request(call)


@pytest.mark.parametrize("what", [what for what in What if what not in NEVER])
def test_an_answer_without_a_member_or_with_another_thing_there_is_read_or_a_fault(
    gateway, order, what
):
    call = Call(what, None if what is What.FILLS else order)
    for body in answers(order)[what]:
        for text in variants(body):
            check_answer(gateway, call, 200, text)
    for text in variants({"result": "error", "reason": "InvalidNonce", "message": "x"}):
        check_answer(gateway, call, 400, text)


def test_a_list_of_orders_by_our_name_and_fills_of_one_order_are_read_whatever_is_wrong(
    gateway, order
):
    row = status_row(order, executed_amount="0.5", trades=[trade_row(order)])
    for text in variants([row]):
        check_answer(gateway, Call(What.QUERY, order._replace(venue_id="")), 200, text)
    for text in variants(row):
        check_answer(gateway, Call(What.FILLS, order), 200, text)


@pytest.mark.parametrize("number", range(8))
def test_a_frame_without_a_member_or_with_another_thing_there_is_read_or_refused(
    gateway, order, number
):
    for text in variants(json.loads(frames(order)[number])):
        check_frame(gateway, order, text)


@EXAMPLES
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(gateway, order, data):
    check_frame(gateway, order, data)
    for what in answers(order):
        for status in (200, 404, 500):
            check_answer(gateway, Call(what, order), status, data)


@EXAMPLES
@given(at=st.integers(0, 10_000), by=st.binary(max_size=3), which=st.integers(0, 100))
def test_what_is_damaged_anywhere_is_read_or_refused(gateway, order, at, by, which):
    whole = frames(order)[which % 8]
    at %= len(whole)
    check_frame(gateway, order, whole[:at] + by + whole[at + 1 :])
    what = list(answers(order))[which % 10]
    body = json.dumps(answers(order)[what][0]).encode()
    at %= len(body)
    check_answer(gateway, Call(what, order), 200, body[:at] + by + body[at + 1 :])
