"""Binance's frames to records, beside Python's JSON decoders, which give objects and no numbers."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, row
from bench.harness.workload import captures

NAME = "decode"
PEERS = {"json": "json", "orjson": "orjson", "msgspec": "msgspec, untyped"}
#: Numbers and all, no slower than the quickest decoder of a session's own that makes objects.
TARGETS = {
    "depth": Target("times", 2),
    "trade": Target("ratio", 1),
    "bookTicker": Target("ratio", 1),
}


def measure(bench: Bench) -> list[Row]:
    runs = bench.run_inside("decode", captures()[0])
    rows = []
    for kind, target in TARGETS.items():
        for peer, name in PEERS.items():
            if f"{kind}.{peer}" not in runs:
                continue
            rows.append(
                row(
                    f"{NAME}, Binance {kind}, {name.split(',')[0]}",
                    "us/frame",
                    runs[f"{kind}.ours"],
                    peer=name,
                    peer_runs=runs[f"{kind}.{peer}"],
                    target=target if peer == "msgspec" else None,
                )
            )
    levels = runs["levels_per_frame"][0]
    rows.append(
        row(
            f"{NAME}, Binance depth",
            "ns/level",
            [value * 1e3 / levels for value in runs["depth.ours"]],
            note=f"{levels:.1f} levels a frame; from Python, the crossing is in it",
        )
    )
    return rows
