"""Reading a shared book while another process writes it."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, median, row

NAME = "seqlock read"
PACES = {"full": "writer at full speed", "paced": "a message a us"}


def measure(bench: Bench) -> list[Row]:
    bench.need_two_cores()
    runs = bench.run("seqlock")
    rows = []
    for what, words, target in (
        ("top", "top of book", Target("ratio", 1.5)),
        ("depth", "10 levels", None),
    ):
        for pace, how in PACES.items():
            key = f"{pace}_{what}"
            stale, rate = median(runs[f"{key}.stale_share"]), median(runs[f"{key}.written_per_us"])
            quiet = median(runs[f"quiet_{what}.p50"])
            rows.append(
                row(
                    f"{NAME}, {words}, {how}",
                    "ns",
                    runs[f"{key}.p50"],
                    peer="one written line",
                    peer_runs=runs[f"{pace}_line.p50"],
                    target=target,
                    quantiles={q: runs[f"{key}.{q}"] for q in ("p50", "p99", "p99_9")},
                    note=f"{stale:.2%} came back STALE; {rate:.2g} messages a us were written; "
                    f"{quiet:.0f} ns while nobody writes",
                )
            )
    return rows
