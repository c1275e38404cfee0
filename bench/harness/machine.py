"""What this machine is: a figure means nothing without it."""

import datetime
import os
import platform
import subprocess
from pathlib import Path

import msgspec


class Machine(msgspec.Struct, frozen=True):
    cpu: str
    cores: int
    kernel: str
    compiler: str
    python: str
    pinning: str
    date: str


def describe(cores: tuple[int, int]) -> Machine:
    """The machine, and how measured programs are held to their processors."""
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)),
        kernel=platform.release(),
        compiler=_first_line(["gcc", "--version"]),
        python=platform.python_version(),
        pinning=_pinning(cores),
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )


def choose_cores() -> tuple[int, int]:
    """The two processors that measured programs run on; the same twice where there is one.

    -1, -1 where this process may not choose: then the kernel does, and the table says so.
    """
    allowed = sorted(os.sched_getaffinity(0))
    try:
        os.sched_setaffinity(0, {allowed[0]})
        os.sched_setaffinity(0, set(allowed))
    except OSError:
        return -1, -1
    return allowed[0], allowed[1] if len(allowed) > 1 else allowed[0]


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.splitlines()[0]


def _pinning(cores: tuple[int, int]) -> str:
    if cores[0] < 0:
        return "none: not permitted here"
    raised = os.geteuid() == 0 and Path("/proc/self/autogroup").exists()
    held = f"cores {cores[0]} and {cores[1]}"
    return f"{held}, own session{' raised to -20' if raised else ''}"
