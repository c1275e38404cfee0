"""Segments, rings and doorbells under sanitizers."""

import subprocess
from pathlib import Path

import pytest

from tests.c.sources import CSRC, sources

HERE = Path(__file__).parent
ADDRESS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
# -fno-builtin: a memcpy that becomes plain moves is not seen by ThreadSanitizer.
THREAD = ["-fsanitize=thread", "-Wno-tsan", "-fno-builtin"]
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
        ("park_race", []),
    ],
    ids=["ring_threads-thread", "ring_threads-address", "segment_edges-address", "park_race"],
)
def test_the_shared_memory_plane_ends_without_a_finding(tmp_path, program, flags):
    binary, folder = tmp_path / program, tmp_path / "files"
    folder.mkdir()
    files = [HERE / f"{program}.c", *sources(*SOURCES)]
    compiler = ["gcc", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread"]
    subprocess.run([*compiler, *flags, f"-I{CSRC}", "-o", binary, *files, "-lm"], check=True)
    result = subprocess.run([binary, folder], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
