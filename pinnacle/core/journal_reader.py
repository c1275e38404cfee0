"""What a journal's directory holds: a scan of it, and a reader that maps it without copying.

The format and its promises are in csrc/journal/journal.h and docs/journal-format.md.
"""

import bisect
import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, Self

import msgspec
import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import (
    CorruptError,
    DataError,
    NativeError,
    UnreadableError,
    check,
    is_shortage,
)
from pinnacle.core.kept import open_kept
from pinnacle.core.schema import EVENT, dtype_of, events_pointer

HEADER = dtype_of(ffi.typeof("struct pmm_journal_header"))
RECORDS_MAX = lib.PMM_JOURNAL_RECORDS_MAX
HEADER_BYTES = lib.PMM_JOURNAL_HEADER_BYTES
CHUNK_RECORDS = 1 << 16
MAPS_MAX = 16


class JournalReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan of a journal's directory found; the fields of struct pmm_journal_report."""

    files: int
    records: int
    unread: int
    bytes: int
    torn_bytes: int
    missing_bytes: int
    excess_bytes: int
    bad_record: int
    bad_file: int
    bad_offset: int
    later_valid: int
    identity: int
    first_ns: int
    last_ns: int
    corrupt: bool
    source: int

    @property
    def place(self) -> str:
        """Where the damage is, for a message."""
        too_long = f" ({self.excess_bytes} bytes too long)" if self.excess_bytes else ""
        return _place(self.bad_file, self.bad_record, self.bad_offset) + too_long

    @classmethod
    def of(cls, cdata: Any) -> Self:
        """What a struct pmm_journal_report says."""
        fields = {name: getattr(cdata, name) for name in cls.__struct_fields__}
        return cls(**fields | {"corrupt": bool(cdata.corrupt)})


_UNREADABLE = {errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENOTDIR, errno.EISDIR}


def _place(file_index: int, record: int, offset: int) -> str:
    return f"{file_name(file_index)}, record {record}, byte {offset}"


def file_name(file_index: int) -> str:
    """The name of a journal's file."""
    return f"{file_index:06d}.pmj"


def is_written(directory: Path) -> bool:
    """Whether a process holds the journal's lock."""
    try:
        descriptor = os.open(directory / "lock", os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        if is_shortage(error):
            raise
        return False
    try:
        asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
        told = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, asked)
        return struct.unpack("hhqqi4x", told)[0] != fcntl.F_UNLCK
    except OSError:
        return False
    finally:
        os.close(descriptor)


def scan(directory: str | Path, *, end_only: bool = False) -> JournalReport:
    """Read a journal's directory through without changing it; damage is in the report.

    With `end_only` in a time that does not grow with the journal's age: of all but the newest files
    headers, lengths and last records alone, and the report says how many records are `unread`.

    Raises LayoutError (not a journal, or another version), UnreadableError (no journal there, or
    it may not be read) and NativeError (the system failed).
    """
    report = ffi.new("struct pmm_journal_report *")
    look = lib.pmm_journal_scan_end if end_only else lib.pmm_journal_scan
    try:
        check(look(os.fsencode(directory), report), directory)
    except NativeError as error:
        number = ffi.errno if error.code == lib.PMM_ERR_SYSTEM else 0
        if error.code == lib.PMM_ERR_NOT_FOUND:
            text = f"{directory}: no journal: no {file_name(0)} in it"
        elif number in _UNREADABLE:
            text = str(error)
        else:
            raise  # the system's trouble, not the journal's
        raise UnreadableError(error.code, text) from None
    return JournalReport.of(report)


