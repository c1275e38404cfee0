"""The table that a run prints."""

from rich.console import Console
from rich.table import Table

from bench.harness.result import Result
from bench.harness.row import Row

COLUMNS = (
    "figure",
    "unit",
    "p50",
    "p99",
    "p99.9",
    "peer",
    "ratio",
    "target",
    "met",
    "instr",
    "change",
)


def show(result: Result, changes: dict[str, float]) -> None:
    machine = result.machine
    console = Console(width=None if Console().is_terminal else 190)
    console.print(
        f"{machine.cpu}, {machine.cores} cores, kernel {machine.kernel}, {machine.compiler}, "
        f"Python {machine.python}; {machine.pinning}; {machine.date}",
        highlight=False,
    )
    table = Table(box=None, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in ("figure", "unit", "peer") else "right")
    for row in result.rows:
        table.add_row(*_cells(row, changes.get(row.name)))
    console.print(table)
    for row in result.rows:
        if row.note:
            console.print(f"  {row.name}: {row.note}", highlight=False, style="dim")
    judged = [row for row in result.rows if row.met is not None]
    met = sum(1 for row in judged if row.met)
    console.print(f"{met} of {len(judged)} targets met", highlight=False)


def _cells(row: Row, change: float | None) -> list[str]:
    peer = "" if row.peer is None else f"{row.peer} {number(row.peer_value)}"
    verdict = {None: "", True: "yes", False: "[red]NO[/red]"}[row.met]
    return [
        row.name,
        row.unit,
        number(row.value if row.p50 is None else row.p50),
        number(row.p99),
        number(row.p99_9),
        peer,
        number(row.ratio),
        row.target or "",
        verdict,
        number(row.instructions),
        "" if change is None else f"{change:+.0%}",
    ]


def number(value: float | None) -> str:
    """Three figures, without an exponent."""
    if value is None:
        return ""
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 1 else f"{value:.3f}"
