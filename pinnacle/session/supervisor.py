"""Runs the processes of a session: starts, restarts, ends them in order."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import IO

import structlog

from pinnacle.core.bell import Bell, Control, ProcessState
from pinnacle.core.errors import PeerLostError, PinnacleError
from pinnacle.core.paths import ROLES, SessionPaths
from pinnacle.core.schema import Reason
from pinnacle.core.segment import Mode

READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
BACKOFF_S = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
CRASHES_MAX = 6
CRASH_WINDOW_S = 60.0
#: An error that a restart cannot cure: usage, configuration, layout.
FINAL_CODES = {2, 3, 4}

START_ORDER = ("exchange", "feed", "gateway", "risk", "strategy", "monitor")
#: Quotes go first; who carries their cancels and their reports goes after.
STOP_ORDER = ("strategy", "risk", "gateway", "exchange", "feed", "monitor")


@dataclass
class Child:
    """One process and its history."""

    role: str
    process: subprocess.Popen | None = None
    restarts: int = 0
    exit_codes: list[int] = field(default_factory=list)
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=CRASHES_MAX))
    start_at: float = 0.0
    down: bool = False
    peak_rss: int = 0


class Supervisor:
    """The processes of one session. `step` must be called often; it never blocks."""

    def __init__(self, paths: SessionPaths, log: structlog.stdlib.BoundLogger):
        self.paths = paths
        self.children = {role: Child(role) for role in ROLES}
        self._log = log
        self._bells = {role: Bell(paths.process(role)) for role in ROLES}
        self._control = Control(paths.control, Mode.SHARED)
        self._stopping = False
        self._allowed = os.sched_getaffinity(0)

    def keep_off(self, cores: set[int]) -> None:
        """Stay away from these cores where there are others; the processes may still use all."""
        os.sched_setaffinity(0, self._allowed - cores or self._allowed)

    def start(self) -> None:
        for role in START_ORDER:
            self._spawn(self.children[role])

    def wait_ready(self) -> None:
        """Until every process is ready; PeerLostError with its last words if one cannot be."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not all(self._is_ready(role) for role in ROLES):
            self.step()
            if time.monotonic() > deadline:
                late = [role for role in ROLES if not self._is_ready(role)]
                raise PeerLostError(f"not ready in time: {', '.join(late)}\n{self._words(late[0])}")
            time.sleep(0.01)

    def _is_ready(self, role: str) -> bool:
        return (
            self._bells[role].state == ProcessState.READY
            and self._bells[role].segment.owner_alive()
        )

    def state(self, role: str) -> ProcessState:
        """Where the process is, as it says itself; ABSENT if it is not alive."""
        bell = self._bells[role]
        return ProcessState(bell.state) if bell.segment.owner_alive() else ProcessState.ABSENT

    def step(self) -> None:
        """Notice who ended, restart who should run."""
        now = time.monotonic()
        for child in self.children.values():
            if child.process is not None and child.process.poll() is not None:
                self._ended(child, now)
            if child.process is None and not child.down and now >= child.start_at:
                child.restarts += 1
                self._spawn(child)

    def _ended(self, child: Child, now: float) -> None:
        code = child.process.returncode
        child.process = None
        child.exit_codes.append(code)
        if code in FINAL_CODES:
            raise _Ended(code, f"{child.role} ended: {self._words(child.role)}")
        child.crashes.append(now)
        recent = sum(1 for at in child.crashes if now - at < CRASH_WINDOW_S)
        self._log.warning("process ended", process=child.role, code=code, recent=recent)
        if recent >= CRASHES_MAX:
            child.down = True
            self._control.kill(Reason.PEER_LOST)
            raise _Ended(5, f"{child.role} ended {recent} times: {self._words(child.role)}")
        child.start_at = now + BACKOFF_S[min(recent - 1, len(BACKOFF_S) - 1)]

    def _spawn(self, child: Child) -> None:
        command = [sys.executable, "-m", "pinnacle", child.role]
        command += ["--config", str(self.paths.running_config), "--name", self.paths.data.name]
        environment = os.environ | {"PINNACLE_SUPERVISOR": str(os.getpid())}
        here = os.sched_getaffinity(0)
        os.sched_setaffinity(0, self._allowed)
        with self._log_file(child.role) as log:
            # Its own session: the terminal's Ctrl-C is for the supervisor, who ends them in order.
            child.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        os.sched_setaffinity(0, here)

    def _log_file(self, role: str) -> IO[bytes]:
        log = (self.paths.data / f"{role}.log").open("ab")
        os.fchmod(log.fileno(), 0o640)  # whatever the umask, as the journals
        return log

    def _words(self, role: str, lines: int = 6) -> str:
        text = (self.paths.data / f"{role}.log").read_text(errors="replace", encoding="utf-8")
        return "\n".join(text.strip().splitlines()[-lines:]) or "it said nothing"

    def stop(self) -> None:
        """End all in order: quotes first, then those who carry their cancels."""
        self._stopping = True
        for role in STOP_ORDER:
            child = self.children[role]
            child.down = True
            if child.process is None:
                continue
            child.process.send_signal(signal.SIGTERM)
            try:
                code = child.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._log.error("process did not end in time", process=role)
                child.process.kill()
                code = child.process.wait()
            child.exit_codes.append(code)
            child.process = None

    def kill_children(self) -> None:
        """After a failure: cancel what can be cancelled, then end everything."""
        self._control.kill(Reason.SHUTDOWN)
        self.stop()

    def close(self) -> None:
        for bell in self._bells.values():
            bell.close()
        self._control.close()


class _Ended(PinnacleError):
    """A process ended for good; the session ends with its code."""

    def __init__(self, exit_code: int, text: str):
        super().__init__(text)
        self.exit_code = exit_code
