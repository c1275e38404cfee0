"""A simulated venue and the clock of its log, which a test moves."""

import numpy as np

from pinnacle.core.schema import Flag, Kind, Side, Source, events_pointer
from pinnacle.exchange.config import ExchangeConfig, TradersConfig
from pinnacle.exchange.venue import make_venue
from tests.records import batch, event, instruments

MS, SECOND = 10**6, 10**9
LATENCY_NS = 200_000
CONFIG = ExchangeConfig(
    latency_in_us=LATENCY_NS // 1000,
    latency_out_us=LATENCY_NS // 1000,
    traders={"X": TradersConfig(price="100")},
)
#: Orders of the gateway that do nothing to the market: they rest far from it.
FAR = 5_000


class Log:
    """A venue and the clock of its log."""

    def __init__(self):
        self.venue = make_venue(instruments("X"), CONFIG)
        self.now = SECOND
        self.turn()

    def turn(self, *rows) -> tuple[np.ndarray, np.ndarray]:
        """(reports, market) of one batch that ends with the clock."""
        events = batch(*rows, event(Kind.TIMER, recv_ns=self.now, flags=Flag.BATCH_END))
        reports = np.array(self.venue.decided(events_pointer(events), len(events)))
        return reports, self.venue.market.copy()

    def turns(self, span_ns: int) -> tuple[int, int]:
        """(reports, market records) of a span of turns."""
        counts, end = np.zeros(2, int), self.now + span_ns
        while self.now < end:
            self.now += MS
            counts += [len(rows) for rows in self.turn()]
        return tuple(counts.tolist())

    def order(self, order_id: int) -> np.ndarray:
        fields = {"side": Side.BID, "price": FAR, "quantity": 1, "source": Source.GATEWAY}
        return event(Kind.NEW, order_id=order_id, recv_ns=self.now, **fields)
