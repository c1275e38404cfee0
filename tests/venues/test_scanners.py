"""What each venue's scanner makes of messages at the edges of what the venue sends."""

import contextlib
import json
import re

import pytest

from pinnacle.core._native import lib
from pinnacle.core.schema import Kind, Side
from pinnacle.venues.market.codec import NO_ROW, Codec, FrameError, MessageKind
from tests.venues.messages import FETCHED, SYMBOLS
from tests.venues.samples import SAMPLES, text
from tests.venues.test_incomplete_messages import CASES, SPECS
from tests.venues.wire import codec_of, only, read, records, table


def renamed(venue, frame, name):
    for symbol in SYMBOLS[venue]:
        frame = frame.replace(symbol.encode(), name(symbol).encode())
    return frame


@pytest.mark.parametrize(("venue", "number"), CASES)
def test_what_is_said_of_others_is_a_part_of_the_same_kind_without_records(venue, number):
    codec, frame = codec_of(venue), SAMPLES[venue][number]
    kinds = [part.kind for part in read(codec, frame)]
    parts = read(codec, renamed(venue, frame, lambda symbol: "DOGE" + symbol[3:]))
    single = venue == "COINBASE_EXCHANGE" and len(kinds) == 2
    assert [part.kind for part in parts] == (kinds[:1] if single else kinds)
    assert {(part.row, part.count, part.code) for part in parts} == {(NO_ROW, 0, "")}


@pytest.mark.parametrize(("venue", "number"), CASES)
def test_a_symbol_in_small_letters_is_another_but_geminis(venue, number):
    """Binance's streams are named so; Bitstamp has no other."""
    codec, frame = codec_of(venue), SAMPLES[venue][number]
    name = str.upper if venue == "BITSTAMP" else str.lower
    whole, parts = read(codec, frame), read(codec, renamed(venue, frame, name))
    same = [part.row for part in whole] if venue == "GEMINI" else [NO_ROW]
    assert {part.row for part in parts} == set(same)


EVERY_SAMPLE = pytest.mark.parametrize(
    ("venue", "number"),
    [(venue, number) for venue, frames in SAMPLES.items() for number in range(len(frames))],
)
PRICED = {"BINANCE": [0, 2], "GEMINI": [0, 2], "BITSTAMP": [0, 1, 2, 3, 7]}
PRICED |= {"COINBASE": [0, 1, 2], "COINBASE_EXCHANGE": [0, 1, 2, 5, 7, 8], "GEMINI_V2": [0, 1, 2]}
PRICED |= {"KRAKEN": [0, 1, 2]}


@pytest.mark.parametrize(
    ("venue", "number"),
    [(venue, number) for venue, numbers in PRICED.items() for number in numbers],
)
def test_a_level_order_or_trade_may_have_the_least_price_and_none_at_zero(venue, number):
    codec, row = codec_of(venue), -1 if SPECS[venue][number] else 1
    for price, code in ((b"0.00000001", ""), (b"0.00000000", "RANGE"), (b"0", "RANGE")):
        frame = re.sub(rb"\b10\.50?\b", price, SAMPLES[venue][number])
        parts = read(codec, frame, 3, row)
        assert {part.code for part in parts} - {""} == {code} - {""}
        assert code or 1 in [record[3] for record in records(codec)]


def test_symbols_that_begin_alike_are_told_apart():
    names = ["BTC-USDC-PERPETUAL-7", "BTC-USDC-PERPETUAL-8", "BTC-USDC"]
    codec = Codec(lib.PMM_WIRE_COINBASE, table(names, 8, 8), records_max=64)
    for row, name in enumerate(names):
        frame = SAMPLES["COINBASE"][0].replace(b"BTC-USD", name.encode())
        assert [part.row for part in read(codec, frame)] == [row]


def joints(frame):
    """Where white space means nothing: around all that gives a text its structure."""
    quoted = False
    for at, byte in enumerate(frame):
        if byte == ord('"') and frame[at - 1 : at] != b"\\":
            quoted = not quoted
        elif not quoted and byte in b"{}[],:":
            yield from (at, at + 1)


@pytest.mark.parametrize("space", [b" ", b"\n", b"\t\r \n     "])
@EVERY_SAMPLE
def test_white_space_anywhere_between_changes_nothing(venue, number, space):
    frame, codec = SAMPLES[venue][number], codec_of(venue)
    row = -1 if SPECS[venue][number] else 1
    whole, rows = read(codec, frame, 3, row), records(codec)
    assert whole and not any(part.code for part in whole)
    for at in joints(frame):
        assert read(codec, frame[:at] + space + frame[at:], 3, row) == whole, at
        assert records(codec) == rows, at


