"""A checkpoint leaves the journal the room of its next file, whoever else takes some meanwhile."""

import os
from types import SimpleNamespace

import pytest
import structlog

from pinnacle.core.checkpoint import FILE
from tests.core.test_checkpoint import Saved


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
