"""The matching engine under AddressSanitizer and UndefinedBehaviorSanitizer."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ["match.c", "match_take.c", "match_orders.c", "match_view.c", "ladder.c", "error.c"]


def test_a_random_flow_is_clean_under_the_sanitizers(tmp_path):
    program = tmp_path / "match"
    sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    flags = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Wshadow", "-Werror", *sanitize]
    sources = [str(ROOT / "csrc" / name) for name in SOURCES]
    command = ["gcc", *flags, str(ROOT / "tests/c/match.c"), *sources, "-o", str(program)]
    subprocess.run(command, check=True)
    done = subprocess.run([str(program)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
