"""From what the first run of a journal was made, where the journal says it."""

import pytest

from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.run_marks import first_origin, start_records
from pinnacle.core.schema import Kind, Source
from tests.records import ORIGIN, event
from tests.replay.recorded import write_journal

TOLD = {"price": ORIGIN.configuration, "quantity": ORIGIN.instruments, "venue_ns": ORIGIN.build}


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (start_records(Source.RISK, 1, 100, 0, ORIGIN, []), ORIGIN),
        (event(Kind.START, source=Source.RISK, order_id=1), None),
        (event(Kind.TIMER, source=Source.RISK, **TOLD), None),
    ],
    ids=["a start", "a start from before origins were told", "no start"],
)
def test_a_journals_origin_is_what_its_first_start_says_or_nothing(tmp_path, first, told):
    write_journal(tmp_path / "risk", Source.RISK, first)
    assert first_origin(JournalReader(tmp_path / "risk")) == told


def test_a_journal_without_a_record_tells_no_origin(tmp_path):
    write_journal(tmp_path / "risk", Source.RISK, event(Kind.START)[:0])
    assert first_origin(JournalReader(tmp_path / "risk")) is None
