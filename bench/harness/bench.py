"""What a figure is given: how long it may take, where it may write, and how to run a program."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.harness import instructions
from bench.harness.build import ROOT, Builder
from bench.harness.machine import choose_cores
from bench.harness.packages import absent
from bench.harness.program import ProgramError, Runs, python_module, run_program

OUT = ROOT / "bench" / "out"
#: A quick run does an eighth of the work.
QUICK_SCALE = 8


class Bench:
    """One run of the benchmarks. `scratch` is on tmpfs, `disk` beside the results."""

    def __init__(self, quick: bool, scratch: Path, out: Path = OUT):
        self.quick = quick
        self.rounds = 3 if quick else 5
        self.scale = QUICK_SCALE if quick else 1
        self.scratch = scratch
        self.cache = out / "cache"
        self.cache.mkdir(parents=True, exist_ok=True)
        self.all_cores = os.sched_getaffinity(0)
        self.cores = choose_cores()
        self.builder = Builder(out / "build")
        #: Demo sessions of this run by name: several figures look at the same one.
        self.sessions: dict[str, Any] = {}

    @property
    def two_cores(self) -> bool:
        return self.cores[0] != self.cores[1]

    def run(
        self,
        name: str,
        *more: object,
        libraries: tuple[str, ...] = (),
        defines: tuple[str, ...] = (),
        timeout_s: float = 300,
    ) -> Runs:
        """Build and run bench/c/NAME; its figures by name."""
        program = self.builder.program(name, *libraries, defines=defines)
        return run_program([program, *self._arguments(self.scale), *map(str, more)], timeout_s)

    def run_inside(self, name: str, *more: object, timeout_s: float = 300) -> Runs:
        """Run bench/inside/NAME.py, which takes the same arguments."""
        words = [*python_module(name), *self._arguments(self.scale), *map(str, more)]
        return run_program(words, timeout_s)

    def instructions(
        self,
        name: str,
        function: str,
        *more: object,
        libraries: tuple[str, ...] = (),
        defines: tuple[str, ...] = (),
    ) -> float | None:
        """Instructions of a C function a unit in bench/c/NAME; None in a quick run."""
        if self.quick:
            return None
        program = self.builder.program(name, *libraries, defines=defines)
        words = [program, *self._arguments(0), *map(str, more)]
        return instructions.count(words, function)

    def need(self, *peers: str) -> None:
        """ProgramError unless the packages of these peers are there."""
        wanted = absent(*peers)
        if wanted:
            raise ProgramError(f"install {' '.join(wanted)}")

    def need_two_cores(self) -> None:
        if not self.two_cores:
            raise ProgramError("needs two cores")

    def _arguments(self, scale: int) -> list[str]:
        rounds = self.rounds if scale else 1
        return [str(rounds), str(scale), str(self.cores[0]), str(self.cores[1]), str(self.scratch)]


@contextmanager
def open_bench(quick: bool, out: Path = OUT) -> Iterator[Bench]:
    """A Bench with a scratch folder on tmpfs that is gone afterwards."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    scratch = Path(tempfile.mkdtemp(prefix="pinnacle-bench-", dir=place))
    try:
        yield Bench(quick, scratch, out)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(out / "cache" / "sessions", ignore_errors=True)
