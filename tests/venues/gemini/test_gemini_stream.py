"""Gemini's two market data WebSockets: each book begins with the first update of its symbol."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.schema import Flag, Kind, Reason, Side, Source, Venue
from pinnacle.venues.gemini.stream import GeminiStream, GeminiV2Stream
from tests.venues.kept import Kept, Watching
from tests.venues.samples import text
from tests.venues.wire import table

BTC, ETH = "BTCUSD", "ETHUSD"


class Desk:
    def __init__(self, stream):
        self.sink, self.told = Kept(), []
        rows, tell = table([BTC, ETH], 0, 0), lambda *words: self.told.append(words)
        self.stream = stream(rows, None, self.sink, tell)

    def take(self, *frames):
        return self.stream.take(frames, 5)


# v2/marketdata


def changes(symbol, *rows, trades=None):
    message = {"type": "l2_updates", "symbol": symbol, "changes": list(rows)}
    return text(message | ({} if trades is None else {"trades": trades}))


def sold(number, side):
    row = {"type": "trade", "symbol": BTC, "event_id": 5, "timestamp": 1786313194672}
    return text(row | {"price": "10", "quantity": "2", "side": side, "tid": number})


def test_v2_updates_with_trades_are_the_snapshot_and_its_trades_are_of_before():
    desk = Desk(GeminiV2Stream)
    past = [{"type": "trade", "symbol": BTC, "price": "10", "quantity": "1", "tid": 1}]
    desk.take(changes(BTC, ["buy", "9", "5"]))
    desk.take(changes(BTC, ["buy", "10", "1"], ["sell", "12", "3"], trades=past))
    desk.take(changes(BTC, ["buy", "10", "0"], ["buy", "11", "2"]))
    assert desk.sink.levels() == ({11: 2}, {12: 3})
    assert (desk.sink.trades(), desk.stream.tallies[0].early) == ([], 1)


def test_v2_trades_have_the_aggressors_side_and_heartbeats_are_returned():
    desk = Desk(GeminiV2Stream)
    beat = text({"type": "heartbeat", "timestamp": 5})
    assert desk.take(sold(2, "buy"), beat, sold(3, "sell")) == [beat]
    assert desk.sink.trades() == [(2, Side.BID), (3, Side.ASK)]


def test_v2_a_book_that_is_lost_takes_updates_only_from_another_snapshot():
    desk = Desk(GeminiV2Stream)
    first = [changes(symbol, ["buy", "10", "1"], trades=[]) for symbol in (BTC, ETH)]
    desk.take(*first, changes(BTC, ["buy", "10.5", "1"]), changes(BTC, ["buy", "9", "1"]))
    assert desk.sink.losses == [(7, Reason.CHECKSUM)]
    assert (desk.sink.levels(0), desk.sink.levels(1)) == (None, ({10: 1}, {}))
    desk.take(first[0])
    assert desk.sink.levels(0) == ({10: 1}, {})


# ws.gemini.com


def diff(first, final, bids=(), asks=(), symbol=BTC):
    message = {"e": "depthUpdate", "E": 1723161255208 * 10**6, "s": symbol.lower()}
    return text(message | {"U": first, "u": final, "b": list(bids), "a": list(asks)})


def whole(number, symbol=BTC):
    return diff(number, number, [["10", "1"]], [["12", "3"]], symbol)


def begun():
    desk = Desk(GeminiStream)
    desk.take(whole(100), whole(500, ETH))
    assert desk.stream.live
    return desk


def test_the_first_update_of_a_symbol_is_delivered_as_its_snapshot():
    desk = Desk(GeminiStream)
    desk.take(whole(100))
    (rows,) = desk.sink.calls
    assert rows["kind"].tolist() == [Kind.BOOK_BEGIN, Kind.DEPTH, Kind.DEPTH, Kind.BOOK_END]
    assert rows["flags"].tolist() == [Flag.SNAPSHOT] * 3 + [Flag.SNAPSHOT | Flag.LAST]
    assert set(rows["instrument_id"].tolist()) == {7} and set(rows["recv_ns"].tolist()) == {5}
    assert set(rows["aux"].tolist()) == {100}
    assert desk.sink.levels() == ({10: 1}, {12: 3})
    assert (desk.stream.wanted, desk.stream.tallies[0].snapshots) == ({1}, 1)


def test_a_first_update_without_levels_is_an_empty_book_of_its_instrument():
    desk = Desk(GeminiStream)
    desk.take(diff(7, 7, symbol=ETH), diff(8, 9, [["10", "1"]], symbol=ETH))
    rows = desk.sink.calls[0]
    assert rows["kind"].tolist() == [Kind.BOOK_BEGIN, Kind.BOOK_END]
    for name, value in {
        "instrument_id": 8,
        "recv_ns": 5,
        "venue_ns": 1723161255208 * 10**6,
        "venue_id": Venue.GEMINI,
        "source": Source.FEED,
        "aux": 7,
    }.items():
        assert rows[name].tolist() == [value] * 2, name
    assert desk.sink.levels(1) == ({10: 1}, {})


def test_a_smaller_snapshot_has_nothing_of_the_one_before():
    desk = Desk(GeminiStream)
    levels = [[str(price), "5"] for price in range(1, 6)]
    desk.take(diff(1, 1, levels))
    desk.take(diff(1, 1, [["10", "1"]], symbol=ETH))
    rows = desk.sink.calls[-1]
    for field in ("price", "quantity", "order_id", "side"):
        assert rows[field][[0, -1]].tolist() == [0, 0], field


def test_one_who_watches_sees_the_snapshot_when_the_sink_has_it():
    desk, seen = Desk(GeminiStream), []
    desk.stream.watch = Watching(lambda part: seen.append((part.final_id, len(desk.sink.records))))
    desk.take(whole(100), diff(101, 102, [["10", "2"]]))
    assert seen == [(100, 4), (102, 5)]


def test_updates_may_overlap_and_old_ones_are_dropped():
    desk = begun()
    desk.take(diff(101, 103, [["10", "2"]]), diff(103, 104, [["11", "5"]]))
    desk.take(diff(102, 104, [["10", "9"]]), diff(1, 105, [["9", "4"]]))
    assert desk.sink.levels() == ({10: 2, 11: 5, 9: 4}, {12: 3})
    assert (desk.stream.tallies[0].dropped, desk.stream.broken) == (1, Reason.NONE)


def test_a_gap_ends_the_connection():
    """Also for what looks like a snapshot, and stands in the same batch."""
    desk = begun()
    desk.take(diff(101, 101, [["10", "2"]]), diff(103, 104), diff(105, 105, [["9", "1"]]))
    desk.take(diff(106, 106, [["8", "1"]]), whole(501, ETH))
    assert desk.sink.losses == [(7, Reason.SEQUENCE_GAP), (8, Reason.SEQUENCE_GAP)]
    assert desk.stream.broken is Reason.SEQUENCE_GAP and desk.stream.wanted == {0, 1}
    assert desk.sink.levels(0) is desk.sink.levels(1) is None
    assert desk.told == [(BTC, "update 103 came after 101")]


def test_another_connection_begins_with_snapshots():
    desk = begun()
    desk.take(diff(105, 106))
    desk.stream.begin()
    desk.take(whole(3), diff(4, 4, [["10", "8"]]), whole(7, ETH))
    assert desk.sink.levels() == ({10: 8}, {12: 3}) and desk.stream.live


def test_a_recording_of_two_connections_goes_on_with_the_second_ones_snapshot():
    """Nobody said in between that the books are lost; numbers may be lower, or far higher."""
    desk = begun()
    desk.stream.begin()
    desk.take(diff(50, 50, [["9", "1"]]), diff(900, 900, [["8", "2"]], symbol=ETH))
    assert (desk.sink.levels(0), desk.sink.levels(1)) == (({9: 1}, {}), ({8: 2}, {}))
    assert not desk.stream.broken


def test_a_book_that_is_lost_begins_with_no_later_update_of_the_connection():
    """One whose first and last number are the same is an update like any other."""
    desk = begun()
    desk.take(diff(101, 101, [["10.5", "2"]]), diff(102, 102, [["9", "1"]]))
    assert desk.sink.losses == [(7, Reason.CHECKSUM)]
    assert (desk.sink.levels(0), desk.stream.wanted) == (None, {0})
    assert desk.sink.levels(1) == ({10: 1}, {12: 3})
    desk.stream.begin()
    desk.take(whole(103))
    assert desk.sink.levels(0) == ({10: 1}, {12: 3})


def test_a_book_whose_snapshot_cannot_be_read_begins_with_no_other_update():
    desk = Desk(GeminiStream)
    desk.take(diff(100, 100, [["10.5", "1"]]), diff(101, 101, [["9", "1"]]))
    assert (desk.sink.records, desk.stream.wanted) == ([(Kind.BOOK_INVALID, 7)], {0, 1})


def test_a_symbol_whose_first_update_is_no_snapshot_has_none():
    desk = Desk(GeminiStream)
    desk.take(diff(100, 101, [["10", "1"]]), diff(102, 102, [["9", "1"]]))
    assert (desk.stream.tallies[0].early, desk.sink.calls) == (2, [])
    assert desk.told == [(BTC, "its first update is not the whole book")]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 3), st.integers(0, 9)), max_size=20),
    st.integers(1, 6),
)
def test_a_book_is_valid_just_as_long_as_every_number_is_in(steps, size):
    """Each update begins so far before, and ends so far behind, what the last one reached."""
    desk, last, frames, book = begun(), 100, [], {10: 1}
    alive = True
    for back, ahead, quantity in steps:
        first, final = last + 1 - back, last + ahead
        if ahead == 3 and not back:
            first += 1
        final = max(first, final)
        frames.append(diff(first, final, [["11", str(quantity)]]))
        if alive and final > last:
            alive = first <= last + 1
            last = final
            book[11] = quantity
    for at in range(0, len(frames), size):
        desk.take(*frames[at : at + size])
    bids = {price: quantity for price, quantity in book.items() if quantity}
    assert desk.sink.levels() == ((bids, {12: 3}) if alive else None)
    assert bool(desk.stream.broken) is not alive


@pytest.mark.parametrize("symbol", ["BTCUSD", "btcusd"])
def test_tops_are_delivered_whatever_the_book(symbol):
    desk = Desk(GeminiStream)
    desk.take(text({"u": 9, "E": 5, "s": symbol, "b": "10", "B": "1", "a": "11", "A": "2"}))
    assert desk.sink.records == [(Kind.TOP, 7)]
