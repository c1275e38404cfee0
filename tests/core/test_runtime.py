"""What a process notices beside its own work, over the real segments of a session."""

import os
import signal
import subprocess
import sys

import pytest
import structlog

from pinnacle.core import runtime as runtime_module
from pinnacle.core.bell import Bell, Control
from pinnacle.core.config import ProcessConfig
from pinnacle.core.runtime import Runtime
from pinnacle.core.schema import EventBuffer, Kind, Reason, Source
from pinnacle.core.segment import Mode
from pinnacle.session.config import load_session
from pinnacle.session.create import create_session
from tests.sessions import demo_config, until


class World:
    """The exchange's runtime; the test plays its gateway."""

    def __init__(self, folder):
        config, self.paths = demo_config(folder, "runtime")
        create_session(load_session(config), self.paths)
        self.gateway = Bell(self.paths.process("gateway"), Mode.OWN)
        self.runtime = Runtime(
            "exchange", self.paths, ProcessConfig(), structlog.get_logger(), (Source.GATEWAY,)
        )
        self.batch = EventBuffer(32)

    def look(self):
        """(kind, peer or reason) of the own inputs of a turn that does its housekeeping."""
        self.runtime._housekeeping_ns = -runtime_module.HOUSEKEEPING_NS
        n = self.runtime.own_inputs(self.batch, timer=False)
        rows = self.batch.array[:n]
        return [(Kind(r["kind"]).name, int(r["aux"] or r["reason"])) for r in rows]


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.gateway.close()
    made.runtime.__exit__(None, None, None)


def test_the_first_look_says_how_things_are(world):
    assert world.look() == [("RESUME", 0), ("PEER_BACK", Source.GATEWAY)]
    assert world.look() == []


def test_a_peer_that_goes_and_comes_is_told(world):
    world.look()
    world.gateway.close()
    assert world.look() == [("PEER_LOST", Source.GATEWAY)]
    world.gateway = Bell(world.paths.process("gateway"), Mode.OWN)
    assert world.look() == [("PEER_BACK", Source.GATEWAY)]


def test_a_peer_that_went_and_came_between_two_looks_is_told_of_both(world):
    """Its orders must go, however quickly somebody started it again."""
    world.look()
    world.gateway.close()
    world.gateway = Bell(world.paths.process("gateway"), Mode.OWN)
    assert world.look() == [("PEER_LOST", Source.GATEWAY), ("PEER_BACK", Source.GATEWAY)]
    assert world.look() == []


def test_the_kill_switch_is_told_when_it_changes(world):
    world.look()
    control = Control(world.paths.control, Mode.SHARED)
    control.kill(Reason.OPERATOR)
    assert world.look() == [("HALT", Reason.OPERATOR)]
    control.clear()
    control.close()
    assert world.look() == [("RESUME", 0)]


def test_a_process_whose_supervisor_died_stops(tmp_path):
    """A shell starts the feed, and is killed: the feed ends by itself, in order."""
    config, paths = demo_config(tmp_path, "orphan")
    create_session(load_session(config), paths)
    feed = f"{sys.executable} -m pinnacle feed --config {config} --name orphan"
    shell = subprocess.Popen(["sh", "-c", f"PINNACLE_SUPERVISOR=$$ {feed} 2>/dev/null; true"])
    bell = Bell(paths.process("feed"))
    until(lambda: bell.segment.owner_alive(), 30, "the feed")
    os.kill(shell.pid, signal.SIGKILL)
    shell.wait()
    until(lambda: not bell.segment.owner_alive(), 30, "its end")
    bell.close()
