"""The journal when the system refuses: full disks, limits, failing syncs, missing rights."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pinnacle.core.journal_reader import JournalReader, scan

PREAMBLE = """
import sys
import numpy as np
from pinnacle.core.errors import NativeError
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.schema import EVENT

events = np.zeros(64, EVENT)
events["kind"] = 1
directory = sys.argv[1]
"""
FILL = """
journal = Journal.open(directory, "full", 2, 64, Sync.NONE)
try:
    for _ in range(100_000):
        journal.append_array(events)
        journal.prepare(0)
except NativeError as error:
    text, count = str(error), journal.count
for attempt in (lambda: journal.append_array(events), journal.sync, lambda: journal.prepare(0)):
    try:
        attempt()
    except NativeError as error:
        assert str(error) == text
    else:
        raise SystemExit("a failed journal went on")
assert journal.count == count
journal.close()
print(count, text)
"""
OPEN = """
try:
    Journal.open(directory, "denied", 2)
except NativeError as error:
    print(error)
"""


def run(program: str, directory: Path, before: str = "", **environment: str) -> str:
    """Run a Python program in a process of its own; its standard output."""
    result = subprocess.run(
        [sys.executable, "-c", before + PREAMBLE + program, directory],
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.mark.parametrize("records", [64, 1 << 24], ids=["least", "most"])
def test_a_file_size_limit_ends_the_journal_and_keeps_what_was_there(tmp_path, records):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    program = OPEN.replace('"denied", 2', f'"denied", 2, {records}')
    message = run(program, tmp_path / "journal", limit)
    assert message.endswith("File too large")
    assert [path.name for path in (tmp_path / "journal").iterdir()] == ["lock"]


@pytest.mark.parametrize("after", ["0", "3"])
def test_a_sync_that_failed_once_is_final_though_the_next_would_succeed(tmp_path, shim, after):
    program = FILL.replace("Sync.NONE", "Sync.BATCH")
    answer = run(program, tmp_path / "journal", LD_PRELOAD=shim, PMM_FAIL_SYNC_AFTER=after)
    count, _, text = answer.partition(" ")
    assert text.endswith("Input/output error")
    assert scan(tmp_path / "journal").records == int(count) > 0


def test_no_room_for_the_next_file_is_a_clean_end(tmp_path, shim):
    answer = run(FILL, tmp_path / "journal", LD_PRELOAD=shim, PMM_FULL_AFTER="5")
    count, _, text = answer.partition(" ")
    assert text == f"{tmp_path}/journal/000005.pmj: No space left on device"
    assert int(count) == 5 * 64
    assert len(JournalReader(tmp_path / "journal")) == int(count)


WAIT_FOR_ROOM = """
journal = Journal.open(directory, "full", 2, 64, Sync.NONE)
journal.append_array(events)
assert not journal.prepare(0) and not journal.prepare(0)
print(journal.wanting)
journal.raise_if_failed()
journal.append_array(events)
assert journal.count == 128 and not journal.wanting
assert journal.prepare(0)
journal.close()
"""


def test_no_room_ahead_of_need_is_told_and_asked_for_once_more_when_it_is_needed(tmp_path, shim):
    environment = {"LD_PRELOAD": shim, "PMM_FULL_AFTER": "1", "PMM_FULL_FOR": "1"}
    answer = run(WAIT_FOR_ROOM, tmp_path / "journal", **environment)
    assert answer == f"{tmp_path}/journal/000001.pmj: No space left on device"
    assert scan(tmp_path / "journal").records == 128


KEEPER_FAILS = """
import time
journal = Journal.open(directory, "full", 2, 64, Sync.INTERVAL, 1000)
journal.append_array(events)
journal.keep()
while not journal.failed:
    time.sleep(0.001)
for attempt in (journal.raise_if_failed, lambda: journal.append_array(events), journal.sync):
    try:
        attempt()
    except NativeError as error:
        print(error)
journal.close()
"""


def test_a_failure_of_the_keeper_is_the_journals(tmp_path, shim):
    environment = {"LD_PRELOAD": shim, "PMM_FAIL_SYNC_AFTER": "0"}
    answer = run(KEEPER_FAILS, tmp_path / "journal", **environment)
    assert answer.splitlines() == [f"{tmp_path}/journal/000000.pmj: Input/output error"] * 3


def test_a_full_filesystem_is_a_clean_end_and_what_was_appended_stays(tmp_path, shim):
    disk, copy = tmp_path / "disk", tmp_path / "copy"
    disk.mkdir()
    copy.mkdir()
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    mount = ["unshare", "--mount", *user, "sh", "-euc"]
    mount += ['mount -t tmpfs -o size=256k none "$0"; "$@"; cp "$4"/*.pmj "$5"', disk]
    allowed = subprocess.run(["unshare", "--mount", *user, "true"], capture_output=True)
    if allowed.returncode:
        # A container that may not mount: the same end, played by the shim.
        answer = run(FILL, disk / "journal", LD_PRELOAD=shim, PMM_FULL_AFTER="50")
        copy = disk / "journal"
    else:
        command = [*mount, sys.executable, "-c", PREAMBLE + FILL, disk / "journal", copy]
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        answer = result.stdout.strip()
    count, _, text = answer.partition(" ")
    assert text.endswith("No space left on device")
    assert int(count) > 1000
    assert len(JournalReader(copy)) == int(count)


def test_a_directory_that_may_not_be_written_is_named_in_the_error():
    nobody = "import os\nif os.geteuid() == 0: os.setuid(65534)\n"
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o555)
        for path in (Path(name), Path(name) / "journal"):
            assert run(nobody + OPEN, path) == f"{path}: Permission denied"
        Path(name).chmod(0o755)
