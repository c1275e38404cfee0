"""The gateway's order table: a record of an order's life, beside a record through a ring."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, row

NAME = "gateway orders"


def measure(bench: Bench) -> list[Row]:
    runs = bench.run("orders")
    return [
        row(
            f"{NAME}, a record of a life",
            "ns/record",
            runs["table"],
            peer="ring, push and take",
            peer_runs=runs["ring"],
            target=Target("ratio", 3),
            instructions=bench.instructions("orders", "pmm_orders_run"),
            note="batches of 8, 1024 other orders at rest; both in one process on one core",
        )
    ]
