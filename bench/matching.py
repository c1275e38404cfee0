"""The matching engine: adds and cancels, market orders, and the traders' mixed flow."""

from bench.harness.bench import Bench
from bench.harness.row import YARDSTICK, Row, Target, row

NAME = "matching"


def measure(bench: Bench) -> list[Row]:
    runs = bench.run("matching")
    counted = bench.instructions("matching", "pmm_match_run")

    def quantiles(key: str) -> dict[str, list[float]]:
        return {q: runs[f"{key}.{q}"] for q in ("p50", "p99", "p99_9")}

    return [
        row(
            f"{NAME}, add + cancel",
            "ns",
            runs["add_cancel_batched"],
            peer=YARDSTICK,
            peer_runs=runs["yardstick"],
            target=Target("ratio", 0.6),
            instructions=counted,
            note="an add and a cancel among 2,000 live orders, 64 of each a call",
        ),
        row(
            f"{NAME}, add + cancel, a call each",
            "ns",
            runs["add_cancel"],
            quantiles=quantiles("add_cancel"),
        ),
        row(
            f"{NAME}, market order",
            "ns/fill",
            runs["market_order"],
            peer=YARDSTICK,
            peer_runs=runs["yardstick"],
            target=Target("ratio", 0.2),
            quantiles=quantiles("market_order"),
            note="500 fills each, 20 orders a level; a fill is two reports and a trade record",
        ),
        row(
            f"{NAME}, mixed flow",
            "ns/order",
            runs["mixed"],
            quantiles=quantiles("mixed"),
            note="the simulated market where a trader acts: their dice, the order, the engine, "
            f"{sum(runs['mixed_records']) / len(runs['mixed_records']):.2f} market records out",
        ),
    ]
