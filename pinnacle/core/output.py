"""Files that are written for somebody: whole or not at all, and nothing replaced but plain files.

A path that a user gives may be a device, a FIFO or a link (/dev/stdout is one): what such a name
leads to is written, and the name stays what it is. `-` is standard output. A log alone grows.
"""

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

from pinnacle.core.errors import UsageError
from pinnacle.core.paths import is_data_file

STANDARD_OUTPUT = Path("-")
_STDOUT = 1


def check_output(path: Path) -> None:
    """UsageError if `path` cannot be written, told before the work whose result it is to have."""
    if is_standard_output(path):
        return
    try:
        found = _found(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    if found is None and not path.is_symlink():
        place = path.absolute().parent
        if not place.is_dir():
            raise UsageError(f"{path}: no such folder")
        if not os.access(place, os.W_OK | os.X_OK):
            raise UsageError(f"{path}: its folder may not be written")
    elif found is not None and stat.S_ISDIR(found.st_mode):
        raise UsageError(f"{path}: is a folder")
    elif found is not None and not os.access(path, os.W_OK):
        raise UsageError(f"{path}: {os.strerror(errno.EACCES)}")
    if _is_of_a_session(path.resolve()):
        raise UsageError(f"{path}: belongs to a session: it is not written over")


def _is_of_a_session(path: Path) -> bool:
    """Whether a file of that name, new or not, is a session's: what it recorded, what is needed to
    read that, what it logs, and whatever stands among a journal's files.
    """
    folder = path.parent
    if path.suffix == ".pmj" or any(folder.glob("[0-9]*.pmj")):
        return True
    return is_data_file(path.name) and any(folder.glob("*/[0-9]*.pmj"))


def _found(path: Path) -> os.stat_result | None:
    """What the name leads to; None if there is nothing yet."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def output(path: Path) -> Iterator[IO[bytes]]:
    """The open file that becomes `path`; UsageError if it cannot be written.

    A plain file, or a new one, appears when it is whole, and is as it was if that fails.
    """
    check_output(path)
    try:
        if is_standard_output(path):
            sys.stdout.flush()
            with os.fdopen(os.dup(_STDOUT), "wb") as file:
                yield file
        elif _is_replaced(path):
            with _whole(path) as file:
                yield file
        else:
            with path.open("wb") as file:
                yield file
    except BrokenPipeError:
        raise  # who reads has had enough: nobody's fault
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None


def is_standard_output(path: Path) -> bool:
    """Whether what is written to `path` stands among what the program prints."""
    if path == STANDARD_OUTPUT:
        return True
    try:
        return os.path.samestat(path.stat(), os.fstat(_STDOUT))
    except OSError:
        return False


def _is_replaced(path: Path) -> bool:
    """Whether the name itself is taken by a new file: no link, no device, and a place for one."""
    if path.is_symlink() or not os.access(path.absolute().parent, os.W_OK | os.X_OK):
        return False
    return not path.exists() or path.is_file()


def is_part(name: str) -> bool:
    """Whether a file of that name is one that is being written, or that a dead writer left."""
    return name.startswith(".pinnacle-") and name.endswith(".part")


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A new file beside `path`, under a name that nobody has, that takes its place at the end."""
    made = path.absolute().parent / f".pinnacle-{os.getpid()}-{os.urandom(4).hex()}.part"
    number = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(number, "wb") as file:
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(number, stat.S_IMODE(path.stat().st_mode))
            yield file
        made.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            made.unlink()
        raise


def open_log(path: Path) -> BinaryIO:
    """A log of a session, to append to: read by its group whatever the umask."""
    log = path.open("ab", buffering=0)
    os.fchmod(log.fileno(), 0o640)
    return log


def write_whole(path: Path, text: str, mode: int = 0o640) -> None:
    """A file of a session: whole or not at all, read by its group whatever the umask."""
    with _whole(path) as file:
        os.fchmod(file.fileno(), mode)
        file.write(text.encode())
