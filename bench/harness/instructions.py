"""Instructions an operation, counted by callgrind: the same however busy the machine is."""

import re
import shutil
import subprocess
from pathlib import Path

TIMEOUT_S = 120


def count(command: list[str | Path], function: str) -> float | None:
    """Instructions inside `function` a unit; None without valgrind, or where it fails.

    The program is run as in measure.h with scale 0, where it prints how many units the function
    has done.
    """
    if not shutil.which("valgrind"):
        return None
    options = ["--tool=callgrind", "--callgrind-out-file=/dev/null", f"--toggle-collect={function}"]
    try:
        done = subprocess.run(
            ["valgrind", *options, *map(str, command)],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return None
    collected = re.search(r"Collected : (\d+)", done.stderr)
    units = re.search(rf"^units\.{function} (\S+)$", done.stdout, re.MULTILINE)
    if done.returncode or collected is None or units is None:
        return None
    return int(collected[1]) / float(units[1])
