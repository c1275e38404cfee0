"""Copies of the C sources with one thing broken, to see that a test finds it."""

import shutil
from pathlib import Path

CSRC = Path(__file__).resolve().parents[2] / "csrc"


def without(folder: Path, name: str, line: str, instead: str) -> Path:
    """A copy of csrc in folder in which one line of one file is another."""
    sources = folder / "csrc"
    shutil.copytree(CSRC, sources)
    text = (sources / name).read_text()
    assert text.count(line) == 1, f"{name} has changed: {line}"
    (sources / name).write_text(text.replace(line, instead))
    return sources
