"""Whole sessions at the edges of what `config check` calls good: each trades, ends and verifies."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pinnacle.core.ring import CAPACITY_MIN
from pinnacle.core.toml import toml_text
from tests.sessions import demo_config

pytestmark = [pytest.mark.long, pytest.mark.timeout(200)]
MAKER = ("strategy", "market_maker", "BTC-USD")
LIMITS = ("risk", "limits", "BTC-USD")

EDGES = {
    "small rings": {("session", "ring_capacity"): CAPACITY_MIN},
    "every level": {(*MAKER, "levels"): 8, (*MAKER, "imbalance_levels"): 8},
    "least of everything": {
        (*MAKER, "quote_quantity"): "0.00001",
        (*MAKER, "inventory_max"): "0.00001",
        (*LIMITS, "order_quantity_max"): "0.00001",
        (*LIMITS, "position_max"): "0.00001",
        (*LIMITS, "open_orders_max"): 6,
    },
    "great seed, small files, checkpoints each second": {
        ("exchange", "seed"): 2**63 - 1,
        ("journal", "records_per_file"): 64,
        ("journal", "checkpoint_s"): 1,
    },
    "timid and bold": {
        (*MAKER, "risk_aversion"): 1e-12,
        (*MAKER, "fill_decay_per_tick"): 1e3,
        (*MAKER, "volatility_halflife_s"): 1e-3,
        (*MAKER, "volatility_floor"): 1e9,
    },
}


def pinnacle(*arguments: object, program: str = "pinnacle", **environment: str) -> str:
    command = [str(Path(sys.executable).parent / program), *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", env=os.environ | environment, timeout=150
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def set_keys(text: str, edge: dict) -> str:
    tables = tomllib.loads(text)
    for path, value in edge.items():
        at = tables
        for part in path[:-1]:
            at = at.setdefault(part, {})
        at[path[-1]] = value
    return toml_text(tables)


def check_session(config, paths, symbol: str, **environment: str) -> None:
    report = config.with_name("report.json")
    name = ["--name", paths.data.name]
    pinnacle("run", config, *name, "--duration", 6, "--port", 0, "--report", report, **environment)

    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["instruments"][symbol]["orders"]["acknowledged"] > 0
    assert {process["restarts"] for process in told["processes"].values()} == {0}
    assert "identical" in pinnacle("verify", paths.data, program="pinnacle-replay", **environment)


@pytest.mark.parametrize("edge", EDGES.values(), ids=EDGES)
def test_a_session_at_the_edge_of_what_is_good_runs_and_verifies(tmp_path, edge):
    config, paths = demo_config(tmp_path, "edge", change=lambda text: set_keys(text, edge))
    check_session(config, paths, "BTC-USD")


def test_a_symbol_of_any_script_trades_in_a_locale_that_does_not_have_it(tmp_path):
    symbol = "币安人生USDT"
    config, paths = demo_config(
        tmp_path, "edge", change=lambda text: text.replace("BTC-USD", symbol)
    )
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    check_session(config, paths, symbol, **ascii_only)
