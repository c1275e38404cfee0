"""A journal of inputs and decisions replays to itself; what was cut short is finished exactly."""

import re

import numpy as np
import pytest

from pinnacle.core._native import ffi
from pinnacle.core.bell import Bell
from pinnacle.core.errors import DataError
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.ring import RingReader, RingWriter, create_ring
from pinnacle.core.schema import EVENT, Flag, Kind, Source
from pinnacle.core.segment import Mode
from pinnacle.runtime import decision_log
from pinnacle.runtime.decision_log import LogReplay, end_of
from pinnacle.runtime.run_marks import RingPlace, origin_told
from tests.records import ORIGIN, batch
from tests.runtime.mortal_process import Doubler, World


def verified(world):
    """What a replay says of a journal."""
    replay = LogReplay(Doubler().decided, Source.RISK)
    for chunk in JournalReader(world.folder / "journal").chunks():
        replay.feed(chunk, 0)
    return "not repeated" if replay.difference_count else "repeated"


def recovered(world):
    """What a restart says of it."""
    try:
        world.start()
    except DataError as error:
        return str(error)
    return "repeated"


@pytest.mark.parametrize("where", ["end", "taken", "journalled"])
def test_a_process_that_dies_anywhere_in_its_turn_gives_each_decision_exactly_once(tmp_path, where):
    world = World(tmp_path)
    world.send(5)
    world.turn()
    world.send(7)
    world.turn(until=where)
    world.die()
    world.start()
    world.send(3)
    world.turn()
    got = world.received()
    assert got["order_id"].tolist() == list(range(1, 16))
    assert got["quantity"].tolist() == np.cumsum(np.arange(1, 16) * 3).tolist()
    world.die()
    assert verified(world) == "repeated", "what was finished is journalled too"


def test_inputs_taken_and_not_released_are_not_taken_twice(tmp_path):
    world = World(tmp_path)
    world.send(6)
    n = world.stage.inputs[0].ring.take(world.batch.cdata, 256)
    world.batch.array[n - 1]["flags"] |= np.uint8(Flag.BATCH_END)
    world.journal.append(world.batch.cdata, n)
    world.die()
    world.start()
    assert world.found.skipped == 6
    world.turn()
    assert world.received()["order_id"].tolist() == [1, 2, 3, 4, 5, 6]


def test_what_was_sent_to_a_process_that_was_dead_is_not_skipped(tmp_path):
    world = World(tmp_path)
    for _ in range(2):
        world.send(3)
        world.turn()
        world.die()
        world.send(2)
        world.start()
        assert world.found.skipped == 0
    world.turn()
    assert world.received()["order_id"].tolist() == list(range(1, 11))


@pytest.mark.parametrize(("died", "rings"), [("end", 0), ("journalled", 1)])
def test_who_sleeps_is_woken_for_what_is_handed_on_and_for_nothing_else(tmp_path, died, rings):
    world = World(tmp_path)
    world.send(5)
    world.turn(until=died)
    world.die()
    world.received()
    bell = Bell(tmp_path / "next.process", Mode.SHARED)
    bell.handle.shared.parked, bell.handle.shared.rings = 1, 0
    world.start()
    assert (world.found.pushed, bell.handle.shared.rings) == (5 * rings, rings)


def test_rings_that_were_made_anew_are_counted_from_their_beginning(tmp_path):
    world = World(tmp_path)
    world.send(5)
    world.turn()
    world.die()
    for name, side in (("in", world.feeder), ("out", world.taker)):
        side.close()
        side.path.unlink()
        create_ring(side.path, 1024, name)
    world.feeder, world.taker = RingWriter(world.feeder.path), RingReader(world.taker.path)
    world.start()
    world.die_before_giving(3)
    world.start()
    assert (world.found.pushed, world.found.skipped) == (3, 0)
    assert world.received()["order_id"].tolist() == [6, 7, 8]


@pytest.mark.parametrize("piece", [1, 4, 4096])
def test_the_last_decisions_are_kept_to_hand_on_in_whatever_pieces_they_are_read(
    tmp_path, monkeypatch, piece
):
    monkeypatch.setattr(decision_log, "_PUSHED_KEPT", 7)
    monkeypatch.setattr(decision_log, "REPLAYED", piece)
    world = World(tmp_path)
    world.send(9)
    world.turn()
    world.die_before_giving(7)
    world.start()
    assert world.found.pushed == 7
    assert world.received()["order_id"].tolist() == list(range(1, 17))


def test_decisions_that_came_at_once_are_kept_for_the_next_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(decision_log, "_PUSHED_KEPT", 5)
    world = World(tmp_path)
    world.send(4)
    world.turn()
    world.die_before_giving(7)
    world.start()
    assert world.found.pushed == 7
    assert world.received()["order_id"].tolist() == list(range(1, 12))


