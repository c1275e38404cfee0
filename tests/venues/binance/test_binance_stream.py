"""Frames in, records out: snapshots, gaps and resyncs on the frames of a capture."""

from itertools import islice

import numpy as np
import pytest

from pinnacle.capture.instruments import infer_instruments
from pinnacle.capture.reading import read_capture
from pinnacle.capture.tape import Tape
from pinnacle.core._native import ffi
from pinnacle.core.book import Book
from pinnacle.core.schema import EVENT, Kind, Reason
from pinnacle.venues.binance.dialect import BinanceDialect
from pinnacle.venues.binance.stream import BinanceStream
from pinnacle.venues.market.codec import FrameError
from tests.venues.binance.binance_frames import instruments

LINES = 2500
BINANCE = BinanceDialect()


@pytest.fixture(scope="module")
def btc(made_captures):
    return made_captures["BTCUSDT"]


@pytest.fixture(scope="module")
def capture(btc):
    lines = list(islice(read_capture(btc), LINES))
    inline = next(line for line in lines if BINANCE.book_of(line) is not None)
    return infer_instruments(btc, BINANCE), lines, inline


class Sink:
    """Applies records to a book and keeps those that say how the book stands."""

    def __init__(self, instrument):
        self.book = Book(int(instrument[0]["instrument_id"]), 65536, 8192)
        self.history = []

    def __call__(self, events, count):
        records = np.frombuffer(bytes(ffi.buffer(events, count * EVENT.itemsize)), EVENT)
        for record in records[np.isin(records["kind"], (Kind.BOOK_END, Kind.BOOK_INVALID))]:
            self.history.append((Kind(record["kind"]), Reason(record["reason"])))
        self.book.apply(events, count)

    def levels(self):
        snapshot = self.book.snapshot(0)
        return {(r["side"], r["price"], r["quantity"]) for r in snapshot if r["kind"] == Kind.DEPTH}


END = (Kind.BOOK_END, Reason.NONE)


def whole_book(capture):
    instrument, lines, _ = capture
    sink = Sink(instrument)
    stream = BinanceStream(instrument, sink)
    for line in lines:
        if BINANCE.book_of(line) is not None:
            assert stream.snapshot(0, line.frame, line.recv_ns)
        else:
            stream.take((line.frame,), line.recv_ns)
    assert (sink.history, stream.live, stream.tallies[0].gaps) == ([END], True, 0)
    return sink.levels()


def test_nothing_of_the_book_is_delivered_before_its_snapshot(capture):
    instrument, lines, inline = capture
    sink = Sink(instrument)
    stream = BinanceStream(instrument, sink)
    for line in lines[: lines.index(inline)]:
        stream.take((line.frame,), line.recv_ns)
    assert (sink.history, stream.live) == ([], False) and not sink.levels()
    assert stream.syncs[0].held > 0


def depth(venue):
    """The venue's book as it answers with it now."""
    return venue.reply("/api/v3/depth?symbol=BTCUSDT&limit=5000", ended=False).body


def test_a_dropped_frame_makes_the_book_invalid_and_a_new_snapshot_makes_it_whole(capture, btc):
    """The new snapshot is the venue's book at a later moment, as the tape rebuilds it."""
    instrument, lines, _ = capture
    expected = whole_book(capture)
    tape = Tape((btc,), BINANCE)
    venue, entries = BINANCE.served(tape.instruments, {}), list(islice(tape.play(), LINES))
    sink = Sink(instrument)
    stream = BinanceStream(instrument, sink)
    depths = [at for at, line in enumerate(lines) if b"depthUpdate" in line.frame]
    lost, fetched = depths[60], depths[90]
    for at, (line, entry) in enumerate(zip(lines, entries, strict=True)):
        venue.take(entry)
        if BINANCE.book_of(line) is not None:
            stream.snapshot(0, line.frame, line.recv_ns)
        elif at != lost:
            stream.take((line.frame,), line.recv_ns)
        if at == depths[61]:
            assert sink.history == [END, (Kind.BOOK_INVALID, Reason.SEQUENCE_GAP)]
            assert stream.wanted == {0} and not sink.book.top().valid
        if at == fetched:
            assert stream.snapshot(0, depth(venue), line.recv_ns)
            assert sink.book.top().valid
    assert sink.history[2:] == [END] and stream.tallies[0].gaps == 1
    assert sink.levels() == expected


