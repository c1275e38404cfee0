"""The whole chain in separate processes: from the feed's stamp on a market record to its order."""

import shutil

from bench.harness.bench import Bench
from bench.harness.program import ProgramError
from bench.harness.row import Row, Target, missing, row
from bench.harness.session import run_session

NAME = "tick-to-order"
CHAIN = 6


def measure(bench: Bench) -> list[Row]:
    rows = []
    for wait in ("park", "yield", "spin"):
        name = f"{NAME}, {wait}"
        if wait == "spin" and len(bench.all_cores) < CHAIN:
            rows.append(missing(name, "us", f"spinning needs a core each, {CHAIN} of them"))
            continue
        try:
            rows += _rows(bench, name, wait)
        except ProgramError as error:
            rows.append(missing(name, "us", str(error)))
    return rows


def _rows(bench: Bench, name: str, wait: str) -> list[Row]:
    seconds = 5 if bench.quick else 20
    found = []
    for run in range(1 if bench.quick else 3):
        session = run_session(bench, f"{wait}-{run}", wait, seconds)
        found.append(session.report["tick_to_order_us"])
        shutil.rmtree(session.data, ignore_errors=True)
    keys = {"p50": "p50", "p99": "p99", "p99_9": "p999"}
    quantiles = {key: [latency[theirs] for latency in found] for key, theirs in keys.items()}
    note = (
        f"demo flow, the chain on one core, {min(f['count'] for f in found)} orders or more a run"
    )
    judged = wait == "park"
    return [
        row(
            f"{name}, p50",
            "us",
            quantiles["p50"],
            target=Target("value", 45) if judged else None,
            quantiles=quantiles,
            note=note,
        ),
        row(
            f"{name}, p99", "us", quantiles["p99"], target=Target("value", 300) if judged else None
        ),
    ]
