"""What a measuring program in Python begins with: the counterpart of bench/c/measure.h."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Arguments:
    rounds: int
    scale: int
    core_a: int
    core_b: int
    scratch: Path
    more: list[str]


def begin() -> Arguments:
    """Raise this session, hold this process to its core, and read the command line."""
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text("-20", encoding="utf-8")
    rounds, scale, core_a, core_b = map(int, sys.argv[1:5])
    if core_a >= 0:
        os.sched_setaffinity(0, {core_a})
    return Arguments(rounds, scale, core_a, core_b, Path(sys.argv[5]), sys.argv[6:])


def before_all(pid: int = 0, priority: int = 1) -> None:
    """Have a process's main thread run before whoever else wants its core, where that is permitted:
    for what sleeps between what is measured, and would wait for others' slices when it wakes."""
    with suppress(OSError):
        os.sched_setscheduler(pid, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(priority))


def emit(name: str, value: float) -> None:
    print(f"{name} {value:.9g}")


def emit_quantiles(name: str, samples_ns) -> None:
    """NAME.p50, .p99 and .p99_9 of the samples."""
    found = np.quantile(np.asarray(samples_ns), [0.5, 0.99, 0.999])
    for key, value in zip(("p50", "p99", "p99_9"), found, strict=True):
        emit(f"{name}.{key}", float(value))
