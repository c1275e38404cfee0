"""Mapped files that processes share (segment.h): create, open, look at, and ask for their owner."""

import io
from abc import ABC, abstractmethod
from os import PathLike, fsencode
from types import TracebackType
from typing import Any, Self

import msgspec

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import Mode as Mode
from pinnacle.core.enums import SegmentKind as SegmentKind
from pinnacle.core.errors import check

Path = str | PathLike[str]


class SegmentHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A copy of a segment's header; times in ns, `bytes` is the whole file."""

    kind: str
    name: str
    version: int
    fingerprint: int
    bytes: int
    created_ns: int
    boot_id: int
    epoch: int
    owner_pid: int
    owner_start: int
    heartbeat_ns: int
    ready: int


class SegmentView:
    """What every open segment can tell; `pointer` is a struct pmm_segment * that its owner keeps.

    A view never closes: the object that opened the segment does; `keep` is what must stay alive
    for `pointer` to be valid.
    """

    def __init__(self, pointer: Any, keep: object = None):
        self.pointer = pointer
        self._keep = keep
        self._beat = lib.pmm_segment_beat

    @property
    def header(self) -> SegmentHeader:
        """The header as it is now, copied field by field (not one atomic picture)."""
        raw = self._raw
        known = {member.value: member.name.lower() for member in SegmentKind}
        return SegmentHeader(
            kind=known.get(raw.kind, str(raw.kind)),
            name=ffi.string(raw.name, lib.PMM_SEGMENT_NAME_BYTES).decode(errors="replace"),
            version=raw.version,
            fingerprint=raw.fingerprint,
            bytes=raw.bytes,
            created_ns=raw.created_ns,
            boot_id=raw.boot_id,
            epoch=raw.epoch,
            owner_pid=raw.owner_pid,
            owner_start=raw.owner_start,
            heartbeat_ns=raw.heartbeat_ns,
            ready=raw.ready,
        )

    @property
    def epoch(self) -> int:
        """How often the segment was claimed; peers that see it move resync."""
        return self._raw.epoch

    @property
    def created_ns(self) -> int:
        """Wall time of creation, ns: names this incarnation of the file."""
        return self._raw.created_ns

    @property
    def owner_pid(self) -> int:
        """The owner's process id; 0 if nobody owns it."""
        return self._raw.owner_pid

    @property
    def heartbeat_ns(self) -> int:
        """When the owner's heart last beat, on the monotonic clock."""
        return self._raw.heartbeat_ns

    def owner_alive(self, age_ns_max: int = 0) -> bool:
        """Whether the owner lives, by its lock, and its heart beat `age_ns_max` ago or later.

        0: at any time.
        """
        return bool(lib.pmm_segment_owner_alive(self.pointer, age_ns_max))

    def beat(self) -> None:
        """Owner: store the monotonic clock as heartbeat."""
        self._beat(self.pointer)

    @property
    def _raw(self) -> Any:
        raw = self.pointer.header
        if not raw:
            raise ValueError("the segment is closed")
        return raw


class Closing(ABC):
    """A context manager that calls `close` at its end; what nobody holds is closed, too."""

    @abstractmethod
    def close(self) -> None:
        """Give back what is held; safe to call twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Segment(SegmentView, Closing):
    """An open segment of any kind; a context manager that closes it.

    Raises NotReadyError, LayoutError, OwnedError or NativeError, each naming `path`.
    """

    def __init__(self, path: Path, *, kind: int = 0, fingerprint: int = 0, mode: int = Mode.READ):
        super().__init__(ffi.gc(ffi.new("struct pmm_segment *"), lib.pmm_segment_close))
        check(lib.pmm_segment_open(self.pointer, fsencode(path), kind, fingerprint, mode), path)

    @property
    def payload(self) -> memoryview:
        """The bytes behind the header; of no use after close."""
        raw = self._raw
        size = raw.bytes - lib.PMM_SEGMENT_HEADER_BYTES
        return memoryview(ffi.buffer(self.pointer.payload, size))

    def close(self) -> None:
        """Unmap; an owner gives the segment back. Safe to call twice."""
        lib.pmm_segment_close(self.pointer)


def create_segment(path: Path, kind: int, fingerprint: int, payload_bytes: int, name: str) -> None:
    """Make a segment file of zeroes; NativeError EXISTS if `path` is there already."""
    check(
        lib.pmm_segment_create(fsencode(path), kind, fingerprint, payload_bytes, name.encode()),
        path,
    )


#: The first bytes of every segment (segment.h).
MAGIC = b"PMMSEG1\0"


def is_segment(path: Path) -> bool:
    """Whether the file says that it is a segment, of whatever version."""
    with io.FileIO(path) as file:
        return file.read(len(MAGIC)) == MAGIC


def is_owned(path: Path) -> bool:
    """Whether a process owns the segment at `path`, of whatever layout; False if it is absent."""
    return bool(check(lib.pmm_segment_owned(fsencode(path)), path))


def peek(path: Path) -> SegmentHeader:
    """The header of a segment of any kind, read-only: for tools that list."""
    with Segment(path) as segment:
        return segment.header


def fingerprint(layout_text: str) -> int:
    """The 64-bit fingerprint of a layout's text ("name:offset:size;..."), never 0."""
    return lib.pmm_fingerprint(layout_text.encode())
