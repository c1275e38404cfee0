"""The room that the engine asks for: what a record may cause at the worst, and no more."""

from hypothesis import given, settings

from pinnacle.core.matching import MatchingEngine
from pinnacle.core.schema import (
    INSTRUMENT_ALL,
    EventBuffer,
    Flag,
    Kind,
    OrderType,
    SelfTrade,
    Side,
    events_pointer,
)
from tests.property.oracle import Oracle
from tests.property.test_matching_model import INSTRUMENT, LEVELS, ORDERS, events_of, flows

OWN, EACH = 3, 4
SIDES = (Side.BID, Side.ASK)


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
    """The rule of csrc/match.h: 3 + 4 a resting order that it could meet, 2 an order cancelled."""
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


@settings(max_examples=150, deadline=None)
@given(flows)
def test_a_record_runs_with_room_for_its_worst_case_and_waits_with_less(flow):
    engine = MatchingEngine(INSTRUMENT, orders=ORDERS, window=4096, far_levels=LEVELS)
    oracle = Oracle(INSTRUMENT, ORDERS, LEVELS)
    out = EventBuffer(EACH * ORDERS + OWN)
    for event in events_of(flow):
        room, pointer = worst(oracle, event), events_pointer(event.reshape(1))
        out.array[:] = 0
        for less in range(max(room - 6, 0), room):
            assert engine.run(pointer, 1, out.cdata, less) == (0, 0)
        assert not out.array.tobytes().strip(b"\0")
        expected = oracle.run(event)
        assert len(expected) <= room
        assert engine.run(pointer, 1, out.cdata, room) == (len(expected), 1)
        assert out.array[: len(expected)].tolist() == expected.tolist()
    engine.check()
