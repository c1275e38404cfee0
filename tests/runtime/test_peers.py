"""A peer's end is noticed at the next look, whoever has its process id by then."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pinnacle.core.bell import Bell, ProcessState, create_bell
from pinnacle.core.schema import Source
from pinnacle.core.segment import Mode
from pinnacle.runtime.peers import Peers
from tests.sessions import until

OWNER = """
import sys, time
from pinnacle.core.bell import Bell, ProcessState
from pinnacle.core.segment import Mode
bell = Bell(sys.argv[1], Mode.OWN)
bell.set_state(int(sys.argv[2]))
print("here", flush=True)
while True:
    bell.segment.beat()
    time.sleep(0.005)
"""


class World:
    def __init__(self, folder):
        self.path = folder / "gateway.process"
        create_bell(self.path, "gateway")
        self.peers = Peers({Source.GATEWAY: Bell(self.path)})
        self.owner = None

    def start(self, state=ProcessState.READY):
        command = [sys.executable, "-c", OWNER, self.path, str(int(state))]
        self.owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.owner.stdout.readline() == "here\n"

    def kill(self):
        self.owner.kill()
        self.owner.wait()
        self.owner.stdout.close()
        self.owner = None

    def look(self):
        return [(lost, first) for _, lost, first in self.peers.look()]


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    if made.owner is not None:
        made.kill()
    made.peers.close()


def test_the_first_look_tells_what_is_and_the_next_nothing_new(world):
    assert world.look() == [(True, True)]
    assert world.look() == []
    world.start()
    assert world.look() == [(False, False)]
    assert world.look() == []
    assert not world.peers.lost(Source.GATEWAY)


def test_a_killed_peer_is_lost_at_the_next_look(world):
    world.start()
    world.look()
    world.kill()
    assert world.look() == [(True, False)]
    assert world.peers.lost(Source.GATEWAY)


def test_a_zombie_is_lost_too(world):
    world.start()
    world.look()
    world.owner.kill()
    os.waitid(os.P_PID, world.owner.pid, os.WEXITED | os.WNOWAIT)
    assert world.look() == [(True, False)]


def test_one_that_went_and_came_between_two_looks_is_told_of_twice(world):
    world.start()
    world.look()
    world.kill()
    world.start()
    assert world.look() == [(True, False), (False, False)]
    assert world.look() == []


def test_one_whose_heart_stands_still_is_lost_until_it_beats(world):
    world.start()
    world.look()
    world.owner.send_signal(signal.SIGSTOP)
    until(lambda: world.look() == [(True, False)], 10, "a heart that stands still")
    world.owner.send_signal(signal.SIGCONT)
    until(lambda: world.look() == [(False, False)], 10, "a heart that beats again")


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("state", [ProcessState.READY, ProcessState.STOPPING])
def test_only_one_that_was_stopping_and_let_go_has_left_in_order(world, closed, state):
    owner = Bell(world.path, Mode.OWN)
    owner.set_state(state)
    assert not world.peers.left(Source.GATEWAY)
    if closed:
        owner.close()
    in_order = closed and state == ProcessState.STOPPING
    assert world.peers.left(Source.GATEWAY) == in_order
    owner.close()


def test_looking_at_many_generations_holds_on_to_none(world):
    world.start()
    world.look()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        world.kill()
        world.start()
        time.sleep(0.01)
        assert world.look() == [(True, False), (False, False)]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("state", [ProcessState.STARTING, ProcessState.RECOVERING])
def test_nobody_counts_on_one_that_is_not_ready_yet(world, state):
    assert world.look() == [(True, True)]
    world.start(state)
    assert world.look() == [] and world.peers.lost(Source.GATEWAY)
    world.kill()
    world.start()
    assert world.look() == [(False, False)]


def test_one_that_is_about_to_end_is_counted_on_until_it_has(world):
    world.start(ProcessState.STOPPING)
    assert world.look() == [(False, True)]
