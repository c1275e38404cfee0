"""The pre-trade gate: an order that passes every check, and every way to be refused."""

from bench.harness.bench import Bench
from bench.harness.row import YARDSTICK, Row, Target, median, row

NAME = "pre-trade risk"
REFUSALS = (
    "kill_switch",
    "bad_instrument",
    "bad_order",
    "duplicate_order",
    "bad_price",
    "bad_quantity",
    "order_size",
    "too_old",
    "no_reference",
    "price_collar",
    "position_limit",
    "open_orders",
    "message_rate",
)


def measure(bench: Bench) -> list[Row]:
    runs = bench.run("risk")
    slowest = max(REFUSALS, key=lambda reason: median(runs[reason]))
    each = ", ".join(f"{reason} {median(runs[reason]):.0f}" for reason in REFUSALS)
    return [
        row(
            f"{NAME}, approved",
            "ns/order",
            runs["approved"],
            peer=YARDSTICK,
            peer_runs=runs["yardstick"],
            target=Target("ratio", 0.2),
            instructions=bench.instructions("risk", "pmm_risk_run"),
            note="batches of 64; instructions: of an order and of its cancellation's report, mean",
        ),
        row(f"{NAME}, refused, the slowest", "ns/order", runs[slowest], note=each),
    ]
