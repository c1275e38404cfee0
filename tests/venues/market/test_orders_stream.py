"""Books of single orders: the levels that are told are the sums of the venue's orders."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core._native import ffi
from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.bitstamp.stream import BitstampStream
from pinnacle.venues.coinbase_exchange.stream import CoinbaseExchangeStream
from pinnacle.venues.market.codec import FrameError
from pinnacle.venues.market.sync import HELD_BYTES_MAX
from tests.venues.kept import Kept
from tests.venues.samples import text
from tests.venues.single_orders import SYMBOLS, OrderMarket
from tests.venues.wire import table

STREAMS = {"coinbase_exchange": CoinbaseExchangeStream, "bitstamp": BitstampStream}
VENUES = pytest.mark.parametrize("venue", STREAMS)


class Desk:
    def __init__(self, venue, orders=True):
        self.sink, self.told = Kept(1), []
        tell = lambda *words: self.told.append(words)  # noqa: E731
        rows = table([SYMBOLS[venue]], 2, 2)
        self.stream = STREAMS[venue](rows, None, self.sink, tell, orders)

    def take(self, *frames, at=1):
        return self.stream.take(frames, at)

    def levels(self):
        return self.sink.levels()

    def l3(self):
        """The top of the book of orders."""
        return self.stream.book_of(0).top()


def is_crossed(sums):
    bids, asks = sums
    return bool(bids and asks and max(bids) >= min(asks))


def positive(sums):
    return tuple({price: size for price, size in side.items() if size} for side in sums)


@VENUES
@settings(deadline=None, max_examples=40)
@given(st.data())
def test_whenever_the_book_is_fetched_the_levels_are_the_sums_behind_each_message(venue, data):
    market = OrderMarket(venue, data.draw(st.integers(0, 10**6)))
    frames = [frame for _, frame in market.frames]
    begin = data.draw(st.integers(0, len(frames)))
    taken = data.draw(st.integers(begin, min(len(frames), begin + 30)))
    asked = data.draw(st.integers(begin, min(len(frames), taken + 10)))
    while is_crossed(market.states[asked]):
        asked -= 1
    begin = min(begin, asked)
    known = True if not any(market.states[asked]) else None
    desk = Desk(venue, data.draw(st.sampled_from([True, known])))
    desk.take(*frames[begin:taken])
    assert desk.levels() is None
    assert desk.stream.snapshot(0, market.book(asked), 2)
    behind = max(taken, asked)
    desk.take(*frames[taken:behind], at=3)
    for at in range(behind, len(frames)):
        desk.take(frames[at], at=4)
        if not is_crossed(market.states[at + 1]):
            assert desk.levels() == positive(market.states[at + 1]), at
        book = desk.sink.books[0].top()
        if desk.stream.book_of(0) and not is_crossed(market.states[at + 1]):
            assert (book.bid_price, book.bid_quantity) == desk.l3()[:2] or not book.bid_quantity
            assert (book.ask_price, book.ask_quantity) == desk.l3()[2:4] or not book.ask_quantity
    assert desk.sink.losses == [] and desk.told == []
    desk.stream.book_of(0).check()


@VENUES
def test_a_book_that_is_crossed_for_a_moment_is_never_shown(venue):
    market, desk = OrderMarket(venue, 5, 300), Desk(venue)
    assert desk.stream.snapshot(0, market.book(0), 1)
    seen = 0
    for (_, frame), state in zip(market.frames, market.states[1:], strict=True):
        desk.take(frame)
        seen += is_crossed(state)
        assert desk.levels() is not None and not is_crossed(desk.levels())
    assert (seen > 10) == (venue == "bitstamp")


def test_what_stays_crossed_for_a_second_begins_anew():
    market, desk = OrderMarket("bitstamp", 5, 300), Desk("bitstamp")
    at = next(n for n, state in enumerate(market.states) if is_crossed(state))
    desk.stream.snapshot(0, market.book(at - 1), 1)
    crossing = market.frames[at - 1][1]
    desk.take(crossing, at=10)
    desk.take(crossing, at=10 + 10**9)
    assert desk.levels() == positive(market.states[at - 1])
    desk.take(crossing, at=11 + 10**9)
    assert (desk.sink.losses, desk.stream.wanted) == ([(7, Reason.CROSSED)], {0})


def test_so_it_does_where_nothing_comes_any_more():
    market, desk = OrderMarket("bitstamp", 5, 300), Desk("bitstamp")
    at = next(n for n, state in enumerate(market.states) if is_crossed(state))
    desk.stream.snapshot(0, market.book(at - 1), 1)
    desk.take(market.frames[at - 1][1], at=10)
    desk.stream.look(10 + 10**9)
    assert desk.stream.wanted == set()
    for now in (11 + 10**9, 12 + 10**9):
        desk.stream.look(now)
    assert (desk.sink.losses, desk.stream.wanted) == ([(7, Reason.CROSSED)], {0})
    assert desk.stream.snapshot(0, market.book(at + 1), 2)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_message_of_coinbase_that_is_missing_is_a_gap_and_the_next_book_is_whole(data):
    market = OrderMarket("coinbase_exchange", data.draw(st.integers(0, 10**6)))
    frames, desk = [frame for _, frame in market.frames], Desk("coinbase_exchange")
    lost = data.draw(st.integers(0, len(frames) - 2))
    desk.stream.snapshot(0, market.book(0), 1)
    desk.take(*frames[:lost], frames[lost + 1])
    assert desk.sink.losses == [(7, Reason.SEQUENCE_GAP)]
    assert (desk.stream.tallies[0].gaps, desk.stream.wanted) == (1, {0})
    assert not desk.stream.snapshot(0, market.book(lost), 2)
    assert desk.stream.snapshot(0, market.book(lost + 1), 2)
    desk.take(*frames[lost + 2 :])
    assert desk.levels() == positive(market.states[-1])


def test_messages_that_come_again_change_nothing():
    market, desk = OrderMarket("coinbase_exchange", 3), Desk("coinbase_exchange")
    frames = [frame for _, frame in market.frames]
    desk.stream.snapshot(0, market.book(0), 1)
    for frame in frames:
        desk.take(frame, *frames[:5], frame)
    assert desk.levels() == positive(market.states[-1])
    parts = [1 + (b'"match"' in frame) for frame in frames]
    assert len(desk.sink.trades()) == sum(parts) - len(frames) > 3
    again = sum(parts) + len(frames) * sum(parts[:5])
    assert desk.stream.tallies[0].dropped + desk.stream.tallies[0].early == again


def test_an_execution_of_an_order_that_does_not_rest_costs_the_book():
    market, desk = OrderMarket("coinbase_exchange", 3), Desk("coinbase_exchange")
    at = next(n for n, (_, frame) in enumerate(market.frames) if b'"match"' in frame)
    number = market.frames[at][0]
    desk.stream.snapshot(0, b'{"bids":[],"asks":[],"sequence":%d}' % (number - 1), 1)
    desk.take(market.frames[at][1])
    assert desk.sink.losses == [(7, Reason.UNKNOWN_ORDER)]
    assert desk.told == [(SYMBOLS["coinbase_exchange"], "its orders do not add up: UNKNOWN_ORDER")]
    assert desk.stream.tallies[0].odd == 1
    assert desk.stream.snapshot(0, market.book(at + 1), 2)
    assert desk.levels() == positive(market.states[at + 1])


def test_two_orders_of_one_folded_id_cost_the_book():
    """Halves change places: another UUID, the same 64 bits."""
    one, other = "00000000-0000-4001-8000-000000000002", "80000000-0000-0002-0000-000000004001"
    desk = Desk("coinbase_exchange")
    body = b'{"bids":[["10","1","%s"]],"asks":[],"sequence":5}' % one.encode()
    assert desk.stream.snapshot(0, body, 1)
    opened = (
        b'{"type":"open","product_id":"BTC-USD","sequence":6,"side":"buy","price":"10",'
        b'"remaining_size":"1","order_id":"%s"}' % other.encode()
    )
    desk.take(opened)
    assert desk.sink.losses == [(7, Reason.DUPLICATE_ORDER)]


@VENUES
def test_a_snapshot_that_adds_nothing_up_begins_no_book(venue):
    market, desk = OrderMarket(venue, 3), Desk(venue)
    body = market.book(len(market.frames))
    twice = body.replace(b'"bids":[', b'"bids":[["1.00","1.00",%s],' % last_id(body))
    if venue == "coinbase_exchange":
        desk.stream.snapshot(0, twice, 1)
        assert desk.sink.losses == [(7, Reason.DUPLICATE_ORDER)]
    levels = b'{"microtimestamp":"5","bids":[["1.00","2.00"]],"asks":[],"sequence":1}'
    with pytest.raises(FrameError, match="not a snapshot of orders"):
        desk.stream.snapshot(0, levels, 1)
    assert desk.levels() is None and desk.stream.wanted == {0}
    assert desk.stream.snapshot(0, body, 1)
    assert desk.levels() == positive(market.states[-1])


def last_id(body):
    return body.rpartition(b'"asks"')[2].split(b",")[2].rstrip(b"]}").partition(b"]")[0]


@VENUES
def test_books_of_levels_take_no_orders_and_none_of_their_snapshots(venue):
    market, desk = OrderMarket(venue, 3), Desk(venue, orders=False)
    desk.take(*(frame for _, frame in market.frames))
    assert {kind for kind, _ in desk.sink.records} == {Kind.TRADE}
    with pytest.raises(FrameError, match="not a snapshot of levels"):
        desk.stream.snapshot(0, market.book(len(market.frames)), 1)


def test_market_orders_and_orders_less_than_a_lot_are_no_part_of_the_book():
    desk = Desk("bitstamp")
    desk.stream.snapshot(0, b'{"microtimestamp":"5","bids":[],"asks":[]}', 1)
    for number, (price, amount) in enumerate([("0.00", "5"), ("10.00", "0.001")], 6):
        row = f'"id":{number},"order_type":0,"price_str":"{price}","amount_str":"{amount}"'
        for event in ("created", "changed", "deleted"):
            desk.take(
                f'{{"data":{{{row},"microtimestamp":"{number}"}},"channel":"live_orders_btcusd",'
                f'"event":"order_{event}"}}'.encode()
            )
    assert desk.levels() == ({}, {}) and desk.sink.losses == []


def test_records_of_the_levels_are_whole_messages():
    market, desk = OrderMarket("coinbase_exchange", 9), Desk("coinbase_exchange")
    desk.stream.snapshot(0, market.book(0), 1)
    for _, frame in market.frames:
        desk.take(frame)
    assert all(rows[-1]["flags"] & 1 for rows in desk.sink.calls)
    assert ffi.sizeof("struct pmm_event") == desk.sink.calls[0].itemsize


def test_books_of_levels_and_of_orders_stand_side_by_side():
    """Of a recording nobody knows which; each symbol's first snapshot tells."""
    market, sink = OrderMarket("bitstamp", 7), Kept(3)
    stream = BitstampStream(table(["btcusd", "ethusd", "xrpusd"], 2, 2), None, sink, orders=None)
    begin = next(
        at for at, sides in enumerate(market.states) if any(sides) and not is_crossed(sides)
    )
    assert stream.snapshot(0, market.book(begin), 1)
    other = b'{"microtimestamp":"5","bids":[["1.00","2.00"]],"asks":[]}'
    assert stream.snapshot(1, other, 1) and stream.snapshot(2, other, 1)
    level = (
        '{"data":{"microtimestamp":"%d","bids":[["1.00","%d.00"]],"asks":[]},'
        '"channel":"diff_order_book_%s","event":"data"}'
    )
    frames = [frame for _, frame in market.frames[begin:]]
    stream.take(frames[:8], 2)
    for number, frame in enumerate(frames[8:], 6):
        both = [level.encode() % (number, 3, b"ethusd"), frame]
        stream.take(both if number % 2 else [both[1], both[0]], 2)
        stream.take([level.encode() % (number, 9, b"btcusd")], 2)
        stream.take(
            [level.encode() % (number, 4, b"xrpusd"), level.encode() % (number, 5, b"ethusd")], 2
        )
    sums = tuple(
        {price: size for price, size in side.items() if size} for side in market.states[-1]
    )
    assert [sink.levels(row) for row in (0, 1, 2)] == [sums, ({100: 500}, {}), ({100: 400}, {})]
    assert stream.book_of(0) is not None and stream.book_of(1) is stream.book_of(2) is None
    told = [number for _, number in sink.records if number > 7]
    assert (told.count(8), told.count(9)) == (2 * len(frames[8:]) + 3, len(frames[8:]) + 3)


