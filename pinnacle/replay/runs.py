"""The runs that a journal tells of, from the records that stand around each (run_marks.py)."""

from dataclasses import dataclass, field

import numpy as np

from pinnacle.core.schema import EVENT, Flag, Kind, Source
from pinnacle.core.schema import role_of as source_role
from pinnacle.runtime.origin import Origin
from pinnacle.runtime.run_marks import RingPlace, origin_told

RingKey = tuple[bool, int]
Finding = dict[str, object]

_END_FLAG = np.uint8(Flag.BATCH_END)
_RING_ALONE = ("price", "quantity", "venue_ns", "instrument_id", "reason", "venue_id")
#: What no mark uses.
_UNUSED = {
    Kind.START: ("side", "instrument_id", "reason", "venue_id"),
    Kind.ATTACH: _RING_ALONE,
    Kind.DETACH: _RING_ALONE,
    Kind.END: (*_RING_ALONE, "aux", "side"),
}


def finding(journal: str, record: int, problem: str, detail: str) -> Finding:
    """Something that is not as it was written, named."""
    return {"journal": journal, "record": record, "problem": problem, "detail": detail}


@dataclass
class Run:
    """One run of a process: the records [start, stop) of its journal."""

    start: int
    stop: int
    epoch: int
    #: The records before it, as it found them; what lies between is what it completed.
    told: int
    recv_ns: int
    origin: Origin
    #: Where each ring was attached, and for a run that ended in order, where it was left.
    attached: dict[RingKey, RingPlace] = field(default_factory=dict)
    detached: dict[RingKey, RingPlace] = field(default_factory=dict)
    #: The first DETACH: its index and its time, which every mark of the end has.
    left: int = 0
    left_ns: int = 0
    ended: bool = False

    @property
    def marks_stop(self) -> int:
        """Where the next mark of its end stands, once the first is there."""
        return self.left + len(self.detached)


class Runs:
    """Takes a journal's marks in order; `found`, and what is wrong with them in `problems`."""

    def __init__(self, journal: str, source: int):
        self._journal = journal
        self._source = source
        #: A feed has no batches.
        self._batches = source_role(source) is not Source.FEED
        self.found: list[Run] = []
        self.problems: list[Finding] = []
        self._before = np.zeros(1, EVENT)[0]

    def take(self, index: int, rows: np.ndarray, marks: np.ndarray) -> None:
        """A chunk of the journal, and where its marks are."""
        for at in marks.tolist():
            row = rows[at]
            before = rows[at - 1] if at else self._before
            self._shape(index + at, row)
            if row["kind"] == Kind.START:
                self._start(index + at, row, before)
            elif self.found:
                self._mark(index + at, row, before)
        if len(rows):
            self._before = rows[-1].copy()

    def close(self, stop: int, last: np.void) -> None:
        """The journal ends here."""
        if not self.found or self.found[0].start:
            self._wrong(0, "start", "the journal does not begin with START")
        if self.found:
            self._stop(self.found[-1], stop, last)

    def _wrong(self, index: int, problem: str, detail: str) -> None:
        self.problems.append(finding(self._journal, index, problem, detail))

    def _shape(self, index: int, row: np.void) -> None:
        kind = Kind(int(row["kind"]))
        own = kind in (Kind.START, Kind.END) or row["side"]
        strange = any(row[name] for name in _UNUSED[kind]) or row["flags"] & ~_END_FLAG
        strange = strange or row["side"] > 1
        if strange or (own and row["source"] != self._source):
            self._wrong(index, "mark", f"no process writes {kind.name} so")

    def _start(self, index: int, row: np.void, before: np.void) -> None:
        told, epoch = int(row["aux"]), int(row["order_id"])
        if self.found:
            last = self.found[-1]
            self._stop(last, index, before)
            least = last.start + 1
        else:
            least = 0
        if epoch < 1:
            self._wrong(index, "start", f"epoch {epoch}")
        exact = not self.found or self.found[-1].ended or not self._batches
        if not (told == index if exact else least <= told <= index):
            self._wrong(index, "order", f"START at index {index} says {told}")
        if index and not _closed(before) and self._batches:
            self._wrong(index, "open", "START in the middle of a batch")
        origin = origin_told(row)
        self.found.append(Run(index, index, epoch, told, int(row["recv_ns"]), origin))

    def _mark(self, index: int, row: np.void, before: np.void) -> None:
        run, place = self.found[-1], RingPlace.of(row)
        key = (place.is_output, place.number)
        kind = row["kind"]
        if run.ended:
            self._wrong(index, "end", "a record behind END that begins no run")
        elif kind == Kind.ATTACH:
            in_place = index == run.start + 1 + len(run.attached)
            if not in_place or key in run.attached or row["recv_ns"] != run.recv_ns:
                self._wrong(index, "start", "an ATTACH that is not of the START before it")
            run.attached[key] = place
            last = self.found[-2] if len(self.found) > 1 else None
            # Segments that were made anew begin to count anew.
            same = last is not None and last.attached.get(key, place)[2] == place.created_ns
            if last is not None and same and run.epoch <= last.epoch:
                self._wrong(index, "start", f"epoch {run.epoch} follows {last.epoch}")
        elif kind == Kind.DETACH:
            if not run.detached:
                run.left, run.left_ns = index, int(row["recv_ns"])
                if not _closed(before) and self._batches:
                    self._wrong(index, "open", "the end in the middle of a batch")
            there = run.attached.get(key)
            if there is None or there.created_ns != place.created_ns or key in run.detached:
                self._wrong(index, "end", "a DETACH of no ring of this run")
            elif index != run.marks_stop or row["recv_ns"] != run.left_ns:
                self._wrong(index, "end", "a DETACH that does not follow the one before it")
            run.detached[key] = place
        else:
            run.ended, run.stop = True, index + 1
            whole = list(run.detached) == list(run.attached)
            whole = whole and (index == run.marks_stop or not run.detached)
            if not whole or row["order_id"] != run.epoch or row["recv_ns"] != run.left_ns:
                self._wrong(index, "end", "an END that does not close its run's rings")

    def _stop(self, run: Run, stop: int, last: np.void) -> None:
        if run.ended and last["kind"] != Kind.END:
            self._wrong(stop - 1, "end", "records behind END that begin no run")
        if run.detached and not run.ended and run.marks_stop != stop:
            # Killed among its marks; the next run closed them with a TIMER, as any batch.
            closed = run.marks_stop == stop - 1 and last["kind"] == Kind.TIMER
            if not closed:
                self._wrong(stop - 1, "end", "records behind a DETACH that begin no run")
        run.stop = stop


def _closed(row: np.void) -> bool:
    """Whether a record can be the last of a turn."""
    return bool(row["flags"] & (Flag.BATCH_END | Flag.DECISION))
