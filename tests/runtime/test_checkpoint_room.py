"""A checkpoint leaves the journal the room of its next file, whoever else takes some meanwhile."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog

from pinnacle.runtime.checkpoint import FILE
from tests.runtime.process_with_checkpoints import Saved

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def world(tmp_path):
    return Saved(tmp_path).live(1)


def saved_where(world, monkeypatch, before, after):
    """What is told of a checkpoint where so many bytes more than needed are free."""
    world.save()
    path = world.folder / "journal" / FILE
    size, leave = path.stat().st_size, world.journal.file_bytes
    path.unlink()
    free = iter([leave + size + before, leave + after])
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=next(free), f_frsize=1))
    with structlog.testing.capture_logs() as said:
        world.save()
    assert not path.with_name(f"{FILE}.tmp").exists()
    assert path.exists() is not bool(said)
    return [line["error"] for line in said], size, leave


def test_a_checkpoint_may_take_all_that_the_journal_does_not_need(world, monkeypatch):
    told, *_ = saved_where(world, monkeypatch, before=0, after=0)
    assert told == []


def test_a_checkpoint_takes_no_byte_that_the_journal_needs(world, monkeypatch):
    (told,), size, leave = saved_where(world, monkeypatch, before=-1, after=0)
    free = leave + size - 1
    assert f"needs {size} bytes for it and {leave} for the journal's next file" in told
    assert f"and {free} are free" in told


def test_a_checkpoint_gives_back_what_another_took_the_rest_of_meanwhile(world, monkeypatch):
    (told,), _, leave = saved_where(world, monkeypatch, before=0, after=-1)
    assert f"needs {leave} for the journal's next file, and {leave - 1} are free" in told


def test_a_write_that_fails_only_when_the_disk_is_asked_leaves_nothing(world, monkeypatch):
    path = world.folder / "journal" / FILE
    temporary = path.with_name(f"{FILE}.tmp")
    temporary.symlink_to("/dev/full")
    monkeypatch.setattr(os, "posix_fallocate", lambda *_: None)
    with structlog.testing.capture_logs() as said:
        world.save()
    assert ["No space left on device" in line["error"] for line in said] == [True]
    assert not temporary.is_symlink()
    assert not path.exists()


SMALL_DISK = """
import os, sys
from pathlib import Path
import structlog
from pinnacle.runtime.checkpoint import FILE
from tests.runtime.process_with_checkpoints import Frozen, Old

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))

class Large(Frozen):
    size = 0
    def freeze(self):
        return [bytes(self.size)]

class Disk(Old):
    per_file = 1024

folder = Path(sys.argv[1])
world = Disk(folder)
world.die()
world.start(Large())
world.live(1)
disk, allocate, allocated = os.statvfs(folder), os.posix_fallocate, []
os.posix_fallocate = lambda *a: (allocated.append(a), allocate(*a))
free, room = disk.f_bavail * disk.f_frsize, world.journal.file_bytes
for size in (free, free - room, free - room - 8192, free - room - 8192):
    world.logic.size = size
    world.save()
    path = folder / "journal" / FILE
    print(path.exists() and path.stat().st_size > size, path.with_name(FILE + ".tmp").exists())
while world.journal.count < 1024:  # and the journal finds its room
    world.live(1)
    world.received()
world.live(1)
print(sorted(p.name for p in (folder / "journal").glob("*.pmj")), len(allocated))
"""


def test_a_checkpoint_leaves_the_journal_the_room_of_its_next_file_on_a_real_disk(tmp_path):
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    mounted = ["unshare", "--mount", *user, "sh", "-euc"]
    mounted += ['mount -t tmpfs -o size=2m none "$0"; "$@"', tmp_path]
    if subprocess.run([*mounted, "true"], capture_output=True).returncode:
        pytest.skip("this container may not mount a small disk")
    command = [*mounted, sys.executable, "-c", SMALL_DISK, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    *saves, files = done.stdout.splitlines()
    # Too large, larger than is left over, just right; the last has no room beside the one before.
    assert saves == ["False False", "False False", "True False", "True False"]
    # Nobody took room, not for a moment, that was not there.
    assert files == "['000000.pmj', '000001.pmj'] 1"
