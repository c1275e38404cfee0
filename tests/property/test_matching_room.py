"""The room that the engine asks for: what a record may cause at the worst, and no more."""

import numpy as np
import pytest

from pinnacle.core.schema import (
    EVENT,
    INSTRUMENT_ALL,
    EventBuffer,
    Flag,
    Kind,
    OrderType,
    SelfTrade,
    Side,
    events_pointer,
)
from pinnacle.sim.matching import MatchingEngine
from tests.property.oracle import Oracle

OWN, EACH = 3, 4
ORDERS, LEVELS, INSTRUMENT = 12, 12, 3
SIDES = (Side.BID, Side.ASK)


def book_and_more(seed, more):
    """Bids at 99 and below, asks at 101 and above, and then whatever comes."""
    rng, n = np.random.default_rng(seed), ORDERS + more
    events = np.zeros(n, dtype=EVENT)
    events["recv_ns"] = np.arange(n)
    events["source"] = rng.integers(1, 4, n)
    events["side"] = rng.choice([Side.BID, Side.ASK, Side.NONE], n, p=[0.48, 0.48, 0.04])
    events["order_id"] = rng.integers(0, 20, n)
    events["quantity"] = rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 15, 0, -3, 2**41], n)
    events["price"] = rng.integers(94, 107, n)
    kinds = [Kind.NEW, Kind.REPLACE, Kind.CANCEL, Kind.QUERY, Kind.CANCEL_ALL, Kind.TIMER]
    events["kind"] = rng.choice(kinds, n, p=[0.5, 0.3, 0.06, 0.06, 0.04, 0.04])
    tif, market, rule = (
        rng.choice([0, 0, 0, 1, 2, 3], n),
        rng.random(n) < 0.1,
        rng.integers(0, 5, n),
    )
    events["aux"] = tif | market << 8 | rule << 16
    events["flags"] = rng.choice([0, 0, 0, Flag.POST_ONLY], n)
    events["instrument_id"] = rng.choice([INSTRUMENT] * 12 + [4, INSTRUMENT_ALL], n)

    book = events[:ORDERS]
    book["kind"], book["instrument_id"], book["order_id"] = Kind.NEW, INSTRUMENT, np.arange(ORDERS)
    book["side"] = rng.choice([Side.BID, Side.ASK], ORDERS)
    away = rng.integers(1, 5, ORDERS)
    book["price"] = np.where(book["side"] == Side.BID, 100 - away, 100 + away)
    book["quantity"] = rng.integers(1, 6, ORDERS)
    book["aux"] = rng.choice([0, 1 << 16, 2 << 16, 3 << 16], ORDERS)
    return events


def taker_of(oracle, event):
    """(side, limit, quantity, source, self-trade rule) of a record that may take, or None."""
    order = oracle.find(event)
    if event["kind"] == Kind.REPLACE and order and not order.post_only:
        return order.side, event["price"], event["quantity"], order.source, order.self_trade
    post_only = event["flags"] & Flag.POST_ONLY
    if event["kind"] != Kind.NEW or post_only or event["side"] not in SIDES:
        return None
    kind, rule = event["aux"] >> 8 & 255, event["aux"] >> 16 & 255
    limit = None if kind == OrderType.MARKET else event["price"]
    return event["side"], limit, event["quantity"], event["source"], rule


def met(oracle, side, limit, quantity, source, rule):
    """How many orders it meets until it is filled or stopped."""
    count = 0
    for maker in oracle.met(side, limit):
        count += 1
        if rule != SelfTrade.NONE and maker.source == source:
            if rule != SelfTrade.CANCEL_OLDEST:
                break
        elif (quantity := quantity - maker.leaves) <= 0:
            break
    return count


def worst(oracle, event):
    """The rule of csrc/sim/match.h: 3 + 4 a resting order that it could meet, 2 a cancelled one."""
    event = {name: int(event[name]) for name in event.dtype.names}
    everywhere = event["instrument_id"] == INSTRUMENT_ALL and event["kind"] == Kind.CANCEL_ALL
    if not (Kind.NEW <= event["kind"] <= Kind.QUERY):
        return 0
    if event["instrument_id"] != INSTRUMENT and not everywhere:
        return 0
    if event["kind"] == Kind.CANCEL_ALL:
        return 2 * sum(order.source == event["source"] for order in oracle.orders)
    taker = taker_of(oracle, event)
    return OWN + EACH * (met(oracle, *taker) if taker else 0)


@pytest.mark.parametrize("seed", range(100))
def test_a_record_runs_with_room_for_its_worst_case_and_waits_with_less(seed):
    engine = MatchingEngine(INSTRUMENT, orders=ORDERS, window=4096, far_levels=LEVELS)
    oracle = Oracle(INSTRUMENT, ORDERS, LEVELS)
    out = EventBuffer(EACH * ORDERS + OWN)
    for event in book_and_more(seed, 25):
        room, pointer = worst(oracle, event), events_pointer(event.reshape(1))
        out.array[:] = 0
        for less in {room - 1, room // 2, 0} - {room, -1}:
            assert engine.run(pointer, 1, out.cdata, less) == (0, 0)
        assert not out.array.tobytes().strip(b"\0")
        expected = oracle.run(event)
        assert len(expected) <= room
        assert engine.run(pointer, 1, out.cdata, room) == (len(expected), 1)
        assert out.array[: len(expected)].tolist() == expected.tolist()
    engine.check()
