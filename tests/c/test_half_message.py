"""Nobody decides on half of a venue's message."""

import subprocess
from pathlib import Path

import pytest

from tests.c.built import built
from tests.c.mutants import without
from tests.c.sources import CSRC, sources
from tools.cffi_build import compile_arguments

HERE = Path(__file__).parent
SOURCES = [
    "bell",
    "book",
    "book_read",
    "clock",
    "crc32c",
    "desk",
    "desk_decide",
    "desk_send",
    "desk_close",
    "event",
    "ladder",
    "ladder_far",
    "journal*",
]
SOURCES += ["locks", "pages", "portable_math", "quote", "ring", "segment", "snapshot", "stage"]


def run(tmp_path: Path, tree: Path) -> subprocess.CompletedProcess:
    folder = tmp_path / "files"
    folder.mkdir()
    files = [HERE / "half_message.c", *sources(*SOURCES, tree=tree)]
    flags = [*compile_arguments(), "-Werror", "-pthread"]
    program = built(tmp_path / "half_message", files, flags, tree=tree)
    return subprocess.run([program, folder], capture_output=True, text=True)


def test_no_turn_of_a_spinning_strategy_ends_inside_a_message(tmp_path):
    done = run(tmp_path, CSRC)
    assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_a_batch_that_is_cut_anywhere_is_found(tmp_path):
    line = "while (whole > 0 && !pmm_event_ends_message(&events[whole - 1]))"
    done = run(tmp_path, without(tmp_path, "ring.c", line, "while (0)"))
    assert done.returncode == 1, done.stdout
