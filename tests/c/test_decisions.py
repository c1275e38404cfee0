"""What decides stays inside its memory and keeps its sums whatever it is fed."""

import subprocess
from pathlib import Path

import pytest

from tests.c.built import built
from tests.c.sources import sources

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    "desk",
    "desk_decide",
    "desk_send",
    "desk_close",
    "orders",
    "orders_fills",
    "orders_report",
    "portable_math",
    "quote",
    "risk",
    "risk_check",
    "risk_ledger",
    "risk_look",
    "risk_orders",
    "book",
    "book_read",
    "ladder",
    "ladder_far",
    "snapshot",
)


NAMES = ["decisions", "order_flow", "quote_extremes", "risk_look", "risk_ranges"]


@pytest.mark.parametrize("name", NAMES)
def test_what_decides_survives_anything(tmp_path, name):
    files = [ROOT / "tests" / "c" / f"{name}.c", *sources("event", *SOURCES)]
    program = built(tmp_path / name, files)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
