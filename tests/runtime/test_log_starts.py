"""What a process decides on its start, also one that was cut short, is given exactly once."""

import numpy as np
import pytest

from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.schema import Flag, Kind, Source
from pinnacle.runtime.run_marks import stage_places, start_records
from tests.records import ORIGIN, batch, event
from tests.runtime.mortal_process import Doubler, World


class Greets(Doubler):
    """Logic that has something to say to every start, as the gateway asks for its orders."""

    def decided(self, events, n):
        starts = sum(events[i].kind == Kind.START for i in range(n))
        rows = super().decided(events, n)
        return batch(*[event(Kind.NEW, order_id=77)] * starts, rows)


class Greeted(World):
    def start(self, logic=None):
        super().start(Greets())


def test_what_is_decided_on_a_start_is_journalled_and_given(tmp_path):
    world = Greeted(tmp_path)
    for starts in (1, 2):
        assert world.received()["order_id"].tolist() == [77]
        rows = JournalReader(tmp_path / "journal").array()
        assert np.count_nonzero(rows["flags"] & Flag.DECISION) == starts
        world.die()
        world.start()


@pytest.mark.parametrize("told", [1, 2, 3])
def test_a_start_that_was_cut_short_is_finished_and_what_came_of_it_is_given_once(tmp_path, told):
    world = Greeted(tmp_path)
    world.send(2)
    world.turn()
    places = stage_places(world.stage)
    world.journal.append_array(start_records(Source.RISK, 1, 0, 0, ORIGIN, places)[:told])
    world.die()
    world.start()
    assert world.received()["order_id"].tolist() == [77, 1, 2, 77, 77]
