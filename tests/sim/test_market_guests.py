"""The simulated market is a venue to its guests: what it makes of their orders."""

import numpy as np
import pytest

from pinnacle.core._native import lib
from pinnacle.core.schema import (
    EVENT,
    INSTRUMENT_ALL,
    EventBuffer,
    Flag,
    Kind,
    OrderType,
    Reason,
    Side,
    Source,
    TimeInForce,
    Venue,
    events_pointer,
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


def test_inputs_act_in_the_order_in_which_they_came_whatever_their_stamps_say():
    # Nothing else happens between the two.
    engine = market(params(limits_per_s=0.0, takes_per_s=0.0, floor_orders=0), pending=8)
    engine.run_to(START)
    later = order(START + 2_000, 7, Side.BID, 9_000, 5)
    earlier = order(START + 1_000, 8, Side.BID, 9_000, 5)
    out = engine.run_to(START + 3_000, np.concatenate([later, earlier]))
    acks = out[out["kind"] == Kind.ACK]
    assert acks["order_id"].tolist() == [7, 8]
    assert acks["recv_ns"].tolist() == [START + 2_000] * 2


def test_of_an_input_and_the_markets_own_event_at_one_moment_the_markets_is_first():
    engine = market()
    engine.run_to(START + SECOND)
    for order_id in range(1, 50):
        at = engine.next_ns
        out = engine.run_to(at, order(at, order_id, Side.BID, 9_000, 5))
        acks = np.flatnonzero(out["source"] == ME)
        assert acks.tolist() == [len(out) - 2], "its report, and what it changes, are the last"
        if len(out) > 2:
            return
    raise AssertionError("no event of the market's own was seen")


def test_a_taker_may_meet_every_order_that_there_is_room_for():
    quiet = {"limits_per_s": 0.0, "takes_per_s": 0.0, "floor_orders": 0}
    engine = market(params(orders=64, **quiet))
    engine.run_to(START)
    bids = [order(START, i, Side.BID, 9_000, 5) for i in range(1, 65)]
    engine.run_to(START + 1, np.concatenate(bids))
    sold = order(START + 1, 99, Side.ASK, 0, 5 * 64, aux=TimeInForce.IOC | OrderType.MARKET << 8)
    sold["source"] = Source.RISK
    out = engine.run_to(START + 2, sold)
    taken = out[(out["kind"] == Kind.FILL) & (out["source"] == Source.RISK)]
    assert (len(taken), taken["quantity"].sum()) == (64, 5 * 64)


def test_an_input_of_before_the_beginning_acts_when_the_market_begins():
    engine = market()
    out = engine.run_to(START + 10, order(START - 1, 7, Side.BID, 9_000, 5))
    assert out[out["source"] == ME]["recv_ns"].tolist() == [START]
    engine = market()
    lib.pmm_market_begin(engine.cdata, START + SECOND)
    out = engine.run_to(START + SECOND + 10, order(START, 7, Side.BID, 9_000, 5))
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
        ({"source": Source.TRADERS | 1 << 8}, Kind.REJECTED, Reason.BAD_ORDER),
        ({"source": Source.EXCHANGE}, Kind.REJECTED, Reason.BAD_ORDER),
        ({"source": Source.EXCHANGE | 31 << 8}, Kind.REJECTED, Reason.BAD_ORDER),
        ({"source": Source.GATEWAY | 1 << 8}, Kind.ACK, Reason.NONE),
        ({"instrument_id": 2**32 - 1}, Kind.REJECTED, Reason.BAD_INSTRUMENT),
        ({"instrument_id": 2**20}, Kind.REJECTED, Reason.BAD_INSTRUMENT),
        ({"instrument_id": 9}, Kind.REJECTED, Reason.BAD_INSTRUMENT),
        ({"instrument_id": 9, "kind": Kind.CANCEL}, Kind.CANCEL_REJECTED, Reason.BAD_INSTRUMENT),
        ({"instrument_id": 9, "kind": Kind.REPLACE}, Kind.REPLACE_REJECTED, Reason.BAD_INSTRUMENT),
        ({"kind": Kind.CANCEL}, Kind.CANCEL_REJECTED, Reason.UNKNOWN_ORDER),
    ],
)
def test_what_a_guest_may_not_do_is_refused(fields, kind, reason):
    engine = market()
    engine.run_to(START + SECOND)
    terms = {"aux": TimeInForce.DAY, "flags": Flag.POST_ONLY, "commit": 7}
    new = order(START + SECOND, 5, Side.BID, 9_000, 5, **terms)
    for name, value in fields.items():
        new[name] = value
    out = engine.run_to(START + SECOND, new)
    mine = out[out["source"] == new["source"]]
    assert [(r["kind"], r["reason"]) for r in mine] == [(kind, reason)]
    assert (mine["recv_ns"], mine["venue_ns"]) == (START + SECOND, START + SECOND)
    assert (mine["flags"], mine["commit"], mine["venue_id"]) == (0, 0, Venue.SIMULATED)
    assert (mine["aux"] != TimeInForce.DAY).all(), "an execution's number, or nothing"
    made_here = reason in (Reason.BAD_ORDER, Reason.BAD_INSTRUMENT)
    assert (mine["aux"] == 0) == made_here
    assert mine["order_id"] == new["order_id"] and mine["quantity"] == 5


