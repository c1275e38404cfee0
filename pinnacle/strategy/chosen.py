"""The class that a strategy's section means, and its parameters, typed as the class says."""

import importlib
import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
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
    kind = _class_of(config, config.kind, key)
    try:
        return kind, convert_part(config.params, kind.Params, f"{key}.params")
    except TypeError as error:
        raise ConfigError(f"{key}.class: its Params are no type of a table: {error}") from None


def code_of(config: StrategyConfig, key: str) -> bytes:
    """The user's own module, as it decides: empty for the strategies of this package.

    Errors as `chosen`.
    """
    file = _imported(config, config.kind, key).__file__ if config.kind is not None else None
    return Path(file).read_bytes() if file else b""


def _class_of(config: StrategyConfig, text: str, key: str) -> type[Strategy]:
    module, attribute = _imported(config, text, key), text.partition(":")[2]
    kind = getattr(module, attribute, None)
    if not (isinstance(kind, type) and issubclass(kind, Strategy)):
        what = "has no such class" if kind is None else "is no class of a Strategy"
        raise ConfigError(f"{key}.class: {module.__name__} {what}: {attribute}")
    return kind


def _imported(config: StrategyConfig, text: str, key: str) -> ModuleType:
    try:
        with AuthorsCode(text):
            return _module(text.partition(":")[0], config.folder)
    except ConfigError as error:
        raise ConfigError(f"{key}.class: {error}") from None


@cache
def _module(name: str, folder: str) -> ModuleType:
    """The module, from its folder's file if there is one: two folders may each have one of a name.

    It is executed once in a process, whoever asks. What it imports itself is found in its folder
    too, behind what Python finds elsewhere. ConfigError if there is none.
    """
    if folder and folder not in sys.path:
        sys.path.append(folder)
    parts = name.split(".")
    files = (Path(folder, *parts).with_suffix(".py"), Path(folder, *parts, "__init__.py"))
    file = next((file for file in files if folder and file.is_file()), None)
    spec = spec_from_file_location(name, file) if file is not None else None
    if spec is not None and spec.loader is not None:
        made = module_from_spec(spec)
        spec.loader.exec_module(made)
        return made
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing != name and not name.startswith(f"{missing}."):
            raise  # what its module imports
        where = f"in {folder}, or where Python looks" if folder else "where Python looks"
        raise ConfigError(f"no module {missing!r} {where}") from None
