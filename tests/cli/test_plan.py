"""`pinnacle config plan`: what would run, and nothing that does."""

import json

import pytest
from click.testing import CliRunner

from pinnacle.cli.main import pinnacle
from pinnacle.core.errors import ConfigError
from tests.sessions import demo_config

TWO = (
    "binance-paper.toml",
    "",
    lambda text: text.replace('"binance"\n', '"binance"\nshards = 2\n'),
)


def plan(tmp_path, *options, source=TWO, **environment):
    path, paths = demo_config(tmp_path, "x", source[0], source[1], source[2])
    done = CliRunner(env=environment).invoke(pinnacle, ["config", "plan", str(path), *options])
    assert not paths.runtime.parent.exists() and not paths.data.parent.exists()
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_every_process_of_the_session_has_a_row_and_nothing_is_started(tmp_path):
    lines = plan(tmp_path).splitlines()
    assert lines[0].split() == ["process", "core", "wait", "instruments"]
    names = ["exchange", "feed.1", "feed.2", "strategy", "risk", "gateway", "monitor"]
    assert [line.split()[0] for line in lines[1:8]] == names
    assert lines[2].endswith("  BTCUSDT") and lines[3].endswith("  ETHUSDT")


def test_a_narrow_terminal_gets_narrow_rows(tmp_path):
    assert max(map(len, plan(tmp_path, COLUMNS="34").splitlines()[:8])) <= 34


def test_as_json_it_is_one_document(tmp_path):
    found = json.loads(plan(tmp_path, "--json"))
    assert [p["instruments"] for p in found["processes"] if p["role"] == "feed"] == [
        ["BTCUSDT"],
        ["ETHUSDT"],
    ]
    assert found["rings"]["count"] == 10


def test_what_cannot_run_is_refused_by_its_key(tmp_path):
    demo = (
        "demo.toml",
        "",
        lambda text: text.replace('venue = "simulated"', 'venue = "simulated"\nshards = 2'),
    )
    with pytest.raises(ConfigError, match=r"demo\.toml: session\.shards: "):
        plan(tmp_path, source=demo)
