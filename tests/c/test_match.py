"""The matching engine, the simulated market and the venues under the sanitizers."""

import subprocess
from pathlib import Path

import pytest

from tests.c.sources import CSRC, sources

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
    binary = tmp_path / program
    sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    flags = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Wshadow", "-Werror", *sanitize]
    test = str(ROOT / f"tests/c/{program}.c")
    subprocess.run(
        ["gcc", *flags, f"-I{CSRC}", test, *sources(*ENGINE, *more), "-lm", "-o", str(binary)],
        check=True,
    )
    done = subprocess.run([str(binary)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
