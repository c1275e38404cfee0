"""Whatever Bitstamp sends, the entry says what it means, or that it cannot be read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.schema import Venue
from pinnacle.venues.orders.port import Answer, Call, What
from tests.venues.bitstamp.bitstamp_gateway import (
    TOKEN,
    V1,
    Gateway,
    order_frame,
    placed,
    status,
    trade_frame,
    transaction,
)
from tests.venues.bitstamp.test_bitstamp_order_answers import listed, row
from tests.venues.odd_messages import EXAMPLES, Reader, damaged, variants

GATEWAY = Gateway()
GATEWAY.begin()
ORDER = GATEWAY.live()
READER = Reader(GATEWAY.entry, Venue.BITSTAMP)
EVENT = json.loads(order_frame(ORDER, "order_changed", "0.6", ids=("a", "b")))
REFUSAL = {
    "status": "error",
    "reason": {"__all__": ["x"], "price": ["y"]},
    "code": "z",
    "response_code": "500.016",
    "response_explanation": "w",
    "order_id": 5,
}
ANSWERS = {
    What.NEW: [placed(ORDER), REFUSAL],
    What.CANCEL: [{"id": int(V1), "amount": 1, "status": "Canceled"}, REFUSAL],
    What.CANCEL_ALL: [{"canceled": [{"id": 1}], "success": True}],
    What.QUERY: [
        status(ORDER, "Open", "0.6", [transaction()]),
        [status(ORDER, "Finished", "0", [transaction(amount="1")]), status(ORDER)],
        REFUSAL,
    ],
    What.OPEN: [[listed(ORDER), listed(ORDER, id="5"), listed(ORDER, client_order_id=None)]],
    What.FILLS: [[row(), row(8, order_id="5")]],
    What.BALANCES: [[{"currency": "x", "total": "1", "available": "1", "reserved": "0"}]],
    What.FEES: [[{"market": "btcusd", "fees": {"maker": "0.1", "taker": "0.2"}}]],
    What.TOKEN: [TOKEN],
    What.NAMES: [[{"name": "BTC/USD", "market_symbol": "btcusd", "tick_size": "0.01"}]],
    What.EVENTS: [[EVENT]],
}
FRAMES = [
    order_frame(ORDER, "order_created"),
    order_frame(ORDER, "order_deleted", "0.5"),
    order_frame(ORDER, "order_changed", "0.5", ids=("c", "d")),
    order_frame(ORDER._replace(venue_id="5"), "order_created"),
    trade_frame(ORDER),
    b'{"event":"bts:subscription_succeeded","channel":"x","data":{}}',
    b'{"event":"bts:error","channel":"x","data":{"code":4009,"message":"y"}}',
]


def answered(what, status, body):
    READER.answered(Call(what, None if what is What.FILLS else ORDER, page="0 1"), status, body)
    GATEWAY.entry.answered(Call(What.TOKEN), Answer(200, {}, json.dumps(TOKEN).encode()))


@pytest.mark.parametrize("what", list(ANSWERS))
def test_an_answer_without_a_member_or_with_another_thing_there_is_read_or_a_fault(what):
    for body in ANSWERS[what]:
        for text in variants(body):
            answered(what, 200, text)
            answered(what, 400, text)


@pytest.mark.parametrize("whole", FRAMES)
def test_a_frame_without_a_member_or_with_another_thing_there_is_read_or_refused(whole):
    for text in variants(json.loads(whole)):
        READER.heard(text)


@EXAMPLES
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    READER.heard(data)
    for what in ANSWERS:
        for code in (200, 403, 404, 500):
            answered(what, code, data)


@EXAMPLES
@given(at=st.integers(0, 10_000), by=st.binary(max_size=3), which=st.integers(0, 100))
def test_what_is_damaged_anywhere_is_read_or_refused(at, by, which):
    READER.heard(damaged(FRAMES[which % len(FRAMES)], at, by))
    what = list(ANSWERS)[which % len(ANSWERS)]
    answered(what, 200, damaged(json.dumps(ANSWERS[what][0]).encode(), at, by))
