"""The streams that books are measured on: made once by the workload's generator, then kept."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.harness.build import ROOT

SHARED = ROOT.parent / "shared"
#: name: operations, seed, most live orders
STREAMS = {"large": (5_000_000, 42, 50_000), "small": (5_000_000, 43, 2_000)}
CAPTURES = ("binance_btcusdt_20240808.gz", "binance_ethusdt_20240808.gz")
#: One of each venue.
VENUES = (
    CAPTURES[0],
    "bitstamp_20220105_5pairs.jsonl.zst",
    "coinbase_advanced_20260809_first500.jsonl.zst",
    "coinbase_exchange_20210417.txt.zst",
    "gemini_v2_20260809_5sym.jsonl.zst",
    "kraken_v1_20210417_5pairs.jsonl.zst",
)
#: The same in the venues' own words of today: what was recorded of an older protocol is rewritten.
RECORDINGS = (*VENUES[:-1], "kraken_v2shape_from_v1_20210417_5pairs.jsonl.zst")


class AbsentError(RuntimeError):
    """The workload or the captures are not on this machine."""


def stream(folder: Path, name: str) -> tuple[Path, Path]:
    """Paths of the L3 and the L2 stream; see the workload's README for their records."""
    operations, seed, live = STREAMS[name]
    l3, l2 = folder / f"{name}.l3", folder / f"{name}.l2"
    if l3.exists() and l2.exists():
        return l3, l2
    source = SHARED / "workload" / "gen.c"
    if not source.exists():
        raise AbsentError(f"the workload's generator is not at {source}")
    generator = folder / "generator"
    subprocess.run(["gcc", "-O2", "-w", "-o", generator, source], check=True)
    making = [folder / "making.l3", folder / "making.l2"]
    words = [generator, str(operations), str(seed), str(live), *making]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    making[0].rename(l3)
    making[1].rename(l2)
    return l3, l2


def captures(names: Sequence[str] = CAPTURES) -> list[Path]:
    """Recordings: those of Binance, or others by name."""
    found = [SHARED / "data" / "captures" / name for name in names]
    for path in found:
        if not path.exists():
            raise AbsentError(f"the captures are not at {path.parent}")
    return found
