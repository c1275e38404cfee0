"""A number in a file that only grows, and that one process at a time may use.

The file is one line of 64 bytes, written in its place by one call and synced: a kill leaves the
old line or the new one, and so does a power cut, for no disk has smaller sectors.

    pinnacle-nonces 1 0001790000000123456 5d3c11aa...blanks...\\n

It says its version, the number in 19 digits, and the CRC-32 of what stands before. A new file gets
its name when it is whole. The lock (flock) is on the file itself and ends with its holder.
"""

import contextlib
import errno
import fcntl
import os
import stat
import weakref
import zlib
from pathlib import Path
from typing import Self

from pinnacle.core.errors import ConfigError

#: The highest number that a mark can be: a count of 63 bits.
MARK_MAX = 2**63 - 1
_LINE_BYTES = 64
_WAY_OUT = "if this machine's clock is right, remove it: nonces begin at the time of day again"


class Mark:
    """The number, kept by this process until `close`, or until nobody has it; ConfigError names the
    file.

    path   `nonce_file`; its folder must be there
    """

    def __init__(self, path: Path):
        self._path = path
        self._fd = self._opened()
        self._kept = weakref.finalize(self, os.close, self._fd)
        try:
            self._claim()
            self.value = self._read()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Somebody else may use the file from now on."""
        self._kept()

    def raise_to(self, value: int) -> None:
        """Written and synced when it returns. A write that fails is the last one."""
        if not self.value <= value <= MARK_MAX:
            raise ConfigError(f"{self._path}: {value} cannot follow {self.value}")
        if not self._kept.alive:
            raise ConfigError(f"{self._path}: is closed, or could not be written")
        try:
            self._is_in_its_place()
            if os.pwrite(self._fd, _line(value), 0) != _LINE_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fdatasync(self._fd)
        except OSError as error:
            # What a disk has of it is not known any more, and a second sync would not tell.
            self.close()
            raise self._cannot(error) from None
        self.value = value

    def _opened(self) -> int:
        try:
            with contextlib.suppress(FileNotFoundError):
                return self._open()
            self._make()
            return self._open()
        except OSError as error:
            raise self._cannot(error) from None

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        return os.open(self._path, flags)

    def _make(self) -> None:
        """A file of nothing yet; whoever else makes one at this moment makes the same."""
        folder = self._path.absolute().parent
        made = folder / f".pinnacle-{os.getpid()}-{os.urandom(4).hex()}.part"
        fd = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(fd, 0o600)
            os.write(fd, _line(0))
            os.fsync(fd)
            with contextlib.suppress(FileExistsError):
                os.link(made, self._path)
        finally:
            os.close(fd)
            made.unlink()
        _sync(folder)

    def _claim(self) -> None:
        found = os.fstat(self._fd)
        if not stat.S_ISREG(found.st_mode):
            raise ConfigError(f"{self._path}: is no plain file")
        if found.st_uid != os.geteuid():
            raise ConfigError(f"{self._path}: is of another user")
        mode = stat.S_IMODE(found.st_mode)
        if mode & 0o077:
            raise ConfigError(
                f"{self._path}: its mode is {mode:04o}: others may change it: "
                f"chmod 600 {self._path}"
            )
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._is_in_its_place()
        except BlockingIOError:
            raise ConfigError(
                f"{self._path}: another process uses this key: a key has one sender of orders"
            ) from None
        except OSError as error:
            raise self._cannot(error) from None

    def _is_in_its_place(self) -> None:
        """OSError if the name leads elsewhere by now: the lock would keep nobody out."""
        if not os.path.samestat(os.fstat(self._fd), self._path.lstat()):
            raise OSError(errno.ESTALE, "was removed or replaced while it was used")

    def _read(self) -> int:
        try:
            line = os.pread(self._fd, _LINE_BYTES + 1, 0)
        except OSError as error:
            raise self._cannot(error) from None
        words = line.split()
        value = int(words[2]) if len(words) == 4 and words[2].isdigit() else -1
        if not 0 <= value <= MARK_MAX or line != _line(value):
            raise ConfigError(f"{self._path}: is damaged: {_WAY_OUT}")
        return value

    def _cannot(self, error: OSError) -> ConfigError:
        words = "is a link" if error.errno == errno.ELOOP else error.strerror or str(error)
        return ConfigError(f"{self._path}: {words}")


def _line(value: int) -> bytes:
    said = b"pinnacle-nonces 1 %019d" % value
    return b"%-63b\n" % (b"%b %08x" % (said, zlib.crc32(said)))


def _sync(folder: Path) -> None:
    """So that a name that was given there stays."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
