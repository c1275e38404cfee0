"""Appending a 64-byte record with its CRC, beside LMDB, SQLite and a bare fdatasync."""

import shutil
import tempfile

from bench.harness.bench import Bench
from bench.harness.packages import absent
from bench.harness.row import Row, Target, missing, row

NAME = "journal append"
#: What the sum and the store alone cost; the sum's eight steps wait for each other.
BARE = "a checksum and a store into a mapped file"


def measure(bench: Bench) -> list[Row]:
    peers = {"lmdb": ("lmdb", "WITH_LMDB"), "sqlite": ("sqlite3", "WITH_SQLITE")}
    there = [words for peer, words in peers.items() if not absent(peer)]
    build = {
        "libraries": tuple(library for library, _ in there),
        "defines": tuple(define for _, define in there),
    }
    disk = tempfile.mkdtemp(prefix="journal-", dir=bench.cache)
    try:
        runs = bench.run("journal_append", disk, **build)
        counted = bench.instructions("journal_append", "pmm_journal_append", disk, **build)
    finally:
        shutil.rmtree(disk, ignore_errors=True)
    rows = []
    for place in ("disk", "tmpfs"):
        rows += _ours(runs, place, counted)
    for peer, words, bound in (
        ("lmdb", "LMDB, batches of 1,000", 7),
        ("sqlite", "SQLite WAL, batches of 1,000", 60),
    ):
        name = f"{NAME}, {words.split(',')[0]}"
        if peer not in runs:
            rows.append(missing(name, "ns", f"install {' '.join(absent(peer))}"))
            continue
        target = Target("times", bound)
        runs_of_peer = runs[peer]
        rows.append(
            row(name, "ns", runs["disk.single"], peer=words, peer_runs=runs_of_peer, target=target)
        )
    rows.append(
        row(
            f"{NAME}, durable",
            "us",
            [value / 1e3 for value in runs["durable.ours.p50"]],
            peer="pwrite + fdatasync",
            peer_runs=[value / 1e3 for value in runs["durable.bare.p50"]],
            quantiles={
                q: [v / 1e3 for v in runs[f"durable.ours.{q}"]] for q in ("p50", "p99", "p99_9")
            },
            note="sync = batch: on the disk when the call returns",
        )
    )
    rows.append(
        row(
            f"{NAME}, change of file",
            "us",
            [value / 1e3 for value in runs["change.worst"]],
            quantiles={q: [v / 1e3 for v in runs[f"change.append.{q}"]] for q in ("p99", "p99_9")},
            target=Target("value", 100),
            note="the worst of a run's appends that took a new file into use; quantiles of all "
            "appends: 32 records each, 400,000/s on the disk, the keeper on the other core; "
            f"the worst of all took {max(runs['change.append.max']) / 1e3:.0f} us",
        )
    )
    return rows


def _ours(runs: dict[str, list[float]], place: str, counted: float | None) -> list[Row]:
    single, bare = f"{place}.single", f"{place}.bare"
    return [
        row(
            f"{NAME}, {place}, mean",
            "ns",
            runs[single],
            peer=BARE,
            peer_runs=runs[bare],
            target=Target("ratio", 1.4),
            instructions=counted if place == "tmpfs" else None,
            note="one record a call, prefaulted",
        ),
        row(
            f"{NAME}, {place}, p99",
            "ns",
            runs[f"{single}.p99"],
            peer=BARE,
            peer_runs=runs[f"{bare}.p99"],
            target=Target("ratio", 2),
            note="each call timed by itself, the counter's own cost taken off: "
            f"p50 {sorted(runs[f'{single}.p50'])[0]:.0f}, "
            f"p99.9 {sorted(runs[f'{single}.p99_9'])[0]:.0f} ns at the least",
        ),
        row(
            f"{NAME}, {place}, batches of 32",
            "ns",
            runs[f"{place}.batch32"],
            peer=BARE,
            peer_runs=runs[bare],
        ),
    ]
