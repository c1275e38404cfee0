"""The simulated market is a venue to its guests: what it makes of their orders."""

import numpy as np
import pytest

from pinnacle.core.schema import (
    INSTRUMENT_ALL,
    Flag,
    Kind,
    OrderType,
    Reason,
    Side,
    Source,
    TimeInForce,
)
from tests.sim.simulated_market import ME, SECOND, START, market, order, params


def test_a_side_that_a_guest_has_swept_fills_up_again():
    engine = market()
    engine.run_to(START + SECOND)
    aux = TimeInForce.IOC | OrderType.MARKET << 8
    sweep = order(START + SECOND, 1, Side.BID, 0, 2**39, aux=aux)
    out = engine.run_to(START + SECOND + 1, sweep)
    assert (out["kind"] == Kind.FILL).any()
    assert engine.engines[0].top().ask_quantity == 0
    engine.run_to(START + 2 * SECOND)
    assert len(engine.engines[0].depth(Side.ASK, 100)) >= 5
    engine.engines[0].check()


def test_a_guests_order_takes_effect_after_the_latency():
    engine = market(latency_in_ns=300)
    engine.run_to(START + SECOND)
    new = order(START + SECOND, 7, Side.BID, 9_000, 5, flags=Flag.POST_ONLY)
    out = engine.run_to(START + 2 * SECOND, new)
    reports = out[out["source"] == ME]
    assert reports["kind"].tolist() == [Kind.ACK]
    assert reports["recv_ns"].tolist() == [START + SECOND + 300]
    assert engine.engines[0].orders(ME)["order_id"].tolist() == [7]
    assert engine.stats(0).external == 1


def test_a_late_input_takes_effect_now():
    engine = market()
    engine.run_to(START + SECOND)
    out = engine.run_to(START + SECOND + 1, order(START, 7, Side.BID, 9_000, 5))
    assert out[out["source"] == ME]["recv_ns"].tolist() == [START + SECOND]


def test_quotes_at_the_touch_are_filled():
    engine = market()
    engine.run_to(START + SECOND)
    filled = 0
    for second in range(1, 60):
        now = START + second * SECOND
        top = engine.engines[0].top()
        quotes = [
            order(now, 2 * second, Side.BID, top.bid_price, 50),
            order(now, 2 * second + 1, Side.ASK, top.ask_price, 50),
            order(now + SECOND - 1, 0, 0, 0, 0, kind=Kind.CANCEL_ALL),
        ]
        out = engine.run_to(now + SECOND, np.concatenate(quotes))
        fills = out[(out["source"] == ME) & (out["kind"] == Kind.FILL)]
        filled += int((fills["flags"] & Flag.MAKER != 0).sum())
    assert filled > 10
    assert engine.engines[0].orders(ME).size == 0


def test_cancel_on_disconnect_takes_the_guests_orders_at_every_instrument():
    engine = market(params(0), params(1))
    engine.run_to(START + SECOND)
    now = START + SECOND
    rows = [
        order(now, 1, Side.BID, 9_000, 5),
        order(now, 2, Side.ASK, 11_000, 5, instrument_id=1),
        order(now, 3, Side.ASK, 11_000, 5, instrument_id=1, source=Source.RISK),
        order(
            now,
            0,
            0,
            0,
            0,
            kind=Kind.CANCEL_ALL,
            instrument_id=INSTRUMENT_ALL,
            reason=Reason.CANCEL_ON_DISCONNECT,
        ),
    ]
    out = engine.run_to(now + 1, np.concatenate(rows))
    gone = out[out["kind"] == Kind.CANCELLED]
    assert gone["order_id"].tolist() == [1, 2]
    assert (gone["reason"] == Reason.CANCEL_ON_DISCONNECT).all()
    assert engine.engines[1].orders(Source.RISK)["order_id"].tolist() == [3]


@pytest.mark.parametrize(
    ("fields", "kind", "reason"),
    [
        ({"order_id": 2**63 + 1}, Kind.REJECTED, Reason.BAD_ORDER),
        ({"source": Source.TRADERS}, Kind.REJECTED, Reason.BAD_ORDER),
        ({"instrument_id": 9}, Kind.REJECTED, Reason.BAD_INSTRUMENT),
        ({"instrument_id": 9, "kind": Kind.CANCEL}, Kind.CANCEL_REJECTED, Reason.BAD_INSTRUMENT),
        ({"instrument_id": 9, "kind": Kind.REPLACE}, Kind.REPLACE_REJECTED, Reason.BAD_INSTRUMENT),
        ({"kind": Kind.CANCEL}, Kind.CANCEL_REJECTED, Reason.UNKNOWN_ORDER),
    ],
)
def test_what_a_guest_may_not_do_is_refused(fields, kind, reason):
    engine = market()
    engine.run_to(START + SECOND)
    new = order(START + SECOND, 5, Side.BID, 9_000, 5)
    for name, value in fields.items():
        new[name] = value
    out = engine.run_to(START + SECOND, new)
    assert [(r["kind"], r["reason"]) for r in out] == [(kind, reason)]
