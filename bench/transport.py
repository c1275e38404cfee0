"""A venue's WebSocket over TLS on loopback, by each library that can speak it."""

import importlib.util

from bench.harness.bench import Bench
from bench.harness.program import ProgramError
from bench.harness.row import Row, Target, row

NAME = "transport"


def measure(bench: Bench) -> list[Row]:
    if importlib.util.find_spec("picows") is None:
        raise ProgramError("pip install 'pinnacle-mm[fast]'")
    bench.need_two_cores()
    runs = bench.run_inside("transport")

    def beside(what: str, unit: str, key: str, note: str, **more: object) -> Row:
        return row(
            f"{NAME}, {what}",
            unit,
            runs[f"picows.{key}"],
            peer="websockets",
            peer_runs=runs[f"websockets.{key}"],
            note=note,
            **more,
        )

    quantiles = {name: runs[f"picows.{name}"] for name in ("p50", "p99", "p99_9")}
    size = f"frames of {runs['bytes'][0]:.0f} bytes in the mean, as fast as they are taken"
    return [
        beside("picows, frames", "frames/s", "rate", size, better="more"),
        beside("picows, processor time", "us/frame", "cpu", size, target=Target("times", 2)),
        beside(
            "picows, wire to record",
            "us",
            "p50",
            f"{runs['paced'][0]:.0f} frames a second, each by itself, to the records of the codec",
            quantiles=quantiles,
        ),
        beside("picows, wire to record, p99", "us", "p99", "the same"),
    ]
