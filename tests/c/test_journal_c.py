"""The C journal under sanitizers, and with every system call of its life failing once."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from pinnacle.core.journal import Sync
from tests.c.built import ADDRESS, THREAD, built
from tests.c.sources import sources

HERE = Path(__file__).parent
SOURCES = sources("journal*", "crc32c", "clock", "locks", "pages")
WRAPPED = ["open", "openat", "posix_fallocate", "mmap", "pwrite", "fsync", "fdatasync"]
WRAPPED += ["renameat", "unlinkat", "mkdir", "fcntl", "fstat", "madvise"]


def program(name: str, folder: Path, flags: Sequence[str] = ADDRESS, *link: str) -> Path:
    return built(folder / name, [HERE / f"{name}.c", *SOURCES], flags, link=link)


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    wrapped = [f"-Wl,--wrap={name}" for name in WRAPPED]
    return program("journal_faults", tmp_path_factory.mktemp("build"), ADDRESS, *wrapped)


@pytest.fixture
def scratch():
    """A directory in memory where there is one: thousands of syncs cost nothing there."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as path:
        yield path


@pytest.mark.parametrize("keeper", ["alone", "kept"])
@pytest.mark.parametrize("fault", ["kill", "EIO", "ENOSPC"])
def test_any_call_may_fail_or_be_the_last_and_nothing_acknowledged_is_lost(
    faults, scratch, fault, keeper
):
    result = subprocess.run([faults, scratch, fault, keeper], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 100


def test_batches_cuts_and_damage_stay_within_the_journals_memory(tmp_path, scratch):
    result = subprocess.run(
        [program("journal_san", tmp_path), scratch], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "flags",
    [pytest.param(ADDRESS, id="memory"), pytest.param(THREAD, id="thread", marks=pytest.mark.long)],
)
def test_a_writer_and_its_keeper_share_what_they_share_in_order(tmp_path, scratch, flags):
    kept = program("journal_kept", tmp_path, flags)
    environment = os.environ | {"TSAN_OPTIONS": "halt_on_error=1"}
    for sync in Sync:
        command = [kept, f"{scratch}/{sync.name}", str(int(sync))]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
