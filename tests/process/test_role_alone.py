"""Each process as a service manager starts it: alone, ready, watched, ended by SIGTERM."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

import pytest

from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import ROLES
from pinnacle.core.schema import Kind
from pinnacle.plan.checks import load_session
from pinnacle.runtime.origin import origin_of
from pinnacle.runtime.run_marks import origin_told
from tests.sessions import demo_config, until


@pytest.fixture
def session(tmp_path):
    """(configuration, manager's socket) of a session whose segments exist and nothing runs."""
    extra = "[monitor]\nport = 0\n[journal]\ncheckpoint_s = 1\n"
    config, _ = demo_config(tmp_path, "alone", extra=extra)
    create = [sys.executable, "-m", "pinnacle", "session", "create", "--config", str(config)]
    subprocess.run([*create, "--name", "alone"], check=True, capture_output=True, timeout=30)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        yield config, manager, str(tmp_path / "notify")


@contextlib.contextmanager
def started(config, address, role):
    """`pinnacle process`, alone, with the manager's socket."""
    environment = os.environ | {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "400000"}
    command = [sys.executable, "-m", "pinnacle", "process", role]
    command += ["--config", str(config), "--name", "alone"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stderr.close()


@pytest.mark.parametrize("role", ROLES)
def test_it_says_ready_feeds_the_watchdog_and_ends_in_order(session, role):
    config, manager, address = session
    with started(config, address, role) as process:
        said = manager.recv(256).decode()
        assert said.startswith("READY=1\nSTATUS=")
        assert [manager.recv(256) for _ in range(2)] == [b"WATCHDOG=1"] * 2
        process.send_signal(signal.SIGTERM)
        while said != "STOPPING=1":
            said = manager.recv(256).decode()
        assert process.wait(20) == 0
        assert "Traceback" not in process.stderr.read()
    journal = config.parent / "data" / "alone" / role
    if role != "monitor":
        assert JournalReader(journal).array(0)[-1]["kind"] == Kind.END


def test_one_that_decides_leaves_a_checkpoint_while_it_runs(session):
    config, _, address = session
    made = config.parent / "data" / "alone" / "risk" / "checkpoint"
    with started(config, address, "risk"):
        until(made.exists, 20, "a checkpoint")


def test_one_that_is_started_again_reads_what_its_session_was_made_from(session):
    """An edit is of the next session: a restart must not trade on with other limits."""
    config, manager, address = session
    text = config.read_text(encoding="utf-8")
    made = load_session(config)
    for edited in (text, text.replace("collar_percent = 1.0", "collar_percent = 2.0")):
        config.write_text(edited, encoding="utf-8")
        with started(config, address, "risk"):
            while not manager.recv(256).startswith(b"READY=1"):
                pass
    assert load_session(config).risk != made.risk
    (log,) = (config.parent / "data").glob("alone/risk")
    starts = [row for row in JournalReader(log).array(0) if row["kind"] == Kind.START]
    there = origin_of(made.risk, made.instrument_list())
    assert [origin_told(start) for start in starts] == [there, there]
