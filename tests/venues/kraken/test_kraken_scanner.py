"""Kraken's scanner at the edges of what the venue sends: checksums, places, times."""

import pytest

from tests.venues.samples import SAMPLES, text
from tests.venues.wire import codec_of, only, read

AT = "2026-08-09T21:05:48.505350477Z"


def frame_of(channel, kind, **row):
    data = [{"symbol": "BTC/USD"} | row]
    return text({"channel": channel, "type": kind, "data": data})


@pytest.mark.parametrize(
    ("checksum", "code"), [(2**32 - 1, ""), (2**32, "RANGE"), (-1, "RANGE"), ("5", "SYNTAX")]
)
def test_a_checksum_has_32_bits(checksum, code):
    codec = codec_of("KRAKEN")
    frame = frame_of("book", "update", bids=[], asks=[], checksum=checksum, timestamp=AT)
    assert only(codec, frame).code == code
    assert code or codec.parts[0].checksum == checksum


@pytest.mark.parametrize(
    ("bids", "asks", "places"),
    [
        (b'{"price":10,"qty":1.250}', b"", (0, 3)),
        (b'{"price":10.00,"qty":7}', b"", (2, 0)),
        (b"", b'{"price":10.5,"qty":7.1}', (1, 1)),
        (b'{"price":10.5,"qty":7.1},{"price":10.50,"qty":7.10}', b"", (2, 2)),
        (b"", b"", (0, 0)),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_places_are_those_of_the_last_level(bids, asks, places, turned):
    sides = [b'"bids":[%s]' % bids, b'"asks":[%s]' % asks]
    inside = b",".join(reversed(sides) if turned else sides)
    row = b'{"symbol":"BTC/USD",%s,"checksum":5,"timestamp":"%s"}' % (inside, AT.encode())
    codec = codec_of("KRAKEN")
    only(codec, b'{"channel":"book","type":"update","data":[%s]}' % row)
    part = codec.parts[0]
    assert (part.price_decimals, part.quantity_decimals) == places


def test_a_ticker_may_say_when_it_was_so():
    prices = {"bid": 10, "bid_qty": 1, "ask": 11, "ask_qty": 2}
    codec = codec_of("KRAKEN")
    assert only(codec, frame_of("ticker", "update", **prices)).event_ns == 0
    part = only(codec, frame_of("ticker", "snapshot", **prices, timestamp=AT))
    assert part.event_ns == 1786309548505350477
    part = only(codec, frame_of("ticker", "update", **prices, timestamp="now"))
    assert part.code == "SYNTAX"


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("book", {"bids": [], "asks": [], "checksum": 5}),
        ("ticker", {"bid": 10, "bid_qty": 1, "ask": 11, "ask_qty": 2}),
    ],
)
def test_times_of_one_element_are_not_the_next_ones(channel, body):
    rows = [{"symbol": "BTC/USD", "timestamp": AT} | body, {"symbol": "ETH/USD"} | body]
    codec = codec_of("KRAKEN")
    codec.scan((text({"channel": channel, "type": "update", "data": rows}),), 3)
    assert [part.event_ns for part in codec.last_parts()] == [1786309548505350477, 0]


@pytest.mark.parametrize(
    ("channel", "kind"),
    [("trade", "snapshot"), ("book", "other"), ("ticker", "other"), ("status", "update")],
)
def test_what_is_of_no_use_is_left_alone(channel, kind):
    assert read(codec_of("KRAKEN"), frame_of(channel, kind)) is None


def test_a_message_without_elements_says_nothing():
    empty = text({"channel": "book", "type": "update", "data": []})
    codec = codec_of("KRAKEN")
    assert read(codec, empty) is None
    codec.scan((SAMPLES["KRAKEN"][0], empty), 3)
    assert codec.part_count == 2 and codec.ended


def test_elements_that_are_refused_cost_no_other_however_many_they_are():
    level = {"price": 10.5, "qty": 1}
    good = {"symbol": "BTC/USD", "bids": [level], "asks": [level], "checksum": 5}
    bad = good | {"asks": [{"price": 10.5}]}
    frame = text({"channel": "book", "type": "update", "data": [bad] * 60 + [good]})
    codec = codec_of("KRAKEN")
    assert codec.scan((frame,), 3) == 1
    assert [bool(part.code) for part in codec.last_parts()] == [True] * 60 + [False]
