"""Recordings of Kraken's v1 say in v2 what they said, and garbage is refused as garbage."""

import json
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pinnacle.core.schema import Side
from pinnacle.venues.kraken.stream import KrakenStream
from pinnacle.venues.kraken.v1 import is_v1, to_v2
from pinnacle.venues.market.codec import FrameError
from tests.venues.kept import Kept
from tests.venues.wire import table

PAIR = "XBT/USD"
SNAPSHOT = {
    "as": [["10.20", "1.00000000", "1618678133.1"], ["10.30", "2.50000000", "1618678133.2"]],
    "bs": [["10.10", "0.50000000", "1618678133.3"]],
}


def v1(*parts):
    return json.dumps([336, *parts], separators=(",", ":")).encode()


def desk():
    sink = Kept(1)
    return KrakenStream(table([PAIR], 2), None, sink, depth=10), sink


def sums(*numbers):
    text = "".join(number.replace(".", "").lstrip("0") for number in numbers)
    return str(zlib.crc32(text.encode()))


def test_a_book_comes_about_from_a_snapshot_without_a_checksum_and_updates_with_one():
    stream, sink = desk()
    checksum = sums(
        *("10.20", "3.00000000", "10.30", "2.50000000", "10.15", "4.00000000"),
        *("10.10", "0.50000000"),
    )
    update = v1(
        {"a": [["10.20", "3.00000000", "999999999.9"]]},
        {"b": [["10.15", "4.00000000", "1618678134.2", "r"]], "c": checksum},
        *("book-10", PAIR),
    )
    frames = [v1(SNAPSHOT, "book-10", PAIR), update]
    assert stream.take([to_v2(frame) for frame in frames], 1) == []
    lots = 10**8
    bids = {1015: 4 * lots, 1010: lots // 2}
    assert sink.levels() == (bids, {1020: 3 * lots, 1030: 5 * lots // 2})
    assert stream.counts()["checksums_good"] == 1
    # The snapshot's levels have each the time at which they came about.
    assert [int(r["venue_ns"]) for rows in sink.calls for r in rows] == [0] * 5 + [
        1618678134_200000000
    ] * 2


def test_trades_have_their_time_and_aggressor():
    stream, sink = desk()
    rows = [
        ["10.20", "1.00000000", "1618678133.365913", "b", "l", ""],
        ["10.10", "2.00000000", "1618678133", "s", "m", ""],
    ]
    stream.take([to_v2(v1(rows, "trade", PAIR))], 1)
    assert [side for _, side in sink.trades()] == [Side.BID, Side.ASK]
    assert [int(r["venue_ns"]) for rows in sink.calls for r in rows] == [
        1618678133_365913000,
        1618678133_000000000,
    ]


@pytest.mark.parametrize("channel", ["ticker", "ohlc-5", "spread", 'a"b', "\u00e9"])
def test_other_channels_are_no_frames_of_the_market(channel):
    stream, _ = desk()
    said = to_v2(v1(["1", "2"], channel, PAIR))
    assert stream.take([said], 1) == [said]


def test_only_arrays_are_v1():
    assert is_v1(v1({}, "book-10", PAIR)) and not is_v1(b'{"event":"heartbeat"}')


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=4),
    st.sampled_from(["1.5", "5.", ".5", "007", "\u0663", "1e5", "-1", "99999999999999999999"]),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inside: (
        st.lists(inside, max_size=5)
        | st.dictionaries(st.sampled_from(["a", "b", "as", "bs", "c", "x"]), inside, max_size=3)
    ),
    max_leaves=12,
)
ROW = st.lists(st.one_of(st.sampled_from(["1.5", "2", "b", "s"]), LEAVES), max_size=5)
BODY = st.dictionaries(
    st.sampled_from(["a", "b", "as", "bs"]), st.lists(ROW, max_size=2), max_size=2
).flatmap(lambda body: LEAVES.map(lambda c: body | {"c": c}))
CHANNEL = st.one_of(st.sampled_from(["book-10", "trade", "ticker"]), LEAVES)
LIKELY = st.tuples(
    LEAVES, st.one_of(BODY, st.lists(ROW, max_size=3)), CHANNEL, st.one_of(st.just(PAIR), LEAVES)
).map(list)


def level(*row):
    return [0, {"a": [list(row)], "c": "5"}, "book-10", PAIR]


@given(st.one_of(st.lists(ANYTHING, max_size=5), LIKELY))
@example(level("1", "2", "99999999999999999999"))
@example(level("1", "2", 10**400))
@example(level("5.", "2", "1"))
@example(level("\u0663", "2", "1"))
@example(level("1", "007", "1"))
@example(level("1", "2", "1", 10**400))
@example([0, {}, 'a"b', PAIR])
@example([0, {"a": [], "c": 10**400}, "book-10", PAIR])
@example([0, {"a": [], "c": 10**400}, "book-10", [[[[PAIR]]]]])
def test_any_array_is_a_message_or_a_frame_error(parts):
    frame = json.dumps(parts).encode()
    try:
        said = to_v2(frame)
    except FrameError:
        return
    assert isinstance(json.loads(said), dict)
    stream, _ = desk()
    stream.take([said], 1)


@pytest.mark.parametrize("frame", [b"[", b"[" * 10**5, b"[1,2]]", b"[\xff]", b'["\\ud800","x"]'])
def test_what_is_no_array_is_a_frame_error(frame):
    with pytest.raises(FrameError, match="none of Kraken's"):
        to_v2(frame)
