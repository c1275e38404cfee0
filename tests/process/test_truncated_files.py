"""A file cut short under a process that has mapped it: the process dies, and is followed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pinnacle.core.journal import Journal, Sync
from pinnacle.core.journal_reader import scan
from pinnacle.core.ring import create_ring
from pinnacle.core.schema import Source
from pinnacle.core.segment import Segment

APPEND = """
import sys
import numpy as np
from pinnacle.core.journal import Journal, Sync
from pinnacle.core.schema import EVENT, Source

events = np.zeros(100, EVENT)
events["kind"] = 1
events["recv_ns"] = np.arange(100) + 1
journal = Journal.open(sys.argv[1], "cut", Source.FEED, 4096, Sync.NONE)
journal.append_array(events)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(10):
    journal.append_array(events)
print("survived", flush=True)
"""
PUSH = """
import sys
from pinnacle.core.ring import RingWriter
from pinnacle.core.schema import EventBuffer

buffer = EventBuffer(8)
writer = RingWriter(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(512):
    writer.push(buffer.cdata, 8)
print("survived", flush=True)
"""


def run_and_cut(program: str, argument: Path, file: Path, length: int) -> tuple[int, str]:
    """How a process ended whose file was cut while it waited, and what it still said."""
    with subprocess.Popen(
        [sys.executable, "-c", program, argument],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        os.truncate(file, length)
        said, _ = process.communicate("go\n")
    return process.returncode, said


@pytest.mark.parametrize("kept", [100, 60])
def test_a_journal_cut_under_its_writer_kills_it_and_is_taken_up_at_the_cut(tmp_path, kept):
    directory = tmp_path / "journal"
    code, said = run_and_cut(APPEND, directory, directory / "000000.pmj", 4096 + kept * 64)
    assert (code, said) == (-signal.SIGBUS, "")
    report = scan(directory)
    assert not report.corrupt
    assert report.missing_bytes == (4096 - kept) * 64
    # Within the page of the cut the writer could go on: what it stored there is valid.
    assert report.records >= kept
    with Journal.open(directory, "cut", Source.FEED, 4096, Sync.NONE) as journal:
        assert journal.count == report.records
    assert scan(directory).missing_bytes == 0


def test_a_ring_cut_under_its_writer_kills_it_and_its_peers_see_it_dead(tmp_path):
    path = tmp_path / "ring"
    create_ring(path, 4096, "cut")
    with Segment(path) as seen:
        code, said = run_and_cut(PUSH, path, path, 4096)
        assert (code, said) == (-signal.SIGBUS, "")
        assert not seen.owner_alive()
