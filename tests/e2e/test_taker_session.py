"""A real session whose strategy sends orders beside its quotes: filled, ended, and repeated."""

import re
from collections import Counter

import numpy as np
import pytest

from pinnacle.core.schema import Class, Flag, Kind, OrderType, TimeInForce, is_of
from tests.sessions import assert_repeats, journalled, running_demo, until

TAKER = '''
from pinnacle.core.schema import Side, TimeInForce
from pinnacle.strategy.base import Strategy


class Taker(Strategy):
    """Quotes far away, takes now and then, and begins again only when its order has ended."""

    def __init__(self, markets, params):
        super().__init__(markets, params)
        self.looks, self.out = 0, {}

    def on_book(self, market):
        bids, asks = market.book.depth(Side.BID, 1), market.book.depth(Side.ASK, 1)
        if not (len(bids) and len(asks)):
            return
        bid, ask = int(bids[0]["price"]), int(asks[0]["price"])
        market.quote([(bid - 20, 1000)], [(ask + 20, 1000)])
        self.looks += 1
        number = market.instrument.instrument_id
        if self.looks % 3 or self.out.get(number):
            return
        side = Side.BID if market.position <= 0 else Side.ASK
        price = None if self.looks % 2 else ask if side == Side.BID else bid
        self.out[number] = market.send(side, 200, price, TimeInForce.IOC)

    def on_orders(self, market, reports):
        if reports["kind"][-1] != 32:  # anything but an ACK is the last of a small order that takes
            self.out[market.instrument.instrument_id] = 0
'''


def own_strategy(text):
    """The demo's text with a strategy of one's own in the place of its market maker."""
    tables = re.sub(r"^\[strategy.*?(?=^\[risk)", "", text, flags=re.MULTILINE | re.DOTALL)
    return tables + '\n[strategy]\nclass = "taker:Taker"\nfolder = "."\n'


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("taker")
    (folder / "taker.py").write_text(TAKER, encoding="utf-8")
    with running_demo(folder, "demo", change=own_strategy) as live:
        until(lambda: len(fills_of(live.paths)) > 60, 60, "fills")
        return live.paths, live.finish()


def fills_of(paths):
    rows = journalled(paths, "strategy")
    return rows[(rows["kind"] == Kind.FILL) & (rows["flags"] & Flag.DECISION == 0)]


def test_the_session_repeats_and_ended_in_order(taken):
    paths, report = taken
    assert_repeats(paths)
    assert report["ended"] == "in order"


def test_orders_of_both_kinds_were_filled_and_each_was_ended(taken):
    rows = journalled(taken[0], "strategy")
    decided = rows["flags"] & Flag.DECISION != 0
    new = rows[decided & (rows["kind"] == Kind.NEW) & (rows["flags"] & Flag.POST_ONLY == 0)]
    kinds = Counter((new["aux"] & 0xFFFF).tolist())
    assert set(kinds) == {TimeInForce.IOC, TimeInForce.IOC | OrderType.MARKET << 8}
    assert min(kinds.values()) > 5
    mine = is_of(rows, Class.REPORT) & np.isin(rows["order_id"], new["order_id"])
    reports = rows[mine]
    ended = Counter()
    for row in reports[reports["kind"] != Kind.ACK]:
        ended[int(row["order_id"])] += int(row["quantity"])
    assert ended == dict.fromkeys(new["order_id"].tolist(), 200)
