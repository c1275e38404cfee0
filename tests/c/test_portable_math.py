"""Our logarithm, exponential and power: near the true value, the same bits on any processor."""

import ctypes
import math
import os
import subprocess
import sys
from decimal import Decimal, getcontext
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.c.sources import CSRC, sources

SOURCE = """
#include "base/portable_math.h"
double t_log(double x) { return pmm_log(x); }
double t_log1p(double x) { return pmm_log1p(x); }
double t_exp(double x) { return pmm_exp(x); }
double t_pow(double x, double y) { return pmm_pow(x, y); }
"""
getcontext().prec = 60


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("math")
    (folder / "math.c").write_text(SOURCE, encoding="utf-8")
    library = folder / "math.so"
    flags = ["-std=gnu11", "-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"]
    command = ["gcc", *flags, "-shared", "-fPIC", f"-I{CSRC}", "-o", library, folder / "math.c"]
    command += sources("portable_math")
    subprocess.run(command, check=True)
    return library


@pytest.fixture(scope="module")
def functions(built):
    library = ctypes.CDLL(str(built))
    for name, arguments in (("t_log", 1), ("t_log1p", 1), ("t_exp", 1), ("t_pow", 2)):
        function = getattr(library, name)
        function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double] * arguments
    return library


def off(found: float, true: Decimal) -> float:
    """The distance in units of the true value's last place."""
    return float(abs(Decimal(found) - true) / Decimal(math.ulp(float(true))))


POSITIVE = st.floats(1e-300, 1e300) | st.floats(0.5, 2.0)


@given(x=POSITIVE)
def test_the_logarithm_is_within_three_units(functions, x):
    true = Decimal(x).ln()
    assert true == 0 or off(functions.t_log(x), true) <= 3


@given(x=st.floats(-0.999, 1e9).filter(lambda x: abs(x) > 1e-30) | st.floats(1e-20, 1e-9))
def test_the_logarithm_of_one_and_a_little_is_within_three_units(functions, x):
    true = (1 + Decimal(x)).ln()
    assert true == 0 or off(functions.t_log1p(x), true) <= 3


@given(x=st.floats(-707.0, 709.0) | st.floats(-1.0, 1.0))
def test_the_exponential_is_within_three_units(functions, x):
    assert off(functions.t_exp(x), Decimal(x).exp()) <= 3


@example(x=0.5833080027502314, y=40.0)
@given(x=st.floats(0.01, 100.0), y=st.floats(-50.0, 50.0))
def test_a_power_is_within_what_its_exponent_allows(functions, x, y):
    true = (Decimal(y) * Decimal(x).ln()).exp()
    assert off(functions.t_pow(x, y), true) <= 3 + 7 * abs(y * math.log(x))


def test_beyond_a_doubles_range_the_exponential_is_nothing_or_infinite(functions):
    assert functions.t_exp(-1e9) == 0.0
    assert functions.t_exp(1e9) == math.inf
    assert math.isnan(functions.t_exp(math.nan))


def test_its_tables_are_those_of_today():
    tables = CSRC.parent / "tools" / "portable_tables.py"
    assert subprocess.run([sys.executable, tables, "--check"]).returncode == 0


def test_nothing_of_it_is_the_c_librarys(built):
    """Whose log, exp and pow are others on other processors."""
    listed = subprocess.run(["nm", "-D", "-u", built], capture_output=True, text=True, check=True)
    needed = {line.split()[-1].split("@")[0] for line in listed.stdout.splitlines()}
    assert not needed & {"log", "log1p", "exp", "expm1", "pow", "log2", "exp2", "fma"}


DIGEST = """
import hashlib, sys
from pathlib import Path
import numpy as np
from pinnacle.core.journal_reader import JournalReader
from pinnacle.quant.maker import glft
from pinnacle.core.instruments import from_config
from pinnacle.core.schema import Venue
from pinnacle.exchange.simulate import simulate, single_market
digest = hashlib.sha256()
for i in range(1, 400):
    for value in glft(1e-4 * i, 0.001 * i, 0.5, 1.0 + i):
        digest.update(value.hex().encode())
out = Path(sys.argv[1])
made = single_market("X", "60000", "0.01", "0.00001")
simulate(made.exchange, from_config(made.instruments, {"simulated": Venue.SIMULATED}), 60, out)
records = JournalReader(out / "exchange").array().copy()
records["commit"] = 0
digest.update(records.tobytes())
print(len(records), digest.hexdigest())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="GLIBC_TUNABLES are glibc's")
def test_quotes_and_the_simulated_market_have_the_same_bits_without_fused_multiply_add(tmp_path):
    root = Path(__file__).parents[2]
    found = set()
    for tunables in ("", "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA"):
        environment = os.environ | {"GLIBC_TUNABLES": tunables, "PYTHONPATH": str(root)}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST, tmp_path / str(len(found))],
            env=environment,
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout)
    assert len(found) == 1
