"""Where a vault is, who may read it there, and how it is written: whole, for good, one at a time.

A writer holds the folder's lock from reading to renaming, so that two lose nothing of each other.
The new file stands beside the old one under a name of its own until it is on the disk: whoever is
killed before it is renamed leaves the old vault and a part, which the next writer removes.
"""

import contextlib
import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pinnacle.core.errors import ConfigError, UsageError, is_shortage
from pinnacle.core.private import bounded, check_private
from pinnacle.vault.sealed import FILE_BYTES_MAX

_FOR_OTHERS_TO_WRITE = 0o022
_LOOK_S = 0.02
#: A writer holds the lock for milliseconds; longer means that it hangs.
LOCK_S_MAX = 10.0


def default_path(environ: Mapping[str, str] = os.environ) -> Path:
    """$XDG_CONFIG_HOME/pinnacle/vault; UsageError if nobody knows where the user's home is."""
    configured = Path(environ.get("XDG_CONFIG_HOME", ""))
    if configured.is_absolute():
        return configured / "pinnacle" / "vault"
    try:
        return Path.home() / ".config" / "pinnacle" / "vault"
    except RuntimeError:
        raise UsageError("there is no home folder: say where the vault is: --vault FILE") from None


def read(path: Path) -> bytes:
    """All of the file; ConfigError if there is none, or others could have read or changed it."""
    with _named(path):
        _check_folder(path)
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
        number = os.open(path, flags)
        with os.fdopen(number, "rb") as file:
            found = os.fstat(number)
            if not stat.S_ISREG(found.st_mode):
                raise ConfigError(f"{path}: is no plain file")
            check_private(path, found)
            return bounded(path, file, FILE_BYTES_MAX)


def check_free(path: Path) -> None:
    """UsageError if there is something of that name: asked before the work is done."""
    if os.path.lexists(path):
        raise UsageError(f"{path}: is there already: it is not written over")


def create(path: Path, content: bytes) -> None:
    """The first one, and its folder if need be; UsageError if there is something already."""
    with _named(path):
        path.absolute().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(path):
            check_free(path)
            _write(path, content)


def rewrite(path: Path, changed: Callable[[bytes], bytes]) -> None:
    """What `changed` makes of the content takes its place; nothing does if that raises."""
    with _named(path), _locked(path):
        _write(path, changed(read(path)))


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no vault: `pinnacle vault init` makes one") from None
    except OSError as error:
        if is_shortage(error):
            raise
        link = error.errno == errno.ELOOP
        words = "is a link: a vault is a file" if link else error.strerror or str(error)
        raise ConfigError(f"{path}: {words}") from None


def _check_folder(path: Path) -> None:
    """Who may write the folder puts another vault there."""
    folder = path.absolute().parent
    found = folder.stat()
    if found.st_uid not in (os.geteuid(), 0):
        raise ConfigError(f"{folder}: is of uid {found.st_uid}: a vault's folder is its user's own")
    mode = stat.S_IMODE(found.st_mode)
    if mode & _FOR_OTHERS_TO_WRITE:
        raise ConfigError(
            f"{folder}: its mode is {mode:04o}: others may write it: chmod go-w {folder}"
        )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Alone with the vaults of a folder. The lock goes with its process, however that ends."""
    _check_folder(path)
    folder = os.open(path.absolute().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _take(folder, path)
        yield
    finally:
        os.close(folder)


def _take(folder: int, path: Path) -> None:
    until = time.monotonic() + LOCK_S_MAX
    while True:
        try:
            return fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise UsageError(
                    f"{path}: another process has been writing it for {LOCK_S_MAX:.0f} s"
                ) from None
            time.sleep(_LOOK_S)


def part_of(path: Path) -> Path:
    """What a vault is called while it is being written. One name: the writer is alone."""
    return path.absolute().parent / f".pinnacle-{path.name}.part"


def _write(path: Path, content: bytes) -> None:
    part = part_of(path)
    part.unlink(missing_ok=True)
    number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(number)
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    _sync_folder(part.parent)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
