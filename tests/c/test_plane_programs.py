"""Segments, rings and doorbells under sanitizers."""

import subprocess
from pathlib import Path

import pytest

from tests.c.built import ADDRESS, THREAD, WARNED, built
from tests.c.sources import sources

HERE = Path(__file__).parent
SOURCES = [
    "bell",
    "clock",
    "counters",
    "crc32c",
    "event",
    "locks",
    "pages",
    "ring",
    "rows",
    "segment",
]


@pytest.mark.parametrize(
    ("program", "flags"),
    [
        ("ring_threads", THREAD),
        ("ring_threads", ADDRESS),
        ("segment_edges", ADDRESS),
        ("park_race", WARNED),
    ],
    ids=["ring_threads-thread", "ring_threads-address", "segment_edges-address", "park_race"],
)
def test_the_shared_memory_plane_ends_without_a_finding(tmp_path, program, flags):
    folder = tmp_path / "files"
    folder.mkdir()
    binary = built(tmp_path / program, [HERE / f"{program}.c", *sources(*SOURCES)], flags)
    result = subprocess.run([binary, folder], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
