"""What a running session takes over of a changed configuration, and what it refuses."""

from pathlib import Path

import pytest

from pinnacle.core.errors import ConfigError
from pinnacle.core.output import write_whole
from pinnacle.core.paths import SessionPaths
from pinnacle.plan.checks import load_session
from pinnacle.session.asking import NoAnswer
from pinnacle.session.record import running_text
from pinnacle.session.reloading import reload
from tests.sessions import ROOT

DEMO = (ROOT / "config/demo.toml").read_text(encoding="utf-8")
BTC = '[strategy.market_maker."BTC-USD"]'


class Strategy:
    """Answers as a strategy does, and keeps what it was told."""

    def __init__(self, fault: str = ""):
        self.fault, self.told = fault, {}

    def ask(self, process, word, instrument, market_maker):
        if self.fault:
            raise NoAnswer(self.fault)
        self.told[process, word, instrument] = market_maker
        return {"changed": {"levels": ["1", "2"]} if instrument == "BTC-USD" else {}}


@pytest.fixture
def paths(tmp_path) -> SessionPaths:
    """Of a session that runs the demo's configuration."""
    file = tmp_path / "demo.toml"
    file.write_text(DEMO, encoding="utf-8")
    made = SessionPaths(tmp_path / "run" / "demo", tmp_path / "data" / "demo")
    made.running_config.parent.mkdir(parents=True)
    write_whole(made.running_config, running_text(load_session(file)))
    return made


def changed(folder: Path, *change: str) -> Path:
    file = folder / "changed.toml"
    assert not change or change[0] in DEMO
    text = DEMO.replace(*change, 1) if change else DEMO
    file.write_text(text, encoding="utf-8")
    return file


def test_each_strategy_is_told_what_the_file_says_of_each_of_its_makers(tmp_path, paths):
    strategy = Strategy()
    file = changed(tmp_path, "spread_min_ticks = 2\n", "spread_min_ticks = 50\n")
    done = reload(paths, strategy, file)
    assert set(strategy.told) == {("strategy", "reload", s) for s in ("BTC-USD", "ETH-USD")}
    assert strategy.told["strategy", "reload", "BTC-USD"]["spread_min_ticks"] == 50
    assert done.changed == {"strategy": {"BTC-USD": {"levels": ["1", "2"]}}}
    assert done.whole and done.session == "demo"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (
            ('symbol = "BTC-USD"\n', 'symbol = "BTC-USD"\nquantity_min = "0.003"\n'),
            "instruments.0.",
        ),
        (("[strategy.desk]\n", "[strategy.desk]\nreplace = false\n"), "strategy.desk.replace"),
        (('order_quantity_max = "0.2"', 'order_quantity_max = "0.3"'), "risk.limits."),
    ],
)
def test_what_else_is_changed_is_refused_by_its_key_and_nobody_is_asked(
    tmp_path, paths, change, key
):
    strategy = Strategy()
    file = changed(tmp_path, *change)
    with pytest.raises(ConfigError, match="only the parameters of its market makers") as raised:
        reload(paths, strategy, file)
    assert str(raised.value).startswith(f"{file}: {key}") and strategy.told == {}


def test_a_maker_that_is_gone_is_refused(tmp_path, paths):
    start = DEMO.index(BTC)
    end = DEMO.index("\n[", start)
    file = changed(tmp_path, DEMO[start:end], "")
    with pytest.raises(ConfigError, match=r"strategy\.market_maker"):
        reload(paths, Strategy(), file)


def test_a_wrong_file_is_refused_as_ever(tmp_path, paths):
    file = changed(tmp_path, "spread_min_ticks = 2\n", "spread_min_ticks = 0\n")
    with pytest.raises(ConfigError, match=r"changed\.toml: .*spread_min_ticks"):
        reload(paths, Strategy(), file)


def test_what_the_command_line_may_say_of_a_session_is_no_change(tmp_path, paths, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = changed(tmp_path, 'name = "demo"', 'name = "other"')
    file.write_text(
        f"{file.read_text(encoding='utf-8')}\n[monitor]\nport = 1234\n", encoding="utf-8"
    )
    assert reload(paths, Strategy(), file).whole


def test_a_strategy_that_does_not_answer_is_told_of_once(tmp_path, paths):
    done = reload(paths, Strategy("strategy: no answer within 2 s"), changed(tmp_path))
    assert done.faults == ["strategy: no answer within 2 s"] and not done.whole