@pytest.mark.parametrize("letter", [b"\x00", b"\x1f", b"\n"])
@pytest.mark.parametrize("venue", SAMPLES)
def test_a_control_character_within_a_word_is_no_json(venue, letter):
    codec, frame = codec_of(venue), SAMPLES[venue][0]
    words = [word.span(1) for word in re.finditer(rb'"([^"]*)"', frame)]
    for at in (at for begin, end in words for at in range(begin, end)):
        with pytest.raises(FrameError, match="does not parse"):
            read(codec, frame[:at] + letter + frame[at + 1 :])
    unknown = b'{"a_name_of_nothing":"some words_of_nothing",'
    for at in (*range(2, 19), *range(22, 43)):
        broken = unknown[:at] + letter + unknown[at + 1 :] + frame[1:]
        with pytest.raises(FrameError, match="does not parse"):
            read(codec, broken)


def test_parts_are_plain_up_to_one_that_is_refused_or_of_others():
    codec, frame = codec_of("KRAKEN"), SAMPLES["KRAKEN"][2]
    others = frame.replace(b"ETH/USD", b"DOGE/USD")
    wrong = frame[:-1].replace(b'"trade_id":373', b'"trade_id":-5') + frame[-1:]
    for frames, plain in (
        ([frame, frame], 4),
        ([frame, others], 3),
        ([others, frame], 1),
        ([frame, wrong], 2),
        ([wrong], 0),
    ):
        codec.scan(frames, 3)
        assert lib.pmm_wire_plain(codec.wire) == plain


@pytest.mark.parametrize("quantity", [b"-1", b"-0", b"-0.50"])
@pytest.mark.parametrize("space", [b"", b" "])
def test_a_quantity_below_zero_is_none_however_tightly_it_is_written(quantity, space):
    codec = codec_of("COINBASE_EXCHANGE")
    frame = b'{"type":"l2update","product_id":"BTC-USD","changes":[["buy",%s"10",%s"%s"]]}'
    part = only(codec, frame % (space, space, quantity))
    assert (part.code, part.count) == ("RANGE", 0)


def test_more_in_a_level_may_stand_in_any_shape():
    codec = codec_of("BINANCE")
    for level in (
        b'["10","1",5,6]',
        b'["10","1",5 , 6 ]',
        b'["10","1" ,"x"]',
        b'[ "10" ,"1", [] ,{} ]',
    ):
        part = only(codec, b'{"lastUpdateId":7,"bids":[%s],"asks":[]}' % level, 3, 0)
        assert (part.count, part.code) == (3, "")


@pytest.mark.parametrize("letter", [b"x", b"1", b",", b" "])
@EVERY_SAMPLE
def test_a_text_whose_structure_is_broken_anywhere_says_nothing(venue, number, letter):
    frame, codec = SAMPLES[venue][number], codec_of(venue)
    row = -1 if SPECS[venue][number] else 1
    for at in {*joints(frame), *(n for n, byte in enumerate(frame) if byte == ord('"'))}:
        broken = frame[:at] + letter + frame[at + 1 :]
        with contextlib.suppress(ValueError):
            json.loads(broken)
            continue
        with pytest.raises(FrameError, match="does not parse"):
            read(codec, broken, 3, row)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("venue", "number"), CASES)
def test_without_room_for_all_of_a_message_nothing_of_it_is_there(venue, number, turned):
    """Also where what it is stands behind what it says."""
    frame, codec = SAMPLES[venue][number], codec_of(venue)
    if turned:
        frame = text(dict(reversed(json.loads(frame).items())))
    count, parts = sum(part.count for part in read(codec, frame)), codec.part_count
    less = {(room, parts) for room in (count - 1, 0) if 0 <= room < count}
    for codec.wire.max, codec.wire.part_max in less | {(count, parts - 1), (count, 0)}:
        with pytest.raises(FrameError, match="full"):
            read(codec, frame)
        assert codec.count == codec.part_count == 0
    codec.wire.max, codec.wire.part_max = count, parts
    assert len(read(codec, frame)) == parts


