"""Runs one measuring program in a session of its own and gathers what it prints."""

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from bench.harness.build import ROOT

Runs = dict[str, list[float]]


class ProgramError(RuntimeError):
    """A measuring program ended with an error; the text is its own."""


def run_program(command: list[str | Path], timeout_s: float) -> Runs:
    """The values of every name that the program printed, in the order of its rounds."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            capture_output=True,
            text=True,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
    except subprocess.TimeoutExpired:
        raise ProgramError(f"{Path(command[0]).name}: not done after {timeout_s:.0f} s") from None
    if done.returncode:
        words = done.stderr.strip().splitlines()[-3:] or [f"exit code {done.returncode}"]
        raise ProgramError(f"{Path(command[0]).name}: {' '.join(words)}")
    found: Runs = defaultdict(list)
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        found[name].append(float(value))
    return found


def python_module(name: str) -> list[str]:
    """The command of a measuring program written in Python, in bench/inside."""
    return [sys.executable, "-m", f"bench.inside.{name}"]
