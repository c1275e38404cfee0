"""When a checkpoint is saved, that it holds nobody up, and what is told where it cannot be."""

import os
from threading import Event

import pytest
import structlog

from pinnacle.core.clock import monotonic_ns
from pinnacle.runtime.checkpoint import FILE, Checkpoints
from tests.records import ORIGIN
from tests.runtime.mortal_process import World
from tests.runtime.process_with_checkpoints import Frozen, Saved, saved_and_dead


@pytest.fixture
def world(tmp_path):
    return saved_and_dead(tmp_path)


def test_a_checkpoint_is_saved_once_it_is_due_and_not_before(tmp_path):
    begun = monotonic_ns()
    made = Saved(tmp_path)
    made.send(1)
    made.turn()
    saver = made.checkpoints
    assert saver._next_ns >= begun + saver._period_ns, "the first one is a period away"
    saver._period_ns, saver._next_ns = 0, 0
    saver.save_if_due()
    saver.wait()
    assert not saver._path.exists(), "a period of 0 never saves"
    saver._period_ns = 3600 * 10**9
    saver._next_ns = monotonic_ns() + saver._period_ns
    saver.save_if_due()
    saver.wait()
    assert not saver._path.exists()
    saver._next_ns = monotonic_ns()
    saver.save_if_due()
    saver.wait()
    saver._path.unlink()
    saver.save_if_due()
    saver.wait()
    assert not saver._path.exists(), "the next one is a period away"


@pytest.mark.parametrize(("period_s", "copies"), [(0, 0), (30, 1)])
def test_who_will_save_copies_a_state_at_once_so_that_the_first_copy_is_quick(
    tmp_path, period_s, copies
):
    class Counted(Frozen):
        frozen = 0

        def freeze(self):
            self.frozen += 1
            return super().freeze()

    world, logic = World(tmp_path), Counted()
    Checkpoints(world.stage, logic, ORIGIN, period_s, structlog.get_logger())
    assert logic.frozen == copies


def test_a_checkpoint_can_be_read_by_who_can_read_the_journal_whatever_the_umask(world):
    path = world.folder / "journal" / FILE
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_disk_that_takes_its_time_over_a_checkpoint_holds_nobody_up(tmp_path, monkeypatch):
    world = Saved(tmp_path)
    world.send(5)
    world.turn()
    begun, goes_on, allocate = Event(), Event(), os.posix_fallocate

    def slowly(*arguments):
        begun.set()
        goes_on.wait()
        allocate(*arguments)

    monkeypatch.setattr(os, "posix_fallocate", slowly)
    world.checkpoints.save()
    begun.wait()
    world.send(4)
    world.turn()
    world.checkpoints.save()  # the first is under way: this one is left out
    goes_on.set()
    world.checkpoints.wait()
    world.die()
    world.start()
    assert world.logic.total == sum(range(1, 10)) * 3
    assert world.found.replayed == 4 + 4  # what the second save would have spared


def test_a_checkpoint_that_cannot_be_written_is_a_warning(tmp_path):
    with structlog.testing.capture_logs() as said:
        world = Saved(tmp_path)
        world.send(5)
        world.turn()
        (tmp_path / "journal" / f"{FILE}.tmp").mkdir()
        world.save()
    (line,) = said
    assert line["log_level"] == "warning"
    assert "Is a directory" in line["error"]
    world.die()
    world.start()
    assert world.found.replayed == world.found.records


def test_a_failure_is_told_once_and_its_end_too(tmp_path):
    temporary, told = tmp_path / "journal" / f"{FILE}.tmp", []

    def save_twice():
        for _ in range(2):
            world.save()
            told.append([line["log_level"] for line in said])

    with structlog.testing.capture_logs() as said:
        world = Saved(tmp_path)
        world.live(1)
        temporary.mkdir()
        save_twice()
        temporary.rmdir()
        save_twice()
    assert told == [["warning"]] * 2 + [["warning", "info"]] * 2
    assert (tmp_path / "journal" / FILE).exists()


def test_a_write_that_fails_leaves_nothing_and_the_last_checkpoint(world):
    world.start()
    path = world.folder / "journal" / FILE
    temporary, before = path.with_name(f"{FILE}.tmp"), path.read_bytes()
    temporary.symlink_to("/dev/full")  # where nobody can take room
    world.live(1)
    world.save()
    assert path.read_bytes() == before
    assert not temporary.exists()


def test_what_one_who_was_killed_left_of_a_checkpoint_takes_no_room_for_long(world):
    left = world.folder / "journal" / f"{FILE}.tmp"
    left.write_bytes(bytes(1000))
    world.start()
    assert not left.exists()


def test_logic_that_cannot_be_frozen_goes_on_without_a_checkpoint(tmp_path):
    class Unfrozen(Frozen):
        def freeze(self):
            return None

    world = Saved(tmp_path)
    world.die()
    world.start(Unfrozen())
    world.live(1).save()
    assert not (tmp_path / "journal" / FILE).exists()
    assert world.received()["order_id"].tolist() == [1, 2, 3, 4, 5]
