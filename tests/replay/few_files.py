"""A process that cannot open what it wants to, though nothing is wrong with it."""

import contextlib
import os
import resource
from collections.abc import Iterator


@contextlib.contextmanager
def files_left(n: int) -> Iterator[None]:
    """No more than n can be opened at once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.open("/", os.O_RDONLY)
    os.close(probe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe + n, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
