"""Rings of records between two processes (ring.h): one writer, one reader.

Every call moves a batch. `events` is a struct pmm_event * or [] cdata, such as
EventBuffer.cdata, and must have room for the n or max records that go with it.
"""

from os import fsencode
from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import check
from pinnacle.core.segment import Closing, Path, SegmentView


def create_ring(path: Path, capacity: int, name: str) -> None:
    """Make a ring file of `capacity` records, a power of two from 2 to 2^20."""
    check(lib.pmm_ring_create(fsencode(path), capacity, name.encode()), path)


#: Records that a ring of a session must, and can, hold.
CAPACITY_MIN, CAPACITY_MAX = lib.PMM_OUTLET_CAPACITY_MIN, lib.PMM_RING_CAPACITY_MAX


class _Side(Closing):
    """What both sides and an observer have; `handle` is a struct pmm_ring *, None when closed."""

    def __init__(self, path: Path, attach: Any):
        handle = ffi.gc(ffi.new("struct pmm_ring *"), lib.pmm_ring_close)
        check(attach(handle, fsencode(path)), path)
        self.path = path
        self.handle: Any = handle
        self.segment = SegmentView(ffi.addressof(handle, "segment"), handle)
        self.capacity: int = handle.shared.capacity
        self._depth = lib.pmm_ring_depth

    def close(self) -> None:
        """Unmap; every other method raises TypeError afterwards. Safe to call twice."""
        if self.handle is not None:
            lib.pmm_ring_close(self.handle)
            self.handle = None

    def depth(self) -> int:
        """Records committed and not released."""
        return self._depth(self.handle)

    def resync_requests(self) -> int:
        """Resyncs asked for plus readers attached so far: a writer compares."""
        return lib.pmm_ring_resync_requests(self.handle)


class RingWriter(_Side):
    """The one writer. Attaching finds the tail again that a killed predecessor left.

    Raises OwnedError while another writer lives, NotReadyError, LayoutError or CorruptError.
    """

    def __init__(self, path: Path):
        super().__init__(path, lib.pmm_ring_open_writer)
        self._push_burst = lib.pmm_ring_push_burst
        self._push_bulk = lib.pmm_ring_push_bulk

    @property
    def cursor(self) -> int:
        """Records ever published: the index of the next one."""
        return self.handle.cursor

    def push(self, events: Any, n: int) -> int:
        """Publish the first of `n` records that fit, in order; return how many."""
        return self._push_burst(self.handle, events, n)

    def push_all(self, events: Any, n: int) -> bool:
        """Publish all `n` records, or none and return False; NativeError if they never can fit."""
        code = self._push_bulk(self.handle, events, n)
        if code >= 0:
            return True
        if code == lib.PMM_ERR_AGAIN:
            return False
        check(code, f"{self.path}: {n} records in a ring of {self.capacity}")
        return False


class RingReader(_Side):
    """The one reader. Starts at the published head: what was taken and not released comes again.

    Raises OwnedError while another reader is attached, NotReadyError or LayoutError.
    """

    def __init__(self, path: Path):
        super().__init__(path, lib.pmm_ring_open_reader)
        self._take = lib.pmm_ring_take
        self._release = lib.pmm_ring_release
        self._ready = lib.pmm_ring_ready

    @property
    def cursor(self) -> int:
        """Records ever taken: the index of the next one."""
        return self.handle.cursor

    def take(self, events: Any, max_: int) -> int:
        """Copy up to `max_` waiting records out; return how many. Slots stay until release."""
        return self._take(self.handle, events, max_)

    def release(self) -> None:
        """Give every slot taken so far back to the writer."""
        self._release(self.handle)

    def skip(self, n: int) -> int:
        """Step over up to `n` waiting records handled before a restart; return how many."""
        return lib.pmm_ring_skip(self.handle, n)

    def ready(self) -> bool:
        """Whether a record is waiting."""
        return bool(self._ready(self.handle))

    def request_resync(self) -> None:
        """Ask the writer to send its whole state again."""
        lib.pmm_ring_request_resync(self.handle)


class RingObserver(_Side):
    """A read-only look at a ring's cursors: for monitors."""

    def __init__(self, path: Path):
        super().__init__(path, lib.pmm_ring_open_observer)

    @property
    def written(self) -> int:
        """Records ever published, as of the writer's last call."""
        return self.handle.shared.tail

    @property
    def released(self) -> int:
        """Records ever released by the reader."""
        return self.handle.shared.head

    @property
    def full_count(self) -> int:
        """Pushes that found too little room."""
        return self.handle.shared.full_count

    @property
    def reader_heartbeat_ns(self) -> int:
        """Monotonic time of the reader's last attach, 0 before the first."""
        return self.handle.shared.reader_heartbeat_ns
