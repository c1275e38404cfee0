"""What opening a journal tells the kernel, and in which order: power may fail behind any of it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pinnacle.core._native import lib
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.schema import EVENT, Source

OPEN = """
import sys
import numpy as np
from pinnacle.core.errors import OwnedError
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.schema import EVENT

directory, sync, records = sys.argv[1], Sync[sys.argv[2]], int(sys.argv[3])
journal = Journal.open(directory, "calls", 2, 64, sync)
events = np.zeros(records, EVENT)
events["kind"] = 1
if records:
    journal.append_array(events)
"""
AGAIN = """
try:
    Journal.open(directory, "calls", 2, 64, sync)
except OwnedError:
    print("owned")
"""


@pytest.fixture
def calls(tmp_path):
    """Runs a program that opens a journal; the calls that it made."""
    library, told = tmp_path / "syncs.so", tmp_path / "calls"
    source = Path(__file__).with_name("journal_syncs.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)

    def run(directory, sync, records=0, program=OPEN, **environment):
        told.unlink(missing_ok=True)
        environment |= {"LD_PRELOAD": str(library), "PMM_CALLS": str(told)}
        command = [sys.executable, "-c", program, directory, sync, str(records)]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)
        assert done.returncode == 0, done.stderr
        run.printed = done.stdout.strip()
        return told.read_text(encoding="utf-8").splitlines() if told.exists() else []

    return run


def test_the_directory_that_holds_a_new_journal_is_synced(tmp_path, calls):
    assert f"fsync {tmp_path}" in calls(tmp_path / "new", "NONE")
    assert f"fsync {tmp_path}" not in calls(tmp_path / "new", "NONE")


def test_a_cut_is_synced_whatever_the_policy(tmp_path, calls):
    calls(tmp_path / "log", "NONE", 10)
    first = tmp_path / "log" / "000000.pmj"
    assert f"fsync {first}" not in calls(tmp_path / "log", "NONE")
    with first.open("r+b") as file:  # a torn record behind the last
        file.seek(lib.PMM_JOURNAL_HEADER_BYTES + 10 * 64)
        file.write(b"\xaa" * 40)
    assert f"fsync {first}" in calls(tmp_path / "log", "NONE")


def test_a_journal_that_promises_more_starts_with_what_the_last_run_left_synced(tmp_path, calls):
    calls(tmp_path / "log", "NONE", 150)
    made = calls(tmp_path / "log", "BATCH")
    files = [tmp_path / "log" / f"{i:06}.pmj" for i in range(3)]
    for path in [*files, tmp_path / "log"]:
        assert f"fsync {path}" in made


def test_what_was_synced_at_a_start_is_not_synced_again(tmp_path, calls):
    calls(tmp_path / "log", "NONE", 150)
    made = calls(tmp_path / "log", "BATCH", 1)
    synced = {line for line in made if line.startswith("fdatasync")}
    assert synced == {f"fdatasync {tmp_path / 'log' / '000002.pmj'}"}


def test_what_was_synced_at_a_start_counts_as_synced(tmp_path):
    for sync in (Sync.NONE, Sync.BATCH):
        with Journal.open(tmp_path / "log", "calls", Source.FEED, 64, sync) as journal:
            assert journal.cdata.synced == journal.count
            journal.append_array(np.zeros(150, EVENT))


def test_files_that_were_made_ahead_go_from_the_highest_down(tmp_path, calls):
    calls(tmp_path / "log", "NONE", 10)
    kept = (tmp_path / "log" / "000000.pmj").read_bytes()
    calls(tmp_path / "log", "NONE", 150)
    for path in sorted((tmp_path / "log").glob("*.pmj"))[1:]:
        with path.open("r+b") as file:  # made and never written
            file.seek(lib.PMM_JOURNAL_HEADER_BYTES)
            file.write(bytes(path.stat().st_size - lib.PMM_JOURNAL_HEADER_BYTES))
    (tmp_path / "log" / "000000.pmj").write_bytes(kept)
    gone = [line.split()[1] for line in calls(tmp_path / "log", "NONE") if ".pmj" in line]
    gone = [name for name in gone if "/" not in name]
    assert len(gone) >= 2 and gone == sorted(gone, reverse=True)


@pytest.mark.parametrize("anew", [{}, {"PMM_LOCK_ANEW": "1"}], ids=["removed", "replaced"])
def test_the_lock_of_a_file_that_went_meanwhile_does_not_count(tmp_path, calls, anew):
    calls(tmp_path / "log", "NONE", 10)
    lock = tmp_path / "log" / "lock"
    calls(tmp_path / "log", "NONE", 0, OPEN + AGAIN, PMM_LOCK_GONE=str(lock), **anew)
    assert calls.printed == "owned"


@pytest.mark.parametrize(
    ("lacking", "words"),
    [("PMM_NO_RANDOM", "Input/output error"), ("PMM_NO_LOCK", "No locks available")],
)
def test_no_journal_is_made_without_an_identity_or_a_lock(tmp_path, calls, lacking, words):
    program = f"""
from pinnacle.core.errors import NativeError
try:{OPEN.replace(chr(10), chr(10) + "    ")}
except NativeError as error:
    print(error)
"""
    calls(tmp_path / "log", "NONE", 0, program, **{lacking: "1"})
    assert words in calls.printed
    assert not list((tmp_path / "log").glob("*.pmj"))
