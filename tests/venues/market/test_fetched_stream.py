"""Whatever happens while an answer is under way, a book that is valid is the venue's."""

import random

import pytest

from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.binance.stream import BinanceStream
from pinnacle.venues.bitstamp.stream import BitstampStream
from pinnacle.venues.market.fetched import RECENT_MAX, Recent
from tests.venues.kept import Kept
from tests.venues.samples import text
from tests.venues.wire import table


class Binance:
    symbol = "BTCUSDT"

    def stream(self, rows, sink):
        return BinanceStream(rows, sink)

    def update(self, number, bids, asks):
        row = {"e": "depthUpdate", "E": number, "s": self.symbol, "U": number, "u": number}
        return text(row | {"b": bids, "a": asks})

    def book(self, number, bids, asks):
        return text({"lastUpdateId": number, "bids": bids, "asks": asks})

    def trade(self, number):
        row = {"e": "trade", "E": 5, "s": self.symbol, "t": number, "p": "10", "q": "1"}
        return text(row | {"T": 5, "m": True, "M": True})


class Bitstamp:
    symbol = "btcusd"

    def stream(self, rows, sink):
        return BitstampStream(rows, None, sink, orders=False)

    def update(self, number, bids, asks):
        data = {"microtimestamp": str(number), "bids": bids, "asks": asks}
        return text({"data": data, "channel": f"diff_order_book_{self.symbol}", "event": "data"})

    def book(self, number, bids, asks):
        return text({"microtimestamp": str(number), "bids": bids, "asks": asks})

    def trade(self, number):
        data = {"id": number, "amount_str": "2", "price_str": "10", "type": 0}
        data["microtimestamp"] = "5"
        channel = f"live_trades_{self.symbol}"
        return text({"data": data, "channel": channel, "event": "trade"})


def rows(levels):
    return [[str(price), str(quantity)] for price, quantity in levels.items()]


class Scene:
    """A venue's market, what of it has come, and at most one answer under way."""

    def __init__(self, venue, seed):
        self.venue, self.random, self.number = venue, random.Random(seed), 1
        self.sink = Kept(1)
        self.stream = venue.stream(table([venue.symbol], 0, 0), self.sink)
        self.bids, self.asks = {95: 1, 96: 1}, {101: 1, 102: 1}
        self.under_way = None

    def update(self):
        self.number += 1
        bids, asks = {}, {}
        told, prices = self.random.choice([(bids, range(90, 100)), (asks, range(101, 111))])
        price, quantity = self.random.choice(prices), self.random.choice([0, 0, 1, 2])
        told[price] = quantity
        market = self.bids if told is bids else self.asks
        market[price] = quantity
        if not quantity:
            del market[price]
        self.stream.take([self.venue.update(self.number, rows(bids), rows(asks))], self.number)

    def odd(self):
        self.number += 1
        self.stream.take([self.venue.update(self.number, [["9.5", "1"]], [])], self.number)

    def resync(self):
        self.stream.resync(0, Reason.STALE, self.number)

    def renew(self):
        self.stream.renew(0)

    def hold(self):
        self.stream.hold(0, self.random.choice([Reason.HALTED, Reason.DELISTED]), self.number)

    def release(self):
        self.stream.hold(0, Reason.NONE, self.number)

    def ask(self):
        if self.under_way is None and 0 in self.stream.wanted | self.stream.renewing:
            body = self.venue.book(self.number, rows(self.bids), rows(self.asks))
            self.under_way = self.stream.generations[0], body

    def answer(self):
        asked, self.under_way = self.under_way, None
        if asked is not None and asked[0] == self.stream.generations[0]:
            self.stream.snapshot(0, asked[1], self.number)


VENUES = pytest.mark.parametrize("venue", [Binance(), Bitstamp()], ids=["binance", "bitstamp"])


@VENUES
@pytest.mark.parametrize("fault", ["odd", "resync", "hold", "renew", "update"])
def test_an_answer_to_what_was_asked_before_a_book_was_forgotten_begins_none(venue, fault):
    usual, whole = ["update"] * 4 + ["release", "ask", "answer"], 0
    for seed in range(60):
        scene = Scene(venue, seed)
        for _ in range(100):
            step = scene.random.choice([*usual, fault])
            getattr(scene, step)()
            levels = scene.sink.levels()
            if levels is not None:
                assert levels == (scene.bids, scene.asks), (seed, step)
                whole += 1
    assert whole > 500


def trades(scene, *numbers):
    """Which of these trades are told."""
    scene.sink.calls.clear()
    scene.stream.take([scene.venue.trade(number) for number in numbers], 1)
    return [number for number, _ in scene.sink.trades()]


@VENUES
def test_a_trade_that_two_connections_tell_counts_once_in_whatever_order(venue):
    scene = Scene(venue, 1)
    scene.stream.repeated = True
    assert trades(scene, 1, 2, 3, 1, 2) == [1, 2, 3]
    assert trades(scene, 6, 5, 7) == [6, 5, 7]
    assert trades(scene, 3, 4, 6, 5, 7, 8) == [4, 8]
    assert trades(scene, *range(9, 9 + RECENT_MAX)) == list(range(9, 9 + RECENT_MAX))
    assert trades(scene, 3, 5, 8, 20, 0) == []
    assert scene.stream.tallies[0].dropped == 2 + 4 + 5


