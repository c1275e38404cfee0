"""Orders as risk sends them and a venue answers, and a table for them."""

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
