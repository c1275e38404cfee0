"""What a process notices beside its own work, over the real segments of a session."""

import json
import os
import re
import signal
import socket
import subprocess
import sys

import msgspec
import pytest
import structlog

from pinnacle.core._native import ffi
from pinnacle.core.bell import Bell, Control, ProcessState
from pinnacle.core.clock import monotonic_ns, wall_ns
from pinnacle.core.counters import CountersReader
from pinnacle.core.queues import Queue, asker_name, queue_name
from pinnacle.core.schema import EventBuffer, Kind, Reason, Source
from pinnacle.core.segment import Mode
from pinnacle.plan.checks import load_session
from pinnacle.runtime import runtime as runtime_module
from pinnacle.runtime.runtime import Runtime
from pinnacle.session.create import create_session
from tests.seats import seat_of
from tests.sessions import demo_config, until


class World:
    """The exchange's runtime; the test plays its gateway."""

    def __init__(self, folder):
        config, self.paths = demo_config(folder, "runtime")
        create_session(load_session(config), self.paths)
        self.gateway = self.ready_gateway()
        self.runtime = Runtime(seat_of("exchange", self.paths))
        self.batch = EventBuffer(32)

    def ready_gateway(self):
        bell = Bell(self.paths.process("gateway"), Mode.OWN)
        bell.set_state(ProcessState.READY)
        return bell

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


def test_whoever_tells_and_then_asks_is_answered_behind_the_batch_of_what_he_told(world):
    world.look()
    applied = []
    world.runtime.listen(
        {
            "tell": lambda about: world.runtime.log_told(Kind.RESUME, reason=Reason.NONE) or {},
            "ask": lambda about: {"applied": len(applied)},
        }
    )
    answers = Queue(asker_name(), make=True)
    requests = Queue(queue_name(world.paths, "exchange"))
    for number, word in enumerate(("tell", "tell", "ask")):
        about = {"number": number, "answer_to": answers.name, "word": word}
        assert requests.send(msgspec.json.encode(about))
    found = []
    for _ in range(3):
        applied += world.look()
        while (message := answers.receive()) is not None:
            found.append(msgspec.json.decode(message)["told"])
    assert found == [{}, {}, {"applied": 2}]
    answers.close()
    requests.close()


def test_the_first_look_says_how_things_are(world):
    assert world.look() == [("RESUME", 0), ("PEER_BACK", Source.GATEWAY)]
    assert world.look() == []


def test_a_peer_that_goes_and_comes_is_told(world):
    world.look()
    world.gateway.close()
    assert world.look() == [("PEER_LOST", Source.GATEWAY)]
    world.gateway = world.ready_gateway()
    assert world.look() == [("PEER_BACK", Source.GATEWAY)]


def test_a_peer_that_went_and_came_between_two_looks_is_told_of_both(world):
    """Its orders must go, however quickly somebody started it again."""
    world.look()
    world.gateway.close()
    world.gateway = world.ready_gateway()
    assert world.look() == [("PEER_LOST", Source.GATEWAY), ("PEER_BACK", Source.GATEWAY)]
    assert world.look() == []


@pytest.mark.parametrize(
    ("state", "level", "words"),
    [
        (ProcessState.READY, "warning", "peer lost"),
        (ProcessState.STOPPING, "info", "peer ended"),
    ],
)
def test_only_a_peer_that_did_not_end_in_order_is_warned_of(world, state, level, words):
    world.look()
    world.gateway.set_state(state)
    with structlog.testing.capture_logs() as said:
        world.gateway.close()
        world.look()
    assert [(line["log_level"], line["event"], line["peer"]) for line in said] == [
        (level, words, "gateway")
    ]
    reason = Reason.SHUTDOWN if words == "peer ended" else Reason.NONE
    assert world.batch.array[0]["reason"] == reason


def timer(world):
    world.runtime._timer_ns = -runtime_module.TIMER_NS
    n = world.runtime.own_inputs(world.batch)
    row = world.batch.array[n - 1]
    assert row["kind"] == Kind.TIMER
    return row


def test_records_are_stamped_with_the_time_of_the_session_and_not_of_the_process(tmp_path):
    world = World(tmp_path)
    with Control(world.paths.control) as control:
        before = control.now_ns()
        stamp = int(timer(world)["recv_ns"])
        # The process's clock and the kernel's agree to the microsecond; it began a while later.
        assert before - 1_000_000 <= stamp <= control.now_ns() + 1_000_000
        assert stamp >= control.start[0]


def test_a_timer_has_both_clocks_on_record(world):
    before = monotonic_ns(), wall_ns()
    row = timer(world)
    after = monotonic_ns(), wall_ns()
    assert before[0] <= row["order_id"] <= after[0]
    assert before[1] <= row["aux"] <= after[1]


