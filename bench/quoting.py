"""A market maker's quote: fair value, skew, three levels a side."""

from bench.harness.bench import Bench
from bench.harness.row import YARDSTICK, Row, Target, row

NAME = "quoting"


def measure(bench: Bench) -> list[Row]:
    runs = bench.run("quoting")
    return [
        row(
            NAME,
            "ns",
            runs["moved"],
            peer=YARDSTICK,
            peer_runs=runs["yardstick"],
            target=Target("ratio", 0.4),
            instructions=bench.instructions("quoting", "pmm_maker_quote"),
            note="skew and 3 levels a side, another top of book at each look",
        ),
        row(f"{NAME}, same book", "ns", runs["still"]),
    ]
