"""The Python of docs/journal-format.md runs as it stands, and tells the truth."""

import re
from pathlib import Path

import numpy as np
import pytest

from pinnacle.core.journal import Journal, Sync
from pinnacle.core.schema import EVENT, Kind, Source

TEXT = (Path(__file__).parents[2] / "docs" / "journal-format.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def events(tmp_path, monkeypatch):
    events = np.zeros(100, EVENT)
    events["recv_ns"] = 1_700_000_000_000_000_000 + np.arange(100) - 30
    events["kind"] = Kind.TRADE
    with Journal.open(tmp_path / "feed", "docs", Source.FEED, 128, Sync.NONE) as journal:
        journal.append_array(events)
    monkeypatch.chdir(tmp_path)
    return events


def test_the_one_liner_gives_the_records(events):
    scope = {}
    exec(BLOCKS[0], scope)
    assert len(scope["events"]) == 100
    assert np.array_equal(scope["events"]["recv_ns"], events["recv_ns"])


def test_the_reader_gives_the_same_and_finds_times(events):
    scope = {}
    exec(BLOCKS[1], scope)
    assert len(scope["trades"]) == 100
    assert scope["first"] == 30
    assert scope["latest"] == events["recv_ns"][-1]


def test_the_recipe_for_the_commit_word_is_enough_to_check_a_record(events):
    from pinnacle.core._native import lib

    page = Path("feed/000000.pmj").read_bytes()
    identity, index = page[16:24], 7
    record = page[4096 + 64 * index : 4096 + 64 * (index + 1)]
    seed = lib.pmm_crc32c(0, identity + index.to_bytes(8, "little"), 16)
    assert lib.pmm_crc32c(seed, record[:60], 60) == int.from_bytes(record[60:], "little")
    rest = lib.pmm_crc32c(lib.pmm_crc32c(0, page[:60], 60), page[64:4096], 4032)
    assert rest == int.from_bytes(page[60:64], "little")
