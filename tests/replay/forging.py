"""Forged sessions: a real one with journals written anew, every CRC as it should be."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pinnacle.core.journal import Journal, Sync
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import JOURNALLED, SessionPaths
from pinnacle.core.schema import EVENT, Source
from pinnacle.replay.verify import Verification, verify_session


class Forged:
    """A session's folder whose journals are those of `original` until they are changed."""

    def __init__(self, original: Path, folder: Path):
        folder.mkdir()
        self.folder = folder
        for name in ("config.toml", "instruments.json"):
            shutil.copy(original / name, folder / name)
        for name in JOURNALLED:
            (folder / name).symlink_to(original / name)

    def rows(self, journal: str) -> np.ndarray:
        """A copy of a journal's records."""
        parts = [chunk.copy() for chunk in JournalReader(self.folder / journal).chunks()]
        return np.concatenate(parts) if parts else np.empty(0, EVENT)

    def write(self, journal: str, rows: np.ndarray) -> None:
        """Another journal in its place, of the same session and source."""
        name = JournalReader(self.folder / journal).name
        self.remove(journal)
        directory, source = self.folder / journal, Source[journal.upper()]
        with Journal.open(directory, name, source, len(rows) + 64, Sync.NONE) as made:
            if len(rows):
                made.append_array(np.ascontiguousarray(rows))

    def change(self, journal: str, how: Callable[[np.ndarray], np.ndarray | None]) -> None:
        """Change the records in place, or give others back."""
        rows = self.rows(journal)
        before = rows.tobytes()
        other = how(rows)
        changed = rows if other is None else other
        assert changed.tobytes() != before, f"nothing of {journal} was forged"
        self.write(journal, changed)

    def remove(self, journal: str) -> None:
        path = self.folder / journal
        path.unlink() if path.is_symlink() else shutil.rmtree(path)

    def own(self, journal: str) -> Path:
        """A copy of a journal's files, to change their bytes; the first of them."""
        original = (self.folder / journal).resolve()
        self.remove(journal)
        shutil.copytree(original, self.folder / journal)
        return self.folder / journal / "000000.pmj"

    def verify(self, *, other_build: bool = False) -> Verification:
        return verify_session(SessionPaths(Path(), self.folder), other_build=other_build)


def said(found: Verification) -> str:
    """Everything that a verification names, a line each."""
    rows = [*found.findings, *found.damage, *found.differences]
    return "\n".join(" ".join(str(value) for value in row.values()) for row in rows)
