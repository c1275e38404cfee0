"""Coinbase Exchange's books begin with the snapshots in its stream; nothing is numbered."""

import pytest

from pinnacle.core.schema import Reason, Side
from pinnacle.venues.coinbase_exchange.stream import CoinbaseExchangeStream
from tests.venues.kept import Kept
from tests.venues.samples import text
from tests.venues.wire import table

BTC, ETH = "BTC-USD", "ETH-USD"
AT = "2026-08-09T21:05:48.505350477Z"


def snapshot(symbol, bids, asks):
    return text({"type": "snapshot", "product_id": symbol, "bids": bids, "asks": asks})


def update(symbol, *changes):
    return text({"type": "l2update", "product_id": symbol, "changes": list(changes), "time": AT})


def match(number, side, kind="match", symbol=BTC):
    row = {"type": kind, "trade_id": number, "side": side, "size": "2", "price": "10"}
    return text(row | {"product_id": symbol, "sequence": 50 + number, "time": AT})


class Desk:
    def __init__(self):
        self.sink, self.told = Kept(), []
        rows, tell = table([BTC, ETH], 0, 0), lambda *words: self.told.append(words)
        self.stream = CoinbaseExchangeStream(rows, None, self.sink, tell)

    def take(self, *frames):
        return self.stream.take(frames, 1)


def begun():
    desk = Desk()
    desk.take(*(snapshot(symbol, [["10", "1"]], [["12", "3"]]) for symbol in (BTC, ETH)))
    return desk


def test_a_book_is_its_snapshot_with_the_changes_since():
    desk = Desk()
    early = update(BTC, ["buy", "9", "5"])
    desk.take(early, snapshot(BTC, [["10", "1"]], [["12", "3"]]))
    desk.take(update(BTC, ["buy", "11", "4"], ["sell", "12", "0.00"], ["sell", "13", "6"]))
    assert desk.sink.levels() == ({10: 1, 11: 4}, {13: 6})
    tally = desk.stream.tallies[0]
    assert (tally.early, tally.snapshots, desk.stream.wanted) == (1, 1, {1})


def test_a_second_snapshot_replaces_the_book():
    desk = begun()
    desk.take(update(BTC, ["buy", "9", "5"]), snapshot(BTC, [["8", "1"]], []))
    assert desk.sink.levels() == ({8: 1}, {})


def test_trades_have_the_aggressors_side_and_those_of_before_are_none_of_the_market():
    desk = Desk()
    past = match(1, "sell", "last_match")
    assert desk.take(past, match(2, "sell"), match(3, "buy")) == [past]
    assert desk.sink.trades() == [(2, Side.BID), (3, Side.ASK)]


@pytest.mark.parametrize("change", [["buy", "10.5", "5"], ["what", "10", "5"], ["buy", "10"]])
def test_a_change_that_cannot_be_costs_its_own_book_until_the_next_snapshot(change):
    desk = begun()
    desk.take(update(BTC, ["sell", "13", "6"], change), update(ETH, ["buy", "9", "4"]))
    assert desk.sink.losses == [(7, Reason.CHECKSUM)]
    desk.take(update(BTC, ["buy", "10", "2"]))
    assert (desk.sink.levels(0), desk.sink.levels(1)) == (None, ({10: 1, 9: 4}, {12: 3}))
    desk.take(snapshot(BTC, [["8", "1"]], []))
    assert desk.sink.levels(0) == ({8: 1}, {}) and desk.stream.live


def test_the_full_channels_single_orders_are_nothing_to_a_book_of_levels():
    desk = begun()
    opened = {"type": "open", "product_id": BTC, "side": "buy", "price": "10", "sequence": 9}
    opened |= {"order_id": "ac928c66-ca53-498f-9c13-a110027a60e8", "remaining_size": "1"}
    assert desk.take(text(opened)) == []
    assert desk.sink.levels() == ({10: 1}, {12: 3}) and desk.sink.losses == []
