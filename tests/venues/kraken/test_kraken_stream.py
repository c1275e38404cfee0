"""Kraken's books follow their messages as long as the venue's checksums are theirs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.venues.kraken.stream import KrakenStream
from tests.venues.kept import Kept, Watching
from tests.venues.kraken.kraken_frames import Venue, element, frame
from tests.venues.wire import table

BTC, ETH = "BTC/USD", "ETH/USD"
BID, ASK = Side.BID, Side.ASK
START = [(BID, 1000, 10**8), (BID, 999, 5), (ASK, 1001, 25), (ASK, 1010, 7)]


class Desk:
    """A stream of two symbols, and what came of it."""

    def __init__(self, depth=10, lot=8):
        self.venue, self.sink, self.told = Venue(BTC, ETH, depth=depth or 10), Kept(), []
        rows = table([BTC, ETH], 2, lot)
        tell = lambda *words: self.told.append(words)  # noqa: E731
        self.stream = KrakenStream(rows, None, self.sink, tell, depth)

    def take(self, *frames):
        return self.stream.take(frames, 1)

    def agrees(self, symbol):
        return self.sink.levels([BTC, ETH].index(symbol)) == self.venue.levels(symbol)


def begun(**how):
    desk = Desk(**how)
    desk.take(desk.venue.snapshot(BTC, START), desk.venue.snapshot(ETH, START))
    assert desk.stream.live and desk.agrees(BTC) and desk.agrees(ETH)
    return desk


QUANTITY = st.sampled_from([0, 0, 1, 10**8, 123456789])
LEVELS = st.lists(
    st.one_of(
        st.tuples(st.just(BID), st.integers(1, 30), QUANTITY),
        st.tuples(st.just(ASK), st.integers(31, 60), QUANTITY),
    ),
    max_size=12,
)
SENT = st.lists(
    st.tuples(st.sampled_from([BTC, ETH]), LEVELS, st.integers(0, 7).map(lambda n: n == 0)),
    max_size=15,
)


@given(SENT, st.integers(1, 5))
def test_each_book_is_the_venues_until_a_checksum_is_wrong_and_from_the_next_snapshot(sent, size):
    """In batches of any size; a book that is lost begins anew with what it would have been."""
    desk = Desk()
    lost = {BTC, ETH}
    frames, states = [], []
    for symbol, levels, wrong in sent:
        begins = symbol in lost
        frames.append(
            desk.venue.snapshot(symbol, levels, wrong)
            if begins
            else desk.venue.update(symbol, levels, wrong)
        )
        (lost.add if wrong else lost.discard)(symbol)
        states.append({s: None if s in lost else desk.venue.levels(s) for s in (BTC, ETH)})
        states[-1] = {s: v and ({**v[0]}, {**v[1]}) for s, v in states[-1].items()}
    for at in range(0, len(frames), size):
        desk.take(*frames[at : at + size])
        state = states[min(at + size, len(frames)) - 1]
        assert {BTC: desk.sink.levels(0), ETH: desk.sink.levels(1)} == state
    assert {desk.stream.codec.symbols[row] for row in desk.stream.wanted} == lost
    bad = sum(wrong for _, _, wrong in sent)
    counted = desk.stream.counts()
    assert (counted["checksums_bad"], counted["checksums_good"]) == (bad, len(sent) - bad)
    assert len(desk.sink.losses) == bad


def test_of_a_part_with_a_wrong_checksum_nothing_is_delivered_and_the_other_symbol_goes_on():
    desk = begun()
    before = len(desk.sink.calls)
    wrong = desk.venue.element(BTC, False, [(BID, 1000, 3)], wrong=1)
    good = desk.venue.element(ETH, False, [(BID, 1000, 4)])
    desk.take(frame("update", wrong, good))
    assert [
        (Kind(r["kind"]), int(r["instrument_id"]), int(r["reason"]))
        for rows in desk.sink.calls[before:]
        for r in rows
    ] == [(Kind.BOOK_INVALID, 7, Reason.CHECKSUM), (Kind.DEPTH, 8, Reason.NONE)]
    assert (desk.stream.wanted, desk.agrees(ETH)) == ({0}, True)
    assert desk.told == [(BTC, "not the book that the venue's checksum is of")]
    assert not desk.stream.broken


def test_a_book_that_is_lost_takes_no_update_until_its_snapshot():
    desk = begun()
    desk.take(desk.venue.update(BTC, [(BID, 1000, 3)], wrong=1))
    desk.take(desk.venue.update(BTC, [(BID, 1000, 4)]))
    assert (desk.stream.tallies[0].early, desk.sink.levels(0)) == (1, None)
    desk.take(desk.venue.snapshot(BTC, START))
    assert desk.stream.live and desk.agrees(BTC)


def test_a_snapshot_with_a_wrong_checksum_begins_no_book():
    desk = Desk()
    desk.take(desk.venue.snapshot(BTC, START, wrong=1))
    assert (desk.stream.wanted, desk.sink.levels(0)) == ({0, 1}, None)
    assert desk.sink.records == [(Kind.BOOK_INVALID, 7)]


def test_a_snapshot_need_not_have_a_checksum():
    desk = Desk()
    desk.venue.element(BTC, True, START)
    desk.take(frame("snapshot", element(BTC, START, None)))
    assert desk.agrees(BTC) and desk.stream.tallies[0].good == 0


def test_several_symbols_in_one_message_are_parts_of_their_own():
    desk = Desk()
    desk.take(frame("snapshot", *(desk.venue.element(s, True, START) for s in (BTC, ETH))))
    assert desk.agrees(BTC) and desk.agrees(ETH)


@pytest.mark.parametrize("checksum", [True, False])
def test_of_a_lot_that_is_too_coarse_it_is_said_that_no_checksum_can_be_made(checksum):
    """Of a snapshot without one too, when the first update has one."""
    desk = Desk(lot=4)
    desk.venue.element(BTC, True, START)
    if checksum:
        desk.take(desk.venue.snapshot(BTC, START))
    else:
        desk.take(frame("snapshot", element(BTC, START, None)))
        desk.take(desk.venue.update(BTC, [(BID, 1000, 2 * 10**8)]))
    ((about, words),) = desk.told
    assert about == BTC and "finer than the lot" in words
    assert (desk.sink.levels(0), desk.stream.tallies[0].rounded) == (None, 3)


def test_a_finer_quantity_that_is_gone_with_its_book_is_forgotten():
    desk = Desk(lot=4)
    desk.take(frame("snapshot", element(BTC, START, None)))
    whole = [(BID, 1000, 10**8)]
    desk.take(desk.venue.snapshot(BTC, whole), desk.venue.update(BTC, [(ASK, 1001, 10**8)]))
    assert not desk.told and desk.sink.levels(0) == ({1000: 10**4}, {1001: 10**4})
    desk.take(desk.venue.update(BTC, whole, wrong=1))
    assert desk.told == [(BTC, "not the book that the venue's checksum is of")]


def test_an_update_without_levels_is_checked_with_the_places_of_those_before():
    desk = begun()
    desk.take(desk.venue.update(BTC, []))
    desk.take(desk.venue.update(BTC, [(BID, 1000, 4)]))
    assert desk.agrees(BTC) and desk.stream.tallies[0].good == 3


def test_an_update_without_levels_is_checked_like_any_other():
    desk = begun()
    desk.take(desk.venue.update(BTC, [], wrong=1))
    assert desk.stream.wanted == {0}


def test_a_book_without_levels_is_a_book():
    desk = Desk()
    desk.take(desk.venue.snapshot(BTC, []))
    desk.take(desk.venue.update(BTC, [(BID, 1000, 4)]))
    assert desk.agrees(BTC)


@pytest.mark.parametrize(("most", "depth"), [(3, 10), (10, 10), (11, 25), (26, 100)])
def test_the_depth_of_a_recording_is_the_venues_least_that_holds_the_first_snapshot(most, depth):
    desk, bids = Desk(depth=None), [(BID, 1000 - n, 5) for n in range(most)]
    desk.venue.books[BTC].depth = depth
    desk.take(desk.venue.snapshot(BTC, bids))
    more = [(BID, 2000 + n, 6) for n in range(depth)]
    for level in more:
        desk.take(desk.venue.update(BTC, [level]))
    assert desk.agrees(BTC) and len(desk.sink.levels(0)[0]) == depth


def test_a_recordings_depth_is_the_largest_that_it_has_shown():
    desk = Desk(depth=None)
    for most, depth in ((3, 10), (20, 25), (3, 25)):
        desk.venue.books[BTC].depth = depth
        bids = [(BID, 1000 - n, 5) for n in range(most)]
        more = [(BID, 2000 + n, 6) for n in range(depth)]
        desk.take(desk.venue.snapshot(BTC, bids), *(desk.venue.update(BTC, [m]) for m in more))
        assert desk.agrees(BTC) and len(desk.sink.levels(0)[0]) == depth


def test_more_levels_than_were_asked_for_are_said():
    desk = begun()
    desk.take(desk.venue.update(BTC, [(BID, 100 + n, 5) for n in range(40)]))
    assert desk.told == [(BTC, "more levels than were asked for")]
    assert desk.sink.losses == [(7, Reason.CHECKSUM)]


def test_one_who_watches_is_told_of_what_the_sink_has():
    desk, seen = Desk(), []
    desk.stream.watch = Watching(lambda part: seen.append((part.kind, len(desk.sink.calls))))
    desk.take(desk.venue.snapshot(BTC, START), desk.venue.update(BTC, [(BID, 1000, 4)]))
    desk.take(desk.venue.update(BTC, [(BID, 1000, 5)], wrong=1))
    assert [calls for _, calls in seen] == [1, 2]


def test_a_message_of_no_symbol_is_none_of_the_market():
    desk, empty = Desk(), frame("update")
    assert desk.take(empty) == [empty]


def test_places_are_counted_in_an_elements_own_levels():
    desk = Desk()
    codec = desk.stream.codec
    codec.scan([frame("update", element(BTC, START, 1), element(ETH, [], 1))], 0)
    places = [(part.price_decimals, part.quantity_decimals) for part in codec.last_parts()]
    assert places == [(2, 8), (0, 0)]
