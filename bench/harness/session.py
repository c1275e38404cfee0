"""A real session of the demo, started as a user starts it: its report and its memory."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil

from bench.harness.bench import Bench
from bench.harness.build import ROOT
from bench.harness.latency import tick_to_order
from bench.harness.program import ProgramError
from pinnacle.core.errors import PinnacleError
from pinnacle.core.paths import SessionPaths
from pinnacle.runtime.observer import Observer

#: In the order in which they are given a core of their own: who has least to do last.
APART = ("exchange", "feed", "strategy", "risk", "gateway", "monitor")
START_S = 20.0
QUICK_S, FULL_S = 6, 20


@dataclass
class Session:
    """What a session left: its report, its data folder, private memory by role in MB.

    `orders`: by bucket of their tick-to-order, those that came after the session had warmed up.
    """

    report: dict[str, Any]
    data: Path
    orders: np.ndarray
    memory_mb: dict[str, float] = field(default_factory=dict)


def spread(cores: Sequence[int]) -> dict[str, int]:
    """The processor of each role: one of its own, or the last one where there are too few."""
    return {role: cores[min(i, len(cores) - 1)] for i, role in enumerate(APART)}


def spread_words(place: dict[str, int]) -> str:
    """How `spread` has shared the processors out."""
    on = {core: [role for role in place if place[role] == core] for core in place.values()}
    said = "; ".join(f"{', '.join(roles)} on {core}" for core, roles in on.items())
    short = ", fewer than they are: those that share one yield" if len(on) < len(place) else ""
    return f"{len(on)} cores for {len(place)} processes{short}: {said}"


def write_config(bench: Bench, name: str, wait: str, place: dict[str, int] | None = None) -> Path:
    """The demo's configuration with its files in the bench's folders and this wait strategy.

    place: the processor of each role; the demo's own without it. Whoever shares his does not spin.
    """
    from pinnacle.core.config import ProcessConfig
    from pinnacle.plan.checks import load_session
    from pinnacle.plan.config import to_toml

    config = load_session(ROOT / "config" / "demo.toml")
    processes = {
        role: ProcessConfig(
            wait=_considerate(wait, role, place or {}),
            cpu=place.get(role, -1) if place else _held(bench, process.cpu),
        )
        for role, process in config.processes.items()
    }
    section = msgspec.structs.replace(
        config.session,
        runtime_dir=str(bench.scratch / "sessions"),
        data_dir=str(bench.cache / "sessions"),
    )
    monitor = msgspec.structs.replace(config.monitor, port=0)
    made = msgspec.structs.replace(config, session=section, processes=processes, monitor=monitor)
    path = bench.scratch / f"{name}.toml"
    path.write_text(to_toml(made), encoding="utf-8")
    return path


def _considerate(wait: str, role: str, place: dict[str, int]) -> str:
    alone = list(place.values()).count(place.get(role, -1)) <= 1
    return wait if alone or wait != "spin" else "yield"


def _held(bench: Bench, cpu: int) -> int:
    return bench.cores[cpu % 2] if cpu >= 0 else -1


def recorded_session(bench: Bench, wait: str, run: int = 0) -> Session:
    """The session of this wait strategy and number, run when it is first asked for.

    One that spins has its processes spread over all processors.
    """
    name = f"{wait}-{run}"
    if name not in bench.sessions:
        bench.sessions[name] = _run(bench, name, wait, QUICK_S if bench.quick else FULL_S)
    return bench.sessions[name]


def _run(bench: Bench, name: str, wait: str, seconds: float) -> Session:
    """Run the demo's market for so long; ProgramError with its own words if it fails."""
    place = spread(sorted(bench.all_cores)) if wait == "spin" else None
    config = write_config(bench, name, wait, place)
    report = bench.scratch / f"{name}.json"
    words = [sys.executable, "-m", "pinnacle", "run", str(config), "--name", name]
    words += ["--duration", str(seconds), "--report", str(report)]
    process = subprocess.Popen(
        words,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    paths = SessionPaths.of(str(bench.scratch / "sessions"), str(bench.cache / "sessions"), name)
    # Those that yield take turns with whoever is in their group. Where the group weighs more than
    # all the rest, its slices are the kernel's longest, and they wait for each other's.
    waits = {_considerate(wait, role, place or {}) for role in APART}
    memory, orders = _watch(process, paths, seconds, first="yield" not in waits)
    try:
        output, _ = process.communicate(timeout=seconds + 60)
    except subprocess.TimeoutExpired:
        process.terminate()
        raise ProgramError(f"session {name}: not done in time") from None
    if process.returncode:
        raise ProgramError(f"session {name}: {' '.join(output.split()[-40:])}")
    return Session(json.loads(report.read_text(encoding="utf-8")), paths.data, orders, memory)


def _watch(
    process: subprocess.Popen, paths: SessionPaths, seconds: float, *, first: bool
) -> tuple[dict[str, float], np.ndarray]:
    """Their memory and orders when they have been at work; `first`: before all others' work."""
    roles: dict[str, psutil.Process] = {}
    deadline = time.monotonic() + START_S
    while len(roles) < 6 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.2)
        for child in psutil.Process(process.pid).children():
            with suppress(psutil.Error):
                command = child.cmdline()
                if "--config" in command:
                    roles[command[command.index("--config") - 1]] = child
    for child in roles.values() if first else ():
        raise_process(child.pid)
    try:
        with closing(Observer(paths)) as observer:
            time.sleep(seconds * 0.2)
            before = tick_to_order(observer)
            time.sleep(seconds * 0.6)
            memory = {role: private_mb(child.pid) for role, child in roles.items()}
            return memory, tick_to_order(observer) - before
    except (OSError, PinnacleError):
        # It has ended already: how, its own words tell.
        return {}, np.zeros(0, np.uint64)


def raise_process(pid: int) -> None:
    """What measure.h does for itself, for a process that the session started."""
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text("-20", encoding="utf-8")


def private_mb(pid: int) -> float:
    """Memory that is the process's alone, beyond the session's files that it maps.

    A journal is mapped by its writer only, so that the kernel counts its pages as private: they
    are the page cache's.
    """
    total, counted = 0, True
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            name = words[5] if len(words) > 5 else ""
            counted = not name.endswith((".pmj", ".ring", ".book", ".counters", "next.tmp"))
        elif counted and words[0] in ("Private_Clean:", "Private_Dirty:"):
            total += int(words[1])
    return total * 1024 / 1e6


def environment() -> dict[str, str]:
    """Of a process that this process supervises: it ends when this one does."""
    return os.environ | {"PINNACLE_SUPERVISOR": str(os.getpid()), "PYTHONPATH": str(ROOT)}
