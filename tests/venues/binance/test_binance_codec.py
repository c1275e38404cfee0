"""Each message becomes the records that its header promises, whatever order its fields are in."""

import json
import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import NativeError
from pinnacle.core.schema import EVENT, Flag, Kind, Side, Source, Venue
from pinnacle.venues.binance.control import decode_control, encode_subscribe, stream_names
from pinnacle.venues.market.codec import NO_ROW, Codec, FrameError, MessageKind
from tests.venues.binance.binance_frames import instruments, reference
from tests.venues.wire import only, read, records

TABLE = instruments(ETHUSDT=(2, 4), BTCUSDT=(2, 5))
DEPTH = {
    "e": "depthUpdate",
    "E": 1723161255208,
    "s": "BTCUSDT",
    "U": 50093239189,
    "u": 50093239202,
    "b": [["61737.63000000", "0.00000000"], ["61730.17000000", "1.50000000"]],
    "a": [["61837.64000000", "1.54698000"]],
}
TRADE = {
    "e": "trade",
    "E": 1723161255343,
    "s": "ETHUSDT",
    "t": 3735683259,
    "p": "2683.63000000",
    "q": "0.02000000",
    "T": 1723161255342,
    "m": True,
    "M": True,
}
TOP = {"u": 9, "s": "BTCUSDT", "b": "1.25000000", "B": "3.5", "a": "1.26", "A": "0.00001"}
SNAPSHOT = {"lastUpdateId": 77, "bids": DEPTH["b"], "asks": DEPTH["a"]}
HOT = [DEPTH, TRADE, TOP, SNAPSHOT]


def text(message: object) -> bytes:
    return json.dumps(message).encode()


def binance(table=TABLE, **sizes):
    return Codec(lib.PMM_WIRE_BINANCE, table, **sizes)


@pytest.fixture
def codec():
    return binance()


def test_a_depth_update_becomes_a_record_a_level_and_the_last_is_marked(codec):
    part = only(codec, text(DEPTH), 123)
    assert records(codec) == reference(text(DEPTH), TABLE, -1)
    written = codec.events.array[:3]
    assert written["flags"].tolist() == [0, 0, Flag.LAST]
    assert written["recv_ns"].tolist() == [123] * 3
    assert set(written["venue_id"]) == {Venue.BINANCE} and set(written["source"]) == {Source.FEED}
    assert (part.first_id, part.final_id) == (50093239189, 50093239202)
    assert part.event_ns == 1723161255208_000000
    assert (part.kind, part.row, part.count) == (MessageKind.DEPTH, 1, 3)


def test_a_depth_update_without_levels_has_ids_and_no_record(codec):
    part = only(codec, text(DEPTH | {"a": [], "b": []}))
    assert (part.final_id, part.count, codec.count) == (50093239202, 0, 0)


@pytest.mark.parametrize(("maker", "side"), [(True, Side.ASK), (False, Side.BID)])
def test_a_trade_has_the_side_of_its_aggressor(codec, maker, side):
    assert only(codec, text(TRADE | {"m": maker})).count == 1
    assert codec.events.array[0]["side"] == side
    assert codec.events.array[0]["order_id"] == 3735683259


def test_a_book_ticker_is_a_top_and_its_update_id_stands_beside_it(codec):
    part = only(codec, text(TOP))
    assert records(codec) == [(Kind.TOP, 8, Side.NONE, 125, 350000, 126, 1, 0)]
    assert part.final_id == 9


def test_a_snapshot_is_framed_by_begin_and_end(codec):
    assert only(codec, text(SNAPSHOT), 5, 1).count == 5
    assert records(codec) == reference(text(SNAPSHOT), TABLE, 1)
    flags = codec.events.array[:5]["flags"].tolist()
    assert flags == [Flag.SNAPSHOT] * 4 + [Flag.SNAPSHOT | Flag.LAST]


def test_a_bare_snapshot_that_nobody_asked_for_is_of_no_row(codec):
    for _ in range(2):
        part = only(codec, text(SNAPSHOT))
        assert (part.kind, part.row, part.count) == (MessageKind.SNAPSHOT, NO_ROW, 0)
        assert only(codec, text(SNAPSHOT), 0, 1).row == 1
    with pytest.raises(NativeError, match="bad argument"):
        read(codec, text(SNAPSHOT), 0, len(TABLE))


def test_the_largest_ids_are_exact(codec):
    for largest in (2**63 - 1, 8_500_000_000_000_000_009, 10**18, 99_999_999):
        assert only(codec, text(DEPTH | {"U": 5, "u": largest})).final_id == largest
        assert set(codec.events.array[:3]["aux"]) == {largest}
        assert codec.wire.code == 0


