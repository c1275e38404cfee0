"""Orders as risk sends them and a venue answers, and a table for them."""

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import Kind, Reason, Side, Source
from pinnacle.execution.orders import OrderTable
from tests.records import event, run

SECOND = 1_000_000_000
MS = 1_000_000


def new_table(orders_max=64, **room):
    return OrderTable(250 * MS, 1000 * MS, orders_max, **room)


def from_risk(kind, order_id=1, **fields):
    defaults = {"side": Side.BID, "price": 100, "quantity": 10, "recv_ns": SECOND}
    return event(kind, order_id=order_id, source=Source.RISK, **defaults | fields)


def from_venue(kind, order_id=1, **fields):
    defaults = {"side": Side.BID, "price": 100, "quantity": 10, "recv_ns": SECOND}
    return event(kind, order_id=order_id, source=Source.EXCHANGE, **defaults | fields)


def said(decisions):
    return [(Kind(d["kind"]).name, Reason(d["reason"]).name) for d in decisions]


def live(table, order_id=1):
    run(table.decided, from_risk(Kind.NEW, order_id), from_venue(Kind.ACK, order_id))


def text(words, what=lib.PMM_TEXT_VENUE_ID):
    """TEXT records behind a report: the parts of words."""
    parts = [words[i : i + 32] for i in range(0, len(words), 32)] or [b""]
    rows = [event(Kind.TEXT, reason=what, side=side) for side in range(len(parts))]
    for row, part in zip(rows, parts, strict=True):
        row.view(np.uint8)[16:48] = np.frombuffer(part.ljust(32, b"\0"), np.uint8)
    return rows


def told_fills(decisions):
    """Lots and notional that the fills among decisions sum up to."""
    signs = {Kind.FILL: 1, Kind.FILL_BUSTED: -1}
    sums = [0, 0]
    for d in decisions:
        lots = signs.get(int(d["kind"]), 0) * int(d["quantity"])
        sums[0] += lots
        sums[1] += lots * int(d["price"])
    return tuple(sums)
