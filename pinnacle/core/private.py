"""Files with secrets in them: plain ones, the user's own, that nobody else may read."""

import errno
import os
import stat
from pathlib import Path
from typing import IO

from pinnacle.core.errors import ConfigError
from pinnacle.core.kept import open_kept

_OTHERS = 0o077


def check_private(path: Path, found: os.stat_result) -> None:
    """ConfigError, with what mends it, if others may read or write the file, or one owns it.

    root's are as good as one's own: who may become root reads everything.
    """
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid not in (os.geteuid(), 0):
        raise ConfigError(f"{path}: is of uid {found.st_uid}, not of uid {os.geteuid()}")
    if mode & _OTHERS:
        raise ConfigError(f"{path}: its mode is {mode:04o}: others may read it: chmod 600 {path}")


def open_private(path: Path) -> IO[bytes]:
    """The file, open to read; ConfigError if there is none, or others may read it."""
    file = open_any(path)
    try:
        check_private(path, os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def private_bytes(path: Path, most: int) -> bytes:
    """All of such a file; ConfigError as above, or if it is of more than `most` bytes."""
    with open_private(path) as file:
        return bounded(path, file, most)


def open_any(path: Path) -> IO[bytes]:
    """A plain file, whoever may read it; ConfigError if there is none."""
    try:
        return open_kept(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None


def bounded(path: Path, file: IO[bytes], most: int) -> bytes:
    """What an open file has; ConfigError if that is more than `most` bytes, or cannot be read."""
    try:
        content = file.read(most + 1)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    if len(content) > most:
        raise ConfigError(f"{path}: {os.strerror(errno.EFBIG)}: more than {most} bytes")
    return content
