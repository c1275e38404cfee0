"""A gateway's heart, looked at from outside: whether it beats, and whether it has to."""

import contextlib
import time
from pathlib import Path

from pinnacle.core.bell import Bell, ProcessState
from pinnacle.core.errors import NativeError

_BEATING = (ProcessState.READY, ProcessState.WAITING, ProcessState.STOPPING)


class Heart:
    """`segment`: the gateway's, in the session's runtime folder; it need not be there yet."""

    def __init__(self, segment: Path):
        self._segment = segment
        self._bell: Bell | None = None
        self._file: tuple[int, int] | None = None
        #: When it was last known to beat; None while nothing is to be expected of it.
        self._beat_ns: int | None = None

    def silent_s(self) -> float | None:
        """For how long it has not beaten; None while nothing is to be expected of it: it has not
        begun yet, or has ended in order."""
        self._follow()
        if self._bell is not None:
            self._look(self._bell)
        if self._beat_ns is None:
            return None
        return (time.monotonic_ns() - self._beat_ns) / 1e9

    def _look(self, bell: Bell) -> None:
        """What has begun is expected to beat until it says that it ends. One that starts again and
        does not beat yet is as silent as what was there before it."""
        state, segment = bell.state, bell.segment
        if state == ProcessState.STOPPING and segment.owner_pid == 0:
            self._beat_ns = None
        elif state in _BEATING:
            self._beat_ns = max(self._beat_ns or 0, segment.heartbeat_ns)

    def _follow(self) -> None:
        """A session that begins anew has a file of its own under the same name."""
        try:
            found = self._segment.stat()
        except OSError:
            return  # what is mapped is kept: it says how its owner ended
        file = found.st_dev, found.st_ino
        if file == self._file:
            return
        with contextlib.suppress(NativeError, OSError):
            bell = Bell(self._segment)
            if self._bell is not None:
                self._look(self._bell)  # how the one before it ended
                self._bell.close()
            self._bell, self._file = bell, file

    def close(self) -> None:
        """Give the mapping back."""
        if self._bell is not None:
            self._bell.close()
            self._bell = None
