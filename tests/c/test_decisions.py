"""What decides stays inside its memory and keeps its sums whatever it is fed."""

import subprocess
from pathlib import Path

import pytest

from tests.c.sources import CSRC, sources

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
    program = tmp_path / name
    command = ["gcc", "-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror"]
    command += [
        "-fsanitize=address,undefined,float-cast-overflow",
        "-fno-sanitize-recover=all",
        "-I",
        CSRC,
    ]
    command += [ROOT / "tests" / "c" / f"{name}.c", *sources("event", *SOURCES)]
    subprocess.run([*command, "-o", program, "-lm"], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
