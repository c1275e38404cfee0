"""The whole chain in separate processes: from the feed's stamp on a market record to its order."""

from bench.harness.bench import Bench
from bench.harness.latency import quantiles_us
from bench.harness.program import ProgramError
from bench.harness.row import Row, Target, missing, row
from bench.harness.session import recorded_session, spread, spread_words

NAME = "tick-to-order"


def measure(bench: Bench) -> list[Row]:
    rows = []
    for wait in ("park",) if bench.quick else ("park", "yield", "spin"):
        name = f"{NAME}, {wait}"
        try:
            rows += _rows(bench, name, wait)
        except ProgramError as error:
            rows.append(missing(name, "us", str(error)))
    return rows


def _rows(bench: Bench, name: str, wait: str) -> list[Row]:
    runs = 3 if wait == "park" and not bench.quick else 1
    sessions = [recorded_session(bench, wait, run) for run in range(runs)]
    found = [quantiles_us(session.orders, 0.5, 0.99, 0.999) for session in sessions]
    quantiles = dict(zip(("p50", "p99", "p99_9"), map(list, zip(*found, strict=True)), strict=True))
    orders = min(int(session.orders.sum()) for session in sessions)
    where = "the chain on one core"
    if wait == "spin":
        where = spread_words(spread(sorted(bench.all_cores)))
    note = f"demo flow, {where}, {orders} orders or more a run"
    judged = wait == "park"
    return [
        row(
            f"{name}, p50",
            "us",
            quantiles["p50"],
            target=Target("value", 25) if judged else None,
            quantiles=quantiles,
            note=note,
        ),
        row(
            f"{name}, p99", "us", quantiles["p99"], target=Target("value", 180) if judged else None
        ),
    ]
