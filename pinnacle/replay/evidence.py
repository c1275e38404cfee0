"""A session's journals as evidence: how many records of each count, and the runs that they tell of.

Journals may be written while they are read. A process journals before it gives and after it took:
so whoever took is read up to a moment before which everybody's journal was opened, and whoever gave
up to a moment after. What was taken by then is then always there as given.
"""

import fcntl
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pinnacle.core.errors import LayoutError, NativeError
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.origin import Origin
from pinnacle.core.run_marks import MARKS, RingPlace, origin_told
from pinnacle.core.schema import Flag, Kind, Reason

#: The journals of every session, in the order of the flow.
JOURNALLED = ("exchange", "feed", "strategy", "risk", "gateway")
Finding = dict[str, object]
RingKey = tuple[bool, int]


def finding(journal: str, record: int, problem: str, detail: str) -> Finding:
    """Something that is not as it was written, named."""
    return {"journal": journal, "record": record, "problem": problem, "detail": detail}


@dataclass
class Run:
    """One run of a process: the records [start, stop) of its journal."""

    start: int
    stop: int
    epoch: int
    told: int
    recv_ns: int
    origin: Origin
    #: Where each ring was attached, and for a run that ended in order, where it was left.
    attached: dict[RingKey, RingPlace] = field(default_factory=dict)
    detached: dict[RingKey, RingPlace] = field(default_factory=dict)
    ended: bool = False


class Evidence:
    """One journal, opened once; `runs` is found by `look`."""

    def __init__(self, name: str, directory: Path):
        self.name = name
        self.directory = directory
        self.reader = JournalReader(directory, damaged_ok=True)
        #: As one who took, and as one who gave.
        self.taken_stop = self.given_stop = len(self.reader)
        self.runs: list[Run] = []
        #: (recv_ns, whether it went in order) of each PEER_LOST, by the source that was lost.
        self.losses: dict[int, list[tuple[int, bool]]] = {}
        self.live = _is_written(directory)
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
        problems: list[Finding] = []
        for index, rows in self.chunks(self.given_stop):
            for at in np.flatnonzero(np.isin(rows["kind"], MARKS)).tolist():
                problems += self._mark(index + at, rows[at])
            for row in rows[rows["kind"] == Kind.PEER_LOST]:
                in_order = row["reason"] == Reason.SHUTDOWN
                seen = (int(row["recv_ns"]), bool(in_order))
                self.losses.setdefault(int(row["aux"]), []).append(seen)
        if self.runs:
            self.runs[-1].stop = self.given_stop
            problems += self._behind_the_end(self.runs[-1])
        if not self.runs or self.runs[0].start:
            problems.append(finding(self.name, 0, "start", "the journal does not begin with START"))
        return problems

    def chunks(self, stop: int, start: int = 0) -> Iterator[tuple[int, np.ndarray]]:
        """(index of the first, records) from `start` to `stop`."""
        for rows in self.reader.chunks(start, stop):
            yield start, rows
            start += len(rows)

    @property
    def ended(self) -> bool:
        """Whether its last run ended in order."""
        return bool(self.runs) and self.runs[-1].ended

    def _mark(self, index: int, row: np.void) -> list[Finding]:
        kind = row["kind"]
        if kind == Kind.START:
            return self._begin(index, row)
        if not self.runs:
            return []
        run, place = self.runs[-1], RingPlace.of(row)
        if run.ended:
            return [finding(self.name, index, "end", "a record behind END that begins no run")]
        if kind == Kind.END:
            run.ended, run.stop = True, index + 1
            if set(run.detached) != set(run.attached) or int(row["order_id"]) != run.epoch:
                return [finding(self.name, index, "end", "END does not close the run's rings")]
        elif kind == Kind.ATTACH:
            if index != run.start + 1 + len(run.attached):
                return [finding(self.name, index, "start", "ATTACH that does not follow START")]
            run.attached[place[:2]] = place
        else:
            run.detached[place[:2]] = place
        return []

    def _begin(self, index: int, row: np.void) -> list[Finding]:
        problems = []
        if self.runs:
            before = self.runs[-1]
            before.stop = index
            problems = self._behind_the_end(before)
        told = int(row["aux"])
        self.runs.append(
            Run(index, index, int(row["order_id"]), told, int(row["recv_ns"]), origin_told(row))
        )
        least = self.runs[-2].start + 1 if len(self.runs) > 1 else 0
        if not least <= told <= index:
            detail = f"START at index {index} says {told}"
            problems.append(finding(self.name, index, "order", detail))
        return problems

    def _behind_the_end(self, run: Run) -> list[Finding]:
        if not run.ended or self.reader[run.stop - 1]["kind"] == Kind.END:
            return []
        return [finding(self.name, run.stop - 1, "end", "records behind END that begin no run")]


def is_decision(rows: np.ndarray) -> np.ndarray:
    """Where a record is its owner's decision."""
    return (rows["flags"] & Flag.DECISION) != 0


def open_evidence(session: Path) -> tuple[dict[str, Evidence], list[Finding]]:
    """Every journal that can be read, and a finding for each that cannot."""
    opened: dict[str, Evidence] = {}
    problems: list[Finding] = []
    for name in JOURNALLED:
        try:
            opened[name] = Evidence(name, session / name)
        except (LayoutError, NativeError, OSError) as error:
            problem = "missing" if not (session / name).is_dir() else "unreadable"
            problems.append(finding(name, 0, problem, str(error)))
    for one in opened.values():
        one.go_on()
    for one in opened.values():
        problems += one.look()
    return opened, problems


def _is_written(directory: Path) -> bool:
    """Whether a process holds the journal's lock."""
    try:
        descriptor = os.open(directory / "lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
        told = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, asked)
        return struct.unpack("hhqqi4x", told)[0] != fcntl.F_UNLCK
    except OSError:
        return False
    finally:
        os.close(descriptor)
