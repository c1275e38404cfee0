"""Single orders: the L3 book and the matching engine against the textbook book on one stream."""

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, median, row
from bench.harness.workload import STREAMS, stream

NAME = "L3 book"
PEER = "std::map, hashed ids"
TARGETS = {"dense": Target("times", 3), "sparse": Target("times", 2.4)}
HOW = {"dense": "ids found directly (id_ring)", "sparse": "64-bit ids found by hash"}
NOTE = (
    "pmm_l3book_apply and pmm_l3book_top for each operation; {how}. "
    "Best levels were the same after every operation. Reading the stream alone: {null:.0f} ns"
)
BATCHED = "pmm_l3book_apply_tops in batches of 2,048 gives the top after each operation"
ENGINE = "the same stream as orders: it also matches and writes every report and market record"


def measure(bench: Bench) -> list[Row]:
    bench.need("g++")
    rows = []
    for name, words in (("large", "50,000 live"), ("small", "2,000 live")):
        for ids in TARGETS:
            rows += _rows(bench, name, words, ids)
    return rows


def _rows(bench: Bench, name: str, words: str, ids: str) -> list[Row]:
    arguments = (stream(bench.cache, name)[0], STREAMS[name][2], ids)
    runs = bench.run("book_l3", *arguments, timeout_s=600)
    peer = {"peer": PEER, "peer_runs": runs["textbook"]}
    title = f"{words}, {ids} ids"
    return [
        row(
            f"{NAME}, {title}",
            "ns/op",
            runs["l3"],
            target=TARGETS[ids],
            instructions=bench.instructions("book_l3", "pmm_l3book_apply", *arguments),
            note=NOTE.format(how=HOW[ids], null=median(runs["null"])),
            **peer,
        ),
        row(f"{NAME}, batched, {title}", "ns/op", runs["l3_batched"], note=BATCHED, **peer),
        row(
            f"{NAME}'s stream through the engine, {title}",
            "ns/op",
            runs["engine"],
            instructions=bench.instructions("book_l3", "pmm_match_run", *arguments),
            note=ENGINE,
            **peer,
        ),
    ]
