"""Whatever stands in an answer or a frame of Binance's is understood or refused, and no more."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core.errors import DataError
from pinnacle.venues.orders.port import Answer, Answered, Call, Heard, What
from pinnacle.venues.orders.records import records
from tests.venues.binance.binance_desk import (
    NOW_MS,
    NOW_NS,
    Gateway,
    event_of,
    row_of,
    trade_of,
    trade_row,
)
from tests.venues.odd_messages import variants

LIMIT = {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 50}
RATES = {"maker": "0.001", "taker": "0.001", "buyer": "0", "seller": "0"}
ERRORS = [
    {"code": -2010, "msg": "Account has insufficient balance for requested action."},
    {"code": -1003, "msg": f"IP banned until {NOW_MS + 1000}.", "data": {"retryAfter": NOW_MS}},
    {"code": -2013, "msg": "Order does not exist."},
]


def gateway() -> Gateway:
    made = Gateway()
    made.live()
    made.new(2)
    made.listed(LIMIT)
    return made


MADE = gateway()
ORDER, NEW = MADE.order(1), MADE.order(2)
#: Each call, and an answer to it.
ANSWERS: list[tuple[Call, Any]] = [
    (Call(What.NEW, NEW), row_of(NEW, executedQty="0.0004", cummulativeQuoteQty="24.0")),
    (Call(What.CANCEL, ORDER), row_of(ORDER, status="CANCELED", preventedQuantity="0.0001")),
    (Call(What.CANCEL_ALL), [row_of(ORDER, status="CANCELED")]),
    (Call(What.QUERY, ORDER), row_of(ORDER, executedQty="0.0004")),
    (Call(What.QUERY, ORDER, page="28"), [trade_row()]),
    (Call(What.OPEN), [row_of(ORDER)]),
    (Call(What.FILLS), [trade_row(), trade_row(id=2, commissionAsset="BNB")]),
    (Call(What.BALANCES), {"balances": [{"asset": "BTC", "free": "1", "locked": "0"}]}),
    (
        Call(What.FEES),
        {
            "symbol": "BTCUSDT",
            "standardCommission": RATES,
            "specialCommission": RATES,
            "taxCommission": RATES,
            "discount": {"enabledForAccount": True, "enabledForSymbol": True, "discount": "0.75"},
        },
    ),
    (
        Call(What.NAMES),
        {
            "symbols": [
                {"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT"},
                {"symbol": "ETHUSDT", "baseAsset": "ETH", "quoteAsset": "USDT"},
            ],
            "rateLimits": [LIMIT],
        },
    ),
]
FRAMES = [
    event_of(NEW),
    trade_of(ORDER, A="0.0001", eR="UNFILLED_IOC_QUANTITY_EXPIRED"),
    event_of(ORDER, x="CANCELED", X="CANCELED", C=ORDER.client_id),
    event_of(ORDER, x="TRADE_PREVENTION", A="0.0001"),
    {"id": "subscribe", "status": 200, "result": {}, "rateLimits": [LIMIT | {"count": 3}]},
    {"id": 1, "status": 400, "error": ERRORS[0], "rateLimits": []},
    {"id": 1, "status": 429, "error": ERRORS[1]},
]
CALLS = [pytest.param(*case, id=f"{case[0].what.name}{case[0].page}") for case in ANSWERS]


def answered(call: Call, body: bytes, status: int = 200) -> Answered:
    """What it makes of an answer; its reports fit into records."""
    found = MADE.entry.answered(call, Answer(status, {"retry-after": "x"}, body))
    assert isinstance(found, Answered)
    records(found.reports, [0, 1], NOW_NS, 1, 1)
    return found


def heard(frame: bytes) -> Heard | None:
    """What it makes of a frame; None: it is refused."""
    MADE.entry.frame(Call(What.NEW, NEW), 1)
    try:
        found = MADE.entry.heard(frame)
    except DataError:
        return None
    records(found.reports, [0, 1], NOW_NS, 1, 1)
    return found


@pytest.mark.parametrize(("call", "body"), CALLS)
def test_the_whole_answer_is_understood(call, body):
    assert not answered(call, json.dumps(body).encode()).fault


@pytest.mark.parametrize(("call", "body"), CALLS)
def test_an_answer_without_a_member_or_with_another_is_understood_or_a_fault(call, body):
    for text in variants(body):
        answered(call, text)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 418, 429, 500])
@pytest.mark.parametrize("error", ERRORS)
def test_an_error_without_a_member_or_with_another_is_understood_or_a_fault(error, status):
    for call, _ in ANSWERS:
        for body in variants(error):
            answered(call, body, status)


@pytest.mark.parametrize("number", range(len(FRAMES)))
def test_a_frame_without_a_member_or_with_another_is_understood_or_refused(number):
    frame = FRAMES[number]
    assert heard(json.dumps(frame).encode()) is not None
    for text in variants(frame):
        heard(text)


@settings(max_examples=25)
@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_refused(data):
    heard(data)
    for call, _ in ANSWERS:
        answered(call, data)
        answered(call, data, 503)


@settings(max_examples=25)
@given(st.data())
def test_a_message_that_is_cut_is_refused(data):
    call, body = data.draw(st.sampled_from(ANSWERS))
    text = json.dumps(body).encode()
    assert answered(call, text[: data.draw(st.integers(0, len(text) - 1))]).fault
    frame = json.dumps(data.draw(st.sampled_from(FRAMES))).encode()
    assert heard(frame[: data.draw(st.integers(0, len(frame) - 1))]) is None


def test_what_is_nested_without_end_is_refused():
    assert heard(b'{"event":' + b"[" * 100_000) is None
    assert answered(Call(What.OPEN), b"[" * 100_000).fault
