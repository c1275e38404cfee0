"""The engine against the oracle: the same records out for any records in."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinnacle.core.schema import (
    EVENT,
    INSTRUMENT_ALL,
    EventBuffer,
    Flag,
    Kind,
    Side,
    events_pointer,
)
from pinnacle.sim.matching import MatchingEngine
from tests.property.oracle import Oracle

INSTRUMENT = 3
ORDERS, LEVELS = 12, 5

near = st.integers(95, 105)
price = st.one_of(near, near, near, st.sampled_from([0, -1, 1, 9_000, 10**9, 2**60, 2**60 + 1]))
quantity = st.one_of(st.integers(1, 9), st.integers(1, 9), st.sampled_from([0, -3, 2**40, 2**41]))
order_id = st.one_of(st.integers(1, 14), st.sampled_from([2**63 + 1, 2**64 - 1]))
aux = st.one_of(
    st.builds(
        lambda tif, kind, stp: tif | kind << 8 | stp << 16,
        st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3]),
        st.sampled_from([0, 0, 0, 0, 1]),
        st.sampled_from([0, 0, 1, 2, 3]),
    ),
    st.sampled_from([4, 2 << 8, 4 << 16, 1 << 24, -1]),
)
kind = st.sampled_from(
    [Kind.NEW] * 9
    + [Kind.CANCEL] * 2
    + [Kind.REPLACE] * 4
    + [Kind.QUERY, Kind.CANCEL_ALL, Kind.TIMER, Kind.STOP]
)
valid_new = st.fixed_dictionaries(
    {
        "kind": st.just(Kind.NEW),
        "side": st.sampled_from([Side.BID, Side.ASK]),
        "price": near,
        "quantity": st.integers(1, 9),
        "order_id": st.integers(1, 30),
        "aux": st.sampled_from([0, 0, 1 << 16, 2 << 16, 3 << 16]),
        "source": st.integers(1, 3),
        "flags": st.just(0),
        "reason": st.just(0),
        "instrument_id": st.just(INSTRUMENT),
    }
)
anything = st.fixed_dictionaries(
    {
        "kind": kind,
        "side": st.sampled_from([Side.BID, Side.ASK] * 6 + [Side.NONE]),
        "price": price,
        "quantity": quantity,
        "order_id": order_id,
        "aux": aux,
        "source": st.integers(1, 3),
        "flags": st.sampled_from([0, 0, 0, Flag.POST_ONLY]),
        "reason": st.sampled_from([0, 0, 69]),
        "instrument_id": st.sampled_from([INSTRUMENT] * 20 + [4, INSTRUMENT_ALL]),
    }
)
flows = st.lists(st.one_of(valid_new, anything), min_size=1, max_size=60)


def events_of(flow):
    events = np.zeros(len(flow), dtype=EVENT)
    for i, fields in enumerate(flow):
        events[i]["recv_ns"] = 1000 + i
        for name, value in fields.items():
            events[i][name] = value
    return events


def assert_conserved(out):
    """What makers sold takers bought, and the tape says the same."""
    fills = out[out["kind"] == Kind.FILL]
    makers = fills[fills["flags"] & Flag.MAKER != 0]
    takers = fills[fills["flags"] & Flag.MAKER == 0]
    trades = out[out["kind"] == Kind.TRADE]
    for name in ("price", "quantity"):
        assert makers[name].tolist() == takers[name].tolist() == trades[name].tolist()
    assert (makers["side"] + takers["side"] == Side.BID + Side.ASK).all()
    assert (trades["side"] == takers["side"]).all()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(flows, st.integers(0, 80))
def test_the_engine_says_record_for_record_what_the_oracle_says(flow, day_end_at):
    engine = MatchingEngine(INSTRUMENT, orders=ORDERS, window=4096, far_levels=LEVELS)
    oracle = Oracle(INSTRUMENT, ORDERS, LEVELS)
    for i, event in enumerate(events_of(flow)):
        got, expected = engine.process(event.reshape(1)), oracle.run(event)
        assert got.tolist() == expected.tolist()
        engine.check()
        assert_conserved(got)
        if i == day_end_at:
            assert engine.end_day(9).tolist() == oracle.end_day(9).tolist()
            engine.check()
    for side in (Side.BID, Side.ASK):
        queue = list(oracle.queue(side))
        mine = engine.orders()
        mine = mine[mine["side"] == side]
        assert mine["order_id"].tolist() == [order.order_id for order in queue]
        assert mine["quantity"].tolist() == [order.leaves for order in queue]
        for order in queue:
            ahead = [o for o in queue if o.price == order.price and o.arrival < order.arrival]
            assert engine.queue_ahead(order.order_id) == sum(o.leaves for o in ahead)


@settings(max_examples=100, deadline=None)
@given(flows, st.integers(4 * ORDERS + 3, 4 * ORDERS + 20), st.integers(1, 60))
def test_small_batches_and_a_small_out_give_the_same_records(flow, room, batch):
    events = events_of(flow)
    whole = MatchingEngine(INSTRUMENT, orders=ORDERS, window=4096, far_levels=LEVELS)
    parts = MatchingEngine(INSTRUMENT, orders=ORDERS, window=4096, far_levels=LEVELS)
    expected = whole.process(events)

    buffer, got, done = EventBuffer(room), [], 0
    while done < len(events):
        n = min(batch, len(events) - done)
        written, consumed = parts.run(events_pointer(events) + done, n, buffer.cdata, room)
        assert consumed > 0
        got += buffer.array[:written].tolist()
        done += consumed
    assert got == expected.tolist()


@settings(max_examples=100, deadline=None)
@given(flows)
def test_the_published_depth_adds_up_to_the_book(flow):
    engine = MatchingEngine(INSTRUMENT, orders=ORDERS, window=4096, far_levels=LEVELS)
    book, sequence = {}, 0
    for record in engine.process(events_of(flow)):
        if record["kind"] not in (Kind.DEPTH, Kind.TRADE):
            continue
        sequence += 1
        assert record["aux"] == sequence
        if record["kind"] == Kind.DEPTH:
            book[int(record["side"]), int(record["price"])] = int(record["quantity"])
    for side in (Side.BID, Side.ASK):
        levels = {p: q for (s, p), q in book.items() if s == side and q}
        assert dict(engine.depth(side, 100).tolist()) == levels
    snapshot = engine.snapshot(5)
    assert [snapshot[0]["kind"], snapshot[-1]["kind"]] == [Kind.BOOK_BEGIN, Kind.BOOK_END]
    rows = snapshot[1:-1][["side", "price", "quantity"]].tolist()
    assert {(s, p): q for s, p, q in rows} == {key: q for key, q in book.items() if q}
    assert snapshot[-1]["aux"] == sequence


def random_flow(seed, n, centre, spread, ids, quantity_max):
    rng = np.random.default_rng(seed)
    events = np.zeros(n, dtype=EVENT)
    events["recv_ns"] = np.arange(n)
    events["instrument_id"] = INSTRUMENT
    events["kind"] = rng.choice(
        [Kind.NEW, Kind.CANCEL, Kind.REPLACE, Kind.CANCEL_ALL], n, p=[0.55, 0.1, 0.349, 0.001]
    )
    events["side"] = rng.integers(1, 3, n)
    events["price"] = centre + rng.normal(0, spread, n).astype(np.int64)
    events["quantity"] = rng.integers(1, quantity_max, n)
    events["order_id"] = rng.integers(1, ids, n)
    events["source"] = rng.integers(1, 3, n)
    events["aux"] = rng.choice([0, 0, 0, 1, 2, 3, 256, 1 << 16, 2 << 16, 3 << 16], n)
    events["flags"] = rng.choice([0, 0, 0, int(Flag.POST_ONLY)], n)
    return events


def assert_agree(events, orders, levels):
    engine = MatchingEngine(INSTRUMENT, orders=orders, window=4096, far_levels=levels)
    oracle = Oracle(INSTRUMENT, orders, levels)
    expected = [row for event in events for row in oracle.run(event).tolist()]
    assert engine.process(events).tolist() == expected
    engine.check()


@pytest.mark.parametrize("seed", range(4))
def test_a_crowded_book_agrees_with_the_oracle(seed):
    assert_agree(random_flow(seed, 3_000, 100, 2.0, 25, 6), orders=20, levels=6)


@pytest.mark.long
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_a_deep_book_agrees_with_the_oracle_over_a_long_flow(seed):
    assert_agree(random_flow(seed, 2_000, 50_000, 4_000, 600, 100), orders=700, levels=500)
