"""Copies of the C sources with one thing broken, to see that a test finds it."""

import shutil
from pathlib import Path

from tests.c.sources import CSRC


class StalePatch(LookupError):
    """The source is not what the patch was written for: nothing was broken, so nothing is shown."""


def without(folder: Path, name: str, line: str, instead: str) -> Path:
    """A copy of csrc in folder in which one line of one file is another; StalePatch."""
    tree = folder / "csrc"
    shutil.copytree(CSRC, tree)
    (path,) = tree.glob(f"*/{name}")
    text = path.read_text(encoding="utf-8")
    if text.count(line) != 1 or line == instead:
        raise StalePatch(
            f"{name}: the line must stand there once, not {text.count(line)} times: {line}"
        )
    path.write_text(text.replace(line, instead), encoding="utf-8")
    return tree
