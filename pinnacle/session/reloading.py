"""What a running session takes over of a changed configuration: its market makers' parameters."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from pinnacle.core.config import joined
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import of_instrument
from pinnacle.core.paths import SessionPaths
from pinnacle.plan.checks import load_session
from pinnacle.plan.config import SessionConfig, read_session
from pinnacle.session.asking import Asker, NoAnswer

#: Which session it is and where: the command line may say so, or the place where one stands.
_OF_THE_RUN = {f"session.{key}" for key in ("name", "mode", "data_dir", "runtime_dir")}
_OF_THE_RUN |= {"monitor.port"}


class Reloaded(msgspec.Struct, frozen=True, kw_only=True):
    """`changed`: by strategy, instrument and key, what was and is; `faults`: what went wrong."""

    session: str
    changed: dict[str, dict[str, dict[str, list[str]]]] = {}
    faults: list[str] = []

    @property
    def whole(self) -> bool:
        """Whether it did all that was asked for."""
        return not self.faults


def reload(paths: SessionPaths, asker: Asker, file: Path) -> Reloaded:
    """Have each strategy take over what the file says of its market makers.

    ConfigError, and nothing is changed, if the file is wrong or says anything else that differs
    from what the session runs with.
    """
    new, running = load_session(file), read_session(paths.running_config, kept=True)
    _refuse_others(file, running, new)
    changed: dict[str, dict[str, dict[str, list[str]]]] = {}
    faults = []
    instruments = new.instrument_list()
    for plan, process in zip(new.strategy_plans(), new.topology().of_role("strategy"), strict=True):
        for instrument in (instruments[number] for number in plan.instruments):
            maker = of_instrument(plan.config.market_maker, instrument)
            if maker is None:
                continue
            about = {
                "instrument": instrument.label,
                "market_maker": msgspec.to_builtins(maker),
            }
            try:
                told = asker.ask(process.name, "reload", **about)["changed"]
            except NoAnswer as error:
                faults.append(str(error))
                break  # the others of it would not be answered either
            if told:
                changed.setdefault(process.name, {})[instrument.label] = told
    return Reloaded(session=paths.runtime.name, changed=changed, faults=faults)


def _refuse_others(file: Path, running: SessionConfig, new: SessionConfig) -> None:
    before, after = _others(running), _others(new)
    keys = [key for key in before | after if before.get(key) != after.get(key)]
    if keys:
        more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
        raise ConfigError(
            f"{file}: {keys[0]}{more}: not what the session runs with, and only the parameters of "
            f"its market makers may change while it does: start another session for the rest"
        )


def _others(config: SessionConfig) -> dict[str, Any]:
    """All that a reload does not change, and which instruments have a market maker."""
    tables = msgspec.to_builtins(config)
    kept = {}
    for plan, table in _strategies(tables):
        makers = table.pop("market_maker", {})
        kept[joined(plan, "market_maker")] = sorted(makers)
    flat = dict(_leaves("", tables)) | kept
    return {key: value for key, value in flat.items() if key not in _OF_THE_RUN}


def _strategies(tables: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    several = tables.get("strategies") or {}
    found = [(joined("strategies", name), table) for name, table in several.items()]
    if tables.get("strategy"):
        found.append(("strategy", tables["strategy"]))
    return found


def _leaves(at: str, value: Any) -> Iterator[tuple[str, Any]]:
    inside = dict(enumerate(value)) if isinstance(value, list) else value
    if not isinstance(inside, dict):
        yield at, value
        return
    for key, item in inside.items():
        yield from _leaves(joined(at, str(key)) if at else str(key), item)
