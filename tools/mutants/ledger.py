"""What is known of mutants: verdicts of earlier runs, and the reviewed list of equivalent ones."""

import hashlib
import json
import threading
import tomllib
from pathlib import Path

from tools.mutants.source import Mutant
from tools.mutants.workshop import Verdict

FIELDS = ("file", "function", "before", "after")


class StaleError(RuntimeError):
    """The reviewed list names a mutant that is not there any more."""


def equivalents(path: Path, every: list[Mutant]) -> dict[tuple[str, str, str, str, int], str]:
    """key: reason. StaleError if an entry is not of exactly one mutant of today's source."""
    keys, found, stale = {mutant.key for mutant in every}, {}, []
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", []):
        key = (*(entry[field] for field in FIELDS), entry.get("occurrence", 1))
        if not entry["reason"].strip() or key not in keys or key in found:
            stale.append(f"{entry['file']} {entry['function']}: {entry['before']}")
        found[key] = entry["reason"]
    if stale:
        raise StaleError(
            f"{path.name}: no such mutant, or without a reason:\n  " + "\n  ".join(stale)
        )
    return found


class Ledger:
    """Verdicts by what was judged. They last while the mutant's file is what it was, a header's
    while all of csrc is; that a mutant survived, while no test and no helper of tests changes."""

    def __init__(self, path: Path, root: Path):
        self._path, self._root = path, root
        self._known: dict[str, str] = (
            json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        )
        self._digests: dict[str, str] = {}
        self._writing = threading.Lock()

    def _digest(self, name: str) -> str:
        if name not in self._digests:
            path, digest = self._root / name, hashlib.sha256()
            for file in sorted(path.rglob("*.[pch]*")) if path.is_dir() else [path]:
                if file.is_file() and file.suffix != ".pyc":
                    digest.update(file.read_bytes())
            self._digests[name] = digest.hexdigest()
        return self._digests[name]

    def _name(self, mutant: Mutant, *more: str) -> str:
        source = "csrc" if mutant.file.endswith(".h") else mutant.file
        parts = [*map(str, mutant.key), self._digest(source), *map(self._digest, more)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

    def get(self, mutant: Mutant) -> Verdict | None:
        for name in (self._name(mutant), self._name(mutant, "tests")):
            if name in self._known:
                return Verdict(self._known[name])
        return None

    def put(self, mutant: Mutant, verdict: Verdict) -> None:
        survived = verdict == Verdict.SURVIVED
        name = self._name(mutant, "tests") if survived else self._name(mutant)
        with self._writing:
            self._known[name] = str(verdict)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            making = self._path.with_suffix(".making")
            making.write_text(json.dumps(self._known, indent=0), encoding="utf-8")
            making.rename(self._path)
