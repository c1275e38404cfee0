"""The matching engine and the simulated market under Address- and UndefinedBehaviorSanitizer."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = [
    "match.c",
    "match_take.c",
    "match_orders.c",
    "match_view.c",
    "ladder.c",
    "ladder_far.c",
    "snapshot.c",
    "error.c",
]


@pytest.mark.parametrize(
    ("program", "more"), [("match", []), ("market", ["market.c", "portable_math.c", "traders.c"])]
)
def test_a_random_flow_is_clean_under_the_sanitizers(tmp_path, program, more):
    binary = tmp_path / program
    sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    flags = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Wshadow", "-Werror", *sanitize]
    sources = [str(ROOT / "csrc" / name) for name in ENGINE + more]
    test = str(ROOT / f"tests/c/{program}.c")
    subprocess.run(["gcc", *flags, test, *sources, "-lm", "-o", str(binary)], check=True)
    done = subprocess.run([str(binary)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
