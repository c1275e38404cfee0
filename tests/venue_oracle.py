"""The venues of an exchange in Python, a record or a turn at a time: what C must decide too."""

import numpy as np

from pinnacle.core.schema import EVENT, INSTRUMENT_ALL, Class, Kind, Reason, Source, is_of
from pinnacle.sim.market import Market
from pinnacle.sim.paper import Paper
from pinnacle.sim.simulated_venue import GAP_MAX_NS

ROLE = 0xFF


def order_of(row):
    """The order that a record of the log is to the venue, or None."""
    order = np.array([row], EVENT)
    if row["kind"] == Kind.PEER_LOST:
        if not 0 <= row["aux"] >> 8 < 32:
            return None
        order["kind"], order["reason"] = Kind.CANCEL_ALL, Reason.CANCEL_ON_DISCONNECT
        order["source"], order["instrument_id"] = row["aux"], INSTRUMENT_ALL
    if (order["source"] & ROLE)[0] != Source.GATEWAY or not is_of(order, Class.ORDER)[0]:
        return None
    return order


class PaperOracle:
    """Its latencies as lists; whatever its room."""

    def __init__(self, instruments, latency_in_ns, latency_out_ns, **room):
        self.paper = Paper(instruments, **room)
        self.in_ns, self.out_ns = latency_in_ns, latency_out_ns
        self.orders, self.reports = [], []
        self.clock_ns = 0

    def decided(self, rows):
        """The reports of a turn."""
        for row in rows:
            if is_of(row, Class.MARKET):
                while self.orders and self.acts_ns() < row["recv_ns"]:
                    self.act()
                self.run(np.array([row], EVENT))
            elif (order := order_of(row)) is not None:
                self.orders.append(order)
            self.clock_ns = max(self.clock_ns, int(row["recv_ns"]))
        while self.orders and self.acts_ns() <= self.clock_ns:
            self.act()
        due = 0
        while due < len(self.reports) and self.is_due(self.reports[due]):
            due += 1
        given, self.reports = self.reports[:due], self.reports[due:]
        return np.array(given, EVENT)

    def is_due(self, report):
        return report["recv_ns"] + self.out_ns <= self.clock_ns

    def acts_ns(self):
        return int(self.orders[0]["recv_ns"][0]) + self.in_ns

    def act(self):
        at = self.acts_ns()
        order = self.orders.pop(0)
        order["recv_ns"] = at
        self.run(order)

    def run(self, rows):
        self.reports += list(self.paper.run(rows))


class SimulatedOracle:
    """A market that lags."""

    def __init__(self, params, seed, latency_in_ns, latency_out_ns, number=0):
        self.make = lambda start: Market(params, seed, start, latency_in_ns, number=number)
        self.out_ns = latency_out_ns
        self.market = None
        self.clock_ns = self.skipped_ns = 0

    def decided(self, rows):
        """What a turn lets out of the market."""
        if self.market is None:
            self.market = self.make(int(rows[0]["recv_ns"]) - self.out_ns)
        before, now = self.clock_ns, int(rows["recv_ns"].max())
        self.clock_ns = max(before, now)
        if before:
            self.skipped_ns += max(now - before - GAP_MAX_NS, 0)
        orders = [order for row in rows if (order := order_of(row)) is not None]
        sent = np.concatenate(orders) if orders else np.empty(0, EVENT)
        sent["recv_ns"] -= self.skipped_ns
        sent = sent[np.argsort(sent["recv_ns"], kind="stable")]
        until = self.clock_ns - self.skipped_ns - self.out_ns
        return self.market.run_to(max(until, self.market.now), sent)
