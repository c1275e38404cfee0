"""Where a process runs and where its memory stays: a core of its own, pages that are there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import NativeError, check


def pin_to_core(cpu: int) -> str:
    """Move this thread, and those it starts, to one core. Why it is not there, or nothing."""
    try:
        os.sched_setaffinity(0, {cpu})
    except OSError as error:
        return f"{error.strerror}; allowed are {_cores()}"
    # A cpuset may take a core away again, or the kernel give another set than was asked for.
    return "" if os.sched_getaffinity(0) == {cpu} else f"the kernel gave {_cores()}"


@contextmanager
def beside(cpu: int, allowed: set[int]) -> Iterator[None]:
    """Threads that are started inside run on the other allowed cores, where there are any."""
    others, here = allowed - {cpu}, os.sched_getaffinity(0)
    if not others:
        yield
        return
    os.sched_setaffinity(0, others)
    try:
        yield
    finally:
        os.sched_setaffinity(0, here)


def _cores() -> str:
    return ", ".join(map(str, sorted(os.sched_getaffinity(0))))


def mapped_files(folder: Path) -> list[tuple[int, int]]:
    """(address, bytes) of each mapping of a file below `folder`, as the kernel tells it."""
    inside = str(folder.resolve()) + "/"
    found = []
    for line in Path("/proc/self/maps").read_text("utf-8", "surrogateescape").splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[5].startswith(inside):
            begin, end = (int(part, 16) for part in fields[0].split("-"))
            found.append((begin, end - begin))
    return found


def lock_mapped_files(folder: Path) -> tuple[int, str]:
    """Pin in memory what is mapped of files below `folder`.

    (bytes pinned, why not all of them or nothing)
    """
    pinned, why = 0, ""
    for address, size in mapped_files(folder):
        try:
            check(lib.pmm_memory_lock(ffi.cast("void *", address), size), "mlock")
        except NativeError as error:
            why = why or str(error)
        else:
            pinned += size
    return pinned, why
