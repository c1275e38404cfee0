"""The book on long streams of depth, against a dictionary: the simulated market's, and the stream
that every engine is measured on."""

import subprocess

import numpy as np
import pytest

from pinnacle.core.book import Book
from pinnacle.core.schema import EVENT, Flag, Kind, Side
from tests.beside import WORKLOAD, needs_workload
from tests.sim.simulated_market import START, market, params

OPERATIONS = 200_000
MADE_SECONDS = 120
L2 = np.dtype([("price", "<i4"), ("side", "<u4"), ("quantity", "<u8")])


@pytest.fixture(scope="module", params=["made", pytest.param("workload", marks=needs_workload)])
def stream(request, tmp_path_factory):
    """Every depth change: records with the tick as price."""
    if request.param == "made":
        return made()
    return generated(tmp_path_factory.mktemp("workload"))


def made():
    """Of the simulated market: moving, jumping, with levels far from the touch."""
    busy = params(limits_per_s=600.0, volatility_per_sqrt_s=2e-3, distance_max_ticks=2000.0)
    events = market(busy).run_to(START + MADE_SECONDS * 10**9)
    return events[events["kind"] == Kind.DEPTH]


def generated(folder):
    generator, l2 = folder / "gen", folder / "l2"
    subprocess.run(["gcc", "-O2", "-w", "-o", generator, WORKLOAD], check=True)
    arguments = [generator, str(OPERATIONS), "42", "50000", folder / "l3", l2]
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    rows = np.fromfile(l2, dtype=L2)
    events = np.zeros(len(rows), dtype=EVENT)
    events["kind"], events["price"], events["quantity"] = (
        Kind.DEPTH,
        rows["price"],
        rows["quantity"],
    )
    events["side"] = rows["side"] + Side.BID
    return events


class Model:
    """One side as a dictionary; the best is looked for again when it goes."""

    def __init__(self, better):
        self.levels, self.better, self.best = {}, better, None

    def set(self, price, quantity):
        if quantity:
            self.levels[price] = quantity
            self.best = price if self.best is None else self.better(self.best, price)
        elif self.levels.pop(price, None) and price == self.best:
            self.best = self.better(self.levels) if self.levels else None

    def top(self):
        return self.levels[self.best] if self.levels else 0


# Ticks as generated; so fine that all but a few levels are far; and shifted below zero.
@pytest.mark.parametrize(("scale", "shift"), [(1, 0), (300, 0), (7, -400_000)])
def test_the_book_and_a_dictionary_agree_after_every_change(stream, scale, shift):
    book = Book(0, window=4096, far_capacity=4096)
    events = stream.copy()
    events["price"] = events["price"] * scale + shift
    sides = {Side.BID: Model(max), Side.ASK: Model(min)}
    bids, asks = sides[Side.BID], sides[Side.ASK]
    rows = zip(*(events[name].tolist() for name in ("side", "price", "quantity")), strict=True)
    begin = np.zeros(1, dtype=EVENT)
    begin["kind"] = Kind.BOOK_BEGIN
    book.apply_array(begin)
    for i, (side, price, quantity) in enumerate(rows):
        assert book.apply_array(events[i : i + 1]) == 1
        sides[side].set(price, quantity)
        top = book.top()
        assert (top.bid_quantity, top.ask_quantity) == (bids.top(), asks.top())
        assert not bids.levels or top.bid_price == bids.best
        assert not asks.levels or top.ask_price == asks.best
        if i % 2000 == 0 or i == len(events) - 1:
            depth = book.depth(Side.BID, 5000).tolist()
            assert depth == sorted(bids.levels.items(), reverse=True)
            assert book.depth(Side.ASK, 5000).tolist() == sorted(asks.levels.items())
    end = np.zeros(1, dtype=EVENT)
    end["kind"], end["flags"] = Kind.BOOK_END, Flag.LAST
    book.apply_array(end)
    stats = book.stats()
    assert book.top().valid == 1
    assert stats.applied == len(events) > 100_000
    assert stats.dropped == 0
