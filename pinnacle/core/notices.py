"""A process's warnings and errors in shared memory, for the terminal and the page (notices.h)."""

from collections.abc import Callable
from os import fsencode
from threading import Lock
from typing import Any

import msgspec

from pinnacle.core._native import ffi, lib
from pinnacle.core.clock import wall_ns
from pinnacle.core.enums import Level as Level
from pinnacle.core.errors import check
from pinnacle.core.segment import Closing, Mode, Path, SegmentView


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a process said, and how often in a row; `number` counts from 1 in its process."""

    process: str
    number: int
    at_ns: int
    level: str
    times: int
    text: str


def create_notices(path: Path, name: str) -> None:
    """Make the segment of the process called `name`."""
    check(lib.pmm_notices_create(fsencode(path), name.encode()), path)


class _Open(Closing):
    def __init__(self, path: Path, mode: int):
        handle = ffi.gc(ffi.new("struct pmm_notices *"), lib.pmm_notices_close)
        check(lib.pmm_notices_open(handle, fsencode(path), mode), path)
        self.handle: Any = handle
        self.segment = SegmentView(ffi.addressof(handle, "segment"), handle)
        self.process = self.segment.header.name

    def close(self) -> None:
        """Unmap. Safe to call twice."""
        if self.handle is not None:
            lib.pmm_notices_close(self.handle)
            self.handle = None

    @property
    def _open(self) -> Any:
        if self.handle is None:
            raise ValueError("the notices are closed")
        return self.handle


class Notices(_Open):
    """The owning process's, from any of its threads. `now_ns` tells when something was said."""

    def __init__(self, path: Path, now_ns: Callable[[], int] = wall_ns):
        super().__init__(path, Mode.OWN)
        self._now_ns = now_ns
        self._one_at_a_time = Lock()

    def put(self, level: int, text: str) -> None:
        """Tell people; what is longer than its place is cut."""
        said = text.encode(errors="replace")
        with self._one_at_a_time:
            if self.handle is not None:
                lib.pmm_notices_put(self.handle, level, self._now_ns(), said, len(said))

    def lost_line(self) -> None:
        """Count a log line that could not be written."""
        with self._one_at_a_time:
            lib.pmm_notices_lost_line(self.handle or ffi.NULL)


class NoticesReader(_Open):
    """Anybody's view of what a process said, alive or dead."""

    def __init__(self, path: Path):
        super().__init__(path, Mode.READ)
        self._notice = ffi.new("struct pmm_notice *")

    @property
    def count(self) -> int:
        """How many there ever were."""
        return lib.pmm_notices_count(self._open)

    @property
    def lost_lines(self) -> int:
        """How many lines of the log could not be written."""
        return lib.pmm_notices_lost_lines(self._open)

    def since(self, number: int) -> list[Notice]:
        """Those behind `number` that are still there, oldest first."""
        last = self.count
        first = max(number, last - lib.PMM_NOTICES) + 1
        found = (self._read(n) for n in range(first, last + 1))
        return [notice for notice in found if notice is not None]

    def _read(self, number: int) -> Notice | None:
        raw = self._notice
        if lib.pmm_notices_read(self._open, number, raw) < 0:
            return None
        known = {member.value: member.name.lower() for member in Level}
        return Notice(
            process=self.process,
            number=number,
            at_ns=raw.at_ns,
            level=known.get(raw.level, str(raw.level)),
            times=raw.times,
            text=ffi.buffer(raw.text, raw.bytes)[:].decode(errors="replace"),
        )
