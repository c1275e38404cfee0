"""A paper venue frozen at any moment and thawed elsewhere goes on as the one that was not."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core.schema import Kind, Source
from pinnacle.sim.paper_venue import PaperVenue
from tests.property.paper_streams import FLOWS
from tests.records import book_of, event, run

MS = 1_000_000
LATENCIES = st.sampled_from([0, MS // 2, 30 * MS, 400 * MS])


def log_of(events: np.ndarray) -> np.ndarray:
    """The flow as the exchange logs it: the feed's records and the gateway's."""
    log = events.copy()
    log["source"][log["source"] == 0] = Source.FEED
    return log


def turns(log: np.ndarray, cuts: list[int]) -> list[np.ndarray]:
    """The log in turns of these sizes, over and over."""
    made, at = [], 0
    while at < len(log):
        size = cuts[len(made) % len(cuts)]
        made.append(log[at : at + size])
        at += size
    return made


@settings(max_examples=150, deadline=None)
@given(FLOWS, st.lists(st.integers(1, 9), min_size=1, max_size=4), LATENCIES, LATENCIES, st.data())
def test_a_thawed_venue_reports_what_the_frozen_one_would_have(events, cuts, way_in, way_out, data):
    gone = event(Kind.PEER_LOST, aux=Source.GATEWAY, recv_ns=events[-1]["recv_ns"] + 1)
    end = event(Kind.TIMER, recv_ns=events[-1]["recv_ns"] + 10**10)
    steps = [*turns(log_of(events), cuts), gone, end]
    moment = data.draw(st.integers(0, len(steps)))
    whole = PaperVenue([0], way_in, way_out)
    for step in steps[:moment]:
        run(whole.decided, step)
    thawed = PaperVenue([0], way_in, way_out)
    assert thawed.thaw([bytes(piece) for piece in whole.freeze()])
    assert (thawed.waiting, thawed.usable(0)) == (whole.waiting, whole.usable(0))
    for step in steps[moment:]:
        assert run(thawed.decided, step).tobytes() == run(whole.decided, step).tobytes()
    assert [bytes(piece) for piece in thawed.freeze()] == [bytes(p) for p in whole.freeze()]


def test_a_frozen_venue_keeps_no_hold_of_the_one_that_it_was_taken_from():
    whole, thawed = (PaperVenue([0], MS, MS) for _ in range(2))
    order = event(Kind.NEW, order_id=1, side=1, price=5, quantity=1, source=Source.GATEWAY)
    order["recv_ns"] = 1_000_000
    run(whole.decided, order)
    assert thawed.thaw([bytes(piece) for piece in whole.freeze()])
    late = event(Kind.TIMER, recv_ns=10**9)
    assert len(run(whole.decided, late)) == 1
    assert len(run(thawed.decided, late)) == 1


def test_reports_of_two_causes_that_are_out_of_order_stay_two():
    whole, thawed = (PaperVenue([0], 0, MS) for _ in range(2))
    run(whole.decided, book_of([(90, 5)], [(110, 5)]))
    order = event(Kind.NEW, order_id=1, side=1, price=100, quantity=1, source=Source.GATEWAY)
    order["recv_ns"] = 1_000_000
    run(whole.decided, order)
    trade = event(Kind.TRADE, side=2, price=99, quantity=1, source=Source.FEED, recv_ns=500_000)
    run(whole.decided, trade)
    assert thawed.thaw([bytes(piece) for piece in whole.freeze()])
    for at, due in ((1_600_000, 0), (2_000_000, 2)):
        timer = event(Kind.TIMER, recv_ns=at)
        assert len(run(whole.decided, timer)) == len(run(thawed.decided, timer)) == due


def test_a_state_of_another_size_is_refused_and_changes_nothing():
    venue = PaperVenue([0], MS, MS)
    order = event(Kind.NEW, order_id=1, side=1, price=5, quantity=1, source=Source.GATEWAY)
    order["recv_ns"] = 1_000_000
    run(venue.decided, order)
    (memory,) = state = [bytes(piece) for piece in venue.freeze()]
    for bad in ([], [memory, memory], [memory + b"\0"], [memory[1:]], [b""]):
        assert venue.thaw(bad) is False
        assert [bytes(piece) for piece in venue.freeze()] == state