class JournalReader:
    """A journal's committed records, by index, as views of its mapped files: nothing is copied.

    Works on a finished journal and on one that is being written: `refresh` takes in what was
    committed since. What `scan` raises, and for a damaged journal CorruptError unless `damaged_ok`,
    which gives the records before the damage. Views are read-only, shape (n,), dtype EVENT.

    `report` is a scan's that was made already: the directory is not read through once more.
    """

    def __init__(
        self,
        directory: str | Path,
        damaged_ok: bool = False,
        report: JournalReport | None = None,
    ):
        self.directory = Path(directory)
        self.report = report or scan(directory)
        #: Records that `checked` has looked at.
        self.looked_at = 0
        if self.report.corrupt and not damaged_ok:
            raise CorruptError(
                lib.PMM_ERR_CORRUPT,
                f"{self.directory}: damaged at {self.report.place}; "
                f"{self.report.records} records before it are good",
            )
        self._count = self.report.records
        self._firsts: list[int] = []
        self._sizes: list[int] = []
        self._maps: dict[int, np.ndarray] = {}
        self._check = lib.pmm_journal_check
        self.identity = self.report.identity
        self.source = self.report.source
        self._seen = 0

    def __len__(self) -> int:
        """Committed records as of the last refresh."""
        return self._count

    @property
    def name(self) -> str:
        """The session's name, as the first file's header has it. DataError if it is cut."""
        header = read_header(self.directory / file_name(0))
        return header["name"].decode(errors="replace")

    def _load_headers(self, file_index: int) -> bool:
        """Know the files up to file_index; False if that one is not there yet."""
        while len(self._firsts) <= file_index:
            path = self.directory / file_name(len(self._firsts))
            if not path.exists():
                return False
            header = read_header(path)
            self._firsts.append(int(header["first_record"]))
            self._sizes.append(int(header["capacity"]))
        return True

    def _file_of(self, index: int) -> int:
        while not self._firsts or index >= self._firsts[-1] + self._sizes[-1]:
            if not self._load_headers(len(self._firsts)):
                raise IndexError(index)
        return bisect.bisect_right(self._firsts, index) - 1

    def locate(self, index: int) -> tuple[int, int]:
        """The file that an index falls into, and its slot there; IndexError past the files."""
        file_index = self._file_of(index)
        return file_index, index - self._firsts[file_index]

    def _records(self, file_index: int) -> np.ndarray:
        """Every slot of a file, committed or not."""
        found = self._maps.get(file_index)
        if found is None:
            while len(self._maps) >= MAPS_MAX:
                del self._maps[next(iter(self._maps))]
            found = map_records(self.directory / file_name(file_index), self._sizes[file_index])
            self._maps[file_index] = found
        return found

    def chunks(
        self, start: int = 0, stop: int | None = None, size: int = CHUNK_RECORDS
    ) -> Iterator[np.ndarray]:
        """The records [start, stop) in order, in views of at most `size`; none spans two files."""
        stop = self._count if stop is None else min(stop, self._count)
        while start < stop:
            file_index = self._file_of(start)
            first = self._firsts[file_index]
            end = min(stop, start + size, first + self._sizes[file_index])
            yield self._records(file_index)[start - first : end - first]
            start = end

    def checked(self, start: int = 0, size: int = CHUNK_RECORDS) -> Iterator[np.ndarray]:
        """As `chunks` to the end; CorruptError before damage that the scan left unread."""
        for chunk in self.chunks(start, size=size):
            n = min(len(chunk), self.report.unread - start)
            if n > 0:
                self.looked_at += n
                good = self._check(events_pointer(chunk), n, self.identity, start)
                if good < n:
                    self._refuse(start + good)
            yield chunk
            start += len(chunk)

    def _refuse(self, index: int) -> NoReturn:
        file_index, slot = self.locate(index)
        place = _place(file_index, index, HEADER_BYTES + slot * EVENT.itemsize)
        raise CorruptError(lib.PMM_ERR_CORRUPT, f"{self.directory}: damaged at {place}")

    def __getitem__(self, index: int) -> np.void:
        """One record, as a view; negative indexes count from the end."""
        if index < 0:
            index += self._count
        if not 0 <= index < self._count:
            raise IndexError(f"{self.directory}: record {index} of {self._count}")
        file_index, slot = self.locate(index)
        return self._records(file_index)[slot]

    def array(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """The records [start, stop) as one array: a view if one file holds them, else a copy."""
        parts = list(self.chunks(start, stop, RECORDS_MAX))
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else np.empty(0, EVENT)

    def refresh(self) -> int:
        """Take in what was committed since; returns the number of new records."""
        before = self._count
        while True:
            try:
                file_index = self._file_of(self._count)
            except IndexError:
                break
            at = self._count - self._firsts[file_index]
            slots = self._records(file_index)[at:]
            good = self._check(events_pointer(slots), len(slots), self.identity, self._count)
            self._count += good
            if good < len(slots) or not len(slots):
                break
        return self._count - before

    def follow(self) -> Iterator[np.ndarray]:
        """The records since the last call (all, the first time), and no waiting for more."""
        self.refresh()
        start, self._seen = self._seen, self._count
        return self.chunks(start, self._count)

    def find_time(self, recv_ns: int) -> int:
        """The index of the first record at or after a time, by bisection.

        Exact where recv_ns never decreases. A process stamps what it makes itself, so neighbours
        in a journal can be out of order by the time that a record spent in a ring; a caller to
        whom that matters searches a little earlier and filters.
        """
        return bisect.bisect_left(
            range(self._count), recv_ns, key=lambda i: int(self[i]["recv_ns"])
        )


def read_header(path: Path) -> np.void:
    """The header of a journal's file. DataError if the file is shorter."""
    with open_kept(path) as file:
        page = file.read(HEADER.itemsize)
    if len(page) < HEADER.itemsize:
        raise DataError(f"{path}: shorter than a journal's header")
    return np.frombuffer(page, HEADER)[0]


def map_records(path: Path, capacity: int) -> np.ndarray:
    """The slots of a journal's file, mapped to read: shape (capacity,), fewer if it was cut."""
    there = max(0, path.stat().st_size - HEADER_BYTES) // EVENT.itemsize
    n = min(capacity, there)
    if n == 0:
        return np.empty(0, EVENT)
    return np.asarray(np.memmap(path, dtype=EVENT, mode="r", offset=HEADER_BYTES, shape=(n,)))