@pytest.mark.parametrize("venue", FETCHED)
@pytest.mark.parametrize("symbol", [0, 1])
def test_a_fetched_book_is_of_the_instrument_that_it_was_asked_for(venue, symbol):
    """Whatever is first in it, and whether levels or orders."""
    codec = codec_of(venue)
    number = {"microtimestamp": "77"} if venue == "BITSTAMP" else {"sequence": 77}
    bids, asks = {"bids": [["10", "1"]]}, {"asks": [["11", "2"], ["12", "3"]]}
    for body in (number | bids | asks, asks | number | bids, bids | asks | number):
        part = only(codec, text(body), 5, symbol)
        assert (part.kind, part.row, part.count) == (MessageKind.SNAPSHOT, symbol, 5)
        assert (part.first_id, part.final_id) == (77, 77)
        rows = records(codec)
        assert [row[0] for row in (rows[0], rows[-1])] == [Kind.BOOK_BEGIN, Kind.BOOK_END]
        assert {row[6] for row in rows} == {77}
        sides = sorted(row[2] for row in rows[1:-1])
        assert sides == [Side.BID, Side.ASK, Side.ASK]
        for lacking in body:
            less = text({name: value for name, value in body.items() if name != lacking})
            parts = read(codec, less, 5, symbol)
            assert parts is None or [part.code for part in parts] == ["SYNTAX"]


@pytest.mark.parametrize("venue", FETCHED)
def test_nobody_knows_of_whom_a_book_is_that_was_not_asked_for(venue):
    number = {"microtimestamp": "77"} if venue == "BITSTAMP" else {"sequence": 77}
    parts = read(codec_of(venue), text(number | {"bids": [["10", "1"]], "asks": []}))
    assert parts is None or [(part.row, part.count) for part in parts] == [(NO_ROW, 0)]


@pytest.mark.parametrize("venue", FETCHED)
def test_a_name_behind_the_levels_of_a_fetched_book_makes_it_none(venue):
    body = {"microtimestamp": "77", "sequence": 77, "bids": [["10", "1"]], "asks": []}
    sold = {"event": "trade", "channel": "live_trades_btcusd", "id": 5, "type": 0}
    sold |= {"price_str": "10", "amount_str": "1"}
    top = {"type": "ticker", "product_id": "BTC-USD", "best_bid": "10", "best_bid_size": "1"}
    top |= {"best_ask": "11", "best_ask_size": "1"}
    codec = codec_of(venue)
    part = only(codec, text(body | (sold if venue == "BITSTAMP" else top)), 5, 0)
    assert (part.code, part.count, codec.count) == ("SYNTAX", 0, 0)


@pytest.mark.parametrize("more", [28, 29, 30])
@pytest.mark.parametrize("venue", ["BITSTAMP", "COINBASE_EXCHANGE", "BINANCE"])
def test_what_stands_behind_a_level_may_nest_as_deep_as_anything(venue, more):
    """Three levels are open around it, and 32 may be in all."""
    nested = json.loads("[" * more + "]" * more)
    body = {"microtimestamp": "77", "sequence": 77, "lastUpdateId": 77}
    bids = [["10", "1", 5, nested]] if venue == "BITSTAMP" else [["10", "1", nested]]
    frame, codec = text(body | {"bids": bids, "asks": []}), codec_of(venue)
    if more > 29:
        with pytest.raises(FrameError, match="out of range"):
            read(codec, frame, 5, 0)
    else:
        assert only(codec, frame, 5, 0).count == 3


@pytest.mark.parametrize(("venue", "number"), CASES)
def test_a_member_of_the_whole_that_comes_twice_costs_the_whole(venue, number):
    """Of messages with an element each nobody can tell whom."""
    codec, frame = codec_of(venue), SAMPLES[venue][number]
    whole, message = read(codec, frame), json.loads(frame)
    name = next(name for name in message if name != "data")
    part = only(codec, frame[:-1] + text({name: message[name]}).replace(b"{", b","))
    row = NO_ROW if venue in ("KRAKEN", "COINBASE") else whole[0].row
    assert (part.code, part.row, part.count, codec.count) == ("SYNTAX", row, 0, 0)


def test_a_table_without_the_instrument_of_a_book_is_refused():
    codec = Codec(lib.PMM_WIRE_KRAKEN, table(["BTC/USD"], 8, 8), records_max=64)
    parts = read(codec, SAMPLES["KRAKEN"][0])
    assert [part.row for part in parts] == [0, NO_ROW]
