"""What a process notices beside its own work, over the real segments of a session."""

import json
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


#: A role with a journal whose disk is not as it should be; its log, and how it ends.
ROLE = """
import json, sys, time
from pathlib import Path
from pinnacle.core.config import JournalConfig, ProcessConfig
from pinnacle.core.log import setup
from pinnacle.core.paths import SessionPaths
from pinnacle.core.runtime import HOUSEKEEPING_NS, Runtime
from pinnacle.core.schema import EventBuffer

given = json.loads(sys.argv[1])
paths = SessionPaths(Path(given["runtime"]), Path(given["data"]))
with Runtime("strategy", paths, ProcessConfig(), setup("strategy", as_json=True)) as runtime:
    journal = runtime.open_journal(JournalConfig(records_per_file=64, **given["journal"]))
    batch = EventBuffer(1)
    journal.append(batch.cdata, runtime.tick(batch, 0))
    while not journal.wanting and not journal.failed:
        time.sleep(0.001)
    for _ in range(3):
        time.sleep(HOUSEKEEPING_NS / 1e9)
        runtime.housekeep()
"""


def run_role(paths, journal, shim, **environment):
    given = {"runtime": str(paths.runtime), "data": str(paths.data), "journal": journal}
    return subprocess.run(
        [sys.executable, "-c", ROLE, json.dumps(given)],
        capture_output=True,
        text=True,
        env=os.environ | {"LD_PRELOAD": shim} | environment,
    )


def test_a_next_file_for_which_there_is_no_room_is_warned_of_once(world, shim):
    done = run_role(world.paths, {}, shim, PMM_FULL_AFTER="1")
    assert done.returncode == 0, done.stderr
    (line,) = map(json.loads, done.stderr.splitlines())
    assert line["level"] == "warning"
    place = world.paths.journal("strategy") / "000001.pmj"
    assert line["error"] == f"{place}: No space left on device"


def test_a_sync_that_fails_beside_an_idle_process_ends_it_and_trading(world, shim):
    journal = {"sync": "interval", "sync_interval_ms": 1}
    done = run_role(world.paths, journal, shim, PMM_FAIL_SYNC_AFTER="0")
    assert done.returncode == 1
    assert "000000.pmj: Input/output error" in done.stderr
    assert world.look()[0] == ("HALT", Reason.JOURNAL)


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
