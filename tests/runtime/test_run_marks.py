"""From what a journal's runs were made, and what somebody changed since."""

from pathlib import Path

import numpy as np
import pytest

from pinnacle.core.errors import DataError
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.schema import Kind, Source
from pinnacle.runtime.run_marks import first_start, refuse_others, start_records
from tests.records import ORIGIN, event
from tests.replay.recorded import write_journal

START = start_records(Source.RISK, 1, 100, 0, ORIGIN, [])
PLACES = {"configuration": "config.toml", "instruments": "instruments.json"}


@pytest.mark.parametrize(("kind", "found"), [(Kind.START, 1), (Kind.TIMER, 0), (None, 0)])
def test_a_journals_first_start_is_its_first_record_or_none(tmp_path, kind, found):
    rows = np.concatenate([event(kind or Kind.START, source=Source.RISK), START])
    write_journal(tmp_path / "risk", Source.RISK, rows if kind else rows[:0])
    first = first_start(JournalReader(tmp_path / "risk"))
    assert len(first) == found and np.all(first["order_id"] == 0)


@pytest.mark.parametrize("part", PLACES)
def test_what_was_changed_since_a_run_is_named_by_its_place(part):
    here = ORIGIN._replace(**{part: 9})
    for starts in (START, np.concatenate([start_records(Source.RISK, 1, 1, 0, here, []), START])):
        with pytest.raises(DataError, match=f"^{PLACES[part]}: not what log/risk was written with"):
            refuse_others(starts, Path("log/risk"), here, PLACES)
    refuse_others(START, Path("log/risk"), here, {})
    refuse_others(START, Path("log/risk"), ORIGIN, PLACES)


def test_what_another_build_wrote_or_nobody_told_is_not_called_changed():
    here = ORIGIN._replace(configuration=9, instruments=9)
    refuse_others(START, Path("risk"), here._replace(build=9), PLACES)
    refuse_others(event(Kind.START, source=Source.RISK), Path("risk"), here, PLACES)
