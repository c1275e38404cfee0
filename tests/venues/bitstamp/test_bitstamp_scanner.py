"""Bitstamp's scanner at the edges of what the venue sends: sides, events, ids of orders."""

import pytest

from pinnacle.core.schema import Kind, Side
from pinnacle.venues.market.codec import NO_ROW
from tests.venues.samples import text
from tests.venues.wire import codec_of, only, read, records

ORDER = {"id": 5, "order_type": 0, "amount_str": "0.80", "price_str": "10.50"}
ORDER |= {"microtimestamp": "1641343691244908"}
SOLD = ORDER | {"type": 0}


def frame_of(channel, event, data):
    return text({"data": data, "channel": channel, "event": event})


@pytest.mark.parametrize(("side", "code"), [(0, ""), (1, ""), (2, "RANGE"), (3, "RANGE")])
def test_a_side_is_0_or_1(side, code):
    codec = codec_of("BITSTAMP")
    sides = [Side.BID, Side.ASK]
    for frame in (
        frame_of("live_trades_btcusd", "trade", SOLD | {"type": side}),
        frame_of("live_orders_btcusd", "order_created", ORDER | {"order_type": side}),
    ):
        part = only(codec, frame)
        assert (part.code, part.count) == (code, 0 if code else 1)
        assert code or records(codec)[0][2] == sides[side]
        if code:
            assert frame[part.offset :].startswith(str(side).encode())


@pytest.mark.parametrize("event", ["order_", "order_moved", "order_created2"])
def test_another_event_of_an_order_is_refused(event):
    frame = frame_of("live_orders_btcusd", event, ORDER)
    part = only(codec_of("BITSTAMP"), frame)
    assert (part.code, part.offset) == ("SYNTAX", frame.rindex(b'"order_'))


@pytest.mark.parametrize(
    "message",
    [
        {"x": 1},
        {"event": "data", "channel": "other_btcusd", "data": {"bids": [], "asks": []}},
        {"event": "other", "channel": "order_book_btcusd", "data": {"bids": [], "asks": []}},
        {"event": "data", "data": {"bids": [], "asks": []}},
        {"channel": "order_book_btcusd", "data": {"bids": [], "asks": []}},
        {"event": "trade", "channel": "live_orders_btcusd", "data": {}},
        {"event": "data", "channel": "live_trades_btcusd", "data": {}},
    ],
)
def test_what_is_of_no_use_is_left_alone(message):
    assert read(codec_of("BITSTAMP"), text(message)) is None


def test_a_name_of_nothing_is_of_no_instrument():
    frame = frame_of("live_trades_", "trade", SOLD)
    assert only(codec_of("BITSTAMP"), frame).row == NO_ROW


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("5", ""),
        (5, ""),
        ("0", ""),
        (2**64 - 1, ""),
        (str(2**64), "RANGE"),
        (2**64 * 10, "RANGE"),
        ("", "SYNTAX"),
        ("5x", "SYNTAX"),
        ("x", "SYNTAX"),
        (-5, "SYNTAX"),
        (None, "SYNTAX"),
        (1.5, "SYNTAX"),
    ],
)
def test_the_id_of_an_order_in_a_book_is_a_whole_number_of_64_bits(name, code):
    codec = codec_of("BITSTAMP")
    body = text({"microtimestamp": "77", "bids": [["10", "1", name]], "asks": []})
    part = only(codec, body, 5, 0)
    assert (part.code, part.count) == (code, 0 if code else 3)
    if not code:
        row = records(codec)[1]
        assert (row[0], row[5] % 2**64) == (Kind.ORDER_ADD, int(name))


def test_a_fetched_book_is_none_where_another_message_is_named_behind_it():
    codec = codec_of("BITSTAMP")
    body = {"microtimestamp": "77", "bids": [["10", "1"]], "asks": []}
    assert read(codec, text(body), 5, 0)
    assert read(codec, text(body | {"event": "x", "channel": "y"}), 5, 0) is None
    assert codec.count == 0
