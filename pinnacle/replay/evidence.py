"""A session's journals as evidence: how many records of each count, and the runs that they tell of.

Journals may be written while they are read. A process journals before it gives and after it took:
so whoever took is read up to a moment before which everybody's journal was opened, and whoever gave
up to a moment after. What was taken by then is then always there as given.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from pinnacle.core.errors import LayoutError, NativeError, is_shortage
from pinnacle.core.journal_reader import JournalReader, is_written
from pinnacle.core.schema import Flag, Kind, Reason
from pinnacle.replay.runs import Finding, Run, Runs, finding
from pinnacle.runtime.run_marks import MARKS
from pinnacle.runtime.topology import Process


class Evidence:
    """One journal, opened once; `runs` is found by `look`."""

    def __init__(self, process: Process, directory: Path):
        self.name, self.role, self.source = process.name, process.role, process.source
        self.directory = directory
        self.reader = JournalReader(directory, damaged_ok=True)
        #: As one who took, and as one who gave.
        self.taken_stop = self.given_stop = len(self.reader)
        self.runs: list[Run] = []
        #: (recv_ns, whether it went in order) of each PEER_LOST, by the source that was lost.
        self.losses: dict[int, list[tuple[int, bool]]] = {}
        self.live = is_written(directory)
        self.last_ns = int(self.reader[-1]["recv_ns"]) if len(self.reader) else 0

    def go_on(self) -> None:
        """Take in what was written since all were opened."""
        if not self.reader.report.corrupt and self.reader.refresh():
            self.live = True
        self.given_stop = len(self.reader)

    def look(self) -> list[Finding]:
        """Find the runs; what is not as a process writes them is in the findings."""
        if not self.given_stop:
            return [finding(self.name, 0, "empty", "no record: every run begins with START")]
        runs = Runs(self.name, self.source)
        for index, rows in self.chunks(self.given_stop):
            runs.take(index, rows, np.flatnonzero(np.isin(rows["kind"], MARKS)))
            for row in rows[rows["kind"] == Kind.PEER_LOST]:
                seen = (int(row["recv_ns"]), bool(row["reason"] == Reason.SHUTDOWN))
                self.losses.setdefault(int(row["aux"]), []).append(seen)
        runs.close(self.given_stop, self.reader[self.given_stop - 1])
        self.runs = runs.found
        return runs.problems

    def chunks(self, stop: int, start: int = 0) -> Iterator[tuple[int, np.ndarray]]:
        """(index of the first, records) from `start` to `stop`."""
        for rows in self.reader.chunks(start, stop):
            yield start, rows
            start += len(rows)

    @property
    def ended(self) -> bool:
        """Whether its last run ended in order."""
        return bool(self.runs) and self.runs[-1].ended


def is_decision(rows: np.ndarray) -> np.ndarray:
    """Where a record is its owner's decision."""
    return (rows["flags"] & Flag.DECISION) != 0


def open_evidence(
    session: Path, processes: Iterable[Process]
) -> tuple[dict[str, Evidence], list[Finding]]:
    """The journal of each process if it can be read, and a finding if it cannot."""
    opened: dict[str, Evidence] = {}
    problems: list[Finding] = []
    for process in processes:
        name = process.name
        try:
            opened[name] = Evidence(process, session / name)
        except (LayoutError, NativeError, OSError) as error:
            if is_shortage(error):
                raise
            problem = "missing" if not (session / name).is_dir() else "unreadable"
            problems.append(finding(name, 0, problem, str(error)))
    for one in opened.values():
        one.go_on()
    for one in opened.values():
        problems += one.look()
    return opened, problems
