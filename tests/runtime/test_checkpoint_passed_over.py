"""A checkpoint that is damaged, of another origin or of another journal is passed over."""

import msgspec
import pytest
from msgspec import structs

from pinnacle.core.journal_reader import HEADER_BYTES, JournalReader
from pinnacle.core.schema import EVENT
from pinnacle.runtime.checkpoint import FILE, _read
from tests.records import ORIGIN
from tests.runtime.process_with_checkpoints import Saved, saved_and_dead


@pytest.fixture
def world(tmp_path):
    return saved_and_dead(tmp_path)


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0], ids=["magic", "head", "state"])
def test_a_damaged_checkpoint_is_passed_over(world, place):
    path = world.folder / "journal" / FILE
    content = bytearray(path.read_bytes())
    content[round(place * (len(content) - 1))] ^= 1
    path.write_bytes(content)
    world.start()
    assert world.found.replayed == world.found.records
    assert world.logic.total == sum(range(1, 10)) * 3


def loaded(world, head_of):
    """What is made of the last checkpoint under another head."""
    head, state = _read(world.folder / "journal" / FILE)
    writer = world.checkpoints._writer
    writer.copy(state)
    writer.write(msgspec.msgpack.encode(head_of(head)))
    writer.wait()
    return world.checkpoints.load(JournalReader(world.folder / "journal"))


@pytest.mark.parametrize(("index", "fits"), [(0, False), (1, True), (13, True), (14, False)])
def test_a_checkpoint_is_one_of_a_record_that_the_journal_has(tmp_path, index, fits):
    world = Saved(tmp_path).live(1)
    world.save()
    commits = JournalReader(tmp_path / "journal").array()["commit"]
    commit = int(commits[min(index, 13) - 1])
    found = loaded(world, lambda head: structs.replace(head, index=index, commit=commit))
    assert (found is not None) == fits


def test_a_whole_checkpoint_with_a_head_of_another_version_is_passed_over(tmp_path):
    world = Saved(tmp_path)
    world.save()
    assert loaded(world, lambda head: ["another version"]) is None


@pytest.mark.parametrize("part", ["configuration", "instruments", "build"])
def test_a_checkpoint_of_another_origin_is_passed_over(world, part):
    world.origin = ORIGIN._replace(**{part: 77})
    world.start()
    assert world.found.replayed == world.found.records


def test_a_checkpoint_of_records_that_are_not_there_is_passed_over(world):
    """A power cut took the journal's tail; what was written since has the same indexes."""
    path = world.folder / "journal" / FILE
    saved = path.read_bytes()
    for file in (world.folder / "journal").glob("*"):
        file.unlink()
    path.write_bytes(saved)
    world.start()
    assert world.found.records == 0


def without_the_last(journal, n):
    """What a power cut leaves: the last n records are not there."""
    keep = len(JournalReader(journal)) - n
    with (journal / "000000.pmj").open("r+b") as file:
        file.seek(HEADER_BYTES + keep * EVENT.itemsize)
        file.write(bytes(n * EVENT.itemsize))


def test_a_checkpoint_beyond_the_journals_end_is_passed_over(world):
    without_the_last(world.folder / "journal", 9)  # the eight behind the checkpoint, and one of its
    world.start()
    assert 0 < world.found.records == world.found.replayed


def test_a_checkpoint_of_a_record_that_another_took_the_place_of_is_passed_over(tmp_path):
    """After a power cut the same journal has grown past the checkpoint again, otherwise."""
    world = Saved(tmp_path)
    world.send(5)
    world.turn()
    world.save()
    world.die()
    path = tmp_path / "journal" / FILE
    saved = path.read_bytes()
    without_the_last(tmp_path / "journal", 10)  # five inputs and what came of them
    path.unlink()
    world.start()
    world.send(5)
    world.turn()
    world.die()
    path.write_bytes(saved)
    world.start()
    assert world.found.replayed == world.found.records
