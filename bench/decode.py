"""Venues' frames to records, beside Python's JSON decoders, which give objects and no numbers."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, row
from bench.harness.workload import VENUES, captures

NAME = "decode"
PEERS = {"json": "json", "orjson": "orjson", "msgspec": "msgspec, untyped"}
#: Numbers and all, a small frame costs no more than the quickest decoder's of a session's own that
#: makes objects, and one of many levels a third.
SMALL, LARGE = Target("ratio", 1), Target("times", 3)
#: Levels a frame from which on it is large: below, what a frame costs at all is most of it.
LEVELS_LARGE = 16


def measure(bench: Bench) -> list[Row]:
    runs = bench.run_inside("decode", *captures(VENUES))
    rows = []
    for name in (key.removesuffix(".together") for key in runs if key.endswith(".together")):
        venue, kind = name.split(".")
        words = f"{NAME}, {venue} {kind}"
        levels = runs.get(f"{name}.levels", [0.0])[0]
        target = LARGE if levels >= LEVELS_LARGE else SMALL
        for peer, title in PEERS.items():
            if f"{name}.{peer}" in runs:
                rows.append(
                    row(
                        f"{words}, {title.split(',')[0]}",
                        "us/frame",
                        runs[f"{name}.together"],
                        peer=title,
                        peer_runs=runs[f"{name}.{peer}"],
                        target=target if peer == "msgspec" else None,
                    )
                )
        rows.append(
            row(
                f"{words}, one by one",
                "us/frame",
                runs[f"{name}.ours"],
                peer=PEERS["msgspec"],
                peer_runs=runs[f"{name}.msgspec"],
            )
        )
        if levels:
            ns = [value * 1e3 / levels for value in runs[f"{name}.together"]]
            note = f"{levels:.1f} levels a frame; from Python, the crossing is in it"
            rows.append(row(f"{words}, a level", "ns/level", ns, note=note))
    return rows
