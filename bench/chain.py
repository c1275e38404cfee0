"""What a pause costs: feed, strategy and risk in one thread, hot and a millisecond apart."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, row
from bench.harness.session import recorded_session

NAME = "chain after 1 ms pauses, one thread"


def measure(bench: Bench) -> list[Row]:
    data = recorded_session(bench, "park").data
    runs = bench.run_inside("chain", data, bench.builder.library("chain"))
    orders = int(min(runs["orders"]))
    note = f"feed + strategy + risk, of messages that led to orders: {orders} or more a run"
    rows = []
    for key, bound in (("p50", 1.1), ("p99", 4)):
        bare = sorted(runs[f"bare.{key}"])[len(runs["bare.p50"]) // 2]
        rows.append(
            row(
                f"{NAME}, {key}",
                "us",
                runs[f"paused.{key}"],
                peer="hot",
                peer_runs=runs[f"hot.{key}"],
                target=Target("value", bound),
                note=f"{note}; {bare:.2f} where the core only spins in the pause",
            )
        )
    return rows
