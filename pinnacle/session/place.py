"""A session's folders: made for it alone, asked who lives in them, emptied of nothing else.

Whether a session lives is told by the locks on its segments, which end with their holders. What
makes or removes one first locks the folder that all sessions are in (flock), so that a maker's
leftovers in there are those of a dead one.
"""

import contextlib
import errno
import fcntl
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pinnacle.core.errors import ConfigError
from pinnacle.core.paths import (
    SUPERVISOR,
    SessionPaths,
    default_runtime_dir,
    rehearsal_runtime_dir,
)
from pinnacle.core.segment import is_owned, is_segment

FOLDER_MODE = 0o750
WAIT_S = 30.0
MAKING = ".making"
_OURS = ".pinnacle-"
#: Files of a runtime folder that are no segments; the pattern is of one that is being made.
_TEXTS = re.compile(r"session\.toml|monitor\.address(\.tmp)?|.+\.\d+-[0-9a-f]+\.making")


def make_folder(key: str, folder: Path) -> None:
    """Make a folder of a session, and those above it; ConfigError names `key` and the way out."""
    try:
        for above in [*reversed(folder.parents), folder]:
            if not above.is_dir():
                _make_one(above)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if str(folder) in (default_runtime_dir(), rehearsal_runtime_dir()):
            _refuse_strangers(folder)
    except OSError as error:
        raise ConfigError(cannot(key, folder, error)) from None


def _make_one(folder: Path) -> None:
    """Whatever the umask, the group reads (0750)."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(FOLDER_MODE)
        if os.geteuid() == 0:
            # Once as root must not keep the place's owner out of it.
            owner = folder.parent.stat()
            os.chown(folder, owner.st_uid, owner.st_gid)


def _refuse_strangers(folder: Path) -> None:
    """Anybody may make a folder in /dev/shm, and who owns it could exchange what is in it."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise ConfigError(
            f"session.runtime_dir: {folder} is of another user (uid {found.st_uid}): name another "
            "folder in [session] runtime_dir, or remove that one"
        )


def cannot(key: str, folder: Path, error: OSError) -> str:
    """What to tell, with the key and the way out, of a folder that cannot be had."""
    text = f"{key}: cannot make {folder}: {error.strerror}"
    if isinstance(error, PermissionError):
        name = key.partition(".")[2]
        text += f" for uid {os.geteuid()}: name a folder of your own in [session] {name}"
    return text


@contextlib.contextmanager
def alone(runtime_dir: Path) -> Iterator[None]:
    """Nobody else makes or removes a session in this folder meanwhile."""
    try:
        fd = os.open(runtime_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigError(cannot("session.runtime_dir", runtime_dir, error)) from None
    try:
        deadline = time.monotonic() + WAIT_S
        while not _locked(fd):
            if time.monotonic() > deadline:
                raise ConfigError(f"{runtime_dir}: somebody else makes a session in there for long")
            time.sleep(0.01)
        yield
    finally:
        os.close(fd)


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def exists(paths: SessionPaths) -> bool:
    """Whether the session's segments are there; ConfigError if that cannot be seen."""
    try:
        return paths.control.exists()
    except OSError as error:
        raise ConfigError(cannot("session.runtime_dir", paths.runtime, error)) from None


def living(paths: SessionPaths) -> list[str]:
    """The processes that hold a lock of the session, and who keeps it (SUPERVISOR)."""
    holders = {name: paths.process(name) for name in paths.processes()}
    holders[SUPERVISOR] = paths.control
    return [name for name, path in holders.items() if is_owned(path)]


def new_folder(place: Path) -> Path:
    """An empty folder on the same filesystem: inside of `place` if a service manager made that.

    The folder above belongs to the service manager then, and may not be written. Called alone, so
    what other makers left is of dead ones.
    """
    make_folder("session.runtime_dir", place.parent)
    try:
        if place.is_symlink():
            raise ConfigError(f"{place}: is a link, which no session follows")
        if place.is_dir():
            making = place / MAKING
            remove_segments(making)
            _refuse_contents(place)
            making.mkdir()
        else:
            for left in place.parent.glob(f"{_OURS}*{MAKING}"):
                remove_segments(left)
            making = Path(tempfile.mkdtemp(MAKING, f"{_OURS}{place.name}-", place.parent))
        making.chmod(FOLDER_MODE)
    except OSError as error:
        raise ConfigError(cannot("session.runtime_dir", place, error)) from None
    return making


def _refuse_contents(place: Path) -> None:
    foreign = [path.name for path in sorted(place.iterdir()) if not _is_ours(path)]
    if foreign:
        raise ConfigError(
            f"{place}: is there already and no session's: it holds {foreign[0]}; "
            "choose another name, or another [session] runtime_dir"
        )


def remove_segments(folder: Path) -> None:
    """Remove a session's files, the control segment first, and the folder if that was all.

    Only regular files that say themselves that they are a session's; anything else stays, and its
    folder with it.
    """
    if folder.is_symlink() or not folder.is_dir():
        return
    for path in sorted(folder.iterdir(), key=lambda path: path.name != "control"):
        if path.name == MAKING:
            remove_segments(path)
        elif _is_ours(path):
            path.unlink()
    with contextlib.suppress(OSError):  # not empty, or a service manager's
        folder.rmdir()


def _is_ours(path: Path) -> bool:
    kind = path.lstat().st_mode
    if stat.S_ISFIFO(kind):  # by which a process is woken that waits for sockets as well
        return path.name.endswith(".process.pipe")
    if not stat.S_ISREG(kind):
        return False
    return bool(_TEXTS.fullmatch(path.name)) or is_segment(path)
