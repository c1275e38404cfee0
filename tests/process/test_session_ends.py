"""However a session ends, it ends in order, says what failed, and leaves nothing in memory."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pinnacle.runtime.topology import STOP_ORDER
from tests.sessions import demo_config, journalled, resting_at_the_end, running_demo, until

pytestmark = pytest.mark.long


def left_in(folder: Path) -> list[str]:
    """What stands where sessions have their segments."""
    place = folder / "run"
    return [path.name for path in place.iterdir()] if place.exists() else []


def running(config: Path, out: int, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "pinnacle", "run", str(config), "--port", "0", *arguments]
    return subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True)


def test_a_terminal_that_is_closed_ends_the_session_with_its_report(tmp_path):
    with running_demo(tmp_path, "hangup") as live:
        until(live.quoting, 60, "quoting")
        live.run.send_signal(signal.SIGHUP)
        assert live.run.wait(40) == 0
        report = live.report()
    assert set(report["instruments"]) == {"BTC-USD", "ETH-USD"}
    assert left_in(tmp_path) == []


def test_a_supervisor_that_is_killed_leaves_an_end_in_order_and_nothing_in_memory(tmp_path):
    """Each process outlives those whose cancels and answers it carries."""
    with running_demo(tmp_path, "orphans") as live:
        until(live.quoting, 60, "quoting")
        live.run.kill()
        live.run.wait()
        gone: list[str] = []

        def all_gone():
            # The last one first: whoever is gone then, those before it went earlier.
            now = [r for r in reversed(STOP_ORDER) if r not in gone and not live.process(r).alive]
            gone.extend(reversed(now))
            return len(gone) == len(STOP_ORDER)

        until(all_gone, 60, "the end of every process")
        assert gone == list(STOP_ORDER)
        until(lambda: left_in(tmp_path) == [], 30, "nothing left in memory")
    rows = journalled(live.paths, "exchange")
    assert resting_at_the_end(rows) == {}


def test_a_terminal_that_cannot_be_written_costs_the_words_and_not_the_session(tmp_path):
    config, paths = demo_config(tmp_path, "mute")
    with Path("/dev/full").open("wb") as full:
        run = running(config, full.fileno(), "--name", "mute", "--duration", "3")
        _, errors = run.communicate(timeout=90)
    assert run.returncode == 70
    assert errors.startswith("error: standard output: No space left on device")
    assert errors.count("\n") == 1
    assert left_in(tmp_path) == []
    rows = journalled(paths, "exchange")
    assert len(rows) and resting_at_the_end(rows) == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_any_moment_of_the_start_leaves_nothing_behind(tmp_path, number):
    config, _ = demo_config(tmp_path, "early")
    for n, at in enumerate((0.3, 0.5, 0.7, 0.9, 1.2, 1.6, 2.2)):
        run = running(config, subprocess.PIPE, "--name", f"early{n}")
        time.sleep(at)
        run.send_signal(number)
        out, errors = run.communicate(timeout=60)
        assert left_in(tmp_path) == [], (at, out, errors)
        made = f"session early{n}" in out
        assert not made or run.returncode == 0, (at, run.returncode, errors)


def test_a_process_that_cannot_start_is_one_error_with_its_reason(tmp_path):
    config, _ = demo_config(tmp_path, "broken")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = running(config, subprocess.PIPE, "--name", "broken", "--port", port)
        out, errors = run.communicate(timeout=90)
    assert run.returncode == 3
    assert re.fullmatch(
        rf"error: monitor: monitor\.port: 127\.0\.0\.1:{port} is taken: .*\n", errors
    )
    assert "taken" not in out
    assert left_in(tmp_path) == []


def test_a_hung_process_is_started_again_and_everybody_is_told(tmp_path):
    with running_demo(tmp_path, "hung") as live:
        until(live.quoting, 60, "quoting")
        before = live.process("strategy")
        os.kill(before.pid, signal.SIGSTOP)
        until(lambda: live.process("strategy").state == "hung", 30, "seen to hang")
        until(lambda: live.process("strategy").restarts > before.restarts, 60, "started again")
        until(live.quoting, 60, "quoting again")
        told = [notice.text for notice in live.observer.notices()]
        assert any(text.startswith("strategy hangs: it is killed") for text in told), told
        live.finish()
        assert "error: supervisor: strategy hangs: it is killed" in live.output()


def test_a_folder_called_as_the_program_where_the_user_stands_is_not_the_program(tmp_path):
    config, _ = demo_config(tmp_path, "elsewhere")
    (tmp_path / "pinnacle").mkdir()
    (tmp_path / "numpy.py").write_text("raise SystemExit(1)", encoding="utf-8")
    command = [Path(sys.executable).with_name("pinnacle"), "run", config.name, "--port", "0"]
    done = subprocess.run(
        [*command, "--duration", "1"], cwd=tmp_path, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
