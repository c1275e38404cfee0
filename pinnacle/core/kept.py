"""Files that a session keeps: plain ones, of a size that they can have.

A folder may hold anything, and another user's may be meant to do harm: a FIFO that nobody writes
would be waited for, a device never ends.
"""

import errno
import os
import stat
from pathlib import Path
from typing import IO

#: More than any text of a session.
TEXT_MAX = 1 << 24


def open_kept(path: Path) -> IO[bytes]:
    """The file, open to read; OSError if it is not a plain one."""
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "is no plain file", str(path))
    return os.fdopen(number, "rb")


def kept_bytes(path: Path, most: int = TEXT_MAX) -> bytes:
    """All of it; OSError if it is not a plain file, or of more than `most` bytes."""
    with open_kept(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        return file.read()
