"""Typed configuration: every key has its type and range, and every mistake is named with its key.

A range stands in the type: `Annotated[float, Meta(ge=0, le=10)]`; NaN and infinity are in none.
What depends on several keys is checked in `__post_init__`, with a ValueError whose text begins
with the key: "spread_max_ticks: must not be below spread_min_ticks".
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from pinnacle.core._native import lib
from pinnacle.core.errors import ConfigError
from pinnacle.core.toml import read_toml

T = TypeVar("T")

#: A price or quantity, as text so that it stays exact; units.py reads it.
DecimalText = Annotated[str, Meta(min_length=1, max_length=64)]
Records = Annotated[int, Meta(ge=lib.PMM_JOURNAL_RECORDS_MIN, le=lib.PMM_JOURNAL_RECORDS_MAX)]
Fee = Annotated[float, Meta(ge=-1000, le=1000)]
_SCALARS = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every configuration section."""


class Tables(dict[str, Section]):
    """Tables by name, each of the Section that its name calls for."""

    @classmethod
    def section(cls, name: str) -> type[Section]:
        """The Section of one of them; ValueError says why there is none."""
        raise NotImplementedError


class InstrumentConfig(Section, frozen=True):
    """One tradable instrument. Sizes are decimal text, fees basis points (negative: rebate)."""

    symbol: str
    tick_size: DecimalText
    lot_size: DecimalText
    #: One of [venues], where the session has several.
    venue: str | None = None
    quantity_min: DecimalText | None = None
    maker_fee_bps: Fee = 0.0
    taker_fee_bps: Fee = 0.0


class JournalConfig(Section, frozen=True):
    """How every process journals. `sync`: none, interval or batch (see docs/journal-format.md)."""

    records_per_file: Records = 262_144
    sync: Literal["none", "interval", "batch"] = "none"
    sync_interval_ms: Annotated[int, Meta(ge=1, le=60_000)] = 100
    #: How often a process saves its state, so that a restart replays no more than that; 0: never.
    checkpoint_s: Annotated[int, Meta(ge=0, le=86_400)] = 30


class ProcessConfig(Section, frozen=True):
    """How one process runs: its wait strategy, its core, its memory."""

    wait: Literal["spin", "yield", "park"] = "park"
    spin_us: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    #: -1: what [session] cores gives it under `pinnacle run`, or wherever the kernel likes.
    cpu: Annotated[int, Meta(ge=-1, le=1023)] = -1
    #: Pin the session's segments in memory before the process is ready.
    lock_memory: bool = False


def load(path: Path, kind: type[T], *, kept: bool = False) -> T:
    """The file as `kind`; ConfigError names file and key for anything unknown, missing or wrong."""
    return convert(read_toml(path, kept=kept), kind, path)


def convert(data: dict[str, Any], kind: type[T], path: Path) -> T:
    """A parsed TOML table as `kind`; `path` is named in errors."""
    try:
        made = _convert(data, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_mistake(data, kind, str(error))}") from None
    for where in _with_nul(data):
        raise ConfigError(f"{path}: {where}: has a NUL in it, which no name and no path may have")
    return made


def convert_part(data: Any, kind: Any, where: str) -> Any:
    """A part of a configuration as `kind`; ConfigError names the full key below `where`."""
    try:
        return _convert(data, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(_mistake(data, kind, str(error), where)) from None


def _convert(data: Any, kind: Any) -> Any:
    return msgspec.convert(data, kind, dec_hook=_tables)


def _tables(kind: type[Tables], data: Any) -> Tables:
    if not isinstance(data, dict):
        raise ValueError("must be a table")
    return kind({name: _convert(inner, kind.section(name)) for name, inner in data.items()})


def _with_nul(value: Any, where: str = "") -> Iterator[str]:
    """The keys of texts that no call of the system takes."""
    if isinstance(value, str) and "\0" in value:
        yield where
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _with_nul(inner, joined(where, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _with_nul(inner, joined(where, number))


def joined(where: str, key: str | int) -> str:
    """The full key: `strategy.market_maker.BTC-USD`, `instruments[0]`."""
    if isinstance(key, int):
        return f"{where}[{key}]"
    if not key or not key.isprintable() or re.search(r'[\s."\[\]=#]', key):
        key = json.dumps(key, ensure_ascii=False)
    return f"{where}.{key}" if where else key


def _mistake(value: Any, kind: Any, text: str, where: str = "") -> str:
    """`key: what is wrong`, of the innermost value that its type does not take."""
    for key, inner, inner_kind in _parts(value, kind):
        if isinstance(inner_kind, ValueError):
            return f"{joined(where, key)}: {inner_kind}"
        try:
            _convert(inner, inner_kind)
        except msgspec.ValidationError as error:
            return _mistake(inner, inner_kind, str(error), joined(where, key))
    text = text.partition(" - at `$")[0]
    unknown = re.fullmatch(r"Object contains unknown field `(.+)`", text, re.DOTALL)
    missing = re.fullmatch(r"Object missing required field `(.+)`", text)
    crossed = re.match(r"([a-z_0-9]+): ", text)
    if unknown:
        return f"{joined(where, unknown[1])}: unknown key"
    if missing:
        return f"{joined(where, missing[1])}: missing"
    if crossed:
        return f"{joined(where, crossed[1])}{text[crossed.end() - 2 :]}"
    return f"{where}: {_expected(value, kind) or text}" if where else text


def _parts(value: Any, kind: Any) -> Iterator[tuple[str | int, Any, Any]]:
    """(key, value, type) of what stands inside of a table or an array; or why there is no type."""
    kind = _plain(kind)
    origin = get_origin(kind)
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, Tables):
        for key, inner in value.items():
            try:
                yield key, inner, kind.section(key)
            except ValueError as error:
                yield key, inner, error
        return
    if isinstance(value, dict) and origin is dict:
        yield from ((key, inner, get_args(kind)[1]) for key, inner in value.items())
    elif isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, Section):
        hints = get_type_hints(kind, include_extras=True)
        types = {field.encode_name: hints[field.name] for field in msgspec.structs.fields(kind)}
        yield from ((key, inner, types[key]) for key, inner in value.items() if key in types)
    elif isinstance(value, list) and origin is list:
        yield from ((i, inner, get_args(kind)[0]) for i, inner in enumerate(value))


def _plain(kind: Any) -> Any:
    """Without `| None`, and without what is annotated."""
    if get_origin(kind) in (Union, UnionType):
        kind = next(part for part in get_args(kind) if part is not NoneType)
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _expected(value: Any, kind: Any) -> str:
    """What the type takes and what is there instead; empty if the type does not say."""
    if get_origin(kind) in (Union, UnionType):
        kind = next(part for part in get_args(kind) if part is not NoneType)
    shown = repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}..."
    if get_origin(kind) is Literal:
        return f"must be one of {', '.join(map(str, get_args(kind)))}, not {shown}"
    meta = next((part for part in get_args(kind) if isinstance(part, Meta)), None)
    plain = _plain(kind)
    right = plain in _SCALARS and isinstance(value, (int, float) if plain is float else plain)
    if meta is None or isinstance(value, bool) or not right:
        table = "an array" if get_origin(plain) is list else "a table"
        return f"must be {_SCALARS.get(plain, table)}, not {shown}"
    if plain is str:
        return f"must have {meta.min_length or 0} to {meta.max_length} characters"
    least = f"above {_figure(meta.gt)}" if meta.gt is not None else _figure(meta.ge)
    return f"must be {least} to {_figure(meta.le)}, not {shown}"


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
