"""The batches of a journal of decisions are as a turn makes them, record by record."""

import numpy as np
import pytest

from pinnacle.core.schema import Flag, Kind, Side, Source
from pinnacle.replay.batches import check_batches
from pinnacle.replay.evidence import Evidence
from pinnacle.runtime.run_marks import RingPlace, start_records
from pinnacle.runtime.topology import Process
from tests.records import ORIGIN, event
from tests.replay.recorded import write_journal

RINGS = [
    RingPlace(False, Source.STRATEGY, 5, 0),
    RingPlace(False, Source.GATEWAY, 6, 0),
    RingPlace(True, 0, 7, 0),
]
BEGIN = start_records(Source.RISK, 1, 100, 0, ORIGIN, RINGS)
TIMER = event(Kind.TIMER, recv_ns=200, source=Source.RISK)


def top(number=0, **fields):
    return event(Kind.TOP, recv_ns=200, source=Source.RISK, instrument_id=number, **fields)


def new(number=0, **fields):
    return event(Kind.NEW, recv_ns=200, source=Source.STRATEGY, instrument_id=number, **fields)


def ack():
    return event(Kind.ACK, recv_ns=200, source=Source.GATEWAY, side=Side.BID)


def judged(kind):
    return event(kind, recv_ns=200, source=Source.GATEWAY, side=Side.BID)


def found(folder, *rows, begin=BEGIN, behind=BEGIN[:0]):
    """The index in the batch of what is wrong with it; None if nothing is."""
    batch = np.concatenate(rows)
    batch["flags"][-1] |= Flag.BATCH_END
    source = Source(int(begin["source"][0]))
    name = source.name.lower()
    write_journal(folder / name, source, np.concatenate([begin, batch, behind]))
    journal = Evidence(Process(name), folder / name)
    assert journal.look() == []
    problems = check_batches(journal, 2)
    return int(problems[0]["record"]) - len(BEGIN) if problems else None


def next_run(told):
    """It begins behind so many records of the batch."""
    return start_records(Source.RISK, 2, 300, len(BEGIN) + told, ORIGIN, RINGS)


@pytest.mark.parametrize(
    "rows",
    [
        [TIMER],
        [top(), new()],
        [top(flags=Flag.STALE), new()],
        [TIMER, top(), top(1), new(1), new(), new(), ack()],
        [new(2)],
        [ack()],
        [top(), new(flags=Flag.BATCH_END), TIMER],
        [top(), judged(Kind.FILL)],
        [top(), judged(Kind.REPLACE)],
    ],
    ids=[
        "its own",
        "one order",
        "an unread book",
        "all",
        "an order of no instrument",
        "a report",
        "two batches",
        "a fill",
        "a replace",
    ],
)
def test_what_a_turn_takes_is_in_order(tmp_path, rows):
    assert found(tmp_path, *rows) is None


@pytest.mark.parametrize("rows", [[top(), new()], [new()], [top()], [TIMER, ack()]])
def test_a_batch_that_was_cut_short_is_closed_by_the_timer_of_the_next_run(tmp_path, rows):
    assert found(tmp_path, *rows, TIMER, behind=next_run(len(rows))) is None


def test_a_run_that_was_killed_before_it_told_its_rings_makes_no_ring_a_stranger(tmp_path):
    assert found(tmp_path, top(), new(), behind=next_run(2)[:1]) is None


@pytest.mark.parametrize("kind", [Kind.REJECTED, Kind.REPLACE_REJECTED])
def test_a_gateway_refuses_what_it_withheld_and_nobody_else_does(tmp_path, kind):
    rings = [RingPlace(False, Source.RISK, 5, 0), *RINGS[2:], RingPlace(True, 1, 8, 0)]
    gateway = start_records(Source.GATEWAY, 1, 100, 0, ORIGIN, rings)
    assert found(tmp_path, event(kind, source=Source.GATEWAY), begin=gateway) is None
    assert found(tmp_path, event(kind, source=Source.RISK)) == 0


def test_a_journal_that_tells_of_no_run_has_no_batches(tmp_path):
    write_journal(tmp_path / "risk", Source.RISK, new(flags=Flag.BATCH_END))
    journal = Evidence(Process("risk"), tmp_path / "risk")
    assert journal.look() != []
    assert check_batches(journal, 2) == []


WRONG = {
    "a report before an order": ([top(), ack(), new()], 2),
    "its own behind what it took": ([top(), new(), TIMER], 2),
    "a stranger's": ([event(Kind.TRADE, recv_ns=200, source=Source.FEED)], 0),
    "its own of a kind that it does not make": (
        [TIMER, event(Kind.ACK, recv_ns=200, source=Source.RISK)],
        1,
    ),
    "nobody's": ([event(Kind.ACK, recv_ns=200)], 0),
    **{
        f"a timer with {field}": ([TIMER, event(Kind.TIMER, source=Source.RISK, **{field: 1})], 1)
        for field in ("price", "quantity", "venue_ns", "side", "venue_id")
    },
    "a timer with a flag": ([event(Kind.TIMER, source=Source.RISK, flags=Flag.LAST), TIMER], 0),
    "a look with a flag": ([top(flags=Flag.POST_ONLY), new()], 0),
    "an order without its top": ([new()], 0),
    "a fill without its top": ([judged(Kind.FILL)], 0),
    "a replace without its top": ([judged(Kind.REPLACE)], 0),
    "a top of another book": ([top(1), new()], 1),
    "a top too many": ([top(), top(1), new()], 1),
    "tops in another order": ([top(1), top(), new(), new(1)], 1),
    "a top twice": ([top(), top(), new()], 0),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_no_turn_takes_is_found_where_it_is(tmp_path, what):
    rows, at = WRONG[what]
    assert found(tmp_path, *rows) == at
