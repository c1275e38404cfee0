"""A turn of desk and risk: what the instruments cost that do not move."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, row

NAME = "desk and risk"


def measure(bench: Bench) -> list[Row]:
    runs = bench.run("desk")
    return [
        row(
            f"{NAME}, one of 64 instruments moves",
            "ns/turn",
            runs["many"],
            peer="of one instrument",
            peer_runs=runs["one"],
            target=Target("ratio", 1.5),
            note="apply, quote three levels a side, decide, judge; and the venue's answers",
        )
    ]
