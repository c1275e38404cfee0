"""What holds of every venue's stream: order, few calls, and whom a fault costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core.schema import Flag, Kind, Reason, Source
from pinnacle.venues.binance.stream import BinanceStream
from pinnacle.venues.bitstamp.stream import BitstampStream
from pinnacle.venues.coinbase.stream import CoinbaseStream
from pinnacle.venues.coinbase_exchange.stream import CoinbaseExchangeStream
from pinnacle.venues.gemini.stream import GeminiStream, GeminiV2Stream
from pinnacle.venues.kraken.stream import KrakenStream
from pinnacle.venues.market.codec import FRAMES_MAX, FrameError, MessageKind
from tests.made_recordings import WRITERS
from tests.venues.kept import Kept, Watching
from tests.venues.messages import SYMBOLS, messages, written
from tests.venues.samples import text
from tests.venues.wire import table

BTC, ETH = "BTC-USD", "ETH-USD"
AT = "2026-08-09T21:05:48.505350477Z"
CONTROL = text({"type": "subscriptions", "channels": []})


def snapshot(symbol=BTC):
    return text({"type": "snapshot", "product_id": symbol, "bids": [["10", "1"]], "asks": []})


def update(quantity, symbol=BTC, price="10"):
    changes = [["buy", price, str(quantity)]]
    return text({"type": "l2update", "product_id": symbol, "changes": changes, "time": AT})


def match(number, symbol=BTC, price="10"):
    row = {"type": "match", "trade_id": number, "side": "sell", "size": "2", "price": price}
    return text(row | {"product_id": symbol, "sequence": number, "time": AT})


class Desk:
    """A stream of Coinbase Exchange's, the simplest."""

    def __init__(self, lot=0):
        self.sink, self.told = Kept(), []
        rows, tell = table([BTC, ETH], 0, lot), lambda *words: self.told.append(words)
        self.stream = CoinbaseExchangeStream(rows, None, self.sink, tell)

    def take(self, *frames):
        return self.stream.take(frames, 1)

    @property
    def kinds(self):
        """Of the records of each call."""
        return [[Kind(kind) for kind in rows["kind"]] for rows in self.sink.calls]


def begun(**how):
    desk = Desk(**how)
    desk.take(snapshot(BTC), snapshot(ETH))
    desk.sink.calls.clear()
    return desk


def test_frames_that_came_together_are_delivered_together():
    desk = Desk()
    desk.take(snapshot(), update(2), match(1), snapshot(ETH), update(3, ETH), match(2, ETH))
    begun_with = [Kind.BOOK_BEGIN, Kind.DEPTH, Kind.BOOK_END, Kind.DEPTH, Kind.TRADE]
    assert desk.kinds == [begun_with * 2]
    assert desk.stream.frames == 6


def test_more_frames_than_the_scanner_takes_at_once_are_as_many_calls():
    desk = begun()
    desk.take(*(update(n + 1) for n in range(2 * FRAMES_MAX + 5)))
    assert [len(rows) for rows in desk.sink.calls] == [FRAMES_MAX, FRAMES_MAX, 5]
    assert desk.sink.levels() == ({10: 2 * FRAMES_MAX + 5}, {})


def test_a_control_frame_between_is_returned_and_disturbs_nothing():
    desk = begun()
    assert desk.take(CONTROL, update(2), CONTROL, CONTROL, update(3), CONTROL) == [CONTROL] * 4
    assert desk.kinds == [[Kind.DEPTH], [Kind.DEPTH]]
    assert (desk.sink.levels(), desk.stream.frames) == (({10: 3}, {}), 8)


@pytest.mark.parametrize("whole", [True, False])
def test_a_book_is_heard_of_by_what_changes_it_not_by_trades(whole):
    desk = begun() if whole else Desk()
    desk.stream.heard.clear()
    top = text({"type": "ticker", "product_id": BTC, "best_bid": "10", "best_bid_size": "1",
                "best_ask": "12", "best_ask_size": "1", "time": AT})  # fmt: skip
    desk.take(match(1), top, match(2, ETH))
    assert desk.stream.heard == set()
    desk.take(match(3), update(2), match(4, ETH))
    assert desk.stream.heard == {0}


def test_no_frames_are_nothing():
    desk = Desk()
    assert (desk.take(), desk.sink.calls) == ([], [])


