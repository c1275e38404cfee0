"""Each message becomes the records that its header promises, whatever order its fields are in."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core._native import lib
from pinnacle.core.schema import Flag, Kind, Side, Source, Venue
from pinnacle.venues.binance.codec import (
    Codec,
    FrameError,
    MessageKind,
    decode_control,
    encode_subscribe,
    stream_names,
)
from tests.venues.binance.binance_frames import instruments, reference, scanned

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


@pytest.fixture
def codec():
    return Codec(TABLE)


def test_a_depth_update_becomes_a_record_a_level_and_the_last_is_marked(codec):
    assert codec.scan(text(DEPTH), 123) == 3
    assert scanned(codec, 3) == reference(text(DEPTH), TABLE, -1)
    records = codec.events.array[:3]
    assert records["flags"].tolist() == [0, 0, Flag.LAST]
    assert records["recv_ns"].tolist() == [123] * 3
    assert set(records["venue_id"]) == {Venue.BINANCE} and set(records["source"]) == {Source.FEED}
    message = codec.message
    assert (message.first_id, message.final_id) == (50093239189, 50093239202)
    assert message.event_ns == 1723161255208_000000
    assert (message.kind, message.row) == (MessageKind.DEPTH, 1)


def test_a_depth_update_without_levels_has_ids_and_no_record(codec):
    assert codec.scan(text(DEPTH | {"a": [], "b": []}), 0) == 0
    assert codec.message.final_id == 50093239202


@pytest.mark.parametrize(("maker", "side"), [(True, Side.ASK), (False, Side.BID)])
def test_a_trade_has_the_side_of_its_aggressor(codec, maker, side):
    assert codec.scan(text(TRADE | {"m": maker}), 0) == 1
    assert codec.events.array[0]["side"] == side
    assert codec.events.array[0]["order_id"] == 3735683259


def test_a_book_ticker_is_a_top_and_its_update_id_stands_beside_it(codec):
    assert codec.scan(text(TOP), 0) == 1
    assert scanned(codec, 1) == [(Kind.TOP, 8, Side.NONE, 125, 350000, 126, 1, 0)]
    assert codec.message.final_id == 9


def test_a_snapshot_is_framed_by_begin_and_end(codec):
    assert codec.scan(text(SNAPSHOT), 5, 1) == 5
    assert scanned(codec, 5) == reference(text(SNAPSHOT), TABLE, 1)
    flags = codec.events.array[:5]["flags"].tolist()
    assert flags == [Flag.SNAPSHOT] * 4 + [Flag.SNAPSHOT | Flag.LAST]


def test_a_bare_snapshot_that_nobody_asked_for_is_refused(codec):
    with pytest.raises(FrameError, match="SNAPSHOT of a symbol not asked for"):
        codec.scan(text(SNAPSHOT), 0)
    with pytest.raises(FrameError, match="bad argument"):
        codec.scan(text(SNAPSHOT), 0, len(TABLE))


def test_the_largest_ids_are_exact(codec):
    largest = 2**63 - 1
    codec.scan(text(DEPTH | {"u": largest}), 0)
    assert codec.message.final_id == largest
    assert set(codec.events.array[:3]["aux"]) == {largest}


@given(st.sampled_from(HOT), st.randoms(), st.booleans(), st.sampled_from([None, 1, 0]))
def test_the_order_of_fields_wrapping_spacing_and_unknown_fields_change_nothing(
    message, random, wrapped, indent
):
    codec = Codec(TABLE)
    row = 1 if message is SNAPSHOT else -1
    count = codec.scan(text(message), 0, row)
    plain = scanned(codec, count)
    unknown = {"x": [1, {"y": None}], "z1": 'a"\\é', "n": -1.5e3}
    items = [*message.items(), *unknown.items()]
    random.shuffle(items)
    shuffled = dict(items)
    if wrapped:
        name = "btcusdt@depth@100ms" if message is not TRADE else "ethusdt@trade"
        outer = [("stream", name), ("data", shuffled)]
        random.shuffle(outer)
        shuffled = dict(outer)
    body = json.dumps(shuffled, indent=indent).encode()
    assert codec.scan(body, 0, row) == count
    assert sorted(scanned(codec, count)) == sorted(plain)


@pytest.mark.parametrize("message", HOT)
def test_every_truncation_is_a_syntax_error_at_the_end(codec, message):
    whole = text({"stream": "btcusdt@x", "data": message})
    for length in range(len(whole)):
        with pytest.raises(FrameError, match="does not parse at byte"):
            codec.scan(whole[:length], 0, 1)
        assert codec.message.offset <= length


@given(
    st.sampled_from(HOT),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_flipped_bytes_give_a_result_or_a_clear_error(message, flips):
    codec = Codec(TABLE, records_max=16)
    damaged = bytearray(text(message))
    for at, byte in flips:
        damaged[at % len(damaged)] ^= byte
    try:
        count = codec.scan(bytes(damaged), 0, 1)
    except FrameError:
        assert codec.message.offset <= len(damaged)
    else:
        assert -1 <= count <= 5


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_not_market_data(noise):
    codec = Codec(TABLE)
    try:
        assert codec.scan(noise, 0, 0) == -1
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
        (DEPTH | {"s": "DOGEUSDT"}, "NOT_FOUND"),
        (DEPTH | {"s": "BTCUSD"}, "NOT_FOUND"),
        (DEPTH | {"s": "BTCUSDTX"}, "NOT_FOUND"),
        (DEPTH | {"s": ""}, "NOT_FOUND"),
        (DEPTH | {"x": json.loads("[" * 40 + "]" * 40)}, "RANGE"),
    ],
)
def test_what_cannot_be_true_is_refused(codec, message, code):
    body = text(message)
    raw = lib.pmm_binance_scan(codec._wire, body, len(body), 0)
    assert raw == getattr(lib, f"PMM_ERR_{code}")
    with pytest.raises(FrameError):
        codec.scan(body, 0)


@pytest.mark.parametrize("space", ["", " "])
def test_a_quantity_finer_than_a_lot_is_rounded_down_and_counted(codec, space):
    levels = [["1.00", "25.42618900"], ["2.00", "0.00000900"], ["3.00", "1.00001"]]
    body = text(DEPTH | {"b": levels, "a": []}).replace(b", ", b"," + space.encode())
    codec.scan(body, 0)
    assert codec.events.array[:3]["quantity"].tolist() == [2542618, 0, 100001]
    assert codec.message.rounded == 2
    codec.scan(text(TOP | {"B": "3.500009"}), 0)
    assert (codec.events.array[0]["quantity"], codec.message.rounded) == (350000, 1)
    codec.scan(text(TRADE | {"q": "0.00019"}), 0)
    assert (codec.events.array[0]["quantity"], codec.message.rounded) == (1, 1)
    codec.scan(text(SNAPSHOT), 0, 1)
    assert codec.message.rounded == 0


def test_a_repeated_field_is_refused_because_no_reader_could_know_which_is_meant(codec):
    with pytest.raises(FrameError):
        codec.scan(text(DEPTH).replace(b'"u"', b'"u": 1, "u"'), 0)


def test_an_update_that_turns_out_to_be_another_message_is_refused(codec):
    body = b'{"lastUpdateId":5,"bids":[["1.00","1"]],"e":"trade",' + text(TRADE | {})[1:]
    with pytest.raises(FrameError):
        codec.scan(body.replace(b'"e": "trade", ', b""), 0, 1)


@pytest.mark.parametrize("message", HOT)
def test_more_records_than_the_buffer_holds_is_an_error_and_writes_none_past_it(message):
    wide = Codec(TABLE)
    needed = wide.scan(text(message), 0, 1)
    for room in range(needed):
        narrow = Codec(TABLE, records_max=needed + 1)
        narrow._wire.max = room
        with pytest.raises(FrameError, match="full"):
            narrow.scan(text(message), 0, 1)
        assert not narrow.events.array[room:].view("u1").any()


def test_the_error_names_the_byte_and_shows_its_surroundings(codec):
    body = text(DEPTH | {"b": [["61737.631", "1"]]})
    with pytest.raises(FrameError, match=r"out of range at byte \d+ of \d+: .*61737\.631"):
        codec.scan(body, 0)
    assert body[codec.message.offset :].startswith(b"61737.631")


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"null", b'{"result":null,"id":1}', b'{"e":"serverShutdown","E":1}']
)
def test_what_is_not_hot_is_left_to_the_slow_decoder(codec, body):
    assert codec.scan(body, 0) == -1


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
    count = codec.scan(text(DEPTH | {"b": levels, "a": []}), 0)
    prices = codec.events.array[:count]["price"].tolist()
    assert len(prices) == 40 and all(a > b for a, b in pairwise(prices))
