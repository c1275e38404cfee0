"""The venues in C decide as those in Python, record for record, however their logs are cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import FAR_CAPACITY, WINDOW
from pinnacle.core.schema import (
    EVENT,
    INSTRUMENT_ALL,
    EventBuffer,
    Flag,
    Kind,
    Side,
    Source,
    events_pointer,
)
from pinnacle.sim.paper_venue import PaperVenue
from pinnacle.sim.simulated_venue import SimulatedVenue
from tests.records import batch, book_of, event
from tests.sim.simulated_market import params
from tests.venue_oracle import PaperOracle, SimulatedOracle

START, MS, SECOND = 10**9, 10**6, 10**9
GATEWAY = Source.GATEWAY | 2 << 8
SENDERS = [GATEWAY, GATEWAY, GATEWAY, Source.GATEWAY, Source.STRATEGY, Source.EXCHANGE]
KINDS = [Kind.NEW, Kind.NEW, Kind.NEW, Kind.CANCEL, Kind.REPLACE, Kind.QUERY, Kind.CANCEL_ALL]
IDS = (3, 1)

steps = st.sampled_from([0, 1, MS // 2, MS, MS, 7 * MS, SECOND, 3 * SECOND])
latencies = st.sampled_from([0, 1, MS // 2, MS, 40 * MS])
back = st.integers(0, 2 * MS)


@st.composite
def orders(draw, now):
    """What the gateway's ring holds, in order of sending, and somebody else's among it."""
    rows = []
    for at in sorted(draw(st.lists(back, max_size=4)), reverse=True):
        kind, side = draw(st.sampled_from(KINDS)), draw(st.sampled_from([Side.BID, Side.ASK]))
        row = event(kind, recv_ns=now - at, side=side, order_id=draw(st.integers(1, 12)))
        row["price"] = 10_000 + draw(st.integers(-12, 12))
        row["quantity"] = draw(st.integers(0, 9))
        row["source"] = draw(st.sampled_from(SENDERS))
        row["aux"] = draw(st.sampled_from([0, 0, 2, 2 | 1 << 8]))
        row["instrument_id"] = draw(st.sampled_from([*IDS, *IDS, 2]))
        if kind == Kind.CANCEL_ALL:
            row["instrument_id"] = draw(st.sampled_from([INSTRUMENT_ALL, IDS[0]]))
        rows.append(row)
    return rows


@st.composite
def markets(draw, since, now):
    """What the market's ring holds."""
    rows = []
    for at in sorted(draw(st.lists(st.integers(since, now), max_size=5))):
        side = draw(st.sampled_from([Side.BID, Side.ASK]))
        fields = {"side": side, "recv_ns": at, "source": Source.FEED}
        fields["instrument_id"] = draw(st.sampled_from([*IDS, 2]))
        fields["quantity"] = draw(st.integers(0, 9))
        away = draw(st.integers(1, 6))
        fields["price"] = 10_000 - away if side == Side.BID else 10_000 + away
        kind = draw(st.sampled_from([Kind.DEPTH, Kind.TRADE, Kind.TRADE, Kind.TOP]))
        rows.append(event(kind, flags=Flag.LAST, **fields))
    return rows


OWN = [(Kind.TIMER, 0), (Kind.TIMER, 0), (Kind.PEER_LOST, GATEWAY), (Kind.PEER_LOST, Source.FEED)]
OWN += [(Kind.PEER_BACK, GATEWAY), (Kind.PEER_LOST, -1), (Kind.PEER_LOST, GATEWAY | 1 << 16)]


