"""The parameters beside a session's journals: written once, never over those that made them."""

import os
import re
from pathlib import Path
from typing import Any

import msgspec

from pinnacle.core.config import load
from pinnacle.core.errors import ConfigError, DataError, LayoutError, NativeError, is_shortage
from pinnacle.core.instruments import read_list, write_list
from pinnacle.core.journal_reader import JournalReader, scan
from pinnacle.core.output import is_part, write_whole
from pinnacle.core.paths import SessionPaths
from pinnacle.plan.config import SessionConfig, to_toml
from pinnacle.plan.origin import made_from
from pinnacle.runtime.run_marks import first_start, refuse_others
from pinnacle.session.place import cannot

_WAY_OUT = ": choose another name, or move that folder away"
_NUMBERED = ("venues", "strategies")
_OF_A_FEED = re.compile(r"venues\.[^.]+\.feed\.")
#: What decisions depend on, besides the venue; the rest says where and how processes run.
DECIDING = ("instruments", "risk", "strategy", "strategies", "gateway", "exchange", "venues")


def check_record(config: SessionConfig, paths: SessionPaths) -> None:
    """ConfigError if the folder is no session's, or has journals of other parameters."""
    try:
        if not paths.data.exists():
            return
        journals = any(paths.data.glob("*/*.pmj"))
        if not os.path.lexists(paths.config):
            names = (path.name for path in paths.data.iterdir())
            # Another start may be writing the first of them just now: the lock decides who wins.
            inside = sorted(name for name in names if not is_part(name))
            if inside:
                what = "journals without config.toml" if journals else f"no session's: {inside[0]}"
                raise ConfigError(f"{paths.data}: is there already and holds {what}{_WAY_OUT}")
            return
        if not paths.config.is_file() or paths.config.is_symlink():
            raise ConfigError(f"{paths.config}: is no file of a session{_WAY_OUT}")
    except OSError as error:
        raise ConfigError(cannot("session.data_dir", paths.data, error)) from None
    changed = _changes(_recorded(paths), config)
    if journals and changed:
        raise ConfigError(
            f"{paths.data}: its journals were made with other parameters "
            f"({', '.join(changed[:3])}{', ...' if len(changed) > 3 else ''}){_WAY_OUT}"
        )
    if journals:
        _refuse_edited(config, paths)


def _refuse_edited(config: SessionConfig, paths: SessionPaths) -> None:
    """The file beside the journals may be the very one that was edited; they say what made them."""
    instruments = config.instrument_list()
    place, way_out = paths.config, f": restore it{_WAY_OUT.replace(':', ',')}"
    if paths.instrument_list.exists() and read_list(paths.instrument_list) != instruments:
        of = paths.instrument_list
        raise ConfigError(f"{place}: its instruments are not those of {of}{way_out}")
    for process in config.topology().journalled:
        name = process.name
        if process.role == "feed":
            continue
        try:
            found = scan(paths.journal(name), end_only=True)
            reader = JournalReader(paths.journal(name), damaged_ok=True, report=found)
            here = made_from(config, process, instruments)
            places = {"configuration": name, "instruments": name}
            refuse_others(first_start(reader), reader.directory, here, places)
        except DataError:
            what = f"{place}: not what {name}'s journal was made with"
            raise ConfigError(f"{what}{way_out}") from None
        except (LayoutError, NativeError) as error:
            if is_shortage(error):
                raise
            # Its own process refuses it, with its words.


def _recorded(paths: SessionPaths) -> SessionConfig:
    try:
        return load(paths.config, SessionConfig, kept=True)
    except ConfigError as error:
        raise ConfigError(f"{error}: it is not this program's{_WAY_OUT}") from None


def _changes(old: SessionConfig, new: SessionConfig) -> list[str]:
    """The keys that differ among those that decide, with both values."""
    before, after = _deciding(old), _deciding(new)
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return [f"{key} was {before.get(key)!r}, is {after.get(key)!r}" for key in keys]


def _deciding(config: SessionConfig) -> dict[str, Any]:
    section = config.session
    flat: dict[str, Any] = {"session.venue": section.venue, "session.shards": section.shards}
    for name in DECIDING:
        _flatten(name, msgspec.to_builtins(getattr(config, name)), flat)
    # A process's number is its place.
    flat |= {f"{name} in their order": list(getattr(config, name)) for name in _NUMBERED}
    # How a feed reaches its venue may change between runs: nothing is decided by it.
    return {key: value for key, value in flat.items() if not _OF_A_FEED.match(key)}


def _flatten(name: str, value: Any, flat: dict[str, Any]) -> None:
    inside = dict(enumerate(value)) if isinstance(value, list) else value
    if isinstance(inside, dict):
        for key, item in inside.items():
            _flatten(f"{name}.{key}", item, flat)
    else:
        flat[name] = value


def write_record(config: SessionConfig, paths: SessionPaths) -> None:
    """config.toml and instruments.json, if those that are there are not of these parameters.

    After `check_record`: what is replaced has no journals.
    """
    there = paths.config.exists()
    if not there or _changes(_recorded(paths), config):
        write_whole(paths.config, to_toml(config))
        write_list(paths.instrument_list, config.instrument_list())
    elif not paths.instrument_list.exists():
        write_list(paths.instrument_list, config.instrument_list())


def running_text(config: SessionConfig) -> str:
    """What this run's processes read: the configuration, with folders that hold from anywhere."""
    section = config.session
    absolute = msgspec.structs.replace(section, data_dir=str(Path(section.data_dir).absolute()))
    return to_toml(msgspec.structs.replace(config, session=absolute))
