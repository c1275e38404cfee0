"""Book and ladder under sanitizers: against plain arrays, and with a reader beside the writer."""

import subprocess
from pathlib import Path

import pytest

from tests.c.sources import CSRC, sources

HERE = Path(__file__).parent
ADDRESS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
# Finds a word that is not atomic, and no more: for the orders see test_memory_orders.py.
THREAD = ["-fsanitize=thread", "-Wno-tsan", "-fno-builtin", "-pthread"]
L3BOOK = ["ladder", "ladder_far", "l3book", "l3book_read", "order_pool"]
BOOK = ["ladder", "ladder_far", "book", "book_read", "snapshot"]


@pytest.mark.parametrize(
    ("program", "flags", "parts"),
    [
        ("ladder_model", ADDRESS, ["ladder", "ladder_far"]),
        ("book_model", ADDRESS, BOOK),
        ("l3book_model", ADDRESS, L3BOOK),
        ("book_seqlock", THREAD, BOOK),
    ],
)
def test_a_program_of_random_operations_ends_without_a_finding(tmp_path, program, flags, parts):
    binary = tmp_path / program
    files = [HERE / f"{program}.c", *sources(*parts)]
    compiler = ["gcc", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([*compiler, *flags, f"-I{CSRC}", "-o", binary, *files], check=True)
    result = subprocess.run([binary], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
