"""Tests that look at clocks, on a machine that was started a minute ago: in a time namespace."""

import subprocess
import sys
import time

import pytest

from tests.sessions import ROOT

pytestmark = pytest.mark.long

UP_S = 60
CLOCKS = (
    "tests/core/test_bell.py",
    "tests/core/test_clock.py",
    "tests/runtime/test_loop.py",
    "tests/runtime/test_peers.py",
    "tests/core/test_segment.py",
    "tests/runtime/test_stage.py",
    "tests/monitor",
    "tests/risk",
    "tests/session",
    "tests/strategy",
    "tests/e2e/test_demo_session.py",
)


def a_minute_after_the_start(*command: str) -> subprocess.CompletedProcess:
    """The command where both clocks that count from the machine's start say a minute."""
    clocks = {"monotonic": time.CLOCK_MONOTONIC, "boottime": time.CLOCK_BOOTTIME}
    shifts = [f"--{name}={UP_S - int(time.clock_gettime(c))}" for name, c in clocks.items()]
    return subprocess.run(
        ["unshare", "--time", *shifts, "--fork", *command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=400,
    )


@pytest.mark.timeout(420)
def test_they_hold_there_as_well():
    trial = a_minute_after_the_start("cat", "/proc/uptime")
    if trial.returncode:
        pytest.skip(f"no time namespace to be had here: {trial.stderr.strip()}")
    assert UP_S - 1 <= float(trial.stdout.split()[0]) < UP_S + 30
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-m",
        "not long",
        "-p",
        "no:cacheprovider",
    ]
    done = a_minute_after_the_start(*command, *CLOCKS)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
