"""From a push to a parked reader, after a millisecond of silence, to the record in its hands."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, row

NAME = "ring wake-up"
PLACES = {"across": "other core", "beside": "same core"}


def measure(bench: Bench) -> list[Row]:
    places = PLACES if bench.two_cores else {"beside": PLACES["beside"]}
    runs = bench.run("ring_wakeup")
    rows = []
    for place, words in places.items():
        found = {key: [v / 1e3 for v in values] for key, values in runs.items()}
        rows.append(
            row(
                f"{NAME}, {words}",
                "us",
                found[f"{place}.ours.p50"],
                peer="bare futex",
                peer_runs=found[f"{place}.bare.p50"],
                target=Target("ratio", 1.3),
                quantiles={q: found[f"{place}.ours.{q}"] for q in ("p50", "p99", "p99_9")},
            )
        )
    return rows
