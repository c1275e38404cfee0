"""Coinbase's scanner at the edges of what the venue sends: trades' order, numbers, types."""

import json

import pytest

from tests.venues.samples import SAMPLES, text
from tests.venues.wire import codec_of, only, read, said

AT = "2026-08-09T21:05:48.505350477Z"


def trades(count, **head):
    row = {"product_id": "BTC-USD", "price": "10.5", "size": "2", "time": AT, "side": "BUY"}
    rows = [row | {"trade_id": str(number)} for number in range(count, 0, -1)]
    head = {"channel": "market_trades", "timestamp": AT, "sequence_num": 5} | head
    return text(head | {"events": [{"type": "update", "trades": rows}]})


@pytest.mark.parametrize("count", range(1, 8))
def test_trades_stand_from_the_newest_and_are_told_from_the_oldest(count):
    codec = codec_of("COINBASE")
    codec.scan((SAMPLES["COINBASE"][2], trades(count)), 3)
    parts = [said(part) for part in codec.last_parts()][2:]
    assert [part.final_id for part in parts] == list(range(1, count + 1))
    assert [part.first for part in parts] == list(range(count + 1, 1, -1))


@pytest.mark.parametrize(
    ("number", "code"), [("x", "SYNTAX"), (-1, "RANGE"), (2**63, "RANGE"), (None, "SYNTAX")]
)
@pytest.mark.parametrize("last", [False, True])
def test_a_message_whose_number_cannot_be_is_refused(number, code, last):
    message = json.loads(SAMPLES["COINBASE"][0])
    message.pop("sequence_num")
    numbered = {"sequence_num": number}
    frame = text(message | numbered if last else numbered | message)
    part = only(codec_of("COINBASE"), frame)
    assert (part.code, part.count) == (code, 0)


def test_a_message_that_is_not_hot_is_counted_too():
    codec = codec_of("COINBASE")
    head = {"channel": "heartbeats", "timestamp": AT, "sequence_num": 7}
    assert codec.scan((text(head | {"events": [{"counter": 5}]}),), 3) == 0
    assert codec.sequence == 7


def test_what_is_refused_is_counted_too():
    codec = codec_of("COINBASE")
    codec.scan((trades(2).replace(b'"10.5"', b'"x"', 1),), 3)
    assert [part.code < 0 for part in codec.last_parts()] == [False, True]
    assert [part.sequence for part in codec.last_parts()] == [5, 5]


def test_a_snapshot_of_trades_is_of_the_past():
    frame = trades(3).replace(b'"update"', b'"snapshot"')
    assert read(codec_of("COINBASE"), frame) is None


@pytest.mark.parametrize("channel", ["l2_data", "market_trades", "ticker"])
def test_an_event_of_another_type_is_refused_at_its_type(channel):
    number = ["l2_data", "l2_data", "market_trades", "ticker"].index(channel)
    frame = SAMPLES["COINBASE"][number].replace(b'"snapshot"', b'"update"')
    frame = frame.replace(b'"update"', b'"strange"')
    part = only(codec_of("COINBASE"), frame)
    assert (part.code, part.offset) == ("SYNTAX", frame.index(b'"strange"'))


@pytest.mark.parametrize(
    ("number", "code"),
    [("5d", "SYNTAX"), ("5e", "RANGE"), ("5E1", "RANGE"), ("5.0", "RANGE"), ("5 ", "SYNTAX")],
)
def test_an_id_in_quotes_is_a_whole_number(number, code):
    codec = codec_of("COINBASE")
    assert only(codec, trades(1).replace(b'"1"', f'"{number}"'.encode())).code == code
