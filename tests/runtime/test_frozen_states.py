"""Every process goes on from its frozen state as if nothing had been."""

import numpy as np
import pytest

from pinnacle.core.schema import Flag, Kind, Side, Source, events_pointer
from pinnacle.exchange.config import ExchangeConfig, TradersConfig
from pinnacle.exchange.venue import make_venue
from pinnacle.gateway.config import GatewayConfig
from pinnacle.gateway.table import make_table
from pinnacle.risk.config import LimitsConfig, RiskConfig
from pinnacle.risk.gate import RiskGate
from pinnacle.strategy.config import MarketMakerConfig, StrategyConfig
from pinnacle.strategy.host import StrategyHost
from tests.records import batch, book_of, event, instruments

MARKET = ExchangeConfig(seed=3, traders={"X": TradersConfig(price="100", limit_orders_per_s=500)})
PAPER = ExchangeConfig(kind="paper", latency_in_us=3000, latency_out_us=2000)
STRATEGY = StrategyConfig(
    market_maker={"X": MarketMakerConfig(quote_quantity="1", inventory_max="10", levels=3)}
)
RISK = RiskConfig(limits={"X": LimitsConfig(order_quantity_max="9", position_max="99")})
SECOND = 1_000_000_000


def ticks(n):
    return [
        event(Kind.TIMER, recv_ns=SECOND + i * 10_000_000, flags=Flag.BATCH_END) for i in range(n)
    ]


def orders(n):
    rows = []
    for i in range(1, n):
        common = {"order_id": i, "price": 9990 + i % 7, "quantity": 1000, "recv_ns": SECOND + i}
        rows.append(event(Kind.NEW, side=Side.BID, source=Source.RISK, **common))
        rows.append(event(Kind.ACK, side=Side.BID, source=Source.GATEWAY, **common))
        if i % 3 == 0:
            rows.append(event(Kind.FILL, side=Side.BID, aux=i, source=Source.GATEWAY, **common))
    return rows


def books(n):
    rows = [book_of([(9990, 5), (9989, 7)], [(10_010, 5)], recv_ns=SECOND)]
    for i in range(n):
        at = SECOND + i * 1_000_000
        side, price = (Side.BID, 9980 + i % 10) if i % 2 else (Side.ASK, 10_010 + i % 10)
        rows.append(
            event(
                Kind.DEPTH, side=side, price=price, quantity=1 + i % 5, recv_ns=at, flags=Flag.LAST
            )
        )
    return rows


def paper(n):
    """A real market, and orders that rest in it, are filled by trades, and are on their way."""
    rows = []
    for i, depth in enumerate(books(n)):
        rows.append(depth)
        at = SECOND + i * 1_000_000
        common = {"side": Side.BID, "price": 9990 - i % 3, "recv_ns": at}
        if i % 4 == 0:
            rows.append(
                event(Kind.NEW, order_id=1 + i, quantity=5, source=Source.GATEWAY, **common)
            )
        if i % 3 == 0:
            common |= {"side": Side.ASK, "quantity": 3, "source": Source.FEED}
            rows.append(event(Kind.TRADE, **common))
    return rows


LOGIC = {
    "strategy": (lambda: StrategyHost(instruments("X"), STRATEGY), books(120)),
    "risk": (lambda: RiskGate(instruments("X"), RISK), orders(80)),
    "gateway": (lambda: make_table(GatewayConfig()), orders(80)),
    "exchange": (lambda: make_venue(instruments("X"), MARKET), ticks(200)),
    "paper exchange": (lambda: make_venue(instruments("X"), PAPER), paper(120)),
}


@pytest.mark.parametrize("name", LOGIC)
def test_every_process_goes_on_from_its_frozen_state_as_if_nothing_had_been(name):
    make, rows = LOGIC[name]
    half = len(rows) // 2
    whole = make()
    first = [run(whole, row) for row in rows[:half]]
    thawed = make()
    assert thawed.thaw(whole.freeze())
    later = [run(whole, row) for row in rows[half:]]
    again = [run(thawed, row) for row in rows[half:]]
    assert sum(map(len, first)) + sum(map(len, later)) > 0
    for one, other in zip(later, again, strict=True):
        assert one.tobytes() == other.tobytes()
    same = list(map(bytes, whole.freeze())) == list(map(bytes, thawed.freeze()))
    assert same or name == "strategy"  # its desk points to its books


def run(logic, row):
    events = batch(row)
    decided = np.ascontiguousarray(logic.decided(events_pointer(events), len(events))).copy()
    market = getattr(logic, "market", None)
    return decided if market is None else np.concatenate([decided, market])


@pytest.mark.parametrize("name", LOGIC)
def test_a_state_of_another_shape_is_refused(name):
    make, _ = LOGIC[name]
    assert make().thaw([b"\x91\xc4\x00"]) is False
