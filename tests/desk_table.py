"""A desk of one instrument to speak to, record by record."""

import numpy as np

from pinnacle.core.book import Book
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import Kind, events_pointer
from pinnacle.execution.desk import Desk
from pinnacle.strategy.base import Market
from tests.records import batch, book_of, event, instruments_at

MS = 1_000_000
BIDS, ASKS = [(100, 5), (99, 5)], [(102, 5), (103, 5)]


class Table:
    """A desk of one instrument with a valid book, driven record by record."""

    def __init__(self, requote_ticks=0, replace=True, stale_ms=1000, quantity_min=1):
        instrument: Instrument = instruments_at({0: 0}, quantity_min)[0]
        self.desk = Desk(
            [instrument],
            [Book(0, 4096, 64)],
            stale_ns=stale_ms * MS,
            reject_rest_ns=250 * MS,
            requote_ticks=requote_ticks,
            replace=replace,
        )
        self.market = Market(instrument, self.desk, self.desk.rows[0])
        self.take(book_of(BIDS, ASKS, recv_ns=1))

    def take(self, *rows):
        events = batch(*rows)
        self.desk.apply(events_pointer(events), len(events))

    def decide(self) -> np.ndarray:
        return self.desk.decisions.array[: self.desk.decide()].copy()

    def want(self, bids, asks=()):
        self.market.quote(list(bids), list(asks))
        return self.decide()

    def report(self, kind, sent, **fields):
        fields.setdefault("price", sent["price"])
        fields.setdefault("quantity", sent["quantity"])
        fields.setdefault("side", sent["side"])
        self.take(event(kind, order_id=sent["order_id"], **fields))


def kinds(decisions):
    return [Kind(k).name for k in decisions["kind"]]


def pass_time(table, ms):
    recv_ns = table.market.clock_ns + ms * MS
    table.take(event(Kind.TIMER, recv_ns=recv_ns, instrument_id=0xFFFFFFFF))


def live(table, bids, asks=()):
    """Quotes that are acknowledged; the sent orders."""
    sent = table.want(bids, asks)
    for row in sent:
        table.report(Kind.ACK, row)
    return sent
