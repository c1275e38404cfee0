"""The two clocks (clock.h): wall time stamps records, monotonic time measures ages."""

from pinnacle.core._native import lib

wall_ns = lib.pmm_clock_wall_ns
"""UTC now, in ns since 1970."""

monotonic_ns = lib.pmm_clock_monotonic_ns
"""CLOCK_MONOTONIC now, in ns; one origin for every process of a host."""
