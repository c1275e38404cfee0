"""The results as one picture: how far each figure is from what it must reach."""

import math
from html import escape
from pathlib import Path

from bench.harness.result import Result
from bench.harness.row import Row
from bench.harness.table import number

WIDTH, LEFT, RIGHT, LINE, TOP = 1000, 350, 280, 22, 64
#: The picture shows a hundredth of a target to a hundred times it.
DECADES = 2
GOOD, BAD, TEXT, FAINT = "#2f8f5b", "#c2453d", "#26323b", "#8a969f"


def _margin(row: Row) -> float | None:
    """How many times better than its target a row is: above 1 it is met."""
    words = (row.target or "").split()
    if len(words) < 2 or not row.value:
        return None
    bound = float(words[1])
    if "x" not in words[2:]:
        got = row.value
    elif "better" in words and row.better == "less":
        got = 1 / row.ratio if row.ratio else 0
    else:
        got = row.ratio or 0
    if not got or not bound:
        return None
    return got / bound if words[0] == ">=" else bound / got


def draw(result: Result, path: Path) -> None:
    """Write an SVG: a bar a judged row, to the right of the middle where the target is met."""
    judged = [(row, margin) for row in result.rows if (margin := _margin(row)) is not None]
    height = TOP + LINE * len(judged) + 40
    middle = LEFT + (WIDTH - LEFT - RIGHT) / 2
    machine = result.machine
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="system-ui,sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(16, 26, "Pinnacle's figures against their targets", TEXT, size=17),
        _text(16, 46, f"{machine.cpu}, {machine.cores} cores, {machine.date[:10]}", FAINT),
    ]
    for decade in range(-DECADES, DECADES + 1):
        x = _place(10.0**decade, middle)
        colour = TEXT if decade == 0 else "#e3e8eb"
        parts.append(f'<path d="M{x:.1f} {TOP - 8}V{height - 34}" stroke="{colour}"/>')
        label = "target" if decade == 0 else f"{10.0**decade:g} x"
        parts.append(_text(x, height - 18, label, FAINT, anchor="middle"))
    for i, (row, margin) in enumerate(judged):
        parts += _bar(row, margin, TOP + i * LINE, middle)
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _bar(row: Row, margin: float, y: float, middle: float) -> list[str]:
    x = _place(margin, middle)
    left, width = min(x, middle), max(abs(x - middle), 1)
    colour = GOOD if row.met else BAD
    said = f"{number(row.value)} {row.unit}  ({row.target})"
    return [
        _text(LEFT - 8, y + 13, row.name, TEXT, anchor="end"),
        f'<rect x="{left:.1f}" y="{y + 3}" width="{width:.1f}" height="{LINE - 8}" '
        f'fill="{colour}"/>',
        _text(WIDTH - RIGHT + 10, y + 13, said, TEXT),
    ]


def _place(margin: float, middle: float) -> float:
    decades = max(-DECADES, min(DECADES, math.log10(margin)))
    return middle + decades / DECADES * (WIDTH - LEFT - RIGHT) / 2


def _text(
    x: float, y: float, words: str, colour: str, anchor: str = "start", size: int = 12
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" '
        f'font-size="{size}">{escape(words)}</text>'
    )
