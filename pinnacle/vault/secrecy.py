"""What a process that holds secrets does first: it leaves no core, and nobody reads its memory."""

import os
import resource

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import PinnacleError


def keep_to_itself() -> None:
    """No core of this process, by its limit and by the kernel; PinnacleError if that is not so.

    For good, and not for programs that it starts: these are as dumpable as any.
    """
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except OSError as error:
        raise PinnacleError(_told(error.strerror)) from None
    if lib.pmm_process_undumpable() < 0:
        raise PinnacleError(_told(os.strerror(ffi.errno)))


def keeps_to_itself() -> bool:
    """Whether that was done."""
    no_core = resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
    return no_core and lib.pmm_process_dumpable() == 0


def _told(why: str | None) -> str:
    return f"this process could be dumped, with the secrets in it: {why}"