@VENUES
def test_trades_of_a_connection_that_lags_do_not_come_again_when_all_books_are_lost(venue):
    scene = Scene(venue, 1)
    scene.stream.repeated = True
    trades(scene, 1, 2, 3)
    scene.stream.lose(Reason.CHECKSUM, 2)
    scene.stream.begin()
    assert trades(scene, 2, 3, 4) == [4]
    scene.stream.invalidate(Reason.DISCONNECTED, 3, [0])
    assert trades(scene, 1) == [1], "the venue may count anew by then"


def test_each_book_stands_at_its_own_number():
    sink = Kept(2)
    stream = BinanceStream(table(["BTCUSDT", "ETHUSDT"], 0, 0), sink)
    venues = [Binance(), Binance()]
    venues[1].symbol = "ETHUSDT"
    for row, number in ((1, 70), (0, 5)):
        assert stream.snapshot(row, venues[row].book(number, [["10", "1"]], []), 1)
    assert [stream.standing[row].last_id for row in (0, 1)] == [5, 70]
    stream.take([venues[1].update(71, [["10", "2"]], []), venues[0].update(6, [["9", "3"]], [])], 2)
    assert [stream.standing[row].last_id for row in (0, 1)] == [6, 71]
    assert [sink.levels(row) for row in (0, 1)] == [({10: 1, 9: 3}, {}), ({10: 2}, {})]


def test_what_is_numbered_0_is_news_once():
    sink = Kept(1)
    stream = BinanceStream(table(["BTCUSDT"], 0, 0), sink)
    stream.repeated = True
    top = {"u": 0, "s": "BTCUSDT", "b": "10", "B": "1", "a": "11", "A": "2"}
    for _ in range(2):
        for _ in range(2):
            stream.take([Binance().trade(0), text(top)], 1)
        assert [kind for kind, _ in sink.records] == [Kind.TRADE, Kind.TOP]
        stream.invalidate(Reason.DISCONNECTED, 1, [0])
        sink.calls.clear()


def test_an_answer_to_a_request_of_before_is_known_by_its_generation():
    stream = BinanceStream(table(["BTCUSDT", "ETHUSDT"], 0, 0), Kept(2))
    stream.renew(0)
    assert stream.generations == [0, 0], "of a book that is not there"
    stream.snapshot(0, Binance().book(5, [["10", "1"]], []), 1)
    stream.renew(0)
    assert (stream.generations, stream.renewing) == ([1, 0], {0})
    assert stream.snapshot(0, Binance().book(4, [["10", "7"]], []), 2) is False
    assert stream.snapshot(0, Binance().book(6, [["10", "2"]], []), 2)
    assert stream.renewing == set() and stream.tallies[0].snapshots == 2
    assert stream.snapshot(0, Binance().book(5, [["10", "9"]], []), 3) is True
    assert stream.tallies[0].snapshots == 2, "nobody wants one"
    stream.renew(0)
    stream.resync(0, Reason.RESYNC, 2)
    assert stream.generations == [3, 0] and stream.renewing == set()


def test_a_book_that_is_held_counts_one_break_and_takes_no_snapshot():
    sink = Kept(1)
    stream = BinanceStream(table(["BTCUSDT"], 0, 0), sink)
    book = Binance().book(5, [["10", "1"]], [])
    assert stream.snapshot(0, book, 1) and stream.tallies[0].snapshots == 1
    stream.hold(0, Reason.HALTED, 2)
    assert (stream.tallies[0].resyncs, stream.wanted) == (1, set())
    stream.hold(0, Reason.DELISTED, 3)
    assert stream.snapshot(0, book, 4) and sink.levels() is None
    assert stream.tallies[0].snapshots == 1
    stream.hold(0, Reason.NONE, 5)
    assert (stream.tallies[0].resyncs, stream.wanted) == (1, {0})
    assert stream.snapshot(0, book, 6) and sink.levels() == ({10: 1}, {})
    assert [reason for _, reason in sink.losses] == [
        Reason.HALTED, Reason.DELISTED, Reason.RESYNC,
    ]  # fmt: skip


def test_a_broken_connection_takes_no_snapshot():
    stream = BinanceStream(table(["BTCUSDT"], 0, 0), Kept(1))
    nobodys = text({"e": "depthUpdate", "E": 1, "U": 5, "u": 5, "b": [], "a": []})
    stream.take([nobodys], 1)
    assert stream.broken is Reason.CHECKSUM
    assert not stream.snapshot(0, Binance().book(5, [["10", "1"]], []), 2)
    stream.begin()
    assert stream.snapshot(0, Binance().book(5, [["10", "1"]], []), 3)


def test_quantities_of_a_snapshot_that_are_finer_than_a_lot_are_counted():
    stream = BinanceStream(table(["BTCUSDT"], 0, 0), Kept(1))
    assert stream.snapshot(0, Binance().book(5, [["10", "1.5"]], [["11", "2"]]), 1)
    assert stream.tallies[0].rounded == 1


def test_ids_of_trades_that_were_let_go_count_anew_behind_a_break():
    recent = Recent()
    assert all(recent.is_new(number) for number in range(1, RECENT_MAX + 1))
    assert recent.is_new(0), "none was let go"
    assert all(recent.is_new(number) for number in range(RECENT_MAX + 1, RECENT_MAX + 3))
    assert not recent.is_new(0) and not recent.is_new(1) and not recent.is_new(RECENT_MAX)
    recent.forget()
    assert recent.is_new(0) and recent.is_new(1)
