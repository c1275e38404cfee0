"""What it costs to cross from Python into C, once and with a batch of a thousand."""

from bench.harness.bench import Bench
from bench.harness.row import Row, row

NAME = "crossing into C"


def measure(bench: Bench) -> list[Row]:
    runs = bench.run_inside("crossing")
    return [
        row(f"{NAME}, one call", "ns", runs["call"], peer="Python call", peer_runs=runs["python"]),
        row(
            f"{NAME}, batch of 1,000",
            "ns/record",
            runs["batch"],
            peer="Python call",
            peer_runs=runs["python"],
            note="records that the book passes over: the crossing and one look at each",
        ),
    ]
