"""Both ends of a ring are held against each other by its cursors."""

import numpy as np
import pytest

from pinnacle.core.schema import Flag, Kind, Source
from pinnacle.replay.evidence import Evidence
from pinnacle.replay.links import compare
from pinnacle.runtime.run_marks import RingPlace, end_records, start_records
from pinnacle.runtime.topology import Process
from tests.records import ORIGIN, event
from tests.replay.recorded import write_journal
from tests.seats import topology_of

LINK = next(ring for ring in topology_of().rings if ring.name == "intents")
RING = 5


def orders(source, *ids, flags=0):
    rows = [event(Kind.NEW, recv_ns=200, source=Source.STRATEGY, order_id=i) for i in ids]
    out = np.concatenate([event(Kind.TIMER, recv_ns=200, source=source), *rows])
    out["flags"][0] = Flag.BATCH_END
    out["flags"][1:] = flags
    return out


def write(folder, role, taken, rows, stop, start=0):
    """A run that began at cursor `start` of the ring and says that it ended at `stop`."""
    number = int(Source.STRATEGY) if taken else 0
    source = Source[role.upper()]
    begin = start_records(source, 1, 100, 0, ORIGIN, [RingPlace(not taken, number, RING, start)])
    end = end_records(source, 1, 300, [RingPlace(not taken, number, RING, stop)])
    write_journal(folder / role, source, np.concatenate([begin, rows, end]))
    journal = Evidence(Process(role), folder / role)
    journal.look()
    return journal


def compared(folder, given, taken, given_stop=None, taken_stop=None, start=0, given_start=0):
    """What a comparison says of order ids that were given, and of those that were taken."""
    given_rows = orders(Source.STRATEGY, *given, flags=Flag.DECISION)
    taken_rows = orders(Source.RISK, *taken)
    given_stop = given_start + len(given) if given_stop is None else given_stop
    taken_stop = start + len(taken) if taken_stop is None else taken_stop
    writer = write(folder, "strategy", False, given_rows, given_stop, given_start)
    reader = write(folder, "risk", True, taken_rows, taken_stop, start)
    return [problem["detail"] for problem in compare(LINK, 0, writer, reader)]


@pytest.mark.parametrize("n", [0, 2, 3])
def test_what_was_taken_is_what_was_given_and_not_all_need_be(tmp_path, n):
    assert compared(tmp_path, (7, 8, 9), (7, 8, 9)[:n]) == []


def test_a_reader_that_attached_later_took_from_its_cursor_on(tmp_path):
    assert compared(tmp_path, (7, 8, 9), (9,), start=2) == []


@pytest.mark.parametrize(
    ("given", "taken", "more", "text"),
    [
        ((7, 8), (7, 8, 9), {}, "taken at cursor 2, and never given"),
        ((7, 8), (7,), {"given_start": 1}, "taken at cursor 0, and never given"),
        ((), (7,), {}, "taken at cursor 0, and never given"),
        ((7, 8, 9), (7, 9), {}, "cursor 1 was given as record 4"),
        ((7, 8, 9), (8,), {}, "cursor 0 was given as record 3"),
        ((7, 8), (8,), {"start": 2}, "taken at cursor 2, and never given"),
        ((7, 8, 9), (7, 8), {"taken_stop": 3}, "cursor 3 follows, but 2 records from cursor 0"),
        ((7, 8, 9), (7, 8), {"given_stop": 4}, "cursor 4 follows, but 3 records from cursor 0"),
    ],
)
def test_what_does_not_add_up_is_named_by_its_cursor(tmp_path, given, taken, more, text):
    found = compared(tmp_path, given, taken, **more)
    assert any(text in detail for detail in found), found
