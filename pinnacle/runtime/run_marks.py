"""The records that stand around a run of a process in its journal.

A run begins with START and one ATTACH a ring: who runs, from what it was made, and where in each
ring it begins. One that ends in order closes with one DETACH a ring, where it stopped there, and
END. What lies between two runs that have none of these ended by a kill.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pinnacle.core.errors import DataError
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.ring import RingWriter
from pinnacle.core.schema import EVENT, Flag, Kind
from pinnacle.runtime.origin import Origin
from pinnacle.runtime.stage import Input, Stage

#: Kinds that mark runs: no input that anybody sent, and no decision.
MARKS = (Kind.START, Kind.ATTACH, Kind.DETACH, Kind.END)
#: Those of an orderly end, on which nobody decides.
END_KINDS = (Kind.DETACH, Kind.END)
_CURSOR_BITS = 56


class RingPlace(NamedTuple):
    """One end of a ring as an ATTACH or DETACH tells of it.

    `number`: of an input the source of its writer, of an output its place among the outputs.
    """

    is_output: bool
    number: int
    created_ns: int
    cursor: int

    @classmethod
    def of(cls, row: np.void) -> "RingPlace":
        is_output = bool(row["side"])
        aux = int(row["aux"])
        number = aux >> _CURSOR_BITS if is_output else int(row["source"])
        return cls(is_output, number, int(row["order_id"]), aux & (1 << _CURSOR_BITS) - 1)


def places(inputs: Iterable[Input], outputs: Iterable[RingWriter]) -> list[RingPlace]:
    """Where each ring stands now."""
    found = [
        RingPlace(False, given.source, given.ring.segment.created_ns, given.ring.cursor)
        for given in inputs
    ]
    for i, ring in enumerate(outputs):
        found.append(RingPlace(True, i, ring.segment.created_ns, ring.cursor))
    return found


def stage_places(stage: Stage) -> list[RingPlace]:
    """Where a stage's rings stand now."""
    return places(stage.inputs, (output.ring for output in stage.outputs))


def start_records(
    source: int,
    epoch: int,
    clock_ns: int,
    journal_index: int,
    origin: Origin,
    rings: list[RingPlace],
) -> np.ndarray:
    """START and its ATTACH records, one batch of the log."""
    rows = _rows(source, clock_ns, len(rings) + 1)
    start = rows[0]
    start["kind"] = Kind.START
    start["order_id"] = epoch
    start["aux"] = journal_index
    start["price"], start["quantity"], start["venue_ns"] = origin
    _tell(rows[1:], Kind.ATTACH, rings)
    return rows


def end_records(source: int, epoch: int, clock_ns: int, rings: list[RingPlace]) -> np.ndarray:
    """The DETACH records and END, one batch of the log that does not move its clock."""
    rows = _rows(source, clock_ns, len(rings) + 1)
    _tell(rows[:-1], Kind.DETACH, rings)
    rows[-1]["kind"] = Kind.END
    rows[-1]["order_id"] = epoch
    return rows


def origin_told(start: np.void) -> Origin:
    """From what the run was made that a START record begins; zeroes in a journal from before."""
    return Origin(int(start["price"]), int(start["quantity"]), int(start["venue_ns"]))


def first_start(reader: JournalReader) -> np.ndarray:
    """A journal's first record if it is a START, shape (1,); else none, shape (0,)."""
    first = next(reader.chunks(0, 1), np.empty(0, EVENT))
    return first[first["kind"] == Kind.START]


def refuse_others(
    starts: np.ndarray, journal: Path, here: Origin, places: Mapping[str, object]
) -> None:
    """DataError if somebody changed what a run was made from since it wrote its START record.

    By name of the part, `places` says where each that counts stands. Of what another build wrote
    nobody can tell, for it may say the same in other words: `verify --other-build` tells whether
    it comes to the same.
    """
    for start in starts:
        told = origin_told(start)
        changed = here.differing(told) if told.build == here.build else []
        for place in (places[part] for part in changed if part in places):
            raise DataError(
                f"{place}: not what {journal} was written with; restore it "
                "(pinnacle-replay verify tells what else was changed)"
            )


def _rows(source: int, recv_ns: int, n: int) -> np.ndarray:
    rows = np.zeros(n, EVENT)
    rows["recv_ns"] = recv_ns
    rows["source"] = source
    rows[-1]["flags"] = Flag.BATCH_END
    return rows


def _tell(rows: np.ndarray, kind: Kind, rings: list[RingPlace]) -> None:
    for row, place in zip(rows, rings, strict=True):
        row["kind"] = kind
        row["side"] = place.is_output
        row["order_id"] = place.created_ns
        row["aux"] = place.cursor
        if place.is_output:
            row["aux"] |= place.number << _CURSOR_BITS
        else:
            row["source"] = place.number
