"""What the supervisor does with processes that end and hang, and where it lets them run."""

import os
import re
import signal
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from pinnacle.core.bell import Bell
from pinnacle.core.notices import Notices, NoticesReader
from pinnacle.core.paths import ROLES
from pinnacle.core.schema import Reason
from pinnacle.core.segment import Mode
from pinnacle.plan.checks import load_session
from pinnacle.plan.cores import Placement
from pinnacle.runtime.log import setup
from pinnacle.session import child as child_module
from pinnacle.session.create import create_session
from pinnacle.session.supervisor import FAILURES_MAX, SessionFailed, Supervisor
from pinnacle.vault.cost import FLOOR, SALT_BYTES
from pinnacle.vault.sealed import VaultKey
from pinnacle.vault.unlock import HANDED
from tests.seats import topology_of
from tests.sessions import demo_config, until


@pytest.fixture
def supervisor(tmp_path):
    config, paths = demo_config(tmp_path, "supervised")
    text = config.read_text(encoding="utf-8")
    config.write_text(re.sub(r"^cpu = \d+$", "cpu = -1", text, flags=re.M), encoding="utf-8")
    create_session(load_session(config), paths)
    allowed = os.sched_getaffinity(0)
    with Notices(paths.notices("supervisor")) as notices:
        made = Supervisor(paths, topology_of(), setup("supervisor", notices=notices))
        yield made
        made.stop()
        made.close()
    os.sched_setaffinity(0, allowed)


def test_it_stays_off_the_order_paths_cores_and_its_processes_may_use_them_all(supervisor):
    allowed = os.sched_getaffinity(0)
    hot = {min(allowed)}
    supervisor.placement = Placement({}, frozenset(allowed - hot or allowed), False)
    supervisor.keep_to_the_rest()
    assert os.sched_getaffinity(0) == (allowed - hot or allowed)
    # As when one is started again, long after the supervisor has moved.
    supervisor._spawn(supervisor.children["monitor"])
    child = psutil.Process(supervisor.children["monitor"].process.pid)
    assert set(child.cpu_affinity()) == allowed
    assert os.sched_getaffinity(0) == (allowed - hot or allowed)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two cores")
def test_a_process_with_a_dealt_core_runs_there_and_its_threads_on_the_rest(supervisor):
    own, shared, *_ = sorted(os.sched_getaffinity(0))
    supervisor.placement = Placement({"risk": own}, frozenset({shared}), True)
    for name in ("risk", "monitor"):
        supervisor._spawn(supervisor.children[name])
    pids = {n: supervisor.children[n].process.pid for n in ("risk", "monitor")}
    assert psutil.Process(pids["monitor"]).cpu_affinity() == [shared]
    until(lambda: supervisor.children["risk"].ready, 30, "risk is ready")
    cores = [
        os.sched_getaffinity(int(t.name)) for t in Path(f"/proc/{pids['risk']}/task").iterdir()
    ]
    assert cores.count({own}) >= 1 and cores.count({shared}) >= 1
    assert os.sched_getaffinity(pids["risk"]) == {own}


#: A role's process that stands in for it: `BODY` is what it does.
STAND_IN = """\
import os, signal, sys, time
from pathlib import Path
from pinnacle.core.bell import Bell, ProcessState
from pinnacle.core.notices import Level, Notices
from pinnacle.core.segment import Mode

role, runtime = sys.argv[sys.argv.index("process") + 1], Path({runtime!r})
bell = Bell(runtime / (role + ".process"), Mode.OWN)
notices = Notices(runtime / (role + ".notices"))
def beat_until(condition):
    while not condition():
        bell.segment.beat()
        time.sleep(0.005)
{body}
"""