def test_a_cancel_of_all_goes_through_every_instrument_whatever_room_there_is():
    engine = market(*(params(i) for i in (4, 2, 9)), latency_in_ns=50)
    now = START + SECOND
    engine.run_to(now)
    new = [order(now, i, Side.BID, 9_000, 5, instrument_id=i) for i in (2, 4, 9)]
    engine.run_to(now + 60, np.concatenate(new))
    gone = order(now + 60, 0, 0, 0, 0, kind=Kind.CANCEL_ALL, instrument_id=INSTRUMENT_ALL)
    out, room = [], EventBuffer(1)
    while engine.now < now + 110:
        written, _ = engine.advance(
            now + 110, events_pointer(gone), len(gone), room.cdata, len(room)
        )
        out += room.array[:written].copy().tolist()
        gone = gone[:0]
    ids = [row[EVENT.names.index("order_id")] for row in out]
    kinds = [row[EVENT.names.index("kind")] for row in out]
    assert [i for i, kind in zip(ids, kinds, strict=True) if kind == Kind.CANCELLED] == [4, 2, 9]
    assert [len(guests.orders(ME)) for guests in engine.engines] == [0, 0, 0]


def test_more_orders_than_there_is_room_for_act_early_and_none_is_lost():
    engine = market(latency_in_ns=SECOND, pending=2)
    now = START + SECOND
    engine.run_to(now)
    new = np.concatenate([order(now, i, Side.BID, 9_000, 5) for i in range(1, 6)])
    early = engine.run_to(now, new)
    assert early[early["source"] == ME]["order_id"].tolist() == [1, 2, 3]
    assert (early["recv_ns"] == now).all()
    late = engine.run_to(now + SECOND)
    late = late[late["source"] == ME]
    assert late["order_id"].tolist() == [4, 5]
    assert (late["recv_ns"] == now + SECOND).all()


def test_a_market_whose_records_are_not_all_out_is_not_there_yet():
    engine, room = market(), EventBuffer(1)
    now = START + SECOND
    engine.run_to(now)
    new = order(now, 7, Side.BID, 9_000, 5)
    written, consumed = engine.advance(now, events_pointer(new), 1, room.cdata, 1)
    assert (written, consumed, engine.now) == (1, 1, now - 1)
    assert len(engine.run_to(now)) == 1
    assert engine.now == now
    soon = order(now + 100, 8, Side.BID, 9_000, 5)
    written, consumed = engine.advance(now + 200, events_pointer(soon), 1, room.cdata, 0)
    assert (written, consumed) == (0, 1)
    assert engine.next_ns == engine.now == now + 99
