"""What may stand beside the checkout: recorded markets, and the generator of streams.

Everything is tested on markets that the tests make themselves. What is here is a second judge: its
tests are skipped, by name, on a machine without it, and the last line of a run says so.
"""

from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[2] / "shared"
CAPTURES = {
    symbol: BESIDE / "data" / "captures" / f"binance_{symbol.lower()}_20240808.gz"
    for symbol in ("BTCUSDT", "ETHUSDT")
}
LOBSTER = BESIDE / "data" / "lobster"
WORKLOAD = BESIDE / "workload" / "gen.c"


def needs(path: Path) -> pytest.MarkDecorator:
    """The mark of a test that reads `path`."""
    words = f"no {path.relative_to(BESIDE.parent)} beside the checkout"
    return pytest.mark.skipif(not path.exists(), reason=words)


needs_captures = needs(BESIDE / "data" / "captures")
needs_lobster = needs(LOBSTER)
needs_workload = needs(WORKLOAD)
