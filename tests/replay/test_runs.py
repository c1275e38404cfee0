"""The runs of a journal: what stands around each, and every way in which it cannot stand there."""

import re

import numpy as np
import pytest

from pinnacle.core.schema import Flag, Kind, Source
from pinnacle.replay.runs import Runs
from pinnacle.runtime.run_marks import MARKS, RingPlace, end_records, start_records
from tests.records import ORIGIN, event

OWN = Source.STRATEGY
RINGS = [RingPlace(False, Source.FEED, 5, 0), RingPlace(True, 0, 6, 0)]
ANEW = [RingPlace(False, Source.FEED, 7, 0), RingPlace(True, 0, 8, 0)]
TIMER = event(Kind.TIMER, recv_ns=200, source=OWN, flags=Flag.BATCH_END)
OPEN = event(Kind.TIMER, recv_ns=200, source=OWN)
#: Where things are in the two runs of `whole`.
TIMER_AT, DETACH_AT, END_AT, SECOND, SECOND_END = 3, 4, 6, 7, 13


def begin(epoch=1, told=0, rings=RINGS):
    return start_records(OWN, epoch, 100, told, ORIGIN, rings)


def end(epoch=1, rings=RINGS):
    return end_records(OWN, epoch, 300, rings)


def whole(second=2, rings=RINGS):
    """Two runs of 7 records that ended in order."""
    last = [begin(second, SECOND, rings), TIMER, end(second, rings)]
    return np.concatenate([begin(), TIMER, end(), *last])


def looked_at(rows, cut=0, journal="strategy"):
    """Read in two pieces."""
    runs = Runs(journal, Source[journal.upper()])
    for index, part in ((0, rows[:cut]), (cut, rows[cut:])):
        runs.take(index, part, np.flatnonzero(np.isin(part["kind"], MARKS)))
    runs.close(len(rows), rows[-1])
    return runs


def said(rows):
    return "; ".join(str(problem["detail"]) for problem in looked_at(rows).problems)


def with_(**changes):
    """`whole` with fields changed: field=(index, value)."""
    rows = whole()
    for field, (index, value) in changes.items():
        rows[field][index] = value
    return rows


def inserted(at, rows):
    both = whole()
    return np.concatenate([both[:at], rows, both[at:]])


def test_two_whole_runs_are_found_with_their_rings_and_ends():
    runs = looked_at(whole())
    assert runs.problems == []
    assert [(r.start, r.stop, r.epoch, r.told, r.ended) for r in runs.found] == [
        (0, SECOND, 1, 0, True),
        (SECOND, SECOND_END + 1, 2, SECOND, True),
    ]
    assert list(runs.found[0].attached.values()) == RINGS == list(runs.found[0].detached.values())
    assert runs.found[0].origin == ORIGIN


@pytest.mark.parametrize("told", [1, 3, 4])
def test_a_killed_run_may_have_left_records_that_its_successor_did_not_count(told):
    assert said(np.concatenate([begin(), TIMER, begin(2, told), TIMER])) == ""


@pytest.mark.parametrize("marks", [1, 2])
def test_a_run_that_was_killed_among_its_last_marks_is_closed_by_the_next(marks):
    cut = np.concatenate([begin(), TIMER, end()[:marks]])
    assert said(cut) == ""
    assert said(np.concatenate([cut, TIMER])) == ""
    assert said(np.concatenate([cut, TIMER, begin(2, len(cut)), TIMER])) == ""


def test_segments_that_were_made_anew_count_their_epochs_anew():
    assert said(whole(1, ANEW)) == ""


def test_a_batch_that_a_decision_closes_is_closed_for_the_next_mark():
    decision = event(Kind.NEW, recv_ns=200, source=OWN, flags=Flag.DECISION)
    for marks in (begin(2, 5), end()):
        assert said(np.concatenate([begin(), TIMER, decision, marks])) == ""


@pytest.mark.parametrize("last", [[], [end_records(Source.FEED, 1, 300, RINGS[1:])]])
def test_a_feed_has_no_batches_and_its_next_run_counts_all_that_it_published(last):
    def feed(epoch, told):
        return start_records(Source.FEED, epoch, 100, told, ORIGIN, RINGS[1:])

    change = event(Kind.DEPTH, recv_ns=200, source=Source.FEED)
    before = np.concatenate([feed(1, 0), change, change, *last])
    for fewer in (0, 1):
        rows = np.concatenate([before, feed(2, len(before) - fewer)])
        details = [problem["detail"] for problem in looked_at(rows, journal="feed").problems]
        assert details == [f"START at index {len(before)} says {len(before) - 1}"] * fewer


