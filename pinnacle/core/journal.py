"""A process's journal: the writer's handle. For reading see pinnacle.core.journal_reader.

The format and its promises are in csrc/journal/journal.h and docs/journal-format.md.
"""

import os
from pathlib import Path
from typing import Any, Self

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import Sync as Sync
from pinnacle.core.errors import CorruptError, DataError, NativeError, check
from pinnacle.core.journal_reader import HEADER_BYTES, JournalReader, JournalReport, file_name, scan
from pinnacle.core.schema import EVENT, Source, events_pointer

RECORDS_MIN = lib.PMM_JOURNAL_RECORDS_MIN
RECORDS_MAX = lib.PMM_JOURNAL_RECORDS_MAX
RECORDS_PER_FILE = 1 << 18


class Journal:
    """The one writer of a journal. Not thread-safe; close it, or use it as a context manager.

    `cdata` is its struct pmm_journal *, for C code that appends.
    """

    def __init__(self, handle: Any, directory: Path):
        self.directory = directory
        self.cdata = handle
        self._append = lib.pmm_journal_append
        self._prepare = lib.pmm_journal_prepare

    @classmethod
    def open(
        cls,
        directory: str | Path,
        name: str,
        source: int,
        records_per_file: int = RECORDS_PER_FILE,
        sync: int = Sync.INTERVAL,
        interval_ns: int = 100_000_000,
    ) -> Self:
        """Make the journal or recover it, and own it until `close`.

        `name` is the session's, at most 31 bytes; `records_per_file` holds for new files.
        Raises OwnedError, CorruptError (with the place), LayoutError, and NativeError for what
        the system refuses (text of errno) or a bad argument.
        """
        directory = Path(directory)
        handle = ffi.new("struct pmm_journal *")
        code = lib.pmm_journal_open(
            handle,
            os.fsencode(directory),
            name.encode(),
            source,
            records_per_file,
            sync,
            interval_ns,
        )
        if code == lib.PMM_ERR_CORRUPT:
            place = JournalReport.of(handle.found).place
            raise CorruptError(code, f"{directory}: damaged before later valid data: {place}")
        if code == lib.PMM_ERR_ARGUMENT:
            raise NativeError(code, _explain_argument(directory, name, source, records_per_file))
        check(code, directory)
        return cls(ffi.gc(handle, lib.pmm_journal_close), directory)

    def keep(self) -> None:
        """Start the thread that makes files ahead of need and syncs by the policy, until `close`.

        It runs where the calling thread may run.
        """
        check(lib.pmm_journal_keep(self.cdata), self.directory)

    def append(self, cdata: Any, n: int) -> int:
        """Append n records of a struct pmm_event *; returns n. NativeError ends the journal."""
        done = self._append(self.cdata, cdata, n)
        return done if done >= 0 else check(done, self.place)

    def append_array(self, events: np.ndarray) -> int:
        """Append a contiguous EVENT array of shape (n,)."""
        return self.append(events_pointer(events), len(events))

    def prepare(self, monotonic_ns: int) -> bool:
        """One step of what a keeper does, for a journal that has none; whether there is more."""
        code = self._prepare(self.cdata, monotonic_ns)
        return code > 0 if code >= 0 else bool(check(code, self.place))

    def check(self, code: int, what: object) -> int:
        """`code` if it is not negative; else its exception, about this journal if it has failed."""
        return code if code >= 0 else check(code, self.place if self.failed else what)

    def raise_if_failed(self) -> None:
        """NativeError if its keeper met what ends the journal: an idle process does not append."""
        if self.failed:
            raise NativeError(lib.PMM_ERR_SYSTEM, f"{self.place}: {os.strerror(self.failed)}")

    @property
    def wanting(self) -> str:
        """Why there is no next file yet; nothing as long as there is one or it is being made."""
        reason = self.cdata.wanting
        if not reason:
            return ""
        return f"{self.directory / file_name(self.cdata.file_index + 1)}: {os.strerror(reason)}"

    @property
    def place(self) -> Path:
        """What a failure is about: the file of the failed journal, or the directory."""
        return self.directory / file_name(self.cdata.failed_file) if self.failed else self.directory

    def sync(self) -> None:
        """Return when everything appended is on disk. NativeError ends the journal."""
        check(lib.pmm_journal_sync(self.cdata), self.place)

    def close(self) -> None:
        """Sync, unless the policy is NONE, and drop the lock. Safe to call twice."""
        lib.pmm_journal_close(self.cdata)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def count(self) -> int:
        """Records in the journal: the index of the next one."""
        return self.cdata.count

    @property
    def synced(self) -> int:
        """Records known to be on disk."""
        return self.cdata.synced

    @property
    def file_bytes(self) -> int:
        """What its next file takes of the disk."""
        return HEADER_BYTES + self.cdata.records_per_file * EVENT.itemsize

    @property
    def torn_bytes(self) -> int:
        """Bytes that this open's recovery cut off the end."""
        return self.cdata.found.torn_bytes

    def reader(self) -> JournalReader:
        """Reads what there was when it was opened, without a new scan; `refresh` for what came."""
        return JournalReader(self.directory, report=JournalReport.of(self.cdata.found))

    @property
    def failed(self) -> int:
        """errno of the failure that ended the journal, 0 while it is good."""
        return self.cdata.failed

    @property
    def last_commit(self) -> int | None:
        """The last record's commit word; None if the current file has no record yet."""
        at = self.cdata.count - self.cdata.first_record
        return self.cdata.records[at - 1].commit if at else None

    @property
    def identity(self) -> int:
        """The journal's random identity, part of every record's commit word."""
        return self.cdata.identity


def _explain_argument(directory: Path, name: str, source: int, records_per_file: int) -> str:
    if not RECORDS_MIN <= records_per_file <= RECORDS_MAX:
        bounds = f"{RECORDS_MIN}..{RECORDS_MAX}"
        return f"{directory}: records_per_file {records_per_file} is not in {bounds}"
    name_max = lib.PMM_JOURNAL_NAME_BYTES - 1
    if len(name.encode()) > name_max:
        return f"{directory}: the name {name!r} is longer than {name_max} bytes"
    try:
        found = scan(directory).source
    except (NativeError, DataError):
        found = source
    if found != source:
        return f"{directory}: the journal of source {_source(found)}, not {_source(source)}"
    return f"{directory}: bad argument (path length, sync policy or interval)"


def _source(value: int) -> str:
    return Source(value).name.lower() if value in list(Source) else str(value)