def told_of_clocks(world):
    """What a turn with housekeeping says of clocks; an interrupted sample is taken again."""
    with structlog.testing.capture_logs() as said:
        until(lambda: world.look() == [] and len(said) > 0, 10, "a word of it")
        world.look()
    (line,) = said
    assert line["log_level"] == "warning"
    return line["event"]


def test_a_wall_clock_that_was_set_is_told_and_counted_once(world):
    world.look()
    world.runtime.clock.cdata.wall_ahead_ns += 20 * 10**9  # as if it had been that far ahead
    told = told_of_clocks(world)
    assert re.fullmatch(
        r"the wall clock was set by -(20\.0|19\.9)\d+ s; session time goes on", told
    )
    with CountersReader(world.paths.counters("exchange")) as counters:
        assert counters.values()["clock_steps"] == 1
    assert world.runtime.suspensions == 0


def test_a_machine_that_slept_is_told_as_that(world):
    world.look()
    world.runtime.clock.cdata.wall_ahead_ns -= 3600 * 10**9
    world.runtime._asleep_ns -= 3600 * 10**9
    told = told_of_clocks(world)
    assert re.fullmatch(
        r"the machine was suspended for 3600\.0\d+ s; session time stood still", told
    )
    assert world.runtime.suspensions == 1


def test_stamps_from_the_future_are_told_and_counted(world):
    world.look()
    world.runtime._stage = ffi.new("struct pmm_stage *", {"misstamped": 3})
    with structlog.testing.capture_logs() as said:
        world.look()
        world.look()
    (line,) = said
    assert (line["log_level"], line["records"]) == ("error", 3)
    with CountersReader(world.paths.counters("exchange")) as counters:
        assert counters.values()["misstamped"] == 3


def test_the_kill_switch_is_told_when_it_changes(world):
    world.look()
    control = Control(world.paths.control, Mode.SHARED)
    control.kill(Reason.OPERATOR)
    with structlog.testing.capture_logs() as said:
        assert world.look() == [("HALT", Reason.OPERATOR)]
        control.clear()
        control.close()
        assert world.look() == [("RESUME", 0)]
    assert [line["event"] for line in said] == [
        "trading is halted (operator) until `pinnacle resume`",
        "trading is allowed again",
    ]


#: A role with a journal whose disk is not as it should be; its log, and how it ends.
ROLE = """
import json, sys, time
from pathlib import Path
from pinnacle.core.config import JournalConfig
from pinnacle.runtime.log import setup
from pinnacle.core.paths import SessionPaths
from pinnacle.runtime.runtime import HOUSEKEEPING_NS, Runtime
from pinnacle.core.schema import EventBuffer
from tests.seats import seat_of, unwatched

given = json.loads(sys.argv[1])
paths = SessionPaths(Path(given["runtime"]), Path(given["data"]))
journal = JournalConfig(records_per_file=64, **given["journal"])
log = setup("strategy", as_json=True)
with Runtime(seat_of("strategy", paths, unwatched(), journal=journal, log=log)) as runtime:
    journal = runtime.open_journal()
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
    feed = f"'{sys.executable}' -m pinnacle process feed --config {config} --name orphan"
    shell = subprocess.Popen(["sh", "-c", f"PINNACLE_SUPERVISOR=$$ {feed} 2>/dev/null; true"])
    bell = Bell(paths.process("feed"))
    until(lambda: bell.segment.owner_alive(), 30, "the feed")
    os.kill(shell.pid, signal.SIGKILL)
    shell.wait()
    until(lambda: not bell.segment.owner_alive(), 30, "its end")
    bell.close()


def test_a_long_recovery_tells_its_supervisor_and_the_service_manager_that_it_goes_on(
    tmp_path, monkeypatch
):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        world = World(tmp_path)
        # As if the last word were an extension's tenth ago, and then a moment.
        world.runtime._watchdog_ns = monotonic_ns() - runtime_module.EXTENSION_NS // 10
        assert world.runtime.bell.progress_ns == 0
        world.runtime.progress()
        first = world.runtime.bell.progress_ns
        assert first > 0
        assert manager.recv(100) == b"EXTEND_TIMEOUT_USEC=30000000"
        assert manager.recv(100) == b"WATCHDOG=1"
        world.runtime._watchdog_ns = monotonic_ns() + runtime_module.EXTENSION_NS
        world.runtime.progress()
        assert world.runtime.bell.progress_ns > first
        with pytest.raises(BlockingIOError):
            manager.recv(100)
        world.gateway.close()
        world.runtime.__exit__(None, None, None)