WRONG = {
    "no beginning": (whole()[1:], "does not begin with START"),
    "no epoch": (with_(order_id=(0, 0)), "^epoch 0;"),
    "an epoch again": (whole(1), "epoch 1 follows 1"),
    "another count": (with_(aux=(SECOND, SECOND - 1)), "START at index 7 says 6"),
    "a count from before the run": (
        np.concatenate([begin(), TIMER, begin(2, 0)]),
        "START at index 4 says 0",
    ),
    "a count of what is to come": (
        np.concatenate([begin(), TIMER, begin(2, 5)]),
        "START at index 4 says 5",
    ),
    "a start in a batch": (
        np.concatenate([begin(), OPEN, begin(2, 4)]),
        "START in the middle of a batch",
    ),
    "an end in a batch": (with_(flags=(TIMER_AT, 0)), "the end in the middle of a batch"),
    "a late ATTACH": (inserted(1, TIMER), "an ATTACH that is not of the START"),
    "an ATTACH twice": (inserted(1, whole()[1:2]), "an ATTACH that is not of the START"),
    "the last ATTACH twice": (inserted(3, whole()[2:3]), "an ATTACH that is not of the START"),
    "an ATTACH of another moment": (with_(recv_ns=(1, 99)), "an ATTACH that is not of the START"),
    "a DETACH of another ring": (with_(order_id=(DETACH_AT, 9)), "a DETACH of no ring"),
    "a DETACH of a stranger": (with_(source=(DETACH_AT, Source.RISK)), "a DETACH of no ring"),
    "a DETACH twice": (inserted(DETACH_AT, whole()[4:5]), "a DETACH of no ring"),
    "a DETACH before the others": (
        np.concatenate([begin(), end()[:1], TIMER, end()[1:]]),
        "a DETACH that does not follow",
    ),
    "a DETACH of another moment": (
        with_(recv_ns=(DETACH_AT + 1, 299)),
        "a DETACH that does not follow",
    ),
    "an END behind more than marks": (inserted(END_AT, TIMER), "an END that does not close"),
    "a record behind a DETACH": (
        np.concatenate([begin(), end()[:1], TIMER, TIMER]),
        "records behind a DETACH",
    ),
    "another than a TIMER behind a DETACH": (
        np.concatenate([begin(), end()[:1], event(Kind.ACK, source=Source.RISK)]),
        "records behind a DETACH",
    ),
    "more than a TIMER between a DETACH and a start": (
        np.concatenate([begin(), end()[:1], TIMER, TIMER, begin(2, 4)]),
        "records behind a DETACH",
    ),
    "a DETACH missing": (np.delete(whole(), DETACH_AT), "an END that does not close"),
    "DETACHes in another order": (
        np.concatenate([begin(), TIMER, end(rings=RINGS[::-1])]),
        "an END that does not close",
    ),
    "an END of another run": (with_(order_id=(END_AT, 2)), "an END that does not close"),
    "an END of another moment": (with_(recv_ns=(END_AT, 301)), "an END that does not close"),
    "a mark behind END": (inserted(SECOND, whole()[4:5]), "a record behind END that begins no run"),
    "a record behind END": (inserted(SECOND, TIMER), "records behind END that begin no run"),
    "a START with a side": (with_(side=(0, 1)), "no process writes START so"),
    "a START of another": (with_(source=(0, Source.RISK)), "no process writes START so"),
    "a third side of a ring": (with_(side=(2, 3)), "no process writes ATTACH so"),
    "an END of another": (with_(source=(END_AT, Source.RISK)), "no process writes END so"),
    "an output of another": (with_(source=(2, Source.RISK)), "no process writes ATTACH so"),
    "a priced END": (with_(price=(END_AT, 1)), "no process writes END so"),
    "a flag too many": (with_(flags=(0, Flag.DECISION)), "no process writes START so"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_no_process_writes_is_named(what):
    rows, text = WRONG[what]
    assert re.search(text, said(rows)), said(rows)
    for cut in range(1, len(rows)):
        assert looked_at(rows, cut).problems == looked_at(rows).problems


RING_ALONE = ("price", "quantity", "venue_ns", "instrument_id", "reason", "venue_id")


@pytest.mark.parametrize(
    ("at", "kind", "fields"),
    [
        (0, "START", ("side", "instrument_id", "reason", "venue_id")),
        (1, "ATTACH", RING_ALONE),
        (DETACH_AT, "DETACH", RING_ALONE),
        (END_AT, "END", (*RING_ALONE, "aux", "side")),
    ],
)
def test_what_a_mark_does_not_use_is_nothing(at, kind, fields):
    for field in fields:
        assert f"no process writes {kind} so" in said(with_(**{field: (at, 1)})), field
