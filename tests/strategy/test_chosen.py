"""A class of the user's own: its module is executed once, and what is wrong with it is named."""

import pytest

from pinnacle.core.errors import ConfigError, StrategyError
from pinnacle.strategy.chosen import chosen, code_of
from pinnacle.strategy.config import StrategyConfig

MODULE = """
from pathlib import Path
from pinnacle.strategy.base import Strategy

with Path(__file__).with_name("executed").open("a") as file:
    file.write("x")


class Mine(Strategy):
    pass
"""


def config_of(folder, module: str) -> StrategyConfig:
    return StrategyConfig(kind=f"{module}:Mine", folder=str(folder))


def test_a_module_is_executed_once_however_many_strategies_are_of_it(tmp_path):
    (tmp_path / "counting_mm.py").write_text(MODULE, encoding="utf-8")
    config = config_of(tmp_path, "counting_mm")
    code_of(config, "strategy")
    kinds = {chosen(config, f"strategies.{name}")[0] for name in ("near", "far")}
    assert len(kinds) == 1
    assert code_of(config, "strategies.far") == MODULE.encode()
    assert (tmp_path / "executed").read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize("ask", [chosen, code_of])
def test_a_module_that_is_missing_is_named_below_its_section_whoever_asks(tmp_path, ask):
    with pytest.raises(ConfigError, match=r"^strategies\.far\.class: no module 'absent_mm' in "):
        ask(config_of(tmp_path, "absent_mm"), "strategies.far")


@pytest.mark.parametrize("ask", [chosen, code_of])
def test_a_module_that_ends_by_an_error_is_the_authors_whoever_asks(tmp_path, ask):
    (tmp_path / "failing_mm.py").write_text("1 / 0\n", encoding="utf-8")
    with pytest.raises(StrategyError, match=r"ZeroDivisionError: .*failing_mm\.py:1"):
        ask(config_of(tmp_path, "failing_mm"), "strategy")
