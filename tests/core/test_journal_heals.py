"""A scan beside a live writer: a record that was being written is no damage."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pinnacle.core.journal import Journal, Sync
from pinnacle.core.journal_reader import HEADER_BYTES, is_written
from pinnacle.core.schema import EVENT, Source

PER_FILE, RECORDS = 64, 150
SCAN = """
import sys
import msgspec
from pinnacle.core.journal_reader import scan
print(msgspec.json.encode(scan(sys.argv[1])).decode())
with open("/proc/self/maps", encoding="utf-8") as maps:
    assert ".pmj" not in maps.read()
"""


def test_a_journal_is_written_as_long_as_its_writer_has_it_open(tmp_path):
    directory = tmp_path / "log"
    assert not is_written(directory)
    with Journal.open(directory, "live", Source.FEED, PER_FILE, Sync.NONE):
        assert is_written(directory)
    assert not is_written(directory)


@pytest.fixture
def writer(tmp_path):
    library = tmp_path / "writer.so"
    source = Path(__file__).with_name("journal_writer.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.mark.parametrize("record", [0, 10, PER_FILE - 1, PER_FILE, PER_FILE + 10, RECORDS - 2])
def test_a_record_that_is_whole_when_it_is_looked_at_again_is_where_the_scan_goes_on(
    tmp_path, writer, record
):
    directory, whole = tmp_path / "log", tmp_path / "whole"
    with Journal.open(directory, "heals", Source.FEED, PER_FILE, Sync.NONE) as journal:
        events = np.zeros(RECORDS, EVENT)
        events["recv_ns"] = np.arange(1, RECORDS + 1)
        journal.append_array(events)
    path = directory / f"{record // PER_FILE:06d}.pmj"
    whole.write_bytes(path.read_bytes())
    with path.open("r+b") as file:  # half written: those behind it are there already
        file.seek(HEADER_BYTES + record % PER_FILE * EVENT.itemsize)
        file.write(bytes(EVENT.itemsize // 2))
    environment = os.environ | {
        "LD_PRELOAD": str(writer),
        "PMM_WRITTEN": path.name,
        "PMM_WRITTEN_FROM": str(whole),
        "PMM_WRITTEN_TO": str(path),
    }
    command = [sys.executable, "-c", SCAN, directory]
    report = json.loads(subprocess.check_output(command, env=environment, text=True))
    assert not report["corrupt"]
    assert report["bytes"] == sum(path.stat().st_size for path in directory.glob("*.pmj"))
    assert (report["records"], report["torn_bytes"], report["later_valid"]) == (RECORDS, 0, 0)
    assert (report["missing_bytes"], report["first_ns"], report["last_ns"]) == (0, 1, RECORDS)
