"""Both ends of every order and report ring, held against each other through the journals' cursors.

What the writer gave at cursor c is what the reader took at cursor c, to the byte: the ATTACH record
of each run says where it began, and every record that was given or taken is in a journal.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pinnacle.core.schema import EVENT, Flag, Kind
from pinnacle.replay.evidence import Evidence, is_decision
from pinnacle.replay.runs import Finding, RingKey, finding
from pinnacle.runtime.run_marks import MARKS, RingPlace
from pinnacle.runtime.topology import Ring

_JOURNAL_FLAGS = np.uint8(Flag.DECISION | Flag.BATCH_END)
#: A batch with which a process can end is not longer.
_CARRIED = 1 << 14


@dataclass
class Piece:
    """Neighbours in one ring: their words, comparable, and their indexes in a journal."""

    created_ns: int
    cursor: int
    words: np.ndarray
    indexes: np.ndarray

    def __len__(self) -> int:
        return len(self.indexes)

    def behind(self, n: int) -> "Piece":
        """Without the first n."""
        return Piece(self.created_ns, self.cursor + n, self.words[n:], self.indexes[n:])


def words_of(rows: np.ndarray) -> np.ndarray:
    """Records as they were in a ring, shape (n, 8) of uint64: without what a journal adds."""
    bare = rows.copy()
    bare["commit"] = 0
    bare["flags"] &= ~_JOURNAL_FLAGS
    return bare.view(np.uint64).reshape(-1, EVENT.itemsize // 8)


def neighbours(*columns: np.ndarray) -> Iterator[tuple[int, int]]:
    """[begin, end) of neighbours that are the same in every column."""
    if not len(columns[0]):
        return
    edges = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    cuts = (np.flatnonzero(edges) + 1).tolist()
    yield from zip([0, *cuts], [*cuts, len(columns[0])], strict=True)


def compare(ring: Ring, output: int, writer: Evidence, reader: Evidence) -> list[Finding]:
    """What was taken and never given, or otherwise; and cursors that do not add up.

    `output`: the ring's place among its writer's.
    """
    problems: list[Finding] = []
    given = _Given(ring, output, writer, problems).pieces()
    taken = _Taken(writer.source, reader, problems).pieces()
    name = f"{writer.name} to {reader.name}"
    ours = next(given, None)
    for theirs in taken:
        while len(theirs):
            while ours is not None and (not len(ours) or _before(ours, theirs)):
                ours = next(given, None)
            first = int(theirs.indexes[0])
            if ours is None or (ours.created_ns, ours.cursor) > (theirs.created_ns, theirs.cursor):
                detail = f"{name}: taken at cursor {theirs.cursor}, and never given"
                problems.append(finding(reader.name, first, "not given", detail))
                return problems
            ours = ours.behind(theirs.cursor - ours.cursor)
            n = min(len(ours), len(theirs))
            other = np.flatnonzero((ours.words[:n] != theirs.words[:n]).any(axis=1))
            if len(other):
                at = int(other[0])
                detail = f"{name}: cursor {theirs.cursor + at} was given as record "
                detail += f"{ours.indexes[at]} of {writer.name} and is another here"
                problems.append(finding(reader.name, int(theirs.indexes[at]), "altered", detail))
                return problems
            ours, theirs = ours.behind(n), theirs.behind(n)
    for _ in given:  # its cursors are looked at to the end
        pass
    return problems


def _before(ours: Piece, theirs: Piece) -> bool:
    end = (ours.created_ns, ours.cursor + len(ours))
    return end <= (theirs.created_ns, theirs.cursor)


class _End:
    """The records of one end of a ring, run by run, each with its cursor."""

    key: RingKey
    exact = True

    def __init__(self, journal: Evidence, stop: int, problems: list[Finding]):
        self._journal = journal
        self._stop = stop
        self._problems = problems

    def mask(self, rows: np.ndarray, index: int) -> np.ndarray:
        """Where a record went through this ring."""
        raise NotImplementedError

    def pieces(self, compared: bool = True) -> Iterator[Piece]:
        """All of them, if they are to be compared; what does not add up is a finding."""
        runs = self._journal.runs
        for i, run in enumerate(runs):
            place = run.attached.get(self.key)
            if place is None:
                # Killed while it said where it begins: it did nothing else.
                place = RingPlace(*self.key, 0, 0)
                if any(True for _ in self._run(run.start, run.stop, place, None, True)):
                    detail = "a run that did not attach the ring of its records"
                    self._problems.append(finding(self._journal.name, run.start, "start", detail))
                continue
            after = runs[i + 1].attached.get(self.key) if i + 1 < len(runs) else None
            after = run.detached.get(self.key) or after
            yield from self._run(run.start, run.stop, place, after, compared)

    def _run(
        self, start: int, stop: int, place: RingPlace, after: RingPlace | None, compared: bool
    ) -> Iterator[Piece]:
        cursor = place.cursor
        known = after is not None and after.created_ns == place.created_ns
        limit = after.cursor if after is not None and known else None
        for index, rows in self._journal.chunks(min(stop, self._stop), start):
            at = np.flatnonzero(self.mask(rows, index))
            if limit is not None and not self.exact:
                at = at[: max(limit - cursor, 0)]
            if len(at) and compared:
                yield Piece(place.created_ns, cursor, words_of(rows[at]), at + index)
            cursor += len(at)
        if limit is not None and cursor != limit:
            detail = f"cursor {limit} follows, but {cursor - place.cursor} records from cursor "
            detail += f"{place.cursor} make {cursor}"
            self._problems.append(finding(self._journal.name, stop - 1, "cursor", detail))


def check_cursors(reader: Evidence, writer: int) -> list[Finding]:
    """Whether a reader took as many records from a ring as its marks say."""
    problems: list[Finding] = []
    for _ in _Taken(writer, reader, problems).pieces(compared=False):
        pass
    return problems


class _Taken(_End):
    def __init__(self, writer: int, journal: Evidence, problems: list[Finding]):
        super().__init__(journal, journal.taken_stop, problems)
        self._source = writer
        self.key = (False, writer)

    def mask(self, rows: np.ndarray, index: int) -> np.ndarray:
        return taken_from(rows, self._source)


class _Given(_End):
    def __init__(self, ring: Ring, output: int, journal: Evidence, problems: list[Finding]):
        super().__init__(journal, journal.given_stop, problems)
        self.key = (True, output)
        self.exact = ring.resent
        assert ring.route is not None, "market data is compared otherwise"
        self._route = ring.route
        self._withheld = np.empty(0, np.int64)
        if not ring.resent:
            self._withheld, lost = withheld(journal)
            self._problems += lost

    def mask(self, rows: np.ndarray, index: int) -> np.ndarray:
        given = is_decision(rows) & self._route.wanted(rows)
        stayed = self._withheld[(self._withheld >= index) & (self._withheld < index + len(rows))]
        given[stayed - index] = False
        return given


def taken_from(rows: np.ndarray, source: int) -> np.ndarray:
    """Where a record came out of the ring of that writer."""
    return (rows["source"] == source) & ~is_decision(rows) & ~np.isin(rows["kind"], MARKS)


def withheld(gateway: Evidence) -> tuple[np.ndarray, list[Finding]]:
    """Decisions that the kill switch kept from the venue: each comes back as the gateway's own
    refusal in its next batch.
    """
    refusals = {int(Kind.REJECTED): Kind.NEW, int(Kind.REPLACE_REJECTED): Kind.REPLACE}
    found: list[int] = []
    problems: list[Finding] = []
    before = np.empty(0, EVENT)
    for index, rows in gateway.chunks(gateway.given_stop):
        own = (rows["source"] == gateway.source) & ~is_decision(rows)
        own &= np.isin(rows["kind"], list(refusals))
        if own.any():
            seen = np.concatenate([before, rows])
            base = index - len(before)
            decided = is_decision(seen)
            for at in np.flatnonzero(own).tolist():
                row, end = rows[at], index + at - base
                same = decided[:end] & (seen["order_id"][:end] == row["order_id"])
                same &= seen["kind"][:end] == refusals[int(row["kind"])]
                place = np.flatnonzero(same)
                if not len(place) or base + int(place[-1]) in found[-_CARRIED:]:
                    detail = "an order is said to be withheld that was not decided before"
                    problems.append(finding(gateway.name, index + at, "not given", detail))
                else:
                    found.append(base + int(place[-1]))
        before = np.concatenate([before, rows])[-_CARRIED:]
    return np.array(sorted(found), np.int64), problems
