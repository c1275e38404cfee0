"""Binance's scanner at the edges of what the venue sends: whose it is, ids, what comes too late."""

import pytest

from pinnacle.venues.market.codec import NO_ROW, MessageKind
from tests.venues.samples import text
from tests.venues.wire import codec_of, only, read


def test_a_stream_names_its_instrument_where_the_data_does_not():
    codec = codec_of("BINANCE")
    body = {"lastUpdateId": 7, "bids": [["10", "1"]], "asks": []}
    for stream, row in (
        ("btcusdt@depth20", 0),
        ("ethusdt", 1),
        ("dogeusdt@x", NO_ROW),
        ("@x", NO_ROW),
    ):
        assert only(codec, text({"stream": stream, "data": body})).row == row


@pytest.mark.parametrize("first", [4, 5, 6])
def test_an_update_begins_where_it_ends_or_before(first):
    row = {"e": "depthUpdate", "E": 1, "s": "BTCUSDT", "U": first, "u": 5, "b": [], "a": []}
    frame = text(row)
    part = only(codec_of("BINANCE"), frame)
    assert part.code == ("RANGE" if first > 5 else "")
    if part.code:
        assert part.offset == frame.index(b'"U":') + 4


def test_a_top_that_says_when_it_was_so_may_not_say_so_wrongly():
    row = {"u": 9, "s": "BTCUSDT", "b": "10", "B": "1", "a": "11", "A": "2"}
    codec = codec_of("BINANCE")
    assert only(codec, text(row | {"E": 5})).event_ns == 5 * 10**6
    assert only(codec, text(row | {"E": "x"})).code == "SYNTAX"
    assert only(codec, text(row | {"e": "bookTicker"})).kind == MessageKind.TOP
    assert read(codec, text(row | {"e": "other"})) is None


@pytest.mark.parametrize("kind", ["depthUpdate", "trade"])
def test_levels_of_a_fetched_book_make_no_other_message(kind):
    """They were taken at first sight; what the message was comes behind them."""
    body = {"lastUpdateId": 5, "bids": [["1.00", "1"]], "asks": []}
    row = {"e": kind, "E": 1, "s": "BTCUSDT", "U": 5, "u": 6, "b": [], "a": []}
    row |= {"t": 5, "p": "10", "q": "1", "m": True}
    part = only(codec_of("BINANCE"), text(body | row), 0, 1)
    assert (part.code, part.count) == ("SYNTAX", 0)