@given(st.sampled_from(HOT), st.randoms(), st.booleans(), st.sampled_from([None, 1, 0]))
def test_the_order_of_fields_wrapping_spacing_and_unknown_fields_change_nothing(
    message, random, wrapped, indent
):
    codec = binance()
    row = 1 if message is SNAPSHOT else -1
    part = only(codec, text(message), 0, row)
    plain = records(codec)
    unknown = {"x": [1, {"y": None}], "z1": 'a"\\é', "n": -1.5e3}
    items = [*message.items(), *unknown.items()]
    random.shuffle(items)
    shuffled = dict(items)
    if wrapped:
        name = "btcusdt@depth@100ms" if message is not TRADE else "ethusdt@trade"
        outer = [("stream", name), ("data", shuffled)]
        random.shuffle(outer)
        shuffled = dict(outer)
    assert only(codec, json.dumps(shuffled, indent=indent).encode(), 0, row) == part
    assert sorted(records(codec)) == sorted(plain)


@pytest.mark.parametrize("message", HOT)
def test_every_truncation_is_a_syntax_error_at_the_end(codec, message):
    whole = text({"stream": "btcusdt@x", "data": message})
    for length in range(len(whole)):
        with pytest.raises(FrameError, match=f"does not parse at byte \\d+ of {length}"):
            read(codec, whole[:length], 0, 1)
        assert codec.count == codec.part_count == 0


@given(
    st.sampled_from(HOT),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_flipped_bytes_give_a_result_or_a_clear_error(message, flips):
    codec = binance(records_max=16)
    damaged = bytearray(text(message))
    for at, byte in flips:
        damaged[at % len(damaged)] ^= byte
    try:
        parts = read(codec, bytes(damaged), 0, 1)
    except FrameError:
        assert codec.count == codec.part_count == 0
    else:
        assert parts is None or len(parts) == 1
        assert all(part.count <= 5 and part.offset <= len(damaged) for part in parts or [])


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_not_market_data(noise):
    try:
        assert read(binance(), noise, 0, 0) is None
        json.loads(noise)
    except FrameError:
        pass


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (DEPTH | {"b": [["61737.631", "1"]]}, "RANGE"),
        (DEPTH | {"b": [["61737.63", "-1"]]}, "RANGE"),
        (DEPTH | {"b": [["0.00", "1"]]}, "RANGE"),
        (DEPTH | {"b": [["9" * 30, "1"]]}, "RANGE"),
        (DEPTH | {"b": [[61737.63, 1]]}, "SYNTAX"),
        (DEPTH | {"b": [["61737.63"]]}, "SYNTAX"),
        (DEPTH | {"b": {}}, "SYNTAX"),
        (DEPTH | {"u": 2**63}, "RANGE"),
        (DEPTH | {"u": -5}, "RANGE"),
        (DEPTH | {"u": 1.5}, "RANGE"),
        (DEPTH | {"u": "7"}, "SYNTAX"),
        (DEPTH | {"E": 10**15}, "RANGE"),
        (DEPTH | {"U": 50093239203}, "RANGE"),
        ({k: v for k, v in DEPTH.items() if k != "u"}, "SYNTAX"),
        ({k: v for k, v in TRADE.items() if k != "m"}, "SYNTAX"),
        (TRADE | {"m": 1}, "SYNTAX"),
        (TRADE | {"p": "2683.631"}, "RANGE"),
        (TRADE | {"q": "-0.00000"}, "RANGE"),
        (TOP | {"a": "1.261"}, "RANGE"),
    ],
)
def test_what_cannot_be_true_is_a_part_without_records_that_says_so(codec, message, code):
    part = only(codec, text(message))
    assert (part.code, part.count, codec.count) == (code, 0, 0)
    assert part.row in (0, 1) and 0 < part.offset <= len(text(message))


@pytest.mark.parametrize("symbol", ["DOGEUSDT", "BTCUSD", "BTCUSDTX", ""])
def test_a_symbol_that_is_none_of_the_rows_is_a_part_of_no_row(codec, symbol):
    part = only(codec, text(DEPTH | {"s": symbol}))
    assert (part.kind, part.row, part.count, part.code) == (MessageKind.DEPTH, NO_ROW, 0, "")


def test_what_is_nested_too_deep_is_refused_whole(codec):
    with pytest.raises(FrameError, match="out of range at byte"):
        read(codec, text(DEPTH | {"x": json.loads("[" * 40 + "]" * 40)}))


@pytest.mark.parametrize("space", ["", " "])
def test_a_quantity_finer_than_a_lot_is_rounded_down_and_counted(codec, space):
    levels = [["1.00", "25.42618900"], ["2.00", "0.00000900"], ["3.00", "1.00001"]]
    body = text(DEPTH | {"b": levels, "a": []}).replace(b", ", b"," + space.encode())
    assert only(codec, body).rounded == 2
    assert codec.events.array[:3]["quantity"].tolist() == [2542618, 0, 100001]
    assert only(codec, text(TOP | {"B": "3.500009"})).rounded == 1
    assert codec.events.array[0]["quantity"] == 350000
    assert only(codec, text(TRADE | {"q": "0.00019"})).rounded == 1
    assert codec.events.array[0]["quantity"] == 1
    assert only(codec, text(SNAPSHOT), 0, 1).rounded == 0