@st.composite
def logs(draw, paper):
    """An exchange's input log in turns: own records, the gateway's orders, perhaps a market."""
    now, seen, turns = START, START, []
    books = [book_of([(9999, 5), (9998, 5)], [(10_001, 5)], i, START) for i in IDS]
    turns.append(batch(*books) if paper else event(Kind.TIMER, recv_ns=START))
    turns[0]["flags"][-1] |= Flag.BATCH_END
    for _ in range(draw(st.integers(1, 12))):
        now += draw(steps)
        rows = []
        for kind, aux in draw(st.lists(st.sampled_from(OWN), max_size=2)):
            rows.append(event(kind, aux=aux, recv_ns=now, order_id=7))
        rows += draw(orders(now))
        if paper:
            rows += draw(markets(max(START, seen - draw(back)), now))
            seen = now
        if rows:
            turns.append(batch(*rows))
            turns[-1]["flags"][-1] |= Flag.BATCH_END
    turns.append(event(Kind.TIMER, recv_ns=now + SECOND, flags=Flag.BATCH_END))
    return turns


def in_turns(venue, turns):
    """All that comes out of a venue whose log is given turn by turn."""
    return [venue.decided(events_pointer(turn), len(turn)) for turn in turns]


def is_end(row):
    return row["flags"] & Flag.BATCH_END


def in_pieces(run, venue, turns, sizes, room):
    """The whole log in calls of these sizes with so little room."""
    log, out, consumed = batch(*turns), EventBuffer(room), ffi.new("size_t *")
    # A call ends a turn, so none may end in the middle of one.
    done, parts, written = 0, [], 0
    while done < len(log) or written == room:
        size = min(sizes[len(parts) % len(sizes)], len(log) - done)
        while size and done + size < len(log) and not is_end(log[done + size - 1]):
            size += 1
        written = run(venue, events_pointer(log) + done, size, out.cdata, room, consumed)
        assert 0 <= written <= room
        done += consumed[0]
        parts.append(out.array[:written].copy())
    return np.concatenate(parts)


def paper_pair(way_in, way_out):
    venue = PaperVenue(IDS, way_in, way_out)
    room = {"orders": 256, "window": WINDOW, "far_capacity": FAR_CAPACITY}
    return venue, PaperOracle(IDS, way_in, way_out, **room)


def simulated_pair(way_in, way_out):
    rows = [params(i, orders=256, far_levels=256, limits_per_s=50.0) for i in IDS]
    arguments = rows, 5, way_in, way_out, 2
    return SimulatedVenue(*arguments), SimulatedOracle(*arguments)


@settings(max_examples=120, deadline=None)
@given(logs(paper=True), latencies, latencies, st.lists(st.integers(1, 40), min_size=1), st.data())
def test_a_paper_venue_decides_as_its_oracle(turns, way_in, way_out, sizes, data):
    venue, oracle = paper_pair(way_in, way_out)
    whole = in_turns(venue, turns)
    for mine, turn in zip(whole, turns, strict=True):
        assert mine.tobytes() == oracle.decided(turn).tobytes()
    assert venue.waiting == bool(oracle.orders or oracle.reports)
    other, _ = paper_pair(way_in, way_out)
    room = data.draw(st.sampled_from([1, 2, 50]))
    pieces = in_pieces(lib.pmm_paper_venue_run, other._venue, turns, sizes, room)
    assert pieces.tobytes() == np.concatenate(whole).tobytes()


@settings(max_examples=80, deadline=None)
@given(logs(paper=False), latencies, latencies, st.lists(st.integers(1, 40), min_size=1), st.data())
def test_a_simulated_venue_decides_as_its_oracle(turns, way_in, way_out, sizes, data):
    venue, oracle = simulated_pair(way_in, way_out)
    run, whole = lib.pmm_simulated_venue_run, []
    for turn in turns:
        out = venue._run(events_pointer(turn), len(turn)).copy()
        assert out.tobytes() == oracle.decided(turn).tobytes()
        whole.append(out)
    assert venue.skipped_ns == oracle.skipped_ns
    other, _ = simulated_pair(way_in, way_out)
    room = data.draw(st.sampled_from([1, 7, 500]))
    pieces = in_pieces(run, other._venue, turns, sizes, room)
    assert pieces.tobytes() == np.concatenate(whole).tobytes()


@pytest.mark.parametrize("pair", [paper_pair, simulated_pair])
def test_a_log_without_records_is_no_turn(pair):
    venue, _ = pair(MS, MS)
    assert len(venue.decided(events_pointer(np.empty(0, EVENT)), 0)) == 0