@pytest.fixture
def starts(supervisor, tmp_path, monkeypatch):
    """Let the supervisor start a program of these lines as whatever it starts."""

    def let(body):
        # By a shell: the path of a program after `#!` must not have spaces.
        program, lines = tmp_path / "stand_in", tmp_path / "stand_in.py"
        text = STAND_IN.format(runtime=str(supervisor.paths.runtime), body=textwrap.dedent(body))
        lines.write_text(text, encoding="utf-8")
        words = f'exec "{sys.executable}" "{lines}" "$@"'
        program.write_text(f"#!/bin/sh\n{words}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))
        supervisor.tell_ready()
        for role in ROLES:
            supervisor.children[role].down = role != "strategy"
        supervisor._spawn(supervisor.children["strategy"])
        return supervisor.children["strategy"]

    return let


#: A process that tells what it was started with, and what is in the pipes that it inherited.
TELLS = """\
#!{python}
import os, stat, sys
from pathlib import Path
pipes = b"".join(
    os.read(n, 4096)
    for n in range(3, 64)
    if os.path.exists(f"/proc/self/fd/{{n}}") and stat.S_ISFIFO(os.fstat(n).st_mode)
)
shown = repr((os.environ, sys.argv, Path("/proc/self/cmdline").read_bytes())).encode()
told = Path({folder!r}, sys.argv[sys.argv.index("process") + 1])
told.with_suffix(".part").write_bytes(pipes + b"|" + shown)
told.with_suffix(".part").rename(told)
"""
CANARY = b"canary of the vault's own key..."


@pytest.mark.parametrize("signer", ["gateway", "feed"])
def test_the_vaults_key_goes_to_who_signs_and_to_no_other_process(
    supervisor, tmp_path, monkeypatch, signer
):
    folder = tmp_path / "told"
    folder.mkdir()
    program = tmp_path / "tells"
    text = TELLS.format(python=sys.executable, folder=str(folder))
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    supervisor._vault_key = VaultKey(FLOOR, bytes(SALT_BYTES), CANARY)
    supervisor._signers = frozenset({signer})
    supervisor.start()
    until(lambda: all((folder / name).exists() for name in ROLES), 30, "all have told")
    for child in supervisor.children.values():
        child.process.wait(30)
        child.down, child.process = True, None
    for name in ROLES:
        pipes, _, shown = (folder / name).read_bytes().partition(b"|")
        assert (CANARY in pipes) is (name == signer), name
        assert (HANDED.encode() in shown) is (name == signer), name
        assert b"canary" not in shown
        assert not supervisor.paths.log(name).read_bytes(), "what it could not say elsewhere"


def steps(supervisor, condition):
    """Supervise until something has happened."""

    def step():
        supervisor.step()
        return condition()

    until(step, 60, "what the supervisor should do")


def told(supervisor):
    with NoticesReader(supervisor.paths.notices("supervisor")) as reader:
        return [notice.text for notice in reader.since(0)]


HANGS = """
bell.set_state(ProcessState.READY)
while True: time.sleep(1)
"""


def test_a_process_that_hangs_is_told_killed_and_started_again(supervisor, starts, monkeypatch):
    monkeypatch.setattr(child_module, "HUNG_NS", 200_000_000)
    strategy = starts(HANGS)
    first = strategy.process.pid
    steps(supervisor, lambda: strategy.restarts == 1)
    assert strategy.ends == 1 and strategy.reason.startswith("it hung")
    assert strategy.process.pid != first and not psutil.pid_exists(first)
    hangs, ended = told(supervisor)[:2]
    assert hangs.startswith("strategy hangs: it is killed and started again: why no heartbeat for")
    assert ended.startswith("strategy ended: why it hung (no heartbeat for ")


def test_a_process_that_always_hangs_ends_the_session_with_the_reason(
    supervisor, starts, monkeypatch
):
    monkeypatch.setattr(child_module, "HUNG_NS", 50_000_000)
    strategy = starts(HANGS)
    with pytest.raises(SessionFailed, match=r"strategy ended 6 times, the last time: it hung") as e:
        steps(supervisor, lambda: False)
    assert e.value.exit_code == 5
    assert strategy.ends == FAILURES_MAX
    assert str(supervisor.paths.log("strategy")) in str(e.value)
    assert supervisor.halted() == Reason.PEER_LOST


def test_one_whose_recovery_stands_still_hangs_and_one_that_goes_on_does_not(
    supervisor, starts, monkeypatch
):
    monkeypatch.setattr(child_module, "STUCK_NS", 300_000_000)
    strategy = starts(
        """
        bell.set_state(ProcessState.RECOVERING)
        go = Path(runtime) / "stand.still"
        while not go.exists():
            bell.progress()
            time.sleep(0.005)
        while True: time.sleep(1)
        """
    )
    until(lambda: strategy.bell.progress_ns, 60, "its recovery")
    began = strategy.bell.progress_ns
    steps(supervisor, lambda: strategy.bell.progress_ns > began + 1_000_000_000)
    assert strategy.restarts == 0
    (supervisor.paths.runtime / "stand.still").touch()
    steps(supervisor, lambda: strategy.restarts == 1)
    assert "its recovery stands still" in strategy.reason


def test_a_supervisor_that_was_stopped_itself_kills_nobody_when_it_goes_on(
    supervisor, starts, monkeypatch
):
    """Its processes were stopped with it: what they missed meanwhile is no fault of theirs."""
    monkeypatch.setattr(child_module, "HUNG_NS", 10_000_000_000)
    strategy = starts(HANGS)
    until(lambda: strategy.bell.segment.owner_pid == strategy.process.pid, 60, "its claim")
    until(lambda: strategy.ready, 60, "ready")
    with Bell(supervisor.paths.process("strategy"), Mode.SHARED) as writable:
        writable.handle.segment.header.heartbeat_ns = 1
    supervisor._stepped_ns -= 60_000_000_000
    supervisor.step()
    assert strategy.ends == 0 and strategy.process.poll() is None
    supervisor._awake_ns = 0
    supervisor.step()
    assert strategy.ends == 1 and strategy.reason.startswith("it hung")


def test_the_reason_of_an_end_is_its_error_and_not_its_last_line(supervisor, starts):
    strategy = starts(
        """
        notices.put(Level.ERROR, "ended: KeyError: 'x' (mine.py, line 7, in on_book)")
        print("ready as ever", file=sys.stderr)
        sys.exit(70)
        """
    )
    steps(supervisor, lambda: strategy.ends)
    assert strategy.reason == "KeyError: 'x' (mine.py, line 7, in on_book)"
    assert "strategy ended: why KeyError: 'x' (mine.py, line 7, in on_book)" in told(supervisor)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("sys.exit(0)", "it ended by itself, without an error (exit code 0)"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "it was killed by SIGSEGV"),
        ("print('error: no such thing'); sys.exit(70)", "no such thing"),
        ("os._exit(70)", "exit code 70 without a word"),
    ],
)
def test_an_end_without_an_error_is_said_as_it_is(supervisor, starts, body, reason):
    log = supervisor.paths.log("strategy")
    log.write_text("2026-11-26 [info] ready status=earlier\n", encoding="utf-8")
    strategy = starts(body)
    steps(supervisor, lambda: strategy.ends)
    assert strategy.reason == reason


