"""A journal's decisions against those that the logic makes again: all that differs, and where."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinnacle.core.schema import EVENT, Flag, Kind, Source, events_pointer
from pinnacle.runtime.decision_log import LogReplay
from tests.records import batch, event
from tests.runtime.mortal_process import Doubler

ROWS = st.lists(st.tuples(st.booleans(), st.integers(1, 50), st.booleans()), max_size=60)


def recorded(rows):
    """What a process with this logic would have journalled."""
    logic, log, inputs, clock = Doubler(), [], [], 0
    for is_new, quantity, ends in rows:
        kind = Kind.NEW if is_new else Kind.TIMER
        clock += 10
        row = event(kind, quantity=quantity, recv_ns=clock, source=Source.STRATEGY)
        inputs.append(row)
        if ends:
            row["flags"] = Flag.BATCH_END
            taken = batch(*inputs)
            decided = logic.decided(events_pointer(taken), len(taken)).copy()
            decided["source"], decided["recv_ns"] = Source.RISK, clock
            decided["flags"] |= np.uint8(Flag.DECISION)
            log += [taken, decided]
            inputs = []
    return batch(*log, *inputs) if log or inputs else np.empty(0, EVENT)


@given(ROWS, st.integers(1, 20))
def test_a_log_replays_without_a_difference_however_it_is_cut_into_chunks(rows, size):
    log = recorded(rows)
    replay = LogReplay(Doubler().decided, Source.RISK)
    for begin in range(0, len(log), size):
        replay.feed(log[begin : begin + size], begin)
    replay.finish(len(log))
    assert replay.difference_count == 0
    assert replay.decisions == np.count_nonzero(log["flags"] & Flag.DECISION)


@given(ROWS.filter(lambda rows: any(new and ends for new, _, ends in rows)), st.data())
def test_one_altered_decision_is_found_where_it_is(rows, data):
    log = recorded(rows)
    where = data.draw(st.sampled_from(np.flatnonzero(log["flags"] & Flag.DECISION).tolist()))
    field = data.draw(st.sampled_from(["price", "quantity", "order_id", "side", "recv_ns"]))
    log[where][field] += 1
    replay = LogReplay(Doubler().decided, Source.RISK)
    replay.feed(log, 0)
    replay.finish(len(log))
    assert replay.difference_count == 1
    assert (replay.differences[0].index, replay.differences[0].fields()) == (where, [field])


@given(ROWS.filter(lambda rows: any(new and ends for new, _, ends in rows)), st.data())
def test_a_missing_decision_is_a_difference(rows, data):
    log = recorded(rows)
    where = data.draw(st.sampled_from(np.flatnonzero(log["flags"] & Flag.DECISION).tolist()))
    replay = LogReplay(Doubler().decided, Source.RISK)
    replay.feed(np.delete(log, where), 0)
    replay.finish(len(log))
    assert replay.difference_count >= 1


def test_of_many_differences_the_first_are_kept_and_all_are_counted():
    log = recorded([(True, 1, True)] * 6)
    log["price"][(log["flags"] & Flag.DECISION) != 0] += 1
    replay = LogReplay(Doubler().decided, Source.RISK, differences_max=3)
    replay.feed(log, 0)
    replay.finish(len(log))
    decided = np.flatnonzero(log["flags"] & Flag.DECISION)
    assert replay.difference_count == len(decided) > 3
    assert [found.index for found in replay.differences] == decided[:3].tolist()


@pytest.mark.parametrize("size", [1, 2, 3, 99])
def test_a_missing_decision_is_told_once_and_where_it_is_missing(size):
    log = recorded([(True, 1, True), (True, 2, True), *[(False, 1, False)] * 3, (True, 3, True)])
    where = int(np.flatnonzero(log["flags"] & Flag.DECISION)[1])
    log = np.delete(log, where)
    replay = LogReplay(Doubler().decided, Source.RISK)
    for at in range(0, len(log), size):  # the batch behind it may come in pieces
        replay.feed(log[at : at + size], at)
    replay.finish(len(log))
    assert [found.index for found in replay.differences] == [where]


def test_decisions_too_many_are_told_where_they_are():
    log = recorded([(True, 1, True), (True, 2, True)])
    log = batch(log, log[-1:], log[-1:])
    replay = LogReplay(Doubler().decided, Source.RISK)
    replay.feed(log, 100)
    replay.finish(100 + len(log))
    found = [(told.index - 100, told.expected, told.fields()) for told in replay.differences]
    assert found == [(len(log) - 2, None, []), (len(log) - 1, None, [])]


def test_a_replay_stamps_a_copy_and_not_what_the_logic_holds():
    given = event(Kind.NEW, order_id=1)
    replay = LogReplay(lambda events, n: given, Source.RISK)
    replay.feed(event(Kind.TIMER, recv_ns=5, flags=Flag.BATCH_END), 0)
    (expected,) = replay.expected
    assert (expected["order_id"], expected["recv_ns"], expected["source"]) == (1, 5, Source.RISK)
    assert given.tobytes() == event(Kind.NEW, order_id=1).tobytes()
