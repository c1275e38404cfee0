"""Compressed recordings to checked books, beside a JSON decoder and Python's dicts."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, row
from bench.harness.workload import RECORDINGS, captures

NAME = "capture check"
TARGET = Target("value", 10)
NOTE = (
    "two passes, exact numbers, sequence, checksums and tops judged; {peer} and dicts of floats: "
    "the same lines in one pass, only crossing judged"
)


def measure(bench: Bench) -> list[Row]:
    runs = bench.run_inside("capture", *captures(RECORDINGS))
    rows = []
    for venue in (key.removesuffix(".levels") for key in runs if key.endswith(".levels")):
        levels = runs[f"{venue}.levels"][0]
        (peer,) = (name for name in ("orjson", "msgspec") if f"{venue}.{name}" in runs)

        def a_minute(seconds: list[float], levels: float = levels) -> list[float]:
            return [levels * 60e-6 / taken for taken in seconds]

        rows.append(
            row(
                f"{NAME}, {venue}",
                "M levels/min",
                a_minute(runs[f"{venue}.ours"]),
                better="more",
                peer=f"{peer}, dicts",
                peer_runs=a_minute(runs[f"{venue}.{peer}"]),
                target=TARGET,
                note=f"{levels:.0f} levels; {NOTE.format(peer=peer)}",
            )
        )
    return rows
