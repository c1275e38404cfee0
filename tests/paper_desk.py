"""A paper venue to speak to one record at a time, for the tests of its rules."""

import numpy as np

from pinnacle.core.schema import EVENT, Flag, Kind, Reason, Side, Source
from pinnacle.sim.paper import Paper

BID, ASK = Side.BID, Side.ASK
MS = 1_000_000


class PaperDesk:
    """A paper venue on one instrument, spoken to one record at a time; time moves 1 ms a record."""

    def __init__(self, *, instruments=(0,), **options):
        self.paper = Paper(instruments, **options)
        self.now = 1_000 * MS
        self.instrument = instruments[0]

    def send(self, kind, **fields):
        self.now += MS
        record = np.zeros(1, dtype=EVENT)
        record["kind"], record["recv_ns"], record["instrument_id"] = kind, self.now, self.instrument
        for name, value in fields.items():
            record[name] = value
        reports = self.paper.run(record)
        self.paper.check()
        return [
            (Kind(r["kind"]), int(r["order_id"]), int(r["price"]), int(r["quantity"]), r)
            for r in reports
        ]

    def snapshot(self, bids, asks, **begin):
        self.send(Kind.BOOK_BEGIN, **begin)
        for side, levels in ((BID, bids), (ASK, asks)):
            for price, quantity in levels:
                self.send(
                    Kind.DEPTH, side=side, price=price, quantity=quantity, flags=Flag.SNAPSHOT
                )
        return short(self.send(Kind.BOOK_END, flags=Flag.LAST))

    def depth(self, side, price, quantity, last=True, **fields):
        flags = Flag.LAST if last else 0
        return short(
            self.send(Kind.DEPTH, side=side, price=price, quantity=quantity, flags=flags, **fields)
        )

    def trade(self, aggressor, price, quantity, **fields):
        return short(
            self.send(Kind.TRADE, side=aggressor, price=price, quantity=quantity, **fields)
        )

    def new(self, order_id, side, price, quantity, *, tif=0, type=0, stp=0, **fields):
        aux = tif | type << 8 | stp << 16
        fields = {"source": Source.GATEWAY, "aux": aux} | fields
        return self.send(
            Kind.NEW, order_id=order_id, side=side, price=price, quantity=quantity, **fields
        )

    def order(self, kind, order_id, **fields):
        return self.send(kind, order_id=order_id, **({"source": Source.GATEWAY} | fields))

    def ahead(self, order_id):
        return self.paper.queue_ahead(self.instrument, order_id)


def short(reports):
    """(kind, order id, price, quantity) of each report."""
    return [report[:4] for report in reports]


def reasons(reports):
    """(kind, reason) of each report."""
    return [(report[0], Reason(report[4]["reason"])) for report in reports]


def usual_desk() -> PaperDesk:
    """Ten displayed at either touch, twenty behind."""
    made = PaperDesk()
    made.snapshot([(100, 10), (99, 20)], [(101, 10), (102, 20)])
    return made
