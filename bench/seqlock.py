"""Reading a shared book while another process writes it as fast as it can."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, median, row

NAME = "seqlock read"


def measure(bench: Bench) -> list[Row]:
    bench.need_two_cores()
    runs = bench.run("seqlock")
    rate = median(runs["written_per_us"])
    rows = []
    for what, words, target in (
        ("top", "top of book", Target("value", 60)),
        ("depth", "10 levels", None),
    ):
        busy = f"busy_{what}"
        stale = median(runs[f"{busy}.stale_share"])
        rows.append(
            row(
                f"{NAME}, {words}",
                "ns",
                runs[f"{busy}.p50"],
                peer="nobody writing",
                peer_runs=runs[f"quiet_{what}.p50"],
                target=target,
                quantiles={q: runs[f"{busy}.{q}"] for q in ("p50", "p99", "p99_9")},
                note=f"{stale:.2%} came back STALE; {rate:.0f} messages a us were written",
            )
        )
    return rows
