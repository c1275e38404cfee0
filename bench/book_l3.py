"""Single orders: the matching engine against the textbook book on the same stream."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, median, row
from bench.harness.workload import STREAMS, stream

NAME = "L3 book"
TARGETS = {"dense": Target("times", 3), "sparse": Target("times", 2.4)}
NOTE = (
    "through the matching engine (csrc/match.h): add NEW, reduce REPLACE, replace CANCEL and NEW, "
    "execute an IOC order; it also validates, matches and writes every report and market record. "
    "Best levels were the same after every operation. Reading the stream alone: {:.0f} ns"
)


def measure(bench: Bench) -> list[Row]:
    bench.need("g++")
    rows = []
    for name, words in (("large", "50,000 live"), ("small", "2,000 live")):
        l3 = stream(bench.cache, name)[0]
        live = STREAMS[name][2]
        for ids, target in TARGETS.items():
            runs = bench.run("book_l3", l3, live, ids, timeout_s=600)
            counted = bench.instructions("book_l3", "pmm_match_run", l3, live, ids)
            rows.append(
                row(
                    f"{NAME}, {words}, {ids} ids",
                    "ns/op",
                    runs["engine"],
                    peer="std::map, hashed ids",
                    peer_runs=runs["textbook"],
                    target=target,
                    instructions=counted,
                    note=NOTE.format(median(runs["null"])),
                )
            )
    return rows
