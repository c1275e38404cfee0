"""A process's doorbell and the session's kill switch (bell.h)."""

from collections.abc import Sequence
from os import fsencode
from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.clock import monotonic_ns, wall_ns
from pinnacle.core.enums import ProcessState as ProcessState
from pinnacle.core.enums import Wait as Wait
from pinnacle.core.errors import check
from pinnacle.core.ring import RingReader
from pinnacle.core.segment import Closing, Mode, Path, SegmentView


def create_bell(path: Path, name: str) -> None:
    """Make the process segment of the process called `name`."""
    check(lib.pmm_bell_create(fsencode(path), name.encode()), path)


class Bell(Closing):
    """One process's segment: OWN by the process itself, SHARED by those who ring, READ to look."""

    def __init__(self, path: Path, mode: int = Mode.READ):
        handle = ffi.gc(ffi.new("struct pmm_bell *"), lib.pmm_bell_close)
        check(lib.pmm_bell_open(handle, fsencode(path), mode), path)
        self.handle = handle
        self.segment = SegmentView(ffi.addressof(handle, "segment"), handle)
        self._mode, self._path = mode, path
        self._watched: tuple[Any, ...] = ()
        self._rings = ffi.new("struct pmm_ring *[]", 1)
        self._wait = lib.pmm_bell_wait
        self._ring = lib.pmm_bell_ring

    def watch(self, readers: Sequence[RingReader]) -> None:
        """Owner: the rings that `wait` looks at, in this order; done once, before the loop."""
        if self._mode != Mode.OWN:
            raise ValueError("only the owner of a bell waits for it")
        self._watched = tuple(reader.handle for reader in readers)  # keeps them allocated
        self._rings = ffi.new("struct pmm_ring *[]", self._watched or 1)

    def wait(self, strategy: int, spin_ns: int, timeout_ns: int) -> bool:
        """Owner: wait until a watched ring has a record, at most `timeout_ns`; False if none has.

        Spins `spin_ns` before it yields or parks. A signal ends a park early.
        """
        n = len(self._watched)
        return bool(self._wait(self.handle, self._rings, n, strategy, spin_ns, timeout_ns))

    def open_pipe(self) -> int:
        """Owner, before the loop: the file descriptor that becomes readable when somebody rings
        while it dozes. It is the bell's."""
        return check(lib.pmm_bell_open_pipe(self.handle), f"{self._path}.pipe")

    def doze(self) -> bool:
        """Owner: whether it may wait for its pipe now; not if a watched ring has a record."""
        return not lib.pmm_bell_doze(self.handle, self._rings, len(self._watched))

    def awake(self) -> bool:
        """Owner, behind a doze, whatever woke it: whether a watched ring has a record."""
        return bool(lib.pmm_bell_awake(self.handle, self._rings, len(self._watched)))

    def ring(self) -> bool:
        """Writer, after a push: wake the process if it is parked; True if it was."""
        return bool(self._ring(self.handle))

    @property
    def state(self) -> ProcessState:
        """What the process says that it is doing; meaningful while the owner lives."""
        return ProcessState(self._shared.state)

    def set_state(self, state: int) -> None:
        """Owner: say what the process is doing."""
        lib.pmm_bell_set_state(self.handle, state)

    def progress(self) -> None:
        """Owner, while it recovers: it goes on, though its heart does not beat for its peers."""
        lib.pmm_bell_progress(self.handle)

    @property
    def progress_ns(self) -> int:
        """When its recovery last went on, monotonic; 0 if it has not yet."""
        return self._shared.progress

    @property
    def parked(self) -> bool:
        """Whether the process may be asleep."""
        return bool(self._shared.parked)

    @property
    def _shared(self) -> Any:
        if self.handle is None:
            raise ValueError("the bell is closed")
        return self.handle.shared

    def close(self) -> None:
        """Unmap; an owner gives its segment back. Safe to call twice."""
        if self.handle is not None:
            lib.pmm_bell_close(self.handle)
            self.handle = None


def create_control(path: Path, wall_start_ns: int | None = None) -> None:
    """Make the session's control segment with the kill switch off; its time begins here.

    Session time begins with `wall_start_ns`, with what the wall clock says if it is not given.
    """
    start_ns = wall_ns() if wall_start_ns is None else wall_start_ns
    check(lib.pmm_control_create(fsencode(path), start_ns, monotonic_ns()), path)


class Control(Closing):
    """The kill switch: one word, 0 or why trading stopped; and when the session began."""

    def __init__(self, path: Path, mode: int = Mode.READ):
        handle = ffi.gc(ffi.new("struct pmm_control *"), lib.pmm_control_close)
        check(lib.pmm_control_open(handle, fsencode(path), mode), path)
        self.handle = handle
        self._mode = mode
        self._killed = lib.pmm_control_killed

    def kill(self, reason: int) -> int:
        """Stop trading with `reason` (not 0) unless it is stopped; return the reason in force."""
        if reason <= 0:
            raise ValueError("a kill needs a reason")
        self._require_write()
        return lib.pmm_control_kill(self.handle, reason)

    def clear(self) -> None:
        """Allow trading again."""
        self._require_write()
        lib.pmm_control_clear(self.handle)

    def killed(self) -> int:
        """The reason in force, 0 while trading is allowed."""
        return self._killed(self.handle)

    @property
    def set_ns(self) -> int:
        """Session time of the last change; 0 if there was none."""
        return self._shared.set_ns

    @property
    def start(self) -> tuple[int, int]:
        """What the wall clock and the monotonic clock said when the session was made, ns."""
        return self._shared.wall_start_ns, self._shared.monotonic_start_ns

    def now_ns(self) -> int:
        """Session time, for who stamps no records."""
        _ = self._shared
        return lib.pmm_control_now_ns(self.handle)

    @property
    def _shared(self) -> Any:
        if self.handle is None:
            raise ValueError("the control segment is closed")
        return self.handle.shared

    def _require_write(self) -> None:
        if self._mode != Mode.SHARED:
            raise ValueError("the control segment is open read-only")

    def close(self) -> None:
        """Unmap. Safe to call twice."""
        if self.handle is not None:
            lib.pmm_control_close(self.handle)
            self.handle = None
