"""Typed TOML: unknown keys refused with their path, and the sections that every process shares."""

import re
import tomllib
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from pinnacle.core.errors import ConfigError

T = TypeVar("T")


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every configuration section."""


class InstrumentConfig(Section):
    """One tradable instrument. Sizes are decimal text, fees basis points (negative: rebate)."""

    symbol: str
    tick_size: str
    lot_size: str
    quantity_min: str | None = None
    maker_fee_bps: float = 0.0
    taker_fee_bps: float = 0.0


class JournalConfig(Section):
    """How every process journals. `sync`: none, interval or batch (see docs/journal-format.md)."""

    records_per_file: int = 262_144
    sync: str = "none"
    sync_interval_ms: int = 100
    #: How often a process saves its state, so that a restart replays no more than that; 0: never.
    checkpoint_s: int = 30

    def __post_init__(self) -> None:
        one_of("sync", self.sync, ("none", "interval", "batch"))
        if not 64 <= self.records_per_file <= 2**24:
            raise ValueError("records_per_file must be 64 to 16777216")


class ProcessConfig(Section):
    """How one process runs: its wait strategy, its core, its memory."""

    wait: str = "park"
    spin_us: int = 0
    #: -1: wherever the kernel likes.
    cpu: int = -1
    #: Fetch the session's segments before the process is ready, and pin them in memory.
    lock_memory: bool = False

    def __post_init__(self) -> None:
        one_of("wait", self.wait, ("spin", "yield", "park"))


class MonitorConfig(Section):
    """[monitor]: the status page's address and its memory."""

    host: str = "127.0.0.1"
    #: 0: any free port.
    port: int = 8740
    #: How much of the P&L's history the page shows.
    history_s: int = 900

    def __post_init__(self) -> None:
        if not self.host:
            raise ValueError("host must not be empty")
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port must be 0 to 65535, not {self.port}")
        if not 10 <= self.history_s <= 86_400:
            raise ValueError(f"history_s must be 10 to 86400, not {self.history_s}")


def one_of(key: str, value: str, allowed: tuple[str, ...]) -> None:
    """For __post_init__ of a section: ValueError unless `value` is allowed."""
    if value not in allowed:
        raise ValueError(f"{key} must be one of {', '.join(allowed)}, not {value!r}")


def read_toml(path: Path) -> dict:
    """The parsed file; ConfigError names the file, and the line where TOML says one."""
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from None


def load(path: Path, kind: type[T]) -> T:
    """The file as `kind`; ConfigError names file and key for anything unknown, missing or wrong."""
    return convert(read_toml(path), kind, path)


def convert(data: dict, kind: type[T], path: Path) -> T:
    """A parsed TOML table as `kind`; `path` is named in errors."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_readable(str(error), data, kind)}") from None


def _readable(message: str, data: Any, kind: Any) -> str:
    """msgspec's text with the key first: `feed.reconnect: expected int, got str`."""
    text = message.partition(" - at `$")[0]
    where = _with_keys(_path_in(message), data, kind)
    unknown = re.fullmatch(r"Object contains unknown field `(.+)`", text)
    missing = re.fullmatch(r"Object missing required field `(.+)`", text)
    found = unknown or missing
    if found:
        key = f"{where}.{found[1]}" if where else found[1]
        return f"{key}: unknown key" if unknown else f"{key}: missing"
    return f"{where}: {text}" if where else text


def _path_in(message: str) -> str:
    return message.partition(" - at `$")[2].rstrip("`").lstrip(".")


def _with_keys(where: str, data: Any, kind: Any) -> str:
    """msgspec's path with a table's key where it says [...]: found by trying its values."""
    table, elided, _ = where.partition("[...]")
    if not elided:
        return where
    for name in table.split("."):
        data, kind = data[name], get_type_hints(kind)[name]
        inner = [part for part in get_args(kind) if part is not NoneType]
        kind = inner[0] if isinstance(kind, UnionType) else kind
    for key, value in data.items():
        try:
            msgspec.convert(value, get_args(kind)[1])
        except msgspec.ValidationError as error:
            inside = _with_keys(_path_in(str(error)), value, get_args(kind)[1])
            return f"{table}.{key}.{inside}" if inside else f"{table}.{key}"
    return where
