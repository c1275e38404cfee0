"""Book and ladder under sanitizers: against plain arrays, and with a reader beside the writer."""

import subprocess
from pathlib import Path

import pytest

from tests.c.built import ADDRESS, THREAD, built
from tests.c.sources import sources

HERE = Path(__file__).parent
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
    # Threads: a word that is not atomic is found, and no more; the orders: test_memory_orders.py.
    binary = built(tmp_path / program, [HERE / f"{program}.c", *sources(*parts)], flags)
    result = subprocess.run([binary], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