class Asked(Doubler):
    """The doubler, with all that it was asked to decide on."""

    seen = b""

    def decided(self, events, n):
        self.seen += bytes(ffi.buffer(events, n * EVENT.itemsize))
        return super().decided(events, n)


def test_a_batch_whose_end_is_missing_is_closed_and_decided(tmp_path):
    world = World(tmp_path)
    world.send(4)
    n = world.stage.inputs[0].ring.take(world.batch.cdata, 256)
    world.journal.append(world.batch.cdata, n)
    world.die()
    world.start(Asked())
    assert world.found.completed == 4
    rows = batch(*JournalReader(tmp_path / "journal").chunks())
    inputs = rows[(rows["flags"] & Flag.DECISION) == 0]
    seen = np.frombuffer(world.logic.seen, EVENT)
    assert seen["kind"].tolist() == inputs["kind"].tolist()
    (at,) = np.flatnonzero(rows["kind"] == Kind.TIMER)
    assert rows["order_id"][at + 1 : at + 5].tolist() == [1, 2, 3, 4], "the decisions at once"
    end = rows[at]
    assert (end["source"], end["flags"]) == (Source.RISK, Flag.BATCH_END)
    assert min(end["recv_ns"], end["order_id"], end["aux"]) > 4000, "what the clocks say now"
    world.turn()
    got = world.received()
    assert got["order_id"].tolist() == [1, 2, 3, 4]
    assert set(got["recv_ns"]) == {end["recv_ns"]}


def test_a_journal_of_other_logic_is_refused_with_its_place_and_what_may_be_why(
    tmp_path,
):
    world = World(tmp_path)
    world.send(4)
    world.turn()
    world.die()
    with pytest.raises(DataError) as refusal:
        world.start(Doubler(offset=1))
    told = str(refusal.value)
    assert re.search(r"record \d+: the journal's decision is not repeated", told)
    assert re.search(r"the clock, chance, a file.*another configuration", told)


def test_a_decision_that_is_not_repeated_is_told_by_its_place_in_the_whole_journal(
    tmp_path, monkeypatch
):
    class Wrong(Doubler):
        def decided(self, events, n):
            rows = super().decided(events, n)
            rows["price"][rows["order_id"] == 9] = 1
            return rows

    monkeypatch.setattr(decision_log, "REPLAYED", 3)
    world = World(tmp_path)
    for _ in range(6):
        world.send(2)
        world.turn()
    world.die()
    rows = JournalReader(tmp_path / "journal").array()
    decided = (rows["flags"] & Flag.DECISION) != 0
    (place,) = np.flatnonzero(decided & (rows["order_id"] == 9))
    with pytest.raises(DataError, match=f"record {place}: .*[(]price[)]"):
        world.start(Wrong())


def test_an_output_that_must_not_be_sent_again_is_not(tmp_path):
    world = World(tmp_path)
    world.send(5)
    world.turn()
    world.die_before_giving(7)
    world.logic = Doubler()
    world.start_stage(resent=False)
    world.recover()
    assert world.found.pushed == 0
    assert world.received()["order_id"].tolist() == [1, 2, 3, 4, 5]


def test_the_logs_clock_goes_on_where_it_was_though_the_wall_has_gone_back(tmp_path):
    ahead = 4 * 10**18
    world = World(tmp_path)
    world.turn_at(ahead)
    world.die()
    world.start()
    world.received()
    world.turn_at(ahead - 1)
    assert world.received()["recv_ns"].tolist() == [ahead]


@pytest.mark.parametrize("finish", [verified, recovered])
def test_a_decision_too_many_is_not_repeated(tmp_path, finish):
    world = World(tmp_path)
    world.send(4)
    world.turn()
    extra = batch(*JournalReader(tmp_path / "journal").chunks())[-1:].copy()
    assert extra["flags"][0] & Flag.DECISION
    world.journal.append_array(extra)
    world.die()
    assert "not repeated" in finish(world)


def test_a_run_that_ends_in_order_says_so_and_where_its_rings_stood(tmp_path):
    world = World(tmp_path)
    world.send(4)
    world.turn()
    world.journal.append_array(end_of(world.stage, 1))
    world.die()
    rows = batch(*JournalReader(tmp_path / "journal").chunks())[-3:]
    assert rows["kind"].tolist() == [Kind.DETACH, Kind.DETACH, Kind.END]
    assert [RingPlace.of(row).cursor for row in rows[:2]] == [4, 4]
    world.send(2)  # in the ring already when its end is read
    world.start(Asked())
    seen = np.frombuffer(world.logic.seen, EVENT)["kind"]
    assert not np.isin(seen, rows["kind"]).any(), "nobody decides on an end"
    world.turn()
    assert world.received()["order_id"].tolist() == [1, 2, 3, 4, 5, 6]


def test_a_start_tells_from_what_its_run_was_made(tmp_path):
    World(tmp_path)
    start = JournalReader(tmp_path / "journal")[0]
    assert (start["kind"], origin_told(start)) == (Kind.START, ORIGIN)
