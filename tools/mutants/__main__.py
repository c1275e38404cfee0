"""Mutation runs: small faults are put into the code that decides, and the tests must find them.

python -m tools.mutants [GROUP or FILE...] [--budget 600] [--seed 1] [--jobs N] [--list]

A run is bounded: it judges as many mutants as fit into the budget, drawn by the seed, and keeps
every verdict in build/mutants, so that the next run goes on. What survives is printed: it is to be
killed by a test, or listed in tests/mutants/equivalent.toml with the reason why no test can.
"""

import argparse
import os
import random
import sys
import tempfile
import time
import tomllib
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from tools.mutants.ledger import Ledger, StaleError, equivalents
from tools.mutants.source import Mutant, mutants_of
from tools.mutants.workshop import BrokenBaseError, Verdict, Workshop

ROOT = Path(__file__).resolve().parents[2]
EQUIVALENT = ROOT / "tests/mutants/equivalent.toml"


def targets() -> dict[str, tuple[str, tuple[str, ...]]]:
    """file: (group, tests). Tests that a checkout does not have are a fault of the table."""
    groups = tomllib.loads((Path(__file__).parent / "targets.toml").read_text(encoding="utf-8"))
    return {
        file: (group, tuple(row["tests"])) for group, row in groups.items() for file in row["files"]
    }


def chosen(words: list[str], table: dict[str, tuple[str, tuple[str, ...]]]) -> list[str]:
    groups = {group for group, _ in table.values()}
    unknown = [word for word in words if word not in groups and word not in table]
    if unknown:
        raise SystemExit(f"mutants: no {unknown[0]}; there are: {' '.join(sorted(groups))}")
    return [f for f, (group, _) in table.items() if not words or group in words or f in words]


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("what", nargs="*", help="groups of targets.toml, or files")
    parser.add_argument("--budget", type=float, default=600, help="seconds (600)")
    parser.add_argument("--seed", type=int, default=1, help="which are drawn first (1)")
    parser.add_argument(
        "--jobs",
        type=int,
        default=len(os.sched_getaffinity(0)),
        help="judged at once (a core each)",
    )
    parser.add_argument("--list", action="store_true", help="print the mutants and end")
    options = parser.parse_args()
    table = targets()
    every = {file: mutants_of(ROOT, file) for file in table}
    files = chosen(options.what, table)
    drawn = [mutant for file in files for mutant in every[file]]
    if options.list:
        print(*drawn, f"{len(drawn)} mutants", sep="\n")
        return 0
    try:
        reasons = equivalents(EQUIVALENT, [m for of_file in every.values() for m in of_file])
        return run(drawn, table, reasons, options.budget, options.seed, max(options.jobs, 1))
    except (StaleError, BrokenBaseError) as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2


def run(
    drawn: list[Mutant],
    table: dict[str, tuple[str, tuple[str, ...]]],
    reasons: dict[tuple[str, str, str, str, int], str],
    budget: float,
    seed: int,
    jobs: int,
) -> int:
    """Judge within the budget and tell; 1 if a mutant survives that nobody has explained."""
    ledger = Ledger(ROOT / "build/mutants/verdicts.json", ROOT)
    verdicts: dict[tuple[str, str, str, str, int], Verdict] = {}
    open_ = []
    for mutant in drawn:
        known = ledger.get(mutant)
        if known:
            verdicts[mutant.key] = known
        elif mutant.key not in reasons:
            open_.append(mutant)
    random.Random(seed).shuffle(open_)
    deadline = time.monotonic() + budget
    waiting = deque(open_)

    def work(place: Path) -> None:
        """One core's worth of it, in a copy of its own; the first that cannot go on ends all."""
        try:
            with closing(Workshop(ROOT, place, budget)) as workshop:
                judge(workshop)
        finally:
            waiting.clear()

    def judge(workshop: Workshop) -> None:
        while time.monotonic() < deadline:
            try:
                mutant = waiting.popleft()
            except IndexError:
                return
            tests = table[mutant.file][1]
            verdicts[mutant.key] = verdict = workshop.judge(mutant, tests)
            ledger.put(mutant, verdict)
            if verdict == Verdict.SURVIVED:
                print(mutant, flush=True)
            elif sys.stdout.isatty():
                print(f"  {len(verdicts)} of {len(drawn)}", end="\r", flush=True)

    jobs = min(jobs, len(open_))
    print(
        f"{len(open_)} of {len(drawn)} mutants to judge, {jobs} at once, {budget:g} s", flush=True
    )
    try:
        if open_:
            with (
                tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as place,
                ThreadPoolExecutor(jobs) as workers,
            ):
                try:
                    list(workers.map(work, [Path(place) / f"copy{job}" for job in range(jobs)]))
                finally:
                    waiting.clear()
    except KeyboardInterrupt:
        print("interrupted: ended with the mutants in hand")
    return report(drawn, reasons, verdicts)


def report(
    drawn: list[Mutant],
    reasons: dict[tuple[str, str, str, str, int], str],
    verdicts: dict[tuple[str, str, str, str, int], Verdict],
) -> int:
    survivors = [
        m for m in drawn if verdicts.get(m.key) == Verdict.SURVIVED and m.key not in reasons
    ]
    if survivors:
        print("\nSurvivors:", *survivors, sep="\n")
    counts: dict[str, Counter[str]] = {}
    for mutant in drawn:
        verdict = "explained" if mutant.key in reasons else str(verdicts.get(mutant.key, "not run"))
        counts.setdefault(mutant.file, Counter())[verdict] += 1
    print()
    for file, row in counts.items():
        print(f"{file:34}", ", ".join(f"{n} {verdict}" for verdict, n in sorted(row.items())))
    if any(row["not run"] for row in counts.values()):
        print("Not all were run: the same command goes on from here.")
    return 1 if survivors else 0


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main())
