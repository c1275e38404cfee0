"""A checkpoint shortens a restart and never changes what it comes back to."""

import pytest

from pinnacle.core.errors import CorruptError
from pinnacle.core.journal_reader import JournalReader, scan
from pinnacle.core.schema import Source
from pinnacle.runtime.decision_log import LogReplay
from tests.runtime.process_with_checkpoints import Frozen, Old, Saved, saved_and_dead


@pytest.fixture
def world(tmp_path):
    return saved_and_dead(tmp_path)


def test_only_the_tail_is_replayed_and_the_state_is_the_same(world):
    world.start()
    assert world.found.replayed < world.found.records
    assert world.logic.total == sum(range(1, 10)) * 3
    world.send(1)
    world.turn()
    assert world.received()["order_id"].tolist() == list(range(1, 11))


def test_decisions_cut_short_after_a_checkpoint_are_finished(tmp_path):
    world = Saved(tmp_path)
    world.send(5)
    world.turn()
    world.save()
    world.die_before_giving(4)
    world.start()
    assert world.found.pushed == 4
    assert world.received()["order_id"].tolist() == list(range(1, 10))


def test_a_checkpoint_at_the_journals_end_leaves_nothing_to_replay(tmp_path):
    world = Saved(tmp_path).live(1)
    world.save()
    world.die()
    world.start()
    assert (world.found.replayed, world.logic.total) == (0, sum(range(1, 6)) * 3)


def test_a_whole_replay_after_checkpoints_finds_no_difference(world):
    world.start()
    replay = LogReplay(Frozen().decided, Source.RISK)
    reader, index = JournalReader(world.folder / "journal"), 0
    for chunk in reader.chunks():
        replay.feed(chunk, index)
        index += len(chunk)
    replay.finish(index)
    assert replay.difference_count == 0


def test_a_start_without_a_checkpoint_looks_at_every_record_once(tmp_path):
    world = Old(tmp_path).live(100)
    world.die()
    world.start()
    assert world.found.checked == world.found.replayed == world.found.records > 1000


def test_a_start_from_a_checkpoint_looks_at_the_newest_files_and_what_is_behind_it(tmp_path):
    world = Old(tmp_path).live(80)
    world.save()
    world.live(20).die()
    world.start()
    assert world.found.replayed == world.found.checked == 200
    world.save()
    world.live(1).die()
    world.start()
    assert world.found.replayed < 20
    assert world.found.checked <= 3 * 64  # the files that a crash may have left unfinished


def test_a_replay_says_that_it_goes_on_at_every_piece(tmp_path):
    world = Old(tmp_path).live(100)
    world.die()
    world.start_stage()
    world.logic, steps = Frozen(), []
    world.recover(progress=lambda: steps.append(world.logic.total))
    assert len(steps) >= world.found.records // 64
    assert steps == sorted(steps) and steps[0] < steps[-1]


def test_damage_behind_the_checkpoint_stops_the_start_before_anything_is_appended(tmp_path):
    world = Old(tmp_path).live(80)
    world.save()
    world.live(40).die()
    world.damage(900)
    before = {path: path.read_bytes() for path in (tmp_path / "journal").glob("*.pmj")}
    with pytest.raises(CorruptError, match=r"000014\.pmj, record 900, byte "):
        world.start()
    world.journal.close()
    for path, content in before.items():
        assert path.read_bytes() == content
    assert (scan(tmp_path / "journal").corrupt, scan(tmp_path / "journal").bad_record) == (
        True,
        900,
    )


def test_damage_before_the_checkpoint_is_left_to_a_scan(tmp_path):
    world = Old(tmp_path).live(80)
    world.save()
    world.live(40).die()
    world.damage(200)
    world.start()
    assert world.logic.total == sum(range(1, world.sent + 1)) * 3
    assert scan(tmp_path / "journal").bad_record == 200
