"""Kills of a session's gateways, as from outside: SIGKILL, at instants that a seed draws."""

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Sequence

import msgspec

from pinnacle.core.bell import Bell, ProcessState
from pinnacle.core.errors import NativeError
from pinnacle.core.paths import SessionPaths

#: Behind a gateway's return; one in so many is killed before that, wherever it then is.
AFTER_S, EARLY_S, ONE_IN = 6.0, 3.0, 4
#: Before a session's end nothing is killed: it has to trade again, and to end in order.
QUIET_S = 10.0
_LOOK_S = 0.01


class Instant(msgspec.Struct, frozen=True):
    """When to kill: so long after a gateway is back at its venue, or has merely begun."""

    is_back: bool
    after_s: float


class Kill(msgspec.Struct, frozen=True):
    """One that was done: whose process, and when (UTC)."""

    process: str
    pid: int
    at_ns: int


def instants(count: int, seed: int) -> list[Instant]:
    """One for each kill."""
    draw = random.Random(f"kills {seed}")
    found = []
    for _ in range(count):
        is_back = draw.randrange(ONE_IN) > 0
        found.append(Instant(is_back, draw.uniform(0.0, AFTER_S if is_back else EARLY_S)))
    return found


class Killing:
    """Kills the gateways of one session in turn, until `end`, or until it has to end soon.

    done   what has been killed
    """

    def __init__(
        self,
        paths: SessionPaths,
        gateways: Sequence[str],
        plan: Sequence[Instant],
        duration_s: float,
        warm_up_s: float,
    ):
        self.done: list[Kill] = []
        self._paths, self._gateways, self._plan = paths, gateways, plan
        self._duration_s, self._warm_up_s = duration_s, warm_up_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killing", daemon=True)

    def begin(self) -> None:
        """The session has been started."""
        if self._plan:
            self._thread.start()

    def end(self) -> None:
        """Nothing is killed any more."""
        self._ended.set()
        if self._plan:
            self._thread.join()

    def _run(self) -> None:
        if not all(self._waited(name, True) for name in self._gateways):
            return
        last_s = time.monotonic() + self._duration_s - QUIET_S
        self._ended.wait(self._warm_up_s)
        for number, instant in enumerate(self._plan):
            name = self._gateways[number % len(self._gateways)]
            if not self._waited(name, instant.is_back) or self._ended.wait(instant.after_s):
                return
            pid = self._pid(name)
            if time.monotonic() > last_s:
                return
            if pid is not None:
                self._kill(name, pid)

    def _waited(self, name: str, is_back: bool) -> bool:
        """Until it lives, or is back at its venue; False if nothing is to be killed any more."""
        while self._pid(name, is_back) is None:
            if self._ended.wait(_LOOK_S):
                return False
        return True

    def _kill(self, name: str, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            at_ns = time.time_ns()
            os.kill(pid, signal.SIGKILL)
            self.done.append(Kill(name, pid, at_ns))

    def _pid(self, name: str, is_back: bool = False) -> int | None:
        """Of the process that has the segment; None while none has, or it is not back, or it is one
        that was killed and has yet to go."""
        try:
            with Bell(self._paths.process(name)) as bell:
                is_there = bell.segment.owner_alive()
                if not is_there or (is_back and bell.state is not ProcessState.READY):
                    return None
                pid = bell.segment.owner_pid
                return None if any(kill.pid == pid for kill in self.done) else pid
        except (NativeError, OSError):
            return None