def test_a_snapshot_from_before_the_gap_is_refused(capture):
    instrument, lines, inline = capture
    stream = BinanceStream(instrument, Sink(instrument))
    depths = [line for line in lines if b"depthUpdate" in line.frame]
    for line in depths[40:50]:
        stream.take((line.frame,), line.recv_ns)
    assert not stream.snapshot(0, inline.frame, inline.recv_ns)
    assert stream.wanted == {0}


def test_held_updates_are_delivered_with_the_time_of_the_snapshot(capture):
    instrument, lines, inline = capture
    times = []

    def sink(events, count):
        times.extend(events[at].recv_ns for at in range(count))

    stream = BinanceStream(instrument, sink)
    depths = [line for line in lines if b"depthUpdate" in line.frame][:20]
    for line in depths:
        stream.take((line.frame,), line.recv_ns)
    late = depths[-1].recv_ns + 5
    assert stream.snapshot(0, inline.frame, late)
    levels = inline.frame.count(b'["')
    assert set(times) == {late} and len(times) > levels + 2 > 300


def test_invalidate_and_resync_forget_the_book(capture):
    instrument, _, inline = capture
    sink = Sink(instrument)
    stream = BinanceStream(instrument, sink)
    stream.invalidate(Reason.STARTING, 1)
    stream.snapshot(0, inline.frame, 2)
    stream.resync(0, Reason.CROSSED, 3)
    stream.snapshot(0, inline.frame, 4)
    stream.invalidate(Reason.STALE, 5)
    reasons = [Reason.STARTING, Reason.NONE, Reason.CROSSED, Reason.NONE, Reason.STALE]
    assert [reason for _, reason in sink.history] == reasons
    assert stream.wanted == {0}


def test_a_snapshot_in_the_stream_or_a_reply_that_is_none_is_refused(capture):
    instrument, _, inline = capture
    wrapped = b'{"stream":"btcusdt@depth5","data":%b}' % inline.frame
    told = []
    stream = BinanceStream(instrument, Sink(instrument), lambda *words: told.append(words))
    assert stream.take((wrapped,), 1) == [] and stream.counts()["odd"] == 1
    assert [about for about, _ in told] == ["BTCUSDT"] and "a snapshot in the" in told[0][1]
    with pytest.raises(FrameError, match="not a depth snapshot of BTCUSDT"):
        stream.snapshot(0, b'{"code":-1121,"msg":"Invalid symbol."}', 1)
    assert not stream.live


def test_control_frames_are_told_apart_and_deliver_nothing(capture):
    instrument, _, _ = capture
    sink = Sink(instrument)
    stream = BinanceStream(instrument, sink)
    control = b'{"result":null,"id":1}'
    assert stream.take((control,), 1) == [control]
    assert sink.history == []


def test_instruments_are_kept_apart(capture):
    """A gap of one symbol leaves the other's book in step."""
    table = instruments(ETHUSDT=(2, 8), BTCUSDT=(2, 8))
    history = []

    def sink(events, count):
        history.append((events[0].instrument_id, Kind(events[0].kind)))

    def depth(symbol, first, final):
        text = '{"e":"depthUpdate","E":1,"s":"%s","U":%d,"u":%d,"b":[["5.00","1"]],"a":[]}'
        return (text % (symbol, first, final)).encode()

    stream = BinanceStream(table, sink)
    for row in (0, 1):
        stream.snapshot(row, b'{"lastUpdateId":9,"bids":[],"asks":[]}', 1)
    for symbol, first, final in [("ETHUSDT", 12, 12), ("BTCUSDT", 10, 11)]:
        stream.take((depth(symbol, first, final),), 2)
    begin = Kind.BOOK_BEGIN
    assert history == [(7, begin), (8, begin), (7, Kind.BOOK_INVALID), (8, Kind.DEPTH)]
    assert stream.wanted == {0} and stream.syncs[1].last_id == 11
