"""One record there and one back between two processes that spin on cores of their own."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, median, row

NAME = "ring round trip"
FLOOR = "; the bare line alone is {:.2f} of this peer here"


def measure(bench: Bench) -> list[Row]:
    bench.need("g++", "boost", "moodycamel")
    bench.need_two_cores()
    runs = bench.run("ring_round_trip")
    quantiles = {key: runs[f"ours.{key}"] for key in ("p50", "p99", "p99_9")}
    bare = median(runs["bare"])
    peers = [
        ("bare cache line", "bare", 1.4),
        ("boost spsc_queue", "boost", 0.7),
        ("moodycamel RWQ", "moodycamel", 0.7),
    ]
    return [
        row(
            f"{NAME}, {peer}",
            "ns",
            runs["ours"],
            peer=peer,
            peer_runs=runs[key],
            target=Target("ratio", bound),
            quantiles=quantiles,
            note="compared by the median over blocks of 16 round trips"
            + (FLOOR.format(bare / median(runs[key])) if key != "bare" else ""),
        )
        for peer, key, bound in peers
    ]
