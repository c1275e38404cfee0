"""64-byte records a second through one ring, one at a time and in bursts."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, median, row

NAME = "ring throughput"
TARGETS = {1: Target("ratio", 0.5), 32: Target("ratio", 2.0)}


def measure(bench: Bench) -> list[Row]:
    bench.need("g++", "boost", "moodycamel")
    bench.need_two_cores()
    runs = bench.run("ring_throughput")
    better = max(("boost", "moodycamel"), key=lambda peer: median(runs[peer]))
    rows = [
        row(
            f"{NAME}, {'one by one' if burst == 1 else f'bursts of {burst}'}",
            "M/s",
            runs[f"ours{burst}"],
            better="more",
            peer=f"{better}, one by one",
            peer_runs=runs[better],
            target=TARGETS.get(burst),
        )
        for burst in (1, 8, 32, 128)
    ]
    rows.append(
        row(
            f"{NAME}, bursts of 32, same call",
            "M/s",
            runs["ours32"],
            better="more",
            peer="boost, bursts of 32",
            peer_runs=runs["boost32"],
            note="boost has a call for bursts, between threads; for comparison, no target",
        )
    )
    return rows
