"""Session time, and the two clocks of the kernel that it is made of (clock.h)."""

import time
from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import ClockNews as ClockNews

#: What the wall clock says now, in ns since 1970: for people, and to begin a session with.
wall_ns = lib.pmm_clock_wall_ns
#: CLOCK_MONOTONIC now, in ns; one origin for every process of a host.
monotonic_ns = lib.pmm_clock_monotonic_ns


def asleep_ns() -> int:
    """How long the machine has been suspended since it started, give or take a microsecond."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - monotonic_ns()


class Clock:
    """struct pmm_clock: monotonic and session time from the processor's counter.

    Its session is the one that it is anchored to, before that one that begins with it. It belongs
    to one process and one thread, which calls `recalibrate` every few ten ms; until it has twice,
    and wherever the counter is not to be trusted, it reads as the kernel's clock does.
    """

    def __init__(self, *, use_counter: bool = True):
        self.cdata: Any = ffi.new("struct pmm_clock *")
        self.counted = bool(lib.pmm_clock_init(self.cdata, use_counter))
        self._recalibrate = lib.pmm_clock_recalibrate

    def recalibrate(self) -> int:
        """Follow the kernel's clocks; a ClockNews."""
        return self._recalibrate(self.cdata)

    def anchor(self, wall_start_ns: int, monotonic_start_ns: int) -> None:
        """Count from what both clocks said when the session was made."""
        lib.pmm_clock_anchor(self.cdata, wall_start_ns, monotonic_start_ns)

    def session_ns(self) -> int:
        """What stamps records: UTC at the session's start and the time since, never stepping."""
        return lib.pmm_clock_read_session_ns(self.cdata)

    def monotonic_ns(self) -> int:
        """As CLOCK_MONOTONIC, in ns."""
        return lib.pmm_clock_read_monotonic_ns(self.cdata)

    @property
    def steps(self) -> int:
        """How often the wall clock was seen to have been set."""
        return self.cdata.steps

    @property
    def step_ns(self) -> int:
        """By how much, the last time."""
        return self.cdata.step_ns

    @property
    def wall_ahead_ns(self) -> int:
        """The wall clock minus session time, when it was last set."""
        return self.cdata.wall_ahead_ns

    @property
    def drift_max_ns(self) -> int:
        """The most that a read can have been off by, at any recalibration."""
        return self.cdata.drift_max_ns
