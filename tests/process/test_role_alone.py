"""Each process as a service manager starts it: alone, ready, watched, ended by SIGTERM."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from pinnacle.core.paths import ROLES
from tests.sessions import demo_config


@pytest.fixture
def session(tmp_path):
    """(configuration, manager's socket) of a session whose segments exist and nothing runs."""
    config, _ = demo_config(tmp_path, "alone", extra="[monitor]\nport = 0\n")
    create = [sys.executable, "-m", "pinnacle", "session", "create", "--config", str(config)]
    subprocess.run([*create, "--name", "alone"], check=True, capture_output=True, timeout=30)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        yield config, manager, str(tmp_path / "notify")


@pytest.mark.parametrize("role", ROLES)
def test_it_says_ready_feeds_the_watchdog_and_ends_in_order(session, role):
    config, manager, address = session
    environment = os.environ | {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "400000"}
    command = [
        sys.executable,
        "-m",
        "pinnacle",
        "process",
        role,
        "--config",
        str(config),
        "--name",
        "alone",
    ]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        said = manager.recv(256).decode()
        assert said.startswith("READY=1\nSTATUS=")
        assert [manager.recv(256) for _ in range(2)] == [b"WATCHDOG=1"] * 2
        process.send_signal(signal.SIGTERM)
        while said != "STOPPING=1":
            said = manager.recv(256).decode()
        assert process.wait(20) == 0
        assert "Traceback" not in process.stderr.read()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stderr.close()
