"""A simulated session in one process and in virtual time: venue, strategy and risk, no rings."""

from collections.abc import Iterator

import numpy as np

from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import EVENT, Kind, Side, Source
from pinnacle.exchange.venue import make_venue
from pinnacle.plan.config import SessionConfig
from pinnacle.risk.gate import RiskGate
from pinnacle.strategy.base import Strategy
from pinnacle.strategy.host import StrategyHost
from tests.records import event, run

START_NS = 1_700_000_000 * 10**9
STEP_NS = 10_000_000


class Pipeline:
    """What the processes of a session decide, one after the other, every 10 ms of its time."""

    def __init__(self, config: SessionConfig, kind: type[Strategy] | None = None):
        self.instruments: list[Instrument] = config.instrument_list()
        self.venue = make_venue(self.instruments, config.exchange)
        self.host = StrategyHost(self.instruments, config.strategy, kind)
        self.gate = RiskGate(self.instruments, config.risk)
        self.now_ns = START_NS
        #: What risk let pass and has not reached the venue, and what has been sent in all.
        self._orders = np.empty(0, EVENT)
        self._refusals = np.empty(0, EVENT)
        self._begun = False
        self.sent = self.refused = 0

    def step(self) -> None:
        """10 ms: the venue moves, the strategy looks, risk judges."""
        self.now_ns += STEP_NS
        clock = event(Kind.TIMER, recv_ns=self.now_ns)
        reports = _from(run(self.venue.decided, clock, self._orders), Source.GATEWAY, self.now_ns)
        told = _from(run(self.gate.decided, clock, reports), Source.RISK, self.now_ns)
        market = _from(self._market(), Source.FEED, self.now_ns)
        intents = _from(
            run(self.host.decided, clock, market, self._refusals, told[told["kind"] >= Kind.ACK]),
            Source.STRATEGY,
            self.now_ns,
        )
        decided = run(self.gate.decided, clock, *self._tops(), intents).copy()
        passed = decided["kind"] < Kind.ACK
        self._orders = _from(decided[passed], Source.GATEWAY, self.now_ns)
        self._refusals = _from(decided[~passed], Source.RISK, self.now_ns)
        self.sent += int(passed.sum())
        self.refused += int((~passed).sum())

    def _market(self) -> np.ndarray:
        """Whole books at first, then what changes."""
        if self._begun:
            return self.venue.market
        self._begun = True
        market = self.venue.simulation
        return np.concatenate([market.snapshot(i, self.now_ns) for i in range(len(market.engines))])

    def _tops(self) -> Iterator[np.ndarray]:
        for i, book in enumerate(self.host.desk.books):
            bids, asks = book.depth(Side.BID, 1), book.depth(Side.ASK, 1)
            if len(bids) and len(asks):
                yield event(
                    Kind.TOP,
                    instrument_id=i,
                    price=bids[0]["price"],
                    quantity=bids[0]["quantity"],
                    order_id=asks[0]["price"],
                    aux=asks[0]["quantity"],
                    recv_ns=self.now_ns,
                )


def _from(records: np.ndarray, source: Source, now_ns: int) -> np.ndarray:
    records = records.copy()
    records["source"] = source
    records["recv_ns"] = now_ns
    return records


def wanted(pipeline: Pipeline, instrument: int) -> tuple[list, list]:
    """What the strategy wants in the market: (price, quantity) of bids and asks, best first."""
    quotes = pipeline.host.desk.rows[instrument].wanted
    bids = [(quotes.bids[i].price, quotes.bids[i].quantity) for i in range(quotes.bid_count)]
    asks = [(quotes.asks[i].price, quotes.asks[i].quantity) for i in range(quotes.ask_count)]
    return bids, asks
