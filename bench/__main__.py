"""`python -m bench [--quick] [FIGURE...]`: measures, writes bench/out, prints the table."""

import argparse
import importlib
import subprocess
import sys
import time
from pathlib import Path

from bench.figures import MODULES
from bench.harness.bench import OUT, Bench, open_bench
from bench.harness.machine import describe
from bench.harness.packages import install_absent
from bench.harness.picture import draw
from bench.harness.program import ProgramError
from bench.harness.result import Result, changes, read, write
from bench.harness.row import Row, missing
from bench.harness.table import show
from bench.harness.workload import AbsentError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute, less exact")
    parser.add_argument("--out", type=Path, default=OUT, help="where the results go")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(MODULES)}")
    arguments = parser.parse_args()
    for name in arguments.figures:
        if name not in MODULES:
            parser.error(f"{name}: no such figure: {', '.join(MODULES)}")
    complaint = install_absent()
    if complaint:
        print(complaint, file=sys.stderr)
    names = arguments.figures or MODULES
    with open_bench(arguments.quick, arguments.out) as bench:
        machine = describe(bench.cores)
        rows = [row for name in names for row in _figure(bench, name)]
    place = arguments.out / "latest.json"
    before = read(place)
    result = Result(machine=machine, quick=arguments.quick, rows=rows)
    if arguments.figures and before is not None:
        result.rows = _merged(before, rows)
    write(place, result)
    draw(result, arguments.out / "latest.svg")
    show(Result(machine=machine, quick=arguments.quick, rows=rows), changes(result, before))
    print(f"{place}, {place.with_suffix('.svg')}")
    return 0


def _figure(bench: Bench, name: str) -> list[Row]:
    """A figure's rows; what keeps one from being measured stands in its row, the rest goes on."""
    module = importlib.import_module(f"bench.{name}")
    begun = time.monotonic()
    try:
        rows = module.measure(bench)
    except (ProgramError, AbsentError, OSError, subprocess.CalledProcessError) as error:
        rows = [missing(module.NAME, "", str(error))]
    print(f"{module.NAME}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return rows


def _merged(before: Result, rows: list[Row]) -> list[Row]:
    """The rows of a run of some figures in their places among those of the run before."""
    new = {row.name: row for row in rows}
    merged = [new.pop(row.name, row) for row in before.rows]
    return [*merged, *new.values()]


if __name__ == "__main__":
    sys.exit(main())
