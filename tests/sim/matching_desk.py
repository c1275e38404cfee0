"""A matching engine to speak to one order at a time, and what its records say, for its tests."""

import numpy as np

from pinnacle.core.schema import EVENT, Kind, Side, Source
from pinnacle.sim.matching import MatchingEngine

ME, YOU = Source.STRATEGY, Source.TRADERS


class Desk:
    """Writes one order at a time and keeps what came back."""

    def __init__(self, **sizes):
        self.engine = MatchingEngine(7, **({"orders": 100, "far_levels": 100} | sizes))
        self.now = 0

    def send(self, kind, order_id=0, side=0, price=0, quantity=0, source=ME, **fields):
        self.now += 1
        event = np.zeros(1, dtype=EVENT)
        values = fields | {
            "kind": kind,
            "order_id": order_id,
            "side": side,
            "price": price,
            "quantity": quantity,
            "source": source,
            "recv_ns": self.now,
        }
        event["instrument_id"] = 7
        for name, value in values.items():
            event[name] = value
        out = self.engine.process(event)
        self.engine.check()
        return out

    def new(self, order_id, side, price, quantity, source=ME, tif=0, kind=0, stp=0, **fields):
        aux = tif | kind << 8 | stp << 16
        return self.send(Kind.NEW, order_id, side, price, quantity, source, aux=aux, **fields)

    def buy(self, order_id, price, quantity, source=ME, **fields):
        return self.new(order_id, Side.BID, price, quantity, source, **fields)

    def sell(self, order_id, price, quantity, source=YOU, **fields):
        return self.new(order_id, Side.ASK, price, quantity, source, **fields)

    def ids(self):
        return self.engine.orders()["order_id"].tolist()


def rows(out, *names):
    """The named fields of each record that is for a participant."""
    reports = out[out["source"] != Source.EXCHANGE]
    return [tuple(int(r[n]) for n in names) for r in reports]


def market_data(out):
    data = out[out["source"] == Source.EXCHANGE]
    return [tuple(int(r[n]) for n in ("kind", "side", "price", "quantity")) for r in data]


def reasons(out):
    return rows(out, "kind", "reason")


def fills(out):
    return [r[1:] for r in rows(out, "kind", "order_id", "price", "quantity") if r[0] == Kind.FILL]