def test_a_repeated_field_is_refused_because_no_reader_could_know_which_is_meant(codec):
    part = only(codec, text(DEPTH).replace(b'"u"', b'"u": 1, "u"'))
    assert (part.code, part.count) == ("SYNTAX", 0)


def test_an_update_that_turns_out_to_be_another_message_is_refused(codec):
    body = b'{"lastUpdateId":5,"bids":[["1.00","1"]],"e":"trade",' + text(TRADE | {})[1:]
    assert only(codec, body.replace(b'"e": "trade", ', b""), 0, 1).code == "SYNTAX"


@pytest.mark.parametrize("message", HOT)
def test_more_records_than_the_buffer_holds_is_an_error_and_writes_none_past_it(message):
    needed = only(binance(), text(message), 0, 1).count
    for room in range(needed):
        narrow = binance(records_max=needed + 1)
        narrow.events.array[:] = np.zeros(1, EVENT)
        narrow.wire.max = room
        with pytest.raises(FrameError, match="full"):
            read(narrow, text(message), 0, 1)
        assert not narrow.events.array[room:].view("u1").any()


def test_rows_are_those_of_the_table(codec):
    symbols = [ffi.string(codec.row(row).symbol).decode() for row in (0, 1)]
    assert symbols == codec.symbols == ["ETHUSDT", "BTCUSDT"]


def test_the_words_name_the_byte_and_show_its_surroundings(codec):
    body = text(DEPTH | {"b": [["61737.631", "1"]]})
    part = only(codec, body)
    words = codec.words(codec.parts[0], body)
    said = r"number out of range at byte \d+ of \d+: .*61737\.631.*"
    assert re.fullmatch(f"{said}: too large, or between two of the instrument's steps", words)
    assert body[part.offset :].startswith(b"61737.631")


def test_frames_that_wait_are_read_in_one_call_up_to_one_that_is_not_hot(codec):
    frames = [text(message) for message in (DEPTH, TRADE, TOP)]
    assert codec.scan([*frames, b"{}", frames[0]], 5) == 3
    assert codec.ended and [part.frame for part in codec.last_parts()] == [0, 1, 2]
    assert [part.first for part in codec.last_parts()] == [0, 3, 4] and codec.count == 5
    assert codec.scan([b"{}"], 5) == 0 and codec.ended and codec.part_count == 0
    assert codec.scan([], 5) == 0 and not codec.ended


def test_a_damaged_frame_keeps_those_before_it(codec):
    frames = [text(TRADE), text(DEPTH)[:-1]]
    assert codec.scan(frames, 5) == 1 and not codec.ended and codec.part_count == 1
    with pytest.raises(FrameError, match="does not parse at byte"):
        codec.scan(frames[1:], 5)


def test_frames_that_do_not_fit_together_come_one_call_after_the_other():
    codec = binance(records_max=4)
    frames = [text(DEPTH), text(DEPTH)]
    assert codec.scan(frames, 5) == 1 and codec.count == 3 and not codec.ended
    assert codec.scan(frames[1:], 5) == 1


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"null", b'{"result":null,"id":1}', b'{"e":"serverShutdown","E":1}']
)
def test_what_is_not_hot_is_left_to_the_slow_decoder(codec, body):
    assert read(codec, body) is None


def test_control_frames_are_decoded_by_shape():
    assert decode_control(b'{"result":null,"id":1}').id == 1
    refused = decode_control(b'{"error":{"code":2,"msg":"Invalid request"},"id":3}')
    assert (refused.id, refused.error.msg) == (3, "Invalid request")
    assert decode_control(b'{"stream":"!x","data":{"e":"serverShutdown"}}').e == "serverShutdown"
    with pytest.raises(FrameError, match="control frame"):
        decode_control(b"[]")


def test_a_subscription_is_one_request():
    request = json.loads(encode_subscribe(stream_names("BTCUSDT"), 4))
    assert request == {
        "method": "SUBSCRIBE",
        "params": ["btcusdt@depth@100ms", "btcusdt@trade", "btcusdt@bookTicker"],
        "id": 4,
    }


def test_levels_keep_the_order_of_the_message(codec):
    levels = [[f"{price}.00", "1"] for price in range(50, 10, -1)]
    only(codec, text(DEPTH | {"b": levels, "a": []}))
    prices = codec.events.array[: codec.count]["price"].tolist()
    assert len(prices) == 40 and all(a > b for a, b in pairwise(prices))


def test_rows_are_found_by_the_names_that_the_venue_writes():
    codec = Codec(lib.PMM_WIRE_BINANCE, TABLE, ["ONE", "OTHER"])
    assert codec.symbols == ["ETHUSDT", "BTCUSDT"]
    frames = [text(DEPTH | {"s": name}) for name in ("OTHER", "BTCUSDT")]
    assert codec.scan(frames, 1) == 2
    assert [part.row for part in codec.last_parts()] == [1, NO_ROW]
    assert codec.last_rows() == {1}
