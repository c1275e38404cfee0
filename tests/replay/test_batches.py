"""The batches of a journal of decisions are as a turn makes them, record by record."""

import numpy as np
import pytest

from pinnacle.core.run_marks import RingPlace, start_records
from pinnacle.core.schema import Flag, Kind, Side, Source
from pinnacle.replay.batches import check_batches
from pinnacle.replay.evidence import Evidence
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


def found(folder, *rows):
    """The index in the batch of what is wrong with it; None if nothing is."""
    batch = np.concatenate(rows)
    batch["flags"][-1] |= Flag.BATCH_END
    write_journal(folder / "risk", Source.RISK, np.concatenate([BEGIN, batch]))
    journal = Evidence("risk", folder / "risk")
    assert journal.look() == []
    problems = check_batches(journal, 2)
    return int(problems[0]["record"]) - len(BEGIN) if problems else None


@pytest.mark.parametrize(
    "rows",
    [
        [TIMER],
        [top(), new()],
        [top(flags=Flag.STALE), new()],
        [TIMER, top(), top(1), new(1), new(), new(), ack()],
        [new(2)],
        [ack()],
    ],
    ids=["its own", "one order", "an unread book", "all", "an order of no instrument", "a report"],
)
def test_what_a_turn_takes_is_in_order(tmp_path, rows):
    assert found(tmp_path, *rows) is None


WRONG = {
    "a report before an order": ([top(), ack(), new()], 2),
    "its own behind what it took": ([top(), new(), TIMER], 2),
    "a stranger's": ([event(Kind.TRADE, recv_ns=200, source=Source.FEED)], 0),
    "its own of a kind that it does not make": (
        [TIMER, event(Kind.ACK, recv_ns=200, source=Source.RISK)],
        1,
    ),
    "a timer with a price": ([TIMER, event(Kind.TIMER, source=Source.RISK, price=1)], 1),
    "a timer with a flag": ([event(Kind.TIMER, source=Source.RISK, flags=Flag.LAST), TIMER], 0),
    "a look with a flag": ([top(flags=Flag.POST_ONLY), new()], 0),
    "an order without its top": ([new()], 0),
    "a top of another book": ([top(1), new()], 1),
    "a top too many": ([top(), top(1), new()], 1),
    "tops in another order": ([top(1), top(), new(), new(1)], 1),
    "a top twice": ([top(), top(), new()], 0),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_no_turn_takes_is_found_where_it_is(tmp_path, what):
    rows, at = WRONG[what]
    assert found(tmp_path, *rows) == at
