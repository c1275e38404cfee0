"""POSIX message queues: how a running process is told something, and how it answers.

A queue is known by its name alone, to every process of the same IPC namespace, and only its owner
may use it. The kernel lets a user have few bytes in queues (RLIMIT_MSGQUEUE), so these are small.
"""

import contextlib
import errno
import hashlib
import os
import re
import secrets
import select
from collections.abc import Iterator
from pathlib import Path

import posix_ipc

from pinnacle.core.paths import SessionPaths

MESSAGE_BYTES = 1024
MESSAGES = 4
_LIMITS = Path("/proc/sys/fs/mqueue")
_ASKER = re.compile(r"/pinnacle-ask-[0-9]+-[0-9a-f]{16}")
#: NAME_MAX less the slash, and less what tells two of the same name apart.
_READABLE_MAX = 254 - 17


def queue_name(paths: SessionPaths, process: str) -> str:
    """Of a process of a session: "/pinnacle-<session>-<process>-<place>".

    The place is 16 digits that stand for the folder of its segments: sessions of a name may run in
    several.
    """
    place = f"{paths.runtime.resolve()}\0{process}".encode()
    readable = f"pinnacle-{paths.runtime.name}-{process}"[:_READABLE_MAX]
    return f"/{readable}-{hashlib.blake2b(place, digest_size=8).hexdigest()}"


def asker_name() -> str:
    """Of a queue that answers come to; never the same."""
    return f"/pinnacle-ask-{os.getpid()}-{secrets.token_hex(8)}"


def is_askers(name: str) -> bool:
    """Whether a queue may be one that answers go to."""
    return _ASKER.fullmatch(name) is not None


def _limit(name: str, wanted: int) -> int:
    """What is wanted, or less where the machine allows no more."""
    try:
        return min(wanted, int((_LIMITS / name).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return wanted


class Queue:
    """One queue, 0600, that is never waited for but in `receive`. OSError as the kernel says it."""

    def __init__(self, name: str, *, make: bool = False):
        """`make`: anew, in the place of what a killed process of this name has left."""
        self.name = name
        self._made = make
        if make:
            remove_queue(name)
        with _as_os_error(name):
            if make:
                self._queue = posix_ipc.MessageQueue(
                    name,
                    posix_ipc.O_CREX,
                    mode=0o600,
                    max_messages=_limit("msg_max", MESSAGES),
                    max_message_size=_limit("msgsize_max", MESSAGE_BYTES),
                )
            else:
                self._queue = posix_ipc.MessageQueue(name, read=False)
            # A timeout of the kernel's own is a time of day: a clock that is set would stretch it.
            self._queue.block = False

    @property
    def message_bytes(self) -> int:
        """The longest message that it takes."""
        size: int = self._queue.max_message_size
        return size

    def give_to(self, uid: int) -> None:
        """Root's alone: let another user answer."""
        os.fchown(self._queue.mqd, uid, -1)

    def send(self, message: bytes) -> bool:
        """False if it has no room now."""
        try:
            self._queue.send(message)
        except posix_ipc.BusyError:
            return False
        return True

    def receive(self, timeout_s: float = 0) -> bytes | None:
        """The next message, whoever of its owner's has sent it; None if there is none in time."""
        if timeout_s > 0:
            waiting = select.poll()
            waiting.register(self._queue.mqd, select.POLLIN)
            waiting.poll(timeout_s * 1000)
        try:
            message: bytes = self._queue.receive()[0]
        except (posix_ipc.BusyError, posix_ipc.SignalError):
            return None
        return message

    def close(self) -> None:
        """And remove it, if it was made here."""
        self._queue.close()
        if self._made:
            remove_queue(self.name)


def remove_queue(name: str) -> None:
    """If it is there and one's own."""
    with contextlib.suppress(posix_ipc.Error, OSError):
        posix_ipc.unlink_message_queue(name)


def remove_queues(paths: SessionPaths) -> None:
    """Those that killed processes of a session have left; its segments are still there."""
    for process in paths.processes():
        remove_queue(queue_name(paths, process))


@contextlib.contextmanager
def _as_os_error(name: str) -> Iterator[None]:
    try:
        yield
    except posix_ipc.ExistentialError as error:
        raise FileNotFoundError(errno.ENOENT, str(error), name) from None
    except posix_ipc.PermissionsError as error:
        raise PermissionError(errno.EACCES, str(error), name) from None
    except posix_ipc.Error as error:
        raise OSError(str(error)) from None