def test_a_level_that_cannot_be_costs_its_own_book_in_its_own_place():
    desk = begun()
    desk.take(update(2), update(3, ETH), update(4, price="10.5"), update(5), update(6, ETH))
    assert desk.sink.records == [
        (Kind.DEPTH, 7),
        (Kind.DEPTH, 8),
        (Kind.BOOK_INVALID, 7),
        (Kind.DEPTH, 8),
    ]
    assert len(desk.sink.calls) == 3
    assert (desk.sink.losses, desk.stream.wanted) == ([(7, Reason.CHECKSUM)], {0})
    assert not desk.stream.broken and [tally.odd for tally in desk.stream.tallies] == [1, 0]
    ((about, words),) = desk.told
    assert about == BTC and "10.5" in words


def test_a_trade_that_cannot_be_is_told_and_costs_nothing():
    desk = begun()
    desk.take(match(1), match(2, price="10.5"), match(3))
    assert [number for number, _ in desk.sink.trades()] == [1, 3]
    assert (desk.sink.losses, desk.stream.live, len(desk.told)) == ([], True, 1)
    assert desk.stream.counts()["odd"] == 1


def test_symbols_that_nobody_asked_for_are_counted_and_told():
    desk = begun()
    desk.take(update(2), update(3, "XRP-USD"), match(1, "XRP-USD"), update(4))
    assert desk.kinds == [[Kind.DEPTH, Kind.DEPTH]]
    assert (desk.stream.unasked, desk.stream.live) == (2, True)
    assert [about for about, _ in desk.told] == ["the stream"] * 2
    assert desk.told[0][1].startswith("DEPTH of a symbol not asked for: ")


@pytest.mark.parametrize("damaged", [b"", b"{", b'{"type":"l2up', update(2) + b"}"])
def test_what_came_before_a_damaged_frame_is_kept(damaged):
    desk = begun()
    with pytest.raises(FrameError):
        desk.take(update(2), CONTROL, update(3), damaged, update(4))
    assert desk.sink.levels() == ({10: 3}, {})


def test_one_who_watches_sees_a_part_when_the_sink_has_it():
    desk, seen = Desk(), []
    desk.stream.watch = Watching(
        lambda part: seen.append((MessageKind(part.kind), part.row, sum(map(len, desk.sink.calls))))
    )
    desk.take(update(1), snapshot(), update(2), match(1, "XRP-USD"), update(3, price="10.5"))
    desk.take(match(1, ETH))
    assert seen == [
        (MessageKind.SNAPSHOT, 0, 3),
        (MessageKind.DEPTH, 0, 4),
        (MessageKind.TRADE, 1, 6),
    ]


def test_an_update_without_levels_is_a_part_without_records():
    desk, seen = begun(), []
    desk.stream.watch = Watching(lambda part: seen.append(part.count))
    empty = text({"type": "l2update", "product_id": BTC, "changes": [], "time": AT})
    desk.take(update(2), empty, update(3))
    assert (seen, desk.kinds) == ([1, 0, 1], [[Kind.DEPTH, Kind.DEPTH]])


def test_quantities_finer_than_a_lot_are_counted_of_their_book():
    desk = begun()
    desk.take(update("2.5"), update(3, ETH), update("4.5", ETH))
    assert [tally.rounded for tally in desk.stream.tallies] == [1, 1]
    assert desk.sink.levels() == ({10: 2}, {})
    assert desk.stream.counts()["rounded"] == 2


def test_a_loss_of_all_books_is_a_notice_each():
    desk = begun()
    desk.stream.invalidate(Reason.DISCONNECTED, 9)
    (rows,) = desk.sink.calls
    assert rows["instrument_id"].tolist() == [7, 8]
    for field, value in {
        "kind": Kind.BOOK_INVALID,
        "reason": Reason.DISCONNECTED,
        "recv_ns": 9,
        "flags": Flag.LAST,
        "source": Source.FEED,
    }.items():
        assert rows[field].tolist() == [value] * 2, field
    assert desk.stream.wanted == {0, 1} and not desk.stream.broken


def test_of_a_broken_connection_nothing_is_delivered():
    desk = begun()
    nobodys = text({"type": "l2update", "changes": [["buy", "10", "5"]], "time": AT})
    assert desk.take(nobodys, snapshot(), update(5), match(1), CONTROL) == [CONTROL]
    assert desk.sink.losses == [(7, Reason.CHECKSUM), (8, Reason.CHECKSUM)]
    assert desk.stream.broken is Reason.CHECKSUM
    assert (desk.stream.own.odd, desk.stream.counts()["odd"]) == (1, 1)
    assert [kind for kind, _ in desk.sink.records] == [Kind.BOOK_INVALID] * 2
    desk.stream.begin()
    desk.take(snapshot(), match(1))
    assert desk.sink.levels() == ({10: 1}, {}) and len(desk.sink.trades()) == 1


