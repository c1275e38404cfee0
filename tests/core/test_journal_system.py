"""The journal when the system refuses: full disks, limits, failing syncs, missing rights."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinnacle.core.journal import JournalReader, scan

HERE = Path(__file__).parent
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


def test_a_file_size_limit_ends_the_journal_and_keeps_what_was_there(tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    message = run(OPEN, tmp_path / "journal", limit)
    assert message.endswith("File too large")
    assert [path.name for path in (tmp_path / "journal").iterdir()] == ["lock"]


@pytest.mark.parametrize("after", [0, 3])
def test_a_sync_that_failed_once_is_final_though_the_next_would_succeed(tmp_path, after):
    shim = tmp_path / "failing_sync.so"
    source = HERE / "journal_failing_sync.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
    program = FILL.replace("Sync.NONE", "Sync.BATCH")
    answer = run(program, tmp_path / "journal", LD_PRELOAD=str(shim), PMM_FAIL_AFTER=str(after))
    count, _, text = answer.partition(" ")
    assert text.endswith("Input/output error")
    assert scan(tmp_path / "journal").records == int(count) > 0


def in_own_mounts(script: str, *arguments: str | Path) -> subprocess.CompletedProcess:
    """Run a shell script in a mount namespace of its own, where it may mount."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", "--mount", *user, "sh", "-eu", "-c", script, "sh", *arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result


def test_a_full_filesystem_is_a_clean_end_and_what_was_appended_stays(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "copy").mkdir()
    script = 'mount -t tmpfs -o size=256k none "$1"; shift; "$@"; cp "$4"/*.pmj "$5"'
    result = in_own_mounts(
        script, tmp_path / "disk", sys.executable, "-c", PREAMBLE + FILL,
        tmp_path / "disk" / "journal", tmp_path / "copy",
    )  # fmt: skip
    count, _, text = result.stdout.strip().partition(" ")
    assert text.endswith("No space left on device")
    assert int(count) > 1000
    assert len(JournalReader(tmp_path / "copy")) == int(count)


def test_a_read_only_directory_is_named_in_the_error(tmp_path):
    (tmp_path / "disk").mkdir()
    script = 'mount -t tmpfs -o ro none "$1"; shift; exec "$@"'
    for path in (tmp_path / "disk", tmp_path / "disk" / "journal"):
        result = in_own_mounts(
            script, tmp_path / "disk", sys.executable, "-c", PREAMBLE + OPEN, path
        )
        assert result.stdout.strip() == f"{path}: Read-only file system"
