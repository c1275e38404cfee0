"""The matching engine, the simulated market and the venues under the sanitizers."""

import subprocess
from pathlib import Path

import pytest

from tests.c.built import built
from tests.c.sources import sources

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
ENGINE = [
    "match",
    "match_take",
    "match_orders",
    "match_view",
    "order_pool",
    "ladder",
    "ladder_far",
    "snapshot",
    "error",
]


MARKET = ["market", "portable_math", "traders"]
VENUES = [
    *MARKET,
    "simulated_venue",
    "paper*",
    "book*",
    "segment",
    "locks",
    "pages",
    "crc32c",
    "clock",
]


@pytest.mark.parametrize(
    ("program", "more"), [("match", []), ("market", MARKET), ("venues", VENUES)]
)
def test_a_random_flow_is_clean_under_the_sanitizers(tmp_path, program, more):
    files = [ROOT / f"tests/c/{program}.c", *sources(*ENGINE, *more)]
    binary = built(tmp_path / program, files)
    done = subprocess.run([str(binary)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
