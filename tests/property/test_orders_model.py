"""The gateway's order table decides what its oracle decides, byte for byte, over random logs."""

import random

import numpy as np
import pytest

from pinnacle.core.schema import EVENT, Flag, Kind, Reason, Side, Source, events_pointer
from pinnacle.execution.orders import OrderTable
from tests.orders_oracle import Oracle

AGE_NS, TIMEOUT_NS, ORDERS_MAX = 40, 100, 5
RECORDS = 10_000
KINDS = {
    Kind.NEW: 20,
    Kind.REPLACE: 12,
    Kind.CANCEL: 8,
    Kind.ACK: 16,
    Kind.FILL: 16,
    Kind.REPLACED: 8,
    Kind.CANCELLED: 5,
    Kind.REJECTED: 4,
    Kind.REPLACE_REJECTED: 4,
    Kind.CANCEL_REJECTED: 4,
    Kind.ORDER_STATUS: 6,
    Kind.TIMER: 6,
    Kind.START: 1,
    Kind.STOP: 1,
    Kind.HALT: 1,
    Kind.RESUME: 2,
    Kind.PEER_LOST: 1,
    Kind.PEER_BACK: 3,
    # What is nobody's business here.
    Kind.QUERY: 1,
    Kind.CANCEL_ALL: 1,
    Kind.TRADE: 1,
    Kind.TEXT: 1,
}
REASONS = (Reason.NONE, Reason.UNKNOWN_ORDER, Reason.TOO_LATE, Reason.OPERATOR)
SHOWN = ("halted", "stopping", "clock_ns", "duplicates", "unknown_fills")
FIELDS = (
    "order_id",
    "instrument_id",
    "side",
    "price",
    "quantity",
    "filled",
    "acknowledged",
    "replacing",
)
FIELDS += ("state", "asked_ns")


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
            (1, 2, 2**40, 2**63 - 1, 0, -1) if draw.random() < 0.2 else (7, 8)
        )
        row["quantity"] = draw.choice(
            (1, 3, 2**62, 2**63 - 1, 0, -5) if draw.random() < 0.2 else (4, 6)
        )
        row["side"] = draw.choice((Side.BID, Side.ASK, Side.BID, Side.ASK, Side.BID, Side.NONE))
        row["instrument_id"] = draw.choice((0, 1, 2**32 - 1) if draw.random() < 0.1 else (0, 1))
        row["aux"] = executions - draw.choice((0, 0, 0, 1, 3))
        if row["kind"] in (Kind.PEER_LOST, Kind.PEER_BACK):
            number = draw.choice((0, 0, 1, 31)) << 8
            row["aux"] = draw.choice((Source.RISK, Source.EXCHANGE, 0, 99)) | number
        row["reason"] = draw.choice(REASONS)
        row["source"] = draw.randint(0, 8)
        row["flags"] = draw.choice((0, Flag.MAKER, Flag.BATCH_END, 127))
    return rows


def shown(order):
    return [int(getattr(order, name)) for name in FIELDS]


@pytest.mark.parametrize("seed", range(6))
def test_the_table_decides_what_the_oracle_decides(seed):
    draw = random.Random(seed)
    log = random_log(draw)
    oracle = Oracle(AGE_NS, TIMEOUT_NS, ORDERS_MAX)
    table = OrderTable(AGE_NS, TIMEOUT_NS, ORDERS_MAX, decisions_max=1)
    at, kinds = 0, set()
    while at < len(log):
        batch = log[at : at + draw.choice((1, 1, 2, 7, 30))]
        at += len(batch)
        decided = table.decided(events_pointer(batch), len(batch))
        kinds |= {(int(row["kind"]), int(row["reason"])) for row in decided}
        assert decided.tobytes() == oracle.run(batch), f"on the batch that ends at record {at}"
        assert [shown(o) for o in table.orders.values()] == [
            shown(o) for o in oracle.orders.values()
        ]
        if draw.random() < 0.1:
            frozen = [bytes(piece) for piece in table.freeze()]
            table = OrderTable(0, 0, ORDERS_MAX)
            assert table.thaw(frozen)
    assert [getattr(table, name) for name in SHOWN] == [getattr(oracle, name) for name in SHOWN]
    assert {Kind.QUERY, Kind.REPLACED, Kind.CANCEL} <= {kind for kind, _ in kinds}
    assert {(Kind.REJECTED, Reason.CAPACITY), (Kind.REJECTED, Reason.NOT_SENT)} <= kinds
