"""Which records of a journal a reader wants, as masks over chunks."""

from collections.abc import Iterator

import msgspec
import numpy as np

from pinnacle.core.errors import UsageError
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.schema import Class, Flag, Kind, is_of

# Records in a journal are in the order in which the process took them in, and so their times can
# step back by what a record spent on its way: a search by time begins and ends this much wider.
SLACK_NS = 1_000_000_000


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What to keep; None means any. Times are recv_ns, `to_ns` inclusive."""

    kinds: frozenset[int] | None = None
    instrument_id: int | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    order_id: int | None = None
    decisions: bool | None = None

    def mask(self, records: np.ndarray) -> np.ndarray:
        """True where a record is kept: shape (n,) of bool."""
        keep = np.ones(len(records), dtype=bool)
        if self.kinds is not None:
            keep &= np.isin(records["kind"], list(self.kinds))
        if self.instrument_id is not None:
            keep &= records["instrument_id"] == self.instrument_id
        if self.from_ns is not None:
            keep &= records["recv_ns"] >= self.from_ns
        if self.to_ns is not None:
            keep &= records["recv_ns"] <= self.to_ns
        if self.order_id is not None:
            keep &= (records["order_id"] == np.uint64(self.order_id)) & _names_an_order(records)
        if self.decisions is not None:
            keep &= ((records["flags"] & Flag.DECISION) != 0) == self.decisions
        return keep

    def bounds(self, reader: JournalReader) -> tuple[int, int]:
        """Indexes [start, stop) outside of which nothing is kept."""
        start = 0 if self.from_ns is None else reader.find_time(self.from_ns - SLACK_NS)
        stop = len(reader) if self.to_ns is None else reader.find_time(self.to_ns + SLACK_NS + 1)
        return start, stop

    def chunks(self, reader: JournalReader) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """(index of the chunk's first record, chunk, positions kept in it), in order."""
        index, stop = self.bounds(reader)
        for chunk in reader.chunks(index, stop):
            yield index, chunk, np.flatnonzero(self.mask(chunk))
            index += len(chunk)


def _names_an_order(records: np.ndarray) -> np.ndarray:
    """Where order_id is a client order id: the kinds of orders and of reports."""
    return is_of(records, Class.ORDER, Class.REPORT)


def parse_kinds(text: str) -> frozenset[int]:
    """Kinds by name, separated by commas, in any case; UsageError lists the names."""
    found = set()
    for name in text.split(","):
        kind = Kind.__members__.get(name.strip().upper().replace("-", "_"))
        if kind is None:
            names = ", ".join(member.name.lower() for member in sorted(Kind))
            raise UsageError(f"no kind {name!r}; there are: {names}")
        found.add(int(kind))
    return frozenset(found)
