"""Scanning and verifying a journal, beside plainly reading the same bytes."""

import shutil
import tempfile

from bench.harness.bench import Bench
from bench.harness.row import Row, Target, row

NAME = "journal recovery"


def measure(bench: Bench) -> list[Row]:
    millions = 4 if bench.quick else 16
    disk = tempfile.mkdtemp(prefix="recovery-", dir=bench.cache)
    try:
        runs = bench.run("journal_recovery", disk, millions)
    finally:
        shutil.rmtree(disk, ignore_errors=True)
    return [
        row(
            NAME,
            "GB/s",
            runs["scan"],
            better="more",
            peer="plain read",
            peer_runs=runs["plain"],
            target=Target("ratio", 0.6),
            note=f"{millions * 64} MiB in the page cache, mapped anew by each",
        )
    ]
