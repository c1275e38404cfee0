"""The C journal under sanitizers, and with every system call of its life failing once."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from pinnacle.core.journal import Sync
from tests.c.sources import CSRC, sources

HERE = Path(__file__).parent
SOURCES = sources("journal*", "crc32c", "clock", "locks", "pages")
WRAPPED = ["open", "openat", "posix_fallocate", "mmap", "pwrite", "fsync", "fdatasync"]
WRAPPED += ["renameat", "unlinkat", "mkdir", "fcntl", "fstat", "madvise"]


MEMORY = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
THREAD = ["-fsanitize=thread", "-Wno-tsan", "-fno-builtin"]


def build(name: str, path: Path, *extra: str, sanitizer: list[str] = MEMORY) -> Path:
    subprocess.run(
        ["gcc", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-pthread", *sanitizer]
        + [f"-I{CSRC}", "-o", str(path), str(HERE / f"{name}.c")]
        + [str(source) for source in SOURCES]
        + list(extra),
        check=True,
    )
    return path


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    path = tmp_path_factory.mktemp("build") / "journal_faults"
    return build("journal_faults", path, *[f"-Wl,--wrap={name}" for name in WRAPPED])


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
    program = build("journal_san", tmp_path / "journal_san")
    result = subprocess.run([program, scratch], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("sanitizer", [MEMORY, THREAD], ids=["memory", "thread"])
def test_a_writer_and_its_keeper_share_what_they_share_in_order(tmp_path, scratch, sanitizer):
    program = build("journal_kept", tmp_path / "journal_kept", sanitizer=sanitizer)
    environment = os.environ | {"TSAN_OPTIONS": "halt_on_error=1"}
    for sync in Sync:
        command = [program, f"{scratch}/{sync.name}", str(int(sync))]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
