"""Whatever Gemini sends, the entry says what it means, or that it cannot be read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.schema import Venue
from pinnacle.venues.orders.port import Call, What
from tests.venues.gemini.gemini_gateway import Gateway, order_event, replied, status_row, trade_row
from tests.venues.odd_messages import EXAMPLES, Reader, damaged, variants

#: What Gemini is never asked.
NEVER = (What.TOKEN, What.REPLACE, What.EVENTS)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("nonces"))
    gateway.live()
    return gateway


@pytest.fixture(scope="module")
def order(gateway):
    return gateway.known.order(1)


@pytest.fixture(scope="module")
def reader(gateway):
    return Reader(gateway.entry, Venue.GEMINI)


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


def heard(reader, gateway, order, data):
    """Behind a cancel, which it may answer."""
    gateway.entry.frame(Call(What.CANCEL, order), 1)
    reader.heard(data)


@pytest.mark.parametrize("what", [what for what in What if what not in NEVER])
def test_an_answer_without_a_member_or_with_another_thing_there_is_read_or_a_fault(
    reader, order, what
):
    call = Call(what, None if what is What.FILLS else order)
    for body in answers(order)[what]:
        for text in variants(body):
            reader.answered(call, 200, text)
    for text in variants({"result": "error", "reason": "InvalidNonce", "message": "x"}):
        reader.answered(call, 400, text)


def test_a_list_of_orders_by_our_name_and_fills_of_one_order_are_read_whatever_is_wrong(
    reader, order
):
    row = status_row(order, executed_amount="0.5", trades=[trade_row(order)])
    for text in variants([row]):
        reader.answered(Call(What.QUERY, order._replace(venue_id="")), 200, text)
    for text in variants(row):
        reader.answered(Call(What.FILLS, order), 200, text)


@pytest.mark.parametrize("number", range(8))
def test_a_frame_without_a_member_or_with_another_thing_there_is_read_or_refused(
    reader, gateway, order, number
):
    for text in variants(json.loads(frames(order)[number])):
        heard(reader, gateway, order, text)


@EXAMPLES
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(reader, gateway, order, data):
    heard(reader, gateway, order, data)
    for what in answers(order):
        for status in (200, 404, 500):
            reader.answered(Call(what, order), status, data)


@EXAMPLES
@given(at=st.integers(0, 10_000), by=st.binary(max_size=3), which=st.integers(0, 100))
def test_what_is_damaged_anywhere_is_read_or_refused(reader, gateway, order, at, by, which):
    heard(reader, gateway, order, damaged(frames(order)[which % 8], at, by))
    what = list(answers(order))[which % 10]
    body = json.dumps(answers(order)[what][0]).encode()
    reader.answered(Call(what, order), 200, damaged(body, at, by))
