"""A risk gate of one instrument to speak to, and the records to say it in."""

import numpy as np

from pinnacle.core.schema import Kind, Reason, Side, Source
from pinnacle.risk.config import LimitsConfig, RiskConfig
from pinnacle.risk.gate import RiskGate
from tests.records import event, instruments, run

BID, ASK = 10_000, 10_010


def gate(symbols=("X",), **changes) -> RiskGate:
    limits = {
        "order_quantity_max": "1",
        "position_max": "3",
        "collar_percent": 1.0,
        "open_orders_max": 4,
    }
    session = {"intent_age_max_ms": 100, "messages_per_s": 10, "messages_burst": 20}
    limits |= {k: v for k, v in changes.items() if k in limits}
    session |= {k: v for k, v in changes.items() if k in session}
    config = RiskConfig(limits=dict.fromkeys(symbols, LimitsConfig(**limits)), **session)
    made = RiskGate(instruments(*symbols, maker_bps=-1, taker_bps=5), config)
    run(made.decided, top())
    return made


def top(bid=BID, ask=ASK, recv_ns=0, flags=0):
    return event(Kind.TOP, price=bid, quantity=5, order_id=ask, aux=5, recv_ns=recv_ns, flags=flags)


def new(order_id, side=Side.BID, price=BID, quantity=1000, **fields):
    return event(
        order_id=order_id,
        side=side,
        price=price,
        quantity=quantity,
        **{"kind": Kind.NEW, "source": Source.STRATEGY} | fields,
    )


def report(kind, order_id, side=Side.BID, price=BID, quantity=1000, **fields):
    return event(
        kind,
        order_id=order_id,
        side=side,
        price=price,
        quantity=quantity,
        source=Source.GATEWAY,
        **fields,
    )


def only(decisions: np.ndarray) -> tuple[Kind, Reason]:
    assert len(decisions) == 1
    return Kind(decisions[0]["kind"]), Reason(decisions[0]["reason"])


PASSED = (Kind.NEW, Reason.NONE)


def refused(reason: Reason) -> tuple[Kind, Reason]:
    return Kind.REJECTED, reason


def replace(order_id, quantity, price=BID):
    return report(Kind.REPLACE, order_id, price=price, quantity=quantity)
