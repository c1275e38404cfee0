"""Each order of ring, sequence lock, rows and doorbell is needed: taken away, it is found.

The ring's payload is plain memory, so ThreadSanitizer sees what the commit word and the head order.
The book's, and that of rows, is relaxed atomics behind fences, which ThreadSanitizer cannot see:
`book_weak` and `rows_weak` run their own code on a memory that makes every reordering which C11
allows. The doorbell's fences
order a store before a load, which a race of two processes hardly ever shows: `bell_weak` runs its
own code with store buffers.
"""

import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.c.mutants import without
from tests.c.sources import CSRC, sources

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
RING = ["bell", "clock", "counters", "crc32c", "event", "locks", "pages", "ring", "segment"]
ROWS = ["clock", "crc32c", "locks", "pages", "rows", "segment"]
BOOK = ["ladder", "ladder_far", "book", "book_read", "snapshot"]
THREAD = ["-fsanitize=thread", "-Wno-tsan", "-fno-builtin", "-pthread"]
ADDRESS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
COMPILER = ["gcc", "-std=gnu11", "-O1", "-g", "-w"]


def weak_bell(tmp_path: Path, tree: Path, *sleeps: str) -> subprocess.CompletedProcess:
    program, folder = tmp_path / "bell_weak", tmp_path / "files"
    folder.mkdir()
    weak = ["-D_GNU_SOURCE=", "-include", HERE / "weak_atomics.h", f"-I{HERE}", f"-I{tree}"]
    files = [
        HERE / "bell_weak.c",
        *sources(*(name for name in RING if name != "counters"), tree=tree),
    ]
    command = [*COMPILER, *weak, "-Wl,--wrap=syscall", "-o", program, *files]
    subprocess.run(command, check=True)
    return subprocess.run([program, folder, *sleeps], capture_output=True, text=True)


def weak_one(
    name: str, parts: list[str], tmp_path: Path, tree: Path, *flags: str
) -> subprocess.CompletedProcess:
    weak = ["-D_GNU_SOURCE=", "-include", HERE / "weak_atomics.h", f"-I{HERE}", f"-I{tree}"]
    files = [HERE / f"{name}.c", *sources(*parts, tree=tree)]
    subprocess.run([*COMPILER, *flags, *weak, "-o", tmp_path / name, *files], check=True)
    return subprocess.run([tmp_path / name], capture_output=True, text=True)


weak_book = partial(weak_one, "book_weak", BOOK)
weak_rows = partial(weak_one, "rows_weak", ROWS)


@pytest.mark.parametrize("sleeps", [(), ("pipe",)], ids=["at-its-word", "at-its-pipe"])
def test_with_store_buffers_no_wake_up_is_lost(tmp_path, sleeps):
    done = weak_bell(tmp_path, CSRC, *sleeps)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("sleeps", "line", "instead"),
    [
        ((), "pmm_fence_full(); /* the commit word", "/*"),
        (("pipe",), "pmm_fence_full(); /* the commit word", "/*"),
        ((), "PARKED);\n        pmm_fence_full(); /* parked", "PARKED); /*"),
        (("pipe",), "PARKED_AT_PIPE);\n    pmm_fence_full(); /* parked", "PARKED_AT_PIPE); /*"),
        (
            (),
            "        ready = any_ready(rings, n);\n        int64_t left_ns",
            "        int64_t left_ns",
        ),
        (("pipe",), "if (!any_ready(rings, n)) return 0;", "if (rings && n) return 0;"),
    ],
    ids=["writer", "writer-to-pipe", "reader", "reader-at-pipe", "last-look", "last-look-at-pipe"],
)
def test_an_order_taken_from_the_doorbell_is_found(tmp_path, sleeps, line, instead):
    done = weak_bell(tmp_path, without(tmp_path, "bell.c", line, instead), *sleeps)
    assert done.returncode == 1
    assert "a wake-up was lost" in done.stderr


def test_on_the_weakest_memory_a_reader_of_a_book_never_mixes_two_batches(tmp_path):
    done = weak_book(tmp_path, CSRC, *ADDRESS)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "line", "instead"),
    [
        (
            "book.c",
            "pmm_store_release_u64(&book->sequence, book->sequence + 1);",
            "pmm_store_relaxed_u64(&book->sequence, book->sequence + 1);",
        ),
        ("book.c", "pmm_fence_release();", ""),
        ("book_read.c", "pmm_fence_acquire();", ""),
        (
            "book_read.c",
            "pmm_load_acquire_u64(&book->sequence)",
            "pmm_load_relaxed_u64(&book->sequence)",
        ),
        ("book_read.c", "pmm_load_relaxed_u64(&book->sequence) == sequence;", "1;"),
    ],
    ids=["leave", "enter", "before-the-second-look", "first-look", "second-look"],
)
def test_an_order_taken_from_the_book_is_found(tmp_path, name, line, instead):
    done = weak_book(tmp_path, without(tmp_path, name, line, instead))
    assert done.returncode == 1
    assert "two batches" in done.stderr or "missing" in done.stderr


def test_on_the_weakest_memory_a_reader_of_a_row_never_mixes_two_writes(tmp_path):
    done = weak_rows(tmp_path, CSRC, *ADDRESS)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("pmm_fence_release();", ""),
        ("pmm_store_release_u64(&row->sequence", "pmm_store_relaxed_u64(&row->sequence"),
        ("pmm_load_acquire_u64(&row->sequence)", "pmm_load_relaxed_u64(&row->sequence)"),
        ("pmm_fence_acquire();", ""),
        ("pmm_load_relaxed_u64(&row->sequence) == sequence", "1"),
        ("half_of(row, next, words)", "half_of(row, next + 1, words)"),
    ],
    ids=["fill", "show", "first-look", "before-the-second-look", "second-look", "other-half"],
)
def test_an_order_taken_from_the_rows_is_found(tmp_path, line, instead):
    done = weak_rows(tmp_path, without(tmp_path, "rows.c", line, instead))
    assert done.returncode == 1
    assert "two writes" in done.stderr or "went back" in done.stderr


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("pmm_store_release_u32(&slot->commit", "pmm_store_relaxed_u32(&slot->commit"),
        ("return pmm_load_acquire_u32(&ring->slots", "return pmm_load_relaxed_u32(&ring->slots"),
        ("pmm_store_release_u64(&shared->head", "pmm_store_relaxed_u64(&shared->head"),
        ("peer_cursor = pmm_load_acquire_u64", "peer_cursor = pmm_load_relaxed_u64"),
    ],
    ids=["commit", "look", "release", "room"],
)
def test_an_order_taken_from_the_ring_is_found(tmp_path, line, instead):
    tree, folder = without(tmp_path, "ring.c", line, instead), tmp_path / "files"
    folder.mkdir()
    files = [HERE / "ring_threads.c", *sources(*RING, tree=tree)]
    program = tmp_path / "ring_threads"
    command = [*COMPILER, *THREAD, f"-I{tree}", "-o", program, *files, "-lm"]
    subprocess.run(command, check=True)
    environment = {"TSAN_OPTIONS": "halt_on_error=1"}
    done = subprocess.run([program, folder], capture_output=True, text=True, env=environment)
    assert "WARNING: ThreadSanitizer: data race" in done.stderr
