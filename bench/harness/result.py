"""bench/out/latest.json: the last results, and what has changed since the ones before."""

from pathlib import Path

import msgspec

from bench.harness.machine import Machine
from bench.harness.row import Row


class Result(msgspec.Struct, kw_only=True):
    """The whole file."""

    machine: Machine
    quick: bool
    rows: list[Row]


def read(path: Path) -> Result | None:
    """The results of the run before, if they can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except (OSError, msgspec.MsgspecError):
        return None


def write(path: Path, result: Result) -> None:
    """Whole or not at all; the file before stays beside it as previous.json."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(result), indent=1)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(text + b"\n")
    if path.exists():
        path.replace(path.with_name("previous.json"))
    temporary.replace(path)


def changes(result: Result, before: Result | None) -> dict[str, float]:
    """By name of row: the change of the value since before, 0.1 is 10 % more."""
    if before is None or before.quick != result.quick:
        return {}
    old = {row.name: row.value for row in before.rows}
    return {
        row.name: row.value / old[row.name] - 1
        for row in result.rows
        if row.value and old.get(row.name)
    }
