"""Bitstamp's books are fetched, and updates are ordered by the venue's clock alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.venues.bitstamp.stream import BitstampStream
from pinnacle.venues.market.codec import FrameError
from tests.venues.kept import Kept
from tests.venues.samples import text
from tests.venues.wire import table

BTC, ETH = "btcusd", "ethusd"


def body(micros, bids=(), asks=()):
    stamp = {"timestamp": str(micros // 10**6), "microtimestamp": str(micros)}
    return stamp | {"bids": list(bids), "asks": list(asks)}


def diff(micros, bids=(), asks=(), pair=BTC, channel="diff_order_book_"):
    data = body(micros, bids, asks)
    return text({"data": data, "channel": channel + pair, "event": "data"})


def book(micros, bids=(("10", "1"),), asks=(("12", "3"),)):
    return text(body(micros, bids, asks))


class Desk:
    def __init__(self):
        self.sink, self.told = Kept(), []
        rows, tell = table([BTC, ETH], 0, 0), lambda *words: self.told.append(words)
        self.stream = BitstampStream(rows, None, self.sink, tell)

    def take(self, *frames):
        return self.stream.take(frames, 1)


def test_updates_wait_for_the_snapshot_and_those_it_has_are_dropped():
    desk = Desk()
    desk.take(diff(100, [["9", "5"]]), diff(200, [["10", "6"]]), diff(300, [["8", "7"]]))
    assert desk.sink.calls == [] and desk.stream.syncs[0].held == 3
    assert desk.stream.snapshot(0, book(201), 2)
    assert desk.sink.levels() == ({10: 1, 8: 7}, {12: 3})
    assert desk.stream.wanted == {1}
    assert {int(r["recv_ns"]) for rows in desk.sink.calls for r in rows} == {2}


def test_what_the_snapshot_is_past_is_early_and_what_comes_again_is_dropped():
    desk = Desk()
    desk.stream.snapshot(0, book(500), 1)
    desk.take(diff(400, [["10", "5"]]), diff(499, [["10", "6"]]))
    desk.take(diff(501, [["10", "7"]]), diff(450, [["10", "9"]]))
    tally = desk.stream.tallies[0]
    assert (tally.early, tally.dropped) == (2, 1)
    assert desk.sink.levels() == ({10: 7}, {12: 3})


@pytest.mark.parametrize("repeated", [False, True])
def test_updates_of_one_moment_all_count(repeated):
    desk = Desk()
    desk.stream.repeated = repeated
    desk.take(diff(500, [["8", "1"]]), diff(500, [["7", "1"]]))
    desk.stream.snapshot(0, book(500), 1)
    one, other = diff(501, [["10", "7"]]), diff(501, [["9", "8"]])
    desk.take(one, other, diff(502, [["8", "0"]]))
    assert desk.sink.levels() == ({10: 7, 9: 8, 7: 1}, {12: 3})
    desk.take(one, other, diff(502, [["10", "0"]]), diff(502, [["8", "0"]]))
    assert desk.sink.levels() == ({9: 8, 7: 1}, {12: 3})
    assert desk.stream.tallies[0].dropped == (3 if repeated else 2)


def test_no_silence_is_a_gap_and_no_snapshot_too_old():
    desk = Desk()
    desk.take(diff(10**15, [["10", "5"]]))
    assert desk.stream.snapshot(0, book(1), 1)
    desk.take(diff(4 * 10**15, [["12", "0"]], [["12", "0"]]))
    assert desk.sink.levels() == ({10: 5}, {})
    assert (desk.stream.tallies[0].gaps, desk.sink.losses) == (0, [])


def test_a_book_in_the_stream_is_refused_and_costs_nothing():
    desk = Desk()
    desk.stream.snapshot(0, book(100), 1)
    shown = diff(200, [["7", "7"]], channel="order_book_")
    assert desk.take(shown, diff(300, [["10", "2"]])) == []
    assert desk.sink.levels() == ({10: 2}, {12: 3})
    assert (desk.stream.tallies[0].odd, desk.sink.losses) == (1, [])
    ((about, words),) = desk.told
    assert about == BTC and words.startswith("a snapshot in the stream: ")


def test_a_bare_book_in_the_stream_is_nobodys():
    desk = Desk()
    desk.take(book(100))
    assert (desk.stream.unasked, desk.sink.calls) == (1, [])


@pytest.mark.parametrize(
    "odd",
    [
        diff(100, [["10", "1"]]),
        diff(100, [["10", "1"]], pair=ETH, channel="order_book_"),
        text({"code": "Order book not found"}),
        b"<html>",
        b'{"microtimestamp":"5","bids":[["10","1"]]',
        text(body(100, [["10.5", "1"]])),
        text({"microtimestamp": "100", "bids": []}),
        text({"bids": [], "asks": []}),
        b"[]",
        b"",
    ],
)
def test_what_is_no_book_of_the_row_begins_none(odd):
    desk = Desk()
    desk.take(diff(200, [["9", "5"]]))
    with pytest.raises(FrameError):
        desk.stream.snapshot(0, odd, 1)
    assert (desk.sink.calls, desk.stream.wanted) == ([], {0, 1})
    assert desk.stream.snapshot(0, book(100), 1)
    assert desk.sink.levels() == ({10: 1, 9: 5}, {12: 3})


def test_an_update_that_cannot_be_costs_the_book_until_another_is_fetched():
    desk = Desk()
    for row in (0, 1):
        desk.stream.snapshot(row, book(100), 1)
    desk.take(
        diff(200, [["10.5", "1"]]), diff(300, [["9", "5"]]), diff(300, [["9", "6"]], pair=ETH)
    )
    assert desk.sink.losses == [(7, Reason.CHECKSUM)]
    assert (desk.sink.levels(0), desk.sink.levels(1)) == (None, ({10: 1, 9: 6}, {12: 3}))
    assert desk.stream.snapshot(0, book(250), 1)
    assert desk.sink.levels(0) == ({10: 1, 9: 5}, {12: 3})


def test_trades_are_delivered_at_once_and_in_order():
    desk = Desk()
    frames = []
    for number, kind in ((1, 0), (2, 1)):
        data = {"id": number, "amount_str": "2", "price_str": "10", "type": kind}
        data["microtimestamp"] = "5"
        frames.append(text({"data": data, "channel": "live_trades_btcusd", "event": "trade"}))
    desk.take(*frames)
    assert desk.sink.trades() == [(1, Side.BID), (2, Side.ASK)]
    assert len(desk.sink.calls) == 1


def test_the_venues_control_frames_are_returned():
    again = text({"event": "bts:request_reconnect", "channel": "", "data": ""})
    assert Desk().take(again) == [again]


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 5)), max_size=20),
    st.integers(0, 20),
    st.integers(0, 35),
)
def test_a_book_is_the_fetched_one_with_all_that_is_later(sent, at, taken_at):
    """Whenever the answer comes, and whatever moment it is of."""
    desk, newest, quantities = Desk(), 0, []
    for position, (micros, quantity) in enumerate(sent):
        if position == at:
            desk.stream.snapshot(0, book(taken_at), 1)
        desk.take(diff(micros, [["11", str(quantity)]]))
        if micros >= newest:
            newest = micros
            quantities.append((micros, quantity))
    if at >= len(sent):
        desk.stream.snapshot(0, book(taken_at), 1)
    later = [quantity for micros, quantity in quantities if micros >= taken_at]
    bids = {10: 1, 11: later[-1]} if later and later[-1] else {10: 1}
    assert desk.sink.levels() == (bids, {12: 3})
    assert desk.sink.records.count((Kind.BOOK_END, 7)) == 1