def test_an_error_that_no_restart_cures_ends_the_session_at_once_with_its_code(supervisor, starts):
    starts("print('error: demo.toml: name: missing', file=sys.stderr); sys.exit(3)")
    with pytest.raises(SessionFailed, match=r"^strategy: demo\.toml: name: missing$") as caught:
        steps(supervisor, lambda: False)
    assert caught.value.exit_code == 3


def test_a_process_that_was_well_for_a_while_has_a_clean_slate(supervisor, starts, monkeypatch):
    monkeypatch.setattr(child_module, "CURED_NS", 0)
    strategy = starts("bell.set_state(ProcessState.READY); beat_until(lambda: os.getppid() == 1)")
    for n in range(FAILURES_MAX + 1):
        steps(supervisor, lambda n=n: strategy.process is not None and strategy.ready)
        supervisor.step()
        strategy.process.kill()
        steps(supervisor, lambda n=n: strategy.ends == n + 1)
    assert strategy.failures == 1


def test_the_service_manager_of_the_supervisor_is_not_its_processes(
    supervisor, starts, monkeypatch, tmp_path
):
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.setenv(name, "1")
    said = tmp_path / "environment"
    strategy = starts(f"Path({str(said)!r}).write_text(repr(dict(os.environ))); sys.exit(0)")
    steps(supervisor, lambda: strategy.ends)
    text = said.read_text(encoding="utf-8")
    assert "NOTIFY" not in text and "WATCHDOG" not in text and "PINNACLE_SUPERVISOR" in text


def test_a_session_failed_if_something_ended_twice_or_trading_was_halted(supervisor):
    strategy = supervisor.children["strategy"]
    assert supervisor.trouble(Reason.NONE) == supervisor.trouble(Reason.OPERATOR) == ""
    assert supervisor.trouble(Reason.NONE, market=False).startswith("no instrument ever had a")
    strategy.ended(-signal.SIGKILL)
    assert supervisor.trouble(Reason.NONE) == "", "lost once and back is what journals are for"
    assert supervisor.trouble(Reason.PEER_LOST) == (
        "trading was halted (peer lost); strategy: it was killed by SIGKILL"
    )
    strategy.ended(0)
    assert supervisor.trouble(Reason.NONE) == (
        "strategy ended 2 times, the last time: it ended by itself, without an error (exit code 0)"
    )


def test_one_that_does_not_end_in_order_is_a_failure_too(supervisor, starts, monkeypatch):
    monkeypatch.setattr("pinnacle.session.supervisor.STOP_TIMEOUT_S", 0.2)
    strategy = starts("signal.signal(signal.SIGTERM, signal.SIG_IGN)" + HANGS)
    until(lambda: strategy.ready, 60, "ready")
    supervisor.stop()
    assert supervisor.trouble(Reason.NONE) == "strategy did not end in time and was killed"
