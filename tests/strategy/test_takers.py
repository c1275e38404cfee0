"""Orders beside the quotes through risk and a venue, and what their strategy is told of them."""

from collections import Counter

import numpy as np
import pytest

from pinnacle.core._native import ffi
from pinnacle.core.errors import StrategyError
from pinnacle.core.schema import EVENT, Kind, OrderType, Reason, Side, TimeInForce
from pinnacle.plan.checks import load_session
from pinnacle.strategy.base import Strategy
from pinnacle.strategy.config import StrategyConfig
from pinnacle.strategy.host import StrategyHost
from tests.desk_table import Table
from tests.paper_desk import usual_desk
from tests.pipeline import Pipeline
from tests.records import batch, book_of, event, instruments, run
from tests.sessions import ROOT

CONFIG = load_session(ROOT / "config" / "demo.toml")
#: How far beyond the touch, None for a market order.
WAYS = [
    (None, TimeInForce.IOC),
    (0, TimeInForce.IOC),
    (0, TimeInForce.FOK),
    (-40, TimeInForce.GTC),
]


class Taker(Strategy):
    """Quotes, and every fifth book sends an order: in turn of each side and each way."""

    def __init__(self, markets, params):
        super().__init__(markets, params)
        self.looks = 0
        self.sent, self.told, self.late = [], [], []

    def on_book(self, market):
        self.looks += 1
        bids, asks = market.book.depth(Side.BID, 1), market.book.depth(Side.ASK, 1)
        if not (len(bids) and len(asks)):
            return
        bid, ask = int(bids[0]["price"]), int(asks[0]["price"])
        market.quote([(bid - 5, 1000)], [(ask + 5, 1000)])
        if self.looks % 5 == 0:
            at, way = divmod(self.looks // 5, len(WAYS))
            self.take(market, Side.BID if at % 2 else Side.ASK, bid, ask, *WAYS[way])
        if self.looks % 97 == 0 and self.late:
            market.cancel(self.late.pop())

    def take(self, market, side, bid, ask, beyond, time_in_force):
        price = None
        if beyond is not None:
            price = ask + beyond if side == Side.BID else bid - beyond
        much = len(self.sent) % 3 == 0 and price is not None
        order_id = market.send(side, 15_000 if much else 400, price, time_in_force)
        self.sent.append(order_id)
        if time_in_force == TimeInForce.GTC:
            self.late.append(order_id)

    def on_orders(self, market, reports):
        self.told += reports[["order_id", "kind", "reason"]].tolist()


class Recorded(Pipeline):
    """Six seconds of the shipped market as a taker saw them, and what it decided."""

    def __init__(self):
        super().__init__(CONFIG, Taker)
        self.taken, self.decided = [], []
        decide = self.host.decided

        def heard(events, n):
            rows = np.frombuffer(ffi.buffer(events, n * EVENT.itemsize), EVENT)
            self.taken.append(rows.copy())
            self.decided.append(decide(events, n).copy())
            return self.decided[-1]

        self.host.decided = heard
        for _ in range(600):
            self.step()


@pytest.fixture(scope="module")
def recorded():
    return Recorded()


def told(recorded):
    """How often each way to send was answered in each way."""
    decided = np.concatenate(recorded.decided)
    new = decided[decided["kind"] == Kind.NEW]
    ways = dict(zip(new["order_id"].tolist(), (new["aux"] & 0xFFFF).tolist(), strict=True))
    return Counter(
        (ways[order_id], Kind(kind), Reason(reason))
        for order_id, kind, reason in recorded.host.strategy.told
    )


MARKET, LIMIT_IOC = TimeInForce.IOC | OrderType.MARKET << 8, TimeInForce.IOC


def test_orders_reach_the_venue_and_the_reports_come_back(recorded):
    taker, answers = recorded.host.strategy, told(recorded)
    assert all(taker.sent) and len(taker.sent) == len(set(taker.sent)) > 200
    assert {order_id for order_id, _, _ in taker.told} <= set(taker.sent)
    for way in (MARKET, LIMIT_IOC, TimeInForce.FOK):
        assert answers[way, Kind.FILL, Reason.NONE] > 20
    assert answers[LIMIT_IOC, Kind.CANCELLED, Reason.NO_LIQUIDITY] > 5
    assert answers[TimeInForce.FOK, Kind.CANCELLED, Reason.FOK] > 5
    assert answers[TimeInForce.GTC, Kind.ACK, Reason.NONE] > 20
    assert answers[TimeInForce.GTC, Kind.CANCELLED, Reason.REQUESTED] > 2
    assert recorded.refused == 0


def test_desk_risk_and_venue_agree_on_what_was_filled_and_what_is_out(recorded):
    desk, out = recorded.host.desk, 0
    for row, instrument in enumerate(recorded.instruments):
        seen = recorded.gate.book.position(instrument.instrument_id)
        place = desk.rows[row]
        assert (place.position, place.fills) == (
            seen["position"],
            seen["bid_fills"] + seen["ask_fills"],
        )
        assert place.fills > 50 and place.unknown_reports == seen["unknown_fills"] == 0
        out += seen["open_orders"]
    assert desk.working() == out and 0 < desk.cdata.sent_used.bit_count() < out


def test_the_same_records_send_the_same_orders(recorded):
    again = StrategyHost(recorded.instruments, CONFIG.strategy, Taker)
    repeated = [run(again.decided, rows).copy() for rows in recorded.taken]
    assert np.concatenate(repeated).tobytes() == np.concatenate(recorded.decided).tobytes()
    assert again.strategy.told == recorded.host.strategy.told


@pytest.mark.parametrize(
    ("price", "time_in_force", "quantity", "ends"),
    [
        (None, TimeInForce.IOC, 5, [(Kind.FILL, Reason.NONE)]),
        (None, TimeInForce.IOC, 35, [*[(Kind.FILL, 0)] * 2, (Kind.CANCELLED, Reason.NO_LIQUIDITY)]),
        (101, TimeInForce.IOC, 15, [(Kind.FILL, 0), (Kind.CANCELLED, Reason.NO_LIQUIDITY)]),
        (101, TimeInForce.FOK, 15, [(Kind.CANCELLED, Reason.FOK)]),
        (102, TimeInForce.FOK, 15, [(Kind.FILL, 0)] * 2),
    ],
)
def test_a_paper_venue_ends_an_order_that_takes_and_the_desk_knows(
    price, time_in_force, quantity, ends
):
    venue, table = usual_desk(), Table()
    order_id = table.market.send(Side.BID, quantity, price, time_in_force)
    (new,) = table.decide()
    fields = {name: new[name] for name in ("side", "price", "quantity", "aux", "flags")}
    reports = [made[4] for made in venue.order(Kind.NEW, order_id, **fields)]
    told = [(Kind(made["kind"]), Reason(made["reason"])) for made in reports]
    assert [said for said in told if said[0] != Kind.ACK] == ends
    for made in reports:
        assert table.desk.working() == 1
        table.take(made.reshape(1))
    filled = sum(int(made["quantity"]) for made in reports if made["kind"] == Kind.FILL)
    row = table.market.row
    assert (table.desk.working(), row.position, row.unknown_reports) == (0, filled, 0)


class Told(Strategy):
    """Sends at every record, before it is told of what it sent."""

    def __init__(self, markets, params):
        super().__init__(markets, params)
        self.heard = []

    def on_events(self, events):
        self.heard.append("events")
        for market in self.markets[:1]:
            while market.send(Side.BID, 1, 100):
                pass

    def on_orders(self, market, reports):
        said = [(Kind(r["kind"]).name, int(r["order_id"])) for r in reports]
        self.heard.append((market.instrument.label, said))

    def on_fill(self, market, fills):
        self.heard.append(("fill", len(fills)))


def answer(kind, order_id, instrument=0, **fields):
    about = {"side": Side.BID, "price": 100, "quantity": 1, "instrument_id": instrument}
    return event(kind, order_id=order_id, **about | fields)


def test_on_orders_is_told_of_sent_orders_alone_though_their_places_are_taken_again():
    host = StrategyHost(instruments("X", "Y"), StrategyConfig(), Told)
    assert host.hooks
    taker = host.strategy
    run(host.decided, book_of([(99, 5)], [(101, 5)]))
    assert host.desk.working() == 64
    quoted = host.markets[1]
    quoted.quote([(99, 5)], [])
    run(host.decided, book_of([(99, 5)], [(101, 5)], 1))
    taker.heard.clear()
    reports = [answer(Kind.ACK, 65, 1), answer(Kind.FILL, 65, 1), answer(Kind.CANCELLED, 0)]
    run(host.decided, *reports, answer(Kind.ACK, 1), answer(Kind.FILL, 1), answer(Kind.FILL, 2))
    ended = ("X", [("ACK", 1), ("FILL", 1), ("FILL", 2)])
    assert taker.heard == ["events", ended, ("fill", 2), ("fill", 1)]
    assert host.desk.working() == 65
    taker.heard.clear()
    run(host.decided, batch(answer(Kind.ACK, 66), book_of([(99, 5)], [(101, 5)])))
    run(host.decided, event(Kind.TIMER, instrument_id=0xFFFFFFFF))
    assert taker.heard == ["events", ("X", [("ACK", 66)]), "events"]


def test_an_order_that_cannot_be_is_an_error_of_the_author():
    class Careless(Strategy):
        def on_book(self, market):
            market.send(Side.BID, 0, 100)

    host = StrategyHost(instruments("X"), StrategyConfig(), Careless)
    with pytest.raises(StrategyError, match="ValueError: no order that can be sent: side 1, quan"):
        run(host.decided, book_of([(99, 5)], [(101, 5)]))


def test_a_strategy_that_only_hears_of_its_orders_has_hooks():
    class Listens(Strategy):
        def on_orders(self, market, reports):
            pass

    assert StrategyHost(instruments("X"), StrategyConfig(), Listens).hooks
    assert not StrategyHost(instruments("X"), StrategyConfig(), Strategy).hooks