def test_a_broken_connection_begins_no_book_with_a_fetched_snapshot():
    """No update would ever follow it."""
    sink = Kept()
    stream = BinanceStream(table(["BTCUSDT", "ETHUSDT"], 0, 0), sink)
    stream.take([text({"e": "depthUpdate", "E": 5, "U": 1, "u": 2, "b": [], "a": []})], 1)
    assert stream.broken is Reason.CHECKSUM
    body = text({"lastUpdateId": 5, "bids": [["10", "1"]], "asks": []})
    assert not stream.snapshot(0, body, 2)
    assert (sink.levels(), stream.wanted) == (None, {0, 1})
    stream.begin()
    assert stream.snapshot(0, body, 2)
    assert sink.levels() == ({10: 1}, {})


STREAMS = {
    "BINANCE": BinanceStream,
    "BITSTAMP": lambda rows, sink, tell: BitstampStream(rows, None, sink, tell),
    "COINBASE": lambda rows, sink, tell: CoinbaseStream(rows, None, sink, tell),
    "COINBASE_EXCHANGE": lambda rows, sink, tell: CoinbaseExchangeStream(rows, None, sink, tell),
    "GEMINI": lambda rows, sink, tell: GeminiStream(rows, None, sink, tell),
    "GEMINI_V2": lambda rows, sink, tell: GeminiV2Stream(rows, None, sink, tell),
    "KRAKEN": lambda rows, sink, tell: KrakenStream(rows, None, sink, tell, 10),
}


def outcome(venue, frames, size):
    """All that came of frames which arrived so many at a time."""
    sink, told, others, watched = Kept(0), [], [], []
    # One row alone: the other symbol is not asked for. Steps are such that some are odd.
    rows = table(SYMBOLS[venue][:1], 6, 6)
    stream = STREAMS[venue](rows, sink, lambda *words: told.append(words))
    stream.watch = Watching(lambda part: watched.append((part.kind, part.row, part.final_id)))
    for at in range(0, len(frames), size):
        others += stream.take(frames[at : at + size], 1)
    records = np.concatenate([sink.calls[0][:0], *sink.calls]).tobytes() if sink.calls else b""
    state = (stream.wanted, stream.broken, stream.unasked, stream.frames)
    return records, told, others, watched, (stream.tallies, stream.own), state


@pytest.mark.parametrize("venue", sorted(STREAMS))
def test_it_does_not_matter_how_frames_are_bundled(venue):
    one = st.one_of(st.just(CONTROL), messages(venue).flatmap(written))

    @settings(max_examples=40)
    @given(st.lists(one, max_size=10), st.integers(2, 10))
    def same(frames, size):
        assert outcome(venue, frames, size) == outcome(venue, frames, 1)

    same()


def test_a_book_that_is_held_gives_nothing_but_the_reason_and_the_others_go_on():
    desk = begun()
    desk.stream.hold(0, Reason.HALTED, 1)
    assert desk.kinds == [[Kind.BOOK_INVALID]]
    assert desk.sink.calls[0]["reason"].tolist() == [Reason.HALTED]
    assert desk.stream.live and not desk.stream.wanted
    desk.take(update(2), update(3, ETH), snapshot(BTC), match(1), update(4, price="10.5"))
    assert desk.sink.records[1:] == [(Kind.DEPTH, 8)]


def test_what_holds_a_book_is_told_once_and_again_when_it_is_another():
    desk = begun()
    for reason in (Reason.HALTED, Reason.HALTED, Reason.DELISTED, Reason.DELISTED):
        desk.stream.hold(1, reason, 1)
    assert [rows["reason"].tolist() for rows in desk.sink.calls] == [
        [Reason.HALTED],
        [Reason.DELISTED],
    ]
    desk.stream.hold(0, Reason.NONE, 1)
    assert len(desk.sink.calls) == 2 and not desk.stream.wanted


def test_a_book_that_is_held_no_more_begins_anew():
    desk = begun()
    desk.stream.hold(0, Reason.HALTED, 1)
    desk.stream.hold(0, Reason.NONE, 1)
    assert desk.stream.wanted == {0} and not desk.stream.live
    assert desk.sink.calls[-1]["reason"].tolist() == [Reason.RESYNC]
    desk.take(update(2), snapshot(BTC), update(5))
    assert desk.sink.levels() == ({10: 5}, {})
    assert desk.stream.tallies[0].resyncs == 1


