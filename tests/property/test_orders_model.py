"""The gateway's order table decides what its oracle decides, byte for byte, over random logs."""

import random

import numpy as np
import pytest

from pinnacle.core._native import lib
from pinnacle.core.schema import EVENT, Flag, Kind, Reason, Side, Source, events_pointer
from pinnacle.execution.orders import OrderState, OrderTable
from tests.orders_oracle import Oracle

AGE_NS, TIMEOUT_NS, ORDERS_MAX = 40, 30, 5
RECORDS = 7_000
#: What the tables of the seeds are made with, one behind the other.
TERMS = (
    {},
    {"misses": 2, "miss_spread_ns": 60, "seen": True},
    {"misses": 2},
)
KINDS = {
    Kind.NEW: 24,
    Kind.REPLACE: 12,
    Kind.CANCEL: 4,
    Kind.ACK: 20,
    Kind.FILL: 18,
    Kind.FILL_BUSTED: 2,
    Kind.FEE: 2,
    Kind.FILLED_TOTAL: 6,
    Kind.UNSURE: 3,
    Kind.BALANCE: 1,
    Kind.REPLACED: 6,
    Kind.CANCELLED: 5,
    Kind.REJECTED: 16,
    Kind.REPLACE_REJECTED: 3,
    Kind.CANCEL_REJECTED: 3,
    Kind.ORDER_STATUS: 6,
    Kind.TIMER: 14,
    Kind.START: 0.7,
    Kind.STOP: 0.2,
    Kind.HALT: 0.2,
    Kind.RESUME: 2,
    Kind.PEER_LOST: 0.4,
    Kind.PEER_BACK: 3,
    Kind.TEXT: 6,
    # What is nobody's business here.
    Kind.QUERY: 1,
    Kind.CANCEL_ALL: 1,
    Kind.TRADE: 1,
}
REASONS = (Reason.NONE, Reason.UNKNOWN_ORDER, Reason.TOO_LATE, Reason.OPERATOR, Reason.INFERRED)
COUNTS = ("duplicates", "unknown_fills", "inferred", "unconfirmed", "adopted", "overfilled")
COUNTS += ("unsure", "misses")
SHOWN = ("halted", "stopping", "clock_ns", *COUNTS)
FIELDS = ("order_id", "instrument_id", "side", "price", "quantity", "filled", "acknowledged")
FIELDS += ("replacing", "state", "asked_ns", "total", "leaving", "missed")
#: What a log leads to that is long enough, by kind and reason.
REACHED = {
    (Kind.REJECTED, Reason.CAPACITY),
    (Kind.REJECTED, Reason.NOT_SENT),
    (Kind.CANCELLED, Reason.NOT_SENT),
    (Kind.FILL, Reason.INFERRED),
    (Kind.FILL, Reason.CORRECTED),
    (Kind.FILL_BUSTED, Reason.CORRECTED),
    (Kind.ORDER_STATUS, Reason.NONE),
    (Kind.CANCEL, Reason.UNKNOWN_ORDER),
    (Kind.QUERY, Reason.NONE),
    (Kind.FEE, Reason.NONE),
}


