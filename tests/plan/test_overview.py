"""What is told of a session before it is started."""

import json

import msgspec
import pytest

from pinnacle.plan.checks import load_session
from pinnacle.plan.cores import Machine
from pinnacle.plan.overview import overview
from tests.sessions import ROOT, demo_config, many_instruments

SMALL, LARGE = Machine(frozenset({0, 1})), Machine(frozenset(range(32)))


def plan_of(name, machine, **session):
    config = load_session(ROOT / "config" / name)
    changed = msgspec.structs.replace(config.session, **session)
    return overview(msgspec.structs.replace(config, session=changed), machine)


def test_each_process_stands_with_its_instruments_its_core_and_how_it_waits():
    assert plan_of("binance-paper.toml", LARGE, shards=2).lines(80) == [
        "process   core    wait  instruments",
        "exchange  6       park  BTCUSDT, ETHUSDT",
        "feed.1    4       park  BTCUSDT",
        "feed.2    5       park  ETHUSDT",
        "strategy  1       park  BTCUSDT, ETHUSDT",
        "risk      2       park  BTCUSDT, ETHUSDT",
        "gateway   3       park  BTCUSDT, ETHUSDT",
        "monitor   shared  park  BTCUSDT, ETHUSDT",
        "10 rings of 65536 records, 42 MB",
        "the rest share the cores 0,7-31",
    ]


def test_where_no_cores_are_dealt_the_last_line_says_why():
    lines = plan_of("binance-paper.toml", SMALL).lines(80)
    assert lines[-1] == (
        "no cores dealt: 5 on the order path and 1 for the rest are wanted, free: 2"
    )
    assert {line.split()[1] for line in lines[1:7]} == {"any"}
    none = plan_of("binance-paper.toml", LARGE, cores="none")
    assert none.lines(80)[-1] == 'no cores dealt: session.cores is "none"'


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_row_is_wider_than_the_terminal(width):
    lines = plan_of("paper-five-venues.toml", LARGE).lines(width)
    assert max(map(len, lines)) <= width
    assert ("wait" in lines[0]) == (width > 40)
    assert any("kraken:XMR/USD, kraken:ETH/CHF" in line for line in lines) == (width >= 80)


def test_many_instruments_are_counted(tmp_path):
    path, _ = demo_config(tmp_path, "many", change=lambda text: many_instruments(text, 70))
    lines = overview(load_session(path), SMALL).lines(100)
    (first,) = (line for line in lines if line.startswith("strategy.part0"))
    assert first.endswith("  64")
    (second,) = (line for line in lines if line.startswith("strategy.part1"))
    assert second.endswith("  S64-USD, S65-USD, S66-USD, S67-USD, S68-USD, S69-USD")


def test_the_same_is_there_for_programs():
    found = json.loads(json.dumps(plan_of("binance-paper.toml", LARGE).as_dict()))
    assert [p["core"] for p in found["processes"]] == [5, 4, 1, 2, 3, None]
    assert found["processes"][1] == {
        "name": "feed", "role": "feed", "instruments": ["BTCUSDT", "ETHUSDT"],
        "core": 4, "wait": "park",
    }  # fmt: skip
    assert found["rings"] == {"count": 8, "records": 65536, "bytes": 8 * 65536 * 64}
    assert found["cores"] == {"dealt": True, "why": "", "shared": [0, *range(6, 32)]}
