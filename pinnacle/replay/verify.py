"""Run a session's strategy and risk again over their input logs and compare every decision."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pinnacle.core.config import convert, read_toml
from pinnacle.core.decision_log import Difference, LogReplay
from pinnacle.core.errors import DataError
from pinnacle.core.instruments import Instrument, read_list
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Kind, Reason, Side, Source
from pinnacle.replay.health import check_journals
from pinnacle.risk.config import RiskConfig
from pinnacle.risk.gate import RiskGate
from pinnacle.strategy.config import StrategyConfig
from pinnacle.strategy.host import StrategyHost

Progress = Callable[[str, int, int], None]


@dataclass
class Verification:
    """What a verification found; `identical` is what counts."""

    session: str
    journals: dict[str, int] = field(default_factory=dict)
    damage: list[dict[str, Any]] = field(default_factory=list)
    decisions: int = 0
    difference_count: int = 0
    differences: list[dict[str, Any]] = field(default_factory=list)

    @property
    def identical(self) -> bool:
        return not self.damage and not self.difference_count

    def as_dict(self) -> dict[str, Any]:
        return {
            "identical": self.identical,
            "session": self.session,
            "decisions": self.decisions,
            "differences": self.difference_count,
            "first": self.differences[:1],
            "details": self.differences,
            "journals": self.journals,
            "damage": self.damage,
        }


def verify_session(paths: SessionPaths, progress: Progress | None = None) -> Verification:
    """Check every journal's bytes, then repeat the decisions of strategy and risk.

    DataError if the session cannot be read at all; damage and differences are in the result.
    """
    if not paths.config.exists() or not paths.instrument_list.exists():
        raise DataError(f"{paths.data}: not a session's folder (config.toml, instruments.json)")
    instruments = read_list(paths.instrument_list)
    found = Verification(session=str(paths.data))
    found.damage = check_journals(paths.data)
    sections = read_toml(paths.config)
    strategy = StrategyHost(instruments, _section(sections, "strategy", StrategyConfig, paths))
    risk = RiskGate(instruments, _section(sections, "risk", RiskConfig, paths))
    for role, decide in (("strategy", strategy.decided), ("risk", risk.decided)):
        _repeat(found, paths, role, decide, instruments, progress)
    return found


def _section(sections: dict, name: str, kind: type, paths: SessionPaths) -> Any:
    return convert(sections.get(name, {}), kind, Path(f"{paths.config} [{name}]"))


def _repeat(
    found: Verification,
    paths: SessionPaths,
    role: str,
    decide: Callable[[Any, int], np.ndarray],
    instruments: list[Instrument],
    progress: Progress | None,
) -> None:
    """Replay one process's journal up to its end, or to the first damage."""
    replay = LogReplay(decide, Source[role.upper()])
    index = 0
    reader = JournalReader(paths.journal(role), damaged_ok=True)
    for chunk in reader.chunks():
        replay.feed(chunk, index)
        index += len(chunk)
        if progress is not None:
            progress(role, index, len(reader))
    if not reader.report.corrupt:
        # Damage has cut the log: what should follow there is damage, not a difference.
        replay.finish(index)
    found.journals[role] = index
    found.decisions += replay.decisions
    found.difference_count += replay.difference_count
    found.differences += [_described(role, d, instruments) for d in replay.differences]


def _described(role: str, difference: Difference, instruments: list[Instrument]) -> dict[str, Any]:
    """A difference with what a person needs to find it and to understand it."""
    return {
        "journal": role,
        "record": difference.index,
        "fields": difference.fields(),
        "recorded": _readable(difference.recorded, instruments),
        "expected": _readable(difference.expected, instruments),
    }


def _readable(row: np.void | None, instruments: list[Instrument]) -> dict[str, Any] | None:
    if row is None:
        return None
    number = int(row["instrument_id"])
    known = instruments[number] if number < len(instruments) else None
    return {
        "kind": Kind(int(row["kind"])).name,
        "instrument": known.symbol if known else number,
        "side": Side(int(row["side"])).name,
        "price": known.price_text(int(row["price"])) if known else int(row["price"]),
        "quantity": known.quantity_text(int(row["quantity"])) if known else int(row["quantity"]),
        "order_id": int(row["order_id"]),
        "reason": Reason(int(row["reason"])).name,
        "clock_ns": int(row["recv_ns"]),
        "caused_by_ns": int(row["venue_ns"]),
    }