def test_a_lost_connection_and_a_fault_change_nothing_of_a_book_that_is_held():
    desk = begun()
    desk.stream.hold(0, Reason.DELISTED, 1)
    desk.sink.calls.clear()
    desk.stream.invalidate(Reason.DISCONNECTED, 1)
    desk.stream.resync(0, Reason.STALE, 1)
    assert [rows["instrument_id"].tolist() for rows in desk.sink.calls] == [[8]]
    assert desk.stream.wanted == {1}


def test_a_fetched_book_that_is_held_is_not_begun():
    frames = Fetching()
    frames.stream.hold(0, Reason.HALTED, 1)
    frames.sink.calls.clear()
    assert frames.stream.snapshot(0, frames.body, 2)
    assert frames.sink.calls == [] and not frames.stream.wanted
    frames.stream.hold(0, Reason.NONE, 1)
    assert frames.stream.snapshot(0, frames.body, 2) and frames.stream.live


class Fetching:
    """Bitstamp's stream of one book."""

    def __init__(self):
        self.sink = Kept()
        self.stream = BitstampStream(table(["btcusd"]), None, self.sink)
        sides = {"bids": [["10.00", "1.00000000"]], "asks": [["11.00", "1.00000000"]]}
        self.body = text({"timestamp": "1", "microtimestamp": "1000000"} | sides)


def test_numbers_that_are_none_of_the_instruments_steps_are_counted():
    desk = begun()
    desk.take(update(2, price="10.5"), text({"type": "l2update", "product_id": BTC}))
    tally = desk.stream.tallies[0]
    assert (tally.odd, tally.off_grid) == (2, 1)
    assert desk.stream.counts()["off_grid"] == 1


def test_a_whole_book_that_is_lost_is_counted_and_one_that_is_not_whole_is_not():
    desk = Desk()
    desk.stream.resync(0, Reason.RESYNC, 1)
    assert desk.stream.counts()["resyncs"] == 0
    desk.take(snapshot(BTC), snapshot(ETH))
    desk.stream.resync(0, Reason.RESYNC, 1)
    desk.stream.resync(0, Reason.RESYNC, 1)
    assert desk.stream.counts()["resyncs"] == 1
    assert desk.stream.reason == Reason.RESYNC
    desk.stream.invalidate(Reason.DISCONNECTED, 1)
    assert desk.stream.counts()["resyncs"] == 2


def interleaved(frames, seed):
    """Two copies of frames, each in its order, one now ahead and now behind."""
    chance, left = np.random.default_rng(seed), [list(frames), list(frames)]
    while any(left):
        ready = [copy for copy in left if copy]
        copy = ready[chance.integers(len(ready))]
        for _ in range(int(chance.integers(1, 9))):
            if copy:
                yield copy.pop(0)


def followed(writer, frames, begins, repeated=False):
    """What the sink has after a venue's two books and these frames."""
    sink = Kept()
    stream = writer(table(begins), sink)
    stream.repeated = repeated
    for row, body in enumerate(begins.values()):
        assert stream.snapshot(row, body, 1)
    for frame in frames:
        stream.take((frame,), 1)
    assert stream.live and stream.counts()["gaps"] == 0
    return np.concatenate(sink.calls), [sink.levels(row) for row in range(2)]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("venue", ["binance", "bitstamp"])
def test_what_several_connections_say_counts_once_whoever_says_it_first(venue, seed):
    lines = list(WRITERS[venue]().lines(300))
    bodies = [line["data"].encode() for line in lines if line["t"] == "http"]
    begins = dict(zip(WRITERS[venue].SYMBOLS, bodies, strict=True))
    frames = [line["data"].encode() for line in lines if line["t"] == "recv"]
    writer = {
        "binance": lambda rows, sink: BinanceStream(rows, sink),
        "bitstamp": lambda rows, sink: BitstampStream(rows, None, sink),
    }[venue]
    once, books = followed(writer, frames, begins)
    twice, same = followed(writer, interleaved(frames, seed), begins, repeated=True)
    assert same == books and len(twice) == len(once)
    for row in (7, 8):
        mine = [rows[rows["instrument_id"] == row] for rows in (once, twice)]
        for kind in (Kind.DEPTH, Kind.TRADE):
            both = [rows[rows["kind"] == kind] for rows in mine]
            assert both[0].tobytes() == both[1].tobytes()
    doubled, _ = followed(writer, [f for frame in frames for f in (frame, frame)], begins)
    trades = (doubled["kind"] == Kind.TRADE).sum()
    assert trades == 2 * (once["kind"] == Kind.TRADE).sum(), "of one connection all are believed"
