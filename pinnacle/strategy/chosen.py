"""The class that a strategy's section means, and its parameters, typed as the class says."""

import importlib
import sys
from pathlib import Path
from typing import Any

from pinnacle.core.config import convert_part
from pinnacle.core.errors import ConfigError
from pinnacle.strategy.author import AuthorsCode
from pinnacle.strategy.base import Strategy
from pinnacle.strategy.config import StrategyConfig
from pinnacle.strategy.market_maker import MarketMaker

#: By the name in the section; its field of that name holds the parameters.
STRATEGIES: dict[str, type[Strategy]] = {"market_maker": MarketMaker}


def chosen(config: StrategyConfig, key: str) -> tuple[type[Strategy], Any]:
    """(the class, its parameters); ConfigError names the key below `key`, the section's own.

    A class of the user's own is imported: from `folder` if that is given, else from where Python
    looks. StrategyError names the line if its module ends by an error.
    """
    if config.kind is None:
        return STRATEGIES[config.name], getattr(config, config.name)
    kind = _imported(config.kind, config.folder, f"{key}.class")
    return kind, convert_part(config.params, kind.Params, f"{key}.params")


def code_of(config: StrategyConfig) -> bytes:
    """The user's own module, as it decides: empty for the strategies of this package."""
    if config.kind is None:
        return b""
    kind = _imported(config.kind, config.folder, "class")
    file = sys.modules[kind.__module__].__file__
    return Path(file).read_bytes() if file else b""


def _imported(text: str, folder: str, key: str) -> type[Strategy]:
    name, _, attribute = text.partition(":")
    if folder and folder not in sys.path:
        sys.path.insert(0, folder)
    where = f"in {folder}, or where Python looks" if folder else "where Python looks"
    with AuthorsCode(text):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            missing = error.name or ""
            if missing != name and not name.startswith(f"{missing}."):
                raise  # what its module imports
            raise ConfigError(f"{key}: no module {missing!r} {where}") from None
    kind = getattr(module, attribute, None)
    if not (isinstance(kind, type) and issubclass(kind, Strategy)):
        what = "has no such class" if kind is None else "is no class of a Strategy"
        raise ConfigError(f"{key}: {module.__name__} {what}: {attribute}")
    return kind
