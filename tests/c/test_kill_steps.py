"""SIGKILL at every instruction of the release code: the next process takes up what is left."""

import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.c.mutants import without
from tests.c.sources import CSRC, sources
from tools.cffi_build import compile_arguments

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
SOURCES = {
    "journal": ["journal*"],
    "ring": ["ring", "event", "segment"],
    "book": [
        "book",
        "book_read",
        "book_segment",
        "ladder",
        "ladder_far",
        "segment",
        "snapshot",
    ],
}


@pytest.fixture
def scratch():
    """A directory in memory where there is one: the files of each state are copied."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as path:
        yield Path(path)


def step_through(scenario: str, tree: Path, scratch: Path) -> subprocess.CompletedProcess:
    what, *more = scenario.split()
    program, live, copy = scratch / what, scratch / "live", scratch / "copy"
    live.mkdir()
    copy.mkdir()
    files = [HERE / f"kill_{what}.c", HERE / "kill_steps.c"]
    files += sources(*SOURCES[what], "crc32c", "clock", "locks", "pages", tree=tree)
    command = ["gcc", *compile_arguments(), "-Werror", f"-I{tree}", f"-I{HERE}"]
    subprocess.run([*command, "-o", program, *files], check=True)
    return subprocess.run([program, live, copy, *more], capture_output=True, text=True)


@pytest.mark.parametrize(
    ("what", "states_min"),
    [
        pytest.param("journal", 700, id="journal"),
        pytest.param("journal kept", 700, id="journal kept"),
        pytest.param("ring", 150, id="ring"),
        pytest.param("book", 1000, id="book", marks=pytest.mark.long),
    ],
)
def test_whatever_a_killed_process_leaves_is_taken_up(scratch, what, states_min):
    done = step_through(what, CSRC, scratch)
    assert done.returncode == 0, done.stderr
    instructions, states = map(int, re.findall(r"\d+", done.stdout))
    assert instructions > states > states_min


@pytest.mark.parametrize(
    ("what", "name", "line", "instead"),
    [
        ("journal", "journal_file.h", '"next.tmp"', '"000003.pmj"'),
        (
            "journal",
            "journal.c",
            "journal->records = (struct pmm_event *)",
            "if (!journal->records) journal->records = (struct pmm_event *)",
        ),
        (
            "journal kept",
            "journal_keep.c",
            "if (journal->held == current)",
            "if (journal->held > current)",
        ),
        (
            "ring",
            "ring.c",
            "    memcpy(slot, event, COMMIT_BYTES);",
            "    slot->commit = (uint32_t)(cursor + 1);\n    memcpy(slot, event, COMMIT_BYTES);",
        ),
        (
            "ring",
            "ring.c",
            "    for (size_t i = 1; i < n; i++)\n        put(ring, begin + i, &events[i]);\n"
            "    put(ring, begin, &events[0]);",
            "    for (size_t i = 0; i < n; i++)\n        put(ring, begin + i, &events[i]);",
        ),
        ("ring", "ring.c", "while (cursor < tail && committed(ring, cursor))", "while (0)"),
        ("book", "book.c", "if ((book->sequence & 1) == 0) enter(book);", "enter(book);"),
        (
            "book",
            "book.c",
            "pmm_store_relaxed_u64(&book->sequence, book->sequence + 1);",
            "pmm_store_relaxed_u64(&book->sequence, book->sequence + 2);",
        ),
    ],
)
def test_a_planted_fault_is_found(scratch, what, name, line, instead):
    done = step_through(what, without(scratch, name, line, instead), scratch)
    assert done.returncode == 3
    assert "state" in done.stderr
