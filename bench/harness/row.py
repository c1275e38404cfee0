"""One row of the table: a value, what it is compared with, and what it must reach."""

import statistics
from collections.abc import Sequence

import msgspec


class Target(msgspec.Struct, frozen=True):
    """What a row must reach.

    form: "value" bounds the value itself, "ratio" the ratio of value to peer, "times" how many
    times better than its peer the value is. The bound is a least for "times" and where more is
    better.
    """

    form: str
    bound: float


class Row(msgspec.Struct, kw_only=True):
    """As it stands in latest.json. `met` is None where nothing is asked or nothing was measured."""

    name: str
    unit: str
    value: float | None = None
    better: str = "less"
    runs: list[float] = []
    p50: float | None = None
    p99: float | None = None
    p99_9: float | None = None
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None
    target: str | None = None
    met: bool | None = None
    instructions: float | None = None
    note: str = ""


#: What a piece of arithmetic is held against: it tells the machine's pace and nothing else.
YARDSTICK = "100 multiplications, one after the other"


def median(values: Sequence[float]) -> float:
    return float(statistics.median(values))


def row(
    name: str,
    unit: str,
    runs: Sequence[float],
    *,
    better: str = "less",
    peer: str | None = None,
    peer_runs: Sequence[float] = (),
    target: Target | None = None,
    quantiles: dict[str, Sequence[float]] | None = None,
    instructions: float | None = None,
    note: str = "",
) -> Row:
    """A measured row: the medians of its runs, judged."""
    value = median(runs)
    peer_value = median(peer_runs) if peer_runs else None
    made = Row(
        name=name,
        unit=unit,
        value=value,
        better=better,
        runs=[float(run) for run in runs],
        peer=peer if peer_value is not None else None,
        peer_value=peer_value,
        instructions=instructions,
        note=note,
    )
    for key, found in (quantiles or {}).items():
        setattr(made, key, median(found))
    if peer_value:
        made.ratio = value / peer_value
    if target is not None:
        _judge(made, target)
    return made


def _judge(made: Row, target: Target) -> None:
    bound = f"{target.bound:g}"
    value, ratio = made.value, made.ratio
    least = made.better == "more"
    if target.form == "value":
        made.target = f"{'>=' if least else '<='} {bound} {made.unit}"
        made.met = value >= target.bound if least else value <= target.bound
        return
    if not ratio:
        return
    if target.form == "ratio":
        made.target = f"{'>=' if least else '<='} {bound} x peer"
        made.met = ratio >= target.bound if least else ratio <= target.bound
    else:
        made.target = f">= {bound} x better"
        made.met = (ratio if least else 1 / ratio) >= target.bound


def missing(name: str, unit: str, why: str) -> Row:
    """A row that could not be measured, and why."""
    return Row(name=name, unit=unit, note=f"not measured: {why}")
