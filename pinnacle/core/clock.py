"""The two clocks (clock.h): wall time stamps records, monotonic time measures ages."""

from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.schema import enum_of

ClockNews = enum_of("pmm_clock_news", "PMM_CLOCK_")

wall_ns = lib.pmm_clock_wall_ns
"""UTC now, in ns since 1970."""

monotonic_ns = lib.pmm_clock_monotonic_ns
"""CLOCK_MONOTONIC now, in ns; one origin for every process of a host."""


class Clock:
    """struct pmm_clock: both times from the processor's counter, for stamps that C takes.

    It belongs to one process and one thread, which calls `recalibrate` every few ten ms; until it
    has twice, and wherever the counter is not to be trusted, it reads as the kernel's clocks do.
    """

    def __init__(self, *, use_counter: bool = True):
        self.cdata: Any = ffi.new("struct pmm_clock *")
        self.counted = bool(lib.pmm_clock_init(self.cdata, use_counter))
        self._recalibrate = lib.pmm_clock_recalibrate

    def recalibrate(self) -> int:
        """Follow the kernel's clocks; a ClockNews."""
        return self._recalibrate(self.cdata)

    def wall_ns(self) -> int:
        """UTC, in ns since 1970."""
        return lib.pmm_clock_read_wall_ns(self.cdata)

    def monotonic_ns(self) -> int:
        """As CLOCK_MONOTONIC, in ns."""
        return lib.pmm_clock_read_monotonic_ns(self.cdata)

    @property
    def steps(self) -> int:
        """How often the wall clock was seen to have been set."""
        return self.cdata.steps

    @property
    def drift_max_ns(self) -> int:
        """The most that a read can have been off by, at any recalibration, steps apart."""
        return self.cdata.drift_max_ns