def random_log(draw):
    """Records of few orders, so that they meet in every state; nonsense and ends among them."""
    rows = np.zeros(RECORDS, EVENT)
    rows["kind"] = draw.choices(list(KINDS), list(KINDS.values()), k=RECORDS)
    now, executions = 1000, 1
    for row in rows:
        now += draw.choice((0, 0, 1, 3, AGE_NS, 41))
        executions += draw.choice((0, 0, 0, 1, 2))
        row["recv_ns"] = now - draw.choice((0, 0, 0, 1, AGE_NS, AGE_NS + 1, 2**62))
        row["venue_ns"] = draw.randint(0, 9)
        row["order_id"] = draw.randint(0, 7)
        row["price"] = draw.choice(
            (1, 2, 2**40, 2**63 - 1, 0, -1) if draw.random() < 0.1 else (7, 8)
        )
        row["quantity"] = draw.choice(
            (1, 3, 2**62, 2**63 - 1, 0, -5) if draw.random() < 0.05 else (2, 4, 6)
        )
        row["side"] = draw.choice((Side.BID, Side.ASK, Side.BID, Side.BID, Side.BID, Side.NONE))
        row["instrument_id"] = draw.choice((0, 1, 2**32 - 1) if draw.random() < 0.1 else (0,))
        row["aux"] = executions - draw.choice((0, 0, 0, 1, 3))
        if row["kind"] == Kind.FILLED_TOTAL:
            row["quantity"] = draw.choice((1, 2, 3, 4, 5, 6, row["quantity"]))
            row["aux"] = int(row["quantity"]) * draw.choice((0, 6, 7, 7, 8)) % 2**62
            row["aux"] += draw.choice((0, 0, 1, -1))
        if row["kind"] in (Kind.PEER_LOST, Kind.PEER_BACK):
            number = draw.choice((0, 0, 1, 31)) << 8
            row["aux"] = draw.choice((Source.RISK, Source.EXCHANGE, 0, 99)) | number
        row["reason"] = draw.choice(REASONS)
        if row["kind"] == Kind.REJECTED and draw.random() < 0.7:
            row["reason"] = Reason.UNKNOWN_ORDER
        if row["kind"] == Kind.UNSURE:
            row["reason"] = draw.choice((Reason.NONE, Reason.UNLISTED))
        if row["kind"] == Kind.TEXT:
            row["reason"] = draw.choice((0, lib.PMM_TEXT_VENUE_ID))
        row["source"] = draw.randint(0, 8)
        row["flags"] = draw.choice((0, Flag.FEE_TOLD, Flag.FEE_TOLD, Flag.BATCH_END, 255))
    return rows


def shown(order):
    values = [int(getattr(order, name)) for name in FIELDS]
    text = order.venue_id if isinstance(order.venue_id, str) else told(order.venue_id)
    lots = order.inferred if isinstance(order.inferred, int) else order.inferred_lots
    return [*values, text, lots]


def told(venue_id):
    return venue_id.partition(b"\0")[0].decode(errors="replace")


@pytest.mark.parametrize("seed", range(6))
def test_the_table_decides_what_the_oracle_decides(seed):
    draw = random.Random(seed)
    log, terms = random_log(draw), TERMS[seed % len(TERMS)]
    oracle = Oracle(AGE_NS, TIMEOUT_NS, ORDERS_MAX, **terms)
    table = OrderTable(AGE_NS, TIMEOUT_NS, ORDERS_MAX, decisions_max=1, **terms)
    at, kinds, states = 0, set(), set()
    while at < len(log):
        batch = log[at : at + draw.choice((1, 1, 2, 7, 30))]
        at += len(batch)
        decided = table.decided(events_pointer(batch), len(batch))
        kinds |= {(int(row["kind"]), int(row["reason"])) for row in decided}
        assert decided.tobytes() == oracle.run(batch), f"on the batch that ends at record {at}"
        now = [shown(order) for order in table.orders.values()]
        assert now == [shown(order) for order in oracle.orders.values()]
        states |= {order.state for order in table.orders.values()}
        if draw.random() < 0.1:
            frozen = [bytes(piece) for piece in table.freeze()]
            table = OrderTable(0, 0, ORDERS_MAX, **terms)
            assert table.thaw(frozen)
    assert [shown(order) for order in table.gone()] == [shown(order) for order in oracle.gone]
    assert [getattr(table, name) for name in SHOWN] == [getattr(oracle, name) for name in SHOWN]
    assert kinds >= REACHED, f"never {REACHED - kinds}"
    assert states == set(OrderState) - {OrderState.FREE}
    counts = {name: getattr(table, name) for name in COUNTS if name != "unconfirmed"}
    assert all(counts.values()), counts
