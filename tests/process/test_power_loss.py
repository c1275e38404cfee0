"""The power of a journal's disk is cut: what each sync policy promised to be there is there.

Needs root, loop devices and ext4; where they are missing conftest.py leaves this module out and
says so.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinnacle.core.journal import Sync
from tests.c.sources import CSRC, sources

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KILLED, APPEND_FAILED = -9, 4


@pytest.fixture(scope="module")
def appender(tmp_path_factory):
    program = tmp_path_factory.mktemp("build") / "power_appender"
    files = [HERE / "power_appender.c", *sources("journal*", "crc32c", "clock", "locks", "pages")]
    subprocess.run(["gcc", "-std=gnu11", "-O2", f"-I{CSRC}", "-o", program, *files], check=True)
    return program


def cut(folder: Path, appender: Path, sync: Sync, cycles: int) -> list[dict]:
    """Live, lose power, recover, so many times on one disk."""
    program = [sys.executable, HERE / "power.py", folder, appender, str(int(sync)), str(cycles)]
    result = subprocess.run(
        ["unshare", "--mount", *program],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"] + ":/sbin:/usr/sbin"},
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert len(found) == cycles
    return found


@pytest.mark.long
@pytest.mark.parametrize(("sync", "cycles"), [(Sync.BATCH, 50), (Sync.INTERVAL, 25)])
def test_nothing_that_was_promised_to_be_on_disk_is_lost(tmp_path, appender, sync, cycles):
    before = written = 0
    for cycle in cut(tmp_path, appender, sync, cycles):
        # Between two syncs the kernel writes pages in what order it likes: a hole there is damage,
        # and behind all that was promised.
        assert sync != Sync.BATCH or not (cycle["corrupt"] or cycle["refused"])
        assert cycle["refused"] <= cycle["corrupt"]
        assert cycle["same"]
        assert cycle["durable"] >= before
        assert cycle["whole"] >= cycle["durable"]
        assert cycle["corrupt"] or cycle["records"] == cycle["whole"]
        assert cycle["ended"] in (KILLED, APPEND_FAILED)
        written += cycle["whole"] - before
        before = 0 if cycle["corrupt"] else cycle["whole"]
    assert written > cycles * 20


@pytest.mark.long
def test_without_syncs_what_is_left_is_a_prefix_or_is_refused(tmp_path, appender):
    """The kernel writes pages in what order it likes: a hole before one that is there is damage."""
    whole = 0
    for cycle in cut(tmp_path, appender, Sync.NONE, 25):
        assert cycle["same"]
        assert cycle["refused"] == cycle["end_corrupt"] <= cycle["corrupt"]
        assert cycle["records"] == cycle["scanned"]
        whole += bool(cycle["records"]) and not cycle["corrupt"]
    assert whole > 0
