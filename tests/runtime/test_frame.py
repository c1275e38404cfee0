"""What every process of a session does around its turns: it shows itself, and ends in its time."""

import pytest

from pinnacle.core.counters import CountersReader
from pinnacle.core.schema import EventBuffer
from pinnacle.plan.checks import load_session
from pinnacle.runtime.checkpoint import Checkpoints
from pinnacle.runtime.frame import Turns, one_by_one, wired
from pinnacle.runtime.origin import Origin
from pinnacle.runtime.runtime import Runtime
from pinnacle.session.create import create_session
from tests.seats import seat_of
from tests.sessions import demo_config

SECOND = 10**9


class Actor:
    """Takes a record a turn; idle after so many turns since it was stopped."""

    words, settled = "", True

    def __init__(self, runtime, turns_to_go, stop_wait_ns):
        self.stop_wait_ns = stop_wait_ns
        self.turns, self.shown = 0, []
        self._runtime, self._to_go = runtime, turns_to_go

    def turn(self):
        self.turns += 1
        self._runtime.stopping = self.turns > 2
        return 1

    def publish(self, now_ns):
        self.shown.append(now_ns)

    @property
    def idle(self):
        return self.turns >= 2 + self._to_go


@pytest.fixture
def process(tmp_path):
    """A gateway's runtime, its stage and its checkpoints."""
    config, paths = demo_config(tmp_path, "frame")
    create_session(load_session(config), paths)
    with Runtime(seat_of("gateway", paths)) as runtime:
        stage = wired(runtime)
        yield runtime, stage, Checkpoints(stage, None, Origin(1, 2, 3), 0, runtime.log)


@pytest.mark.parametrize("to_go", [1, 2, 7])
def test_a_process_that_is_stopped_ends_as_soon_as_nothing_of_it_is_in_the_market(process, to_go):
    runtime, _, checkpoints = process
    actor = Actor(runtime, to_go, 3600 * SECOND)
    one_by_one(Turns(runtime, actor, checkpoints), actor)
    assert actor.turns == 2 + to_go
    with CountersReader(runtime.paths.counters("gateway")) as counters:
        assert counters.values()["records"] > 0


def test_one_that_gets_no_answers_is_waited_for_as_long_as_it_says(process):
    runtime, _, checkpoints = process
    actor = Actor(runtime, 10**9, SECOND // 20)
    one_by_one(Turns(runtime, actor, checkpoints), actor)
    assert actor.turns > 3
    assert actor.shown[-1] - actor.shown[0] >= SECOND // 20


def test_every_ring_that_it_reads_ends_its_waits(process):
    runtime, stage, _ = process
    reads = runtime.seat.topology.reads(runtime.seat.process)
    assert len(reads) == runtime.loop.ring_count == 2
    assert stage.take(EventBuffer(8), 0, 8) == 0