def test_an_empty_book_is_one_of_orders_where_orders_were_told():
    market, sink = OrderMarket("bitstamp", 7), Kept(1)
    stream = BitstampStream(table(["btcusd"], 2, 2), None, sink, orders=None)
    row = {"microtimestamp": str(market.number), "bids": [["1.00", "9.00"]], "asks": []}
    level = text({"data": row, "channel": "diff_order_book_btcusd", "event": "data"})
    stream.take([*(frame for _, frame in market.frames), level], 1)
    assert stream.snapshot(0, market.book(0), 2)
    assert sink.levels(0) == positive(market.states[-1]) and stream.book_of(0) is not None


def test_an_empty_book_is_one_of_levels_where_levels_were_told():
    sink = Kept(1)
    stream = BitstampStream(table(["btcusd"], 2, 2), None, sink, orders=None)
    row = {"microtimestamp": "6", "bids": [["1.00", "3.00"]], "asks": []}
    stream.take([text({"data": row, "channel": "diff_order_book_btcusd", "event": "data"})], 1)
    assert stream.snapshot(0, b'{"microtimestamp":"5","bids":[],"asks":[]}', 2)
    assert sink.levels(0) == ({100: 300}, {}) and stream.book_of(0) is None


def test_of_orders_more_is_held_than_of_levels():
    market = OrderMarket("coinbase_exchange", 3)
    frames = [frame for _, frame in market.frames]
    padding = b',"x":"' + b"y" * (HELD_BYTES_MAX // 20) + b'"}'
    desk = Desk("coinbase_exchange")
    desk.take(*(frame[:-1] + padding for frame in frames))
    assert desk.stream.snapshot(0, market.book(0), 2)
    assert desk.levels() == positive(market.states[-1])
