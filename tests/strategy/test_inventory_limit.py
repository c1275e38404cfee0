"""A market maker behind risk on a real engine keeps its limit, and asks for nothing in vain."""

import random

import numpy as np
import pytest

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import from_config
from pinnacle.core.schema import Kind, Reason, Side, Source, Venue
from pinnacle.risk.config import LimitsConfig, RiskConfig
from pinnacle.risk.gate import RiskGate
from pinnacle.sim.matching import MatchingEngine
from pinnacle.strategy.config import DeskConfig, MarketMakerConfig, StrategyConfig
from pinnacle.strategy.host import StrategyHost
from tests.records import batch, book_of, event, run

ORDERS = [int(kind) for kind in (Kind.NEW, Kind.REPLACE, Kind.CANCEL)]
STEP_NS = 10_000_000
MIDDLE = 10_000


def instrument(quantity_min):
    config = InstrumentConfig(
        symbol="X", tick_size="0.01", lot_size="0.001", quantity_min=quantity_min
    )
    return from_config([config], {"simulated": Venue.SIMULATED})


class Session:
    """Strategy, risk and venue without the processes between them; other traders by `seed`."""

    def __init__(self, seed, quantity_min, inventory_max, levels=2):
        table = instrument(quantity_min)
        maker = MarketMakerConfig(
            quote_quantity="0.02",
            inventory_max=inventory_max,
            levels=levels,
            spread_min_ticks=4.0,
            fill_decay_per_tick=2.0,
            fair_value="mid",
        )
        strategy = StrategyConfig(desk=DeskConfig(requote_ticks=1), market_maker={"X": maker})
        self.host = StrategyHost(table, strategy)
        limits = LimitsConfig(order_quantity_max="1", position_max="10", collar_percent=50.0)
        fast = {"messages_per_s": 10**6, "messages_burst": 10**6}
        self.gate = RiskGate(table, RiskConfig(limits={"X": limits}, **fast))
        self.engine = MatchingEngine(0, orders=1000, far_levels=100)
        self.random = random.Random(seed)
        self.now = STEP_NS
        self.others = 1 << 40
        self.most = self.asked = 0
        self.waiting = [book_of([], [], recv_ns=self.now)]
        for side, sign in ((Side.BID, -1), (Side.ASK, 1)):
            self._trade(side, MIDDLE + sign * 15, 10**9)

    def step(self):
        """Another trader's arrival, and what our side answers to all that it has heard."""
        self.now += STEP_NS
        draw = self.random
        side = draw.choice([Side.BID, Side.ASK])
        takes = draw.random() < 0.4
        away = (draw.randint(0, 14) if takes else draw.randint(8, 14)) * (
            1 if (side == Side.BID) == takes else -1
        )
        self._trade(side, MIDDLE + away, draw.randint(1, 30), 2 if takes else 0)
        self._answer()

    def tell(self, kind, **fields):
        """A record of the session, such as HALT, to risk and strategy."""
        record = event(kind, recv_ns=self.now, **fields)
        orders = run(self.gate.decided, record)
        self.waiting.append(record)
        self._send(orders)

    def _trade(self, side, price, quantity, tif=0):
        self.others += 1
        fields = {"side": side, "price": price, "quantity": quantity, "aux": tif}
        order = event(Kind.NEW, order_id=self.others, source=Source.TRADERS, **fields)
        self._venue(order)

    def _venue(self, orders):
        orders["recv_ns"] = self.now
        out = self.engine.process(orders)
        for source in (Source.GATEWAY, Source.EXCHANGE):
            mine = out[out["source"] == source]
            if len(mine):
                self.waiting.append(self._risk(mine) if source == Source.GATEWAY else mine)

    def _risk(self, records):
        top = self.engine.top()
        fields = {"price": top.bid_price, "quantity": top.bid_quantity}
        fields |= {"order_id": top.ask_price, "aux": top.ask_quantity}
        return run(self.gate.decided, event(Kind.TOP, recv_ns=self.now, **fields), records)

    def _answer(self):
        timer = event(Kind.TIMER, recv_ns=self.now, instrument_id=0xFFFFFFFF)
        heard, self.waiting = batch(timer, *self.waiting), []
        intents = run(self.host.decided, heard)
        self.most = max(self.most, abs(self.host.markets[0].position))
        self.asked += len(intents)
        if len(intents):
            self._send(self._risk(intents))

    def _send(self, given):
        to_venue = np.isin(given["kind"], ORDERS)
        if not to_venue.all():
            self.waiting.append(given[~to_venue])
        if to_venue.any():
            orders = given[to_venue]
            orders["source"] = Source.GATEWAY
            self._venue(orders)


@pytest.mark.parametrize("quantity_min", ["0.001", "0.007", "0.02"])
@pytest.mark.parametrize("levels", [1, 3])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.long)])
def test_the_inventory_never_passes_its_limit_and_no_order_is_below_the_venues_least(
    seed, levels, quantity_min
):
    session = Session(seed, quantity_min, inventory_max="0.05", levels=levels)
    for _ in range(1000):
        session.step()
    assert session.gate.book.refused(0) == {}
    assert session.most <= 50
    position = session.gate.book.position(0)
    assert position["position"] == session.host.markets[0].position
    assert position["bid_fills"] > 50 and position["ask_fills"] > 50
    if quantity_min == "0.001":
        assert session.most == 50, "the limit is reached, so it is what held"


def test_a_halt_is_followed_by_silence_and_a_resume_by_quotes():
    session = Session(5, "0.001", inventory_max="0.05")
    for _ in range(200):
        session.step()
    session.tell(Kind.HALT, reason=Reason.OPERATOR)
    session.step()
    session.step()
    assert session.host.idle
    asked = session.asked
    for _ in range(1000):
        session.step()
    assert session.asked == asked
    assert session.gate.book.refused(0) == {}
    session.tell(Kind.RESUME)
    for _ in range(50):
        session.step()
    assert session.asked > asked and not session.host.idle


def test_a_quote_below_the_venues_least_is_a_configuration_error():
    maker = MarketMakerConfig(quote_quantity="0.019", inventory_max="1")
    with pytest.raises(
        ConfigError, match=r"market_maker\.X\.quote_quantity: 0\.019 is below 0\.020"
    ):
        StrategyHost(instrument("0.02"), StrategyConfig(market_maker={"X": maker}))
