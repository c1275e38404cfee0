"""What an operator does to a live session, and what a hung process does to it."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from pinnacle.core.schema import Flag, Kind
from tests.sessions import journalled, running_demo, until


def pinnacle(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pinnacle", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    with running_demo(tmp_path_factory.mktemp("control"), "control") as session:
        until(session.quoting, 60, "quoting")
        yield session


def test_the_kill_switch_empties_the_market_and_nothing_is_sent_until_it_is_cleared(live):
    until(live.quoting, 60, "quoting")
    halt = pinnacle("session", "halt", "--config", str(live.config), "--name", live.name)
    at = live.observer.now_ns()
    assert halt.returncode == 0 and "operator" in halt.stdout
    until(lambda: sum(live.open_orders()) == 0, 30, "no order left")
    time.sleep(0.5)
    assert sum(live.open_orders()) == 0
    rows = journalled(live.paths, "gateway")
    sent = rows[(rows["flags"] & Flag.DECISION != 0) & (rows["kind"] == Kind.NEW)]
    assert not np.any(sent["recv_ns"] > at)
    resume = pinnacle("session", "resume", "--config", str(live.config), "--name", live.name)
    assert resume.returncode == 0
    until(live.quoting, 30, "quoting again")


@pytest.mark.parametrize("role", ["feed", "strategy", "risk"])
def test_a_process_that_hangs_is_as_good_as_dead_to_its_peers(live, role):
    until(live.quoting, 60, "quoting")
    pid = live.process(role).pid
    os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: not live.resting(), 3, "quotes gone")
    finally:
        os.kill(pid, signal.SIGCONT)
    until(live.quoting, 30, "quoting again")


def allowed_on(core):
    command = [sys.executable, "-c", f"import os; os.sched_setaffinity(0, {{{core}}})"]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def test_processes_run_on_the_cores_that_the_configuration_names(live):
    here = os.sched_getaffinity(0)
    # A process may leave the cores that it was started on; what a container keeps from it, not.
    may = {core for core in (0, 1) if allowed_on(core)}
    for role, core in (("feed", 0), ("strategy", 0), ("exchange", 1)):
        allowed = os.sched_getaffinity(live.process(role).pid)
        assert allowed == ({core} if core in may else here)


def test_a_second_session_of_the_same_name_is_refused(live):
    again = pinnacle("run", str(live.config), "--name", live.name, "--duration", "1")
    assert again.returncode == 3
    assert f"session {live.name} is running (" in again.stderr and "Traceback" not in again.stderr
    assert again.stdout == "", "it is told before anything else is said or asked"


def test_a_second_process_of_a_role_is_refused(live):
    again = pinnacle("process", "risk", "--config", str(live.paths.config), "--name", live.name)
    assert again.returncode == 70
    assert "owned by another live process" in again.stderr
    until(live.quoting, 30, "the first one goes on")


def test_a_live_session_is_not_removed(live):
    removed = pinnacle("session", "remove", "--config", str(live.config), "--name", live.name)
    assert removed.returncode == 2
    assert "still running" in removed.stderr


@pytest.mark.long
def test_a_session_of_which_all_was_killed_goes_on_under_its_name(tmp_path):
    with running_demo(tmp_path, "prod") as first:
        until(first.quoting, 60, "quoting")
        until(lambda: filled(first), 60, "a fill")
        for pid in [first.run.pid, *(process.pid for process in first.observer.processes())]:
            os.kill(pid, signal.SIGKILL)
        first.run.wait()
        until(lambda: not any(p.alive for p in first.observer.processes()), 10, "their ends")
    words = ["run", str(first.config), "--name", "prod", "--port", "0", "--duration", "2"]
    again = subprocess.run(
        [sys.executable, "-m", "pinnacle", *words], capture_output=True, text=True, timeout=120
    )
    assert again.returncode == 0, again.stderr
    replay = [sys.executable, "-c", "from pinnacle.cli.replay import main; main()"]
    verified = subprocess.run([*replay, "verify", first.paths.data], capture_output=True, text=True)
    assert verified.returncode == 0 and "identical" in verified.stdout, verified.stderr
    assert list(first.paths.runtime.parent.iterdir()) == []
    # Whatever was under way in the rings when all were killed has come to everybody's log.
    seen = {fills(first.paths, role) for role in ("exchange", "gateway", "risk", "strategy")}
    assert len(seen) == 1 and seen != {(0, 0)}


def fills(paths, role: str) -> tuple[int, int]:
    """(count, lots) of the fills that a process took, or made if it is the exchange."""
    rows = journalled(paths, role)
    decided = (rows["flags"] & Flag.DECISION) != 0
    rows = rows[(rows["kind"] == Kind.FILL) & (decided == (role == "exchange"))]
    return len(rows), int(rows["quantity"].sum())


def filled(session) -> bool:
    positions = [session.observer.position(i) for i in session.observer.instruments]
    return any(position.bid_fills + position.ask_fills for position in positions)
