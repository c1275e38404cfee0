"""Runs the processes of a session: starts, restarts, ends them in order."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator

import structlog

from pinnacle.core.bell import Bell, Control
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.errors import (
    ConfigError,
    LayoutError,
    PeerLostError,
    PinnacleError,
    UsageError,
)
from pinnacle.core.output import open_log
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Reason, in_words
from pinnacle.core.segment import Mode
from pinnacle.plan.cores import Placement
from pinnacle.runtime.notify import VARIABLES, Notifier
from pinnacle.runtime.orphan import KEEP, SUPERVISOR
from pinnacle.runtime.topology import START_ORDER, STOP_ORDER, Topology
from pinnacle.session.child import Child
from pinnacle.vault.sealed import VaultKey
from pinnacle.vault.unlock import HANDED, hand

STOP_TIMEOUT_S = 5.0
BACKOFF_S = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
FAILURES_MAX = 6
#: An error that a restart cannot cure: usage, configuration, layout.
FINAL_CODES = {UsageError.exit_code, ConfigError.exit_code, LayoutError.exit_code}
LOST = PeerLostError.exit_code
#: A supervisor that did not run for so long knows nothing of its processes' hearts meanwhile.
GAP_NS = 1_000_000_000


class SessionFailed(PinnacleError):
    """A process ended for good, or trading did; the session ends with its code."""

    def __init__(self, exit_code: int, text: str):
        super().__init__(text)
        self.exit_code = exit_code


class Supervisor:
    """The processes of one session. `step` must be called often; it never blocks."""

    def __init__(
        self,
        paths: SessionPaths,
        topology: Topology,
        log: structlog.stdlib.BoundLogger,
        keep: bool = False,
        placement: Placement | None = None,
        vault_key: VaultKey | None = None,
        signers: Collection[str] = (),
    ):
        """`placement`: where they run; without one the children run wherever this process may.
        `vault_key` is handed to the processes of these names, at each start."""
        self.paths = paths
        self._vault_key, self._signers = vault_key, frozenset(signers)
        names = [process.name for process in topology.processes]
        self.children = {name: Child(name, paths, Bell(paths.process(name))) for name in names}
        self._topology = topology
        self._log = log
        self._keep = keep
        self._control = Control(paths.control, Mode.SHARED)
        self._allowed = frozenset(os.sched_getaffinity(0))
        self.placement = placement or Placement({}, self._allowed, False)
        self._notifier = Notifier()
        self._watchdog_ns = 0
        self._stepped_ns = self._awake_ns = monotonic_ns()
        #: Whether all processes have been ready.
        self.began = False
        self._unclean: list[str] = []

    def keep_to_the_rest(self) -> None:
        """Leave the cores that processes have for themselves, where there are others."""
        os.sched_setaffinity(0, self.placement.shared)

    def start(self) -> None:
        for process in self._topology.in_order(START_ORDER):
            self._spawn(self.children[process.name])

    @property
    def ready(self) -> bool:
        """Whether every process is."""
        return all(child.ready for child in self.children.values())

    def tell_ready(self) -> None:
        """The session has begun: tell the service manager, if there is one."""
        self.began = True
        self._notifier.ready(f"session {self.paths.data.name}")

    def step(self) -> None:
        """Notice who ended or hangs, restart who should run; SessionFailed if that is no use."""
        now_ns = monotonic_ns()
        if now_ns - self._stepped_ns > GAP_NS:
            self._awake_ns = now_ns
        self._stepped_ns = now_ns
        interval = self._notifier.watchdog_interval_ns
        if interval and now_ns - self._watchdog_ns >= interval:
            self._watchdog_ns = now_ns
            self._notifier.watchdog()
        for child in self.children.values():
            self._look(child)
            if child.process is None and not child.down and time.monotonic() >= child.start_at:
                child.restarts += 1
                self._spawn(child)

    def _look(self, child: Child) -> None:
        if child.process is None:
            return
        code = child.process.poll()
        if code is not None:
            self._ended(child, code)
            return
        hung = child.look(self._awake_ns)
        if hung and not self.began:
            raise SessionFailed(
                LOST, f"{child.name}: {hung}; its log is {self.paths.log(child.name)}"
            )
        if hung:
            self._log.error(f"{child.name} hangs: it is killed and started again", why=hung)
            # SIGKILL ends a stopped process, too.
            child.process.kill()
            self._ended(child, child.process.wait())

    def _ended(self, child: Child, code: int) -> None:
        child.ended(code)
        if code in FINAL_CODES:
            raise SessionFailed(code, f"{child.name}: {child.reason}")
        self._log.warning(f"{child.name} ended", why=child.reason)
        if child.failures >= FAILURES_MAX:
            child.down = True
            self._control.kill(Reason.PEER_LOST)
            raise SessionFailed(
                LOST,
                f"{child.name} ended {child.failures} times, the last time: {child.reason}; "
                f"its log is {self.paths.log(child.name)}",
            )
        child.start_at = time.monotonic() + BACKOFF_S[min(child.failures, len(BACKOFF_S)) - 1]

    def _spawn(self, child: Child) -> None:
        # -P: a folder or a file called pinnacle where the user stands is not this program.
        command = [sys.executable, "-P", "-m", "pinnacle", "process", child.name]
        command += ["--config", str(self.paths.running_config), "--name", self.paths.data.name]
        here, room = os.sched_getaffinity(0), self._allowed
        if self.placement.dealt:
            room = self.placement.room(child.name)
            own = self.placement.own.get(child.name)
            command += ["--cpu", str(own)] if own is not None else []
        os.sched_setaffinity(0, room)
        child.before_start()
        with open_log(self.paths.log(child.name)) as log, self._handed(child) as (handed, told):
            # Its own session: the terminal's Ctrl-C is for the supervisor, who ends them in order.
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment() | told,
                pass_fds=handed,
                start_new_session=True,
            )
        child.started(process)
        os.sched_setaffinity(0, here)

    @contextlib.contextmanager
    def _handed(self, child: Child) -> Iterator[tuple[list[int], dict[str, str]]]:
        """The vault's key, for who signs with what is in it, and for nobody else."""
        if self._vault_key is None or child.name not in self._signers:
            yield [], {}
            return
        number = hand(self._vault_key)
        try:
            yield [number], {HANDED: str(number)}
        finally:
            os.close(number)

    def _environment(self) -> dict[str, str]:
        """The service manager speaks with the supervisor alone."""
        own = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        keep = {KEEP: "1"} if self._keep else {}
        return own | {SUPERVISOR: str(os.getpid())} | keep

    def stop(self) -> None:
        """End all in order: quotes first, then those who carry their cancels."""
        self._notifier.stopping()
        for name in (process.name for process in self._topology.in_order(STOP_ORDER)):
            child = self.children[name]
            child.down = True
            if child.process is None:
                continue
            child.process.send_signal(signal.SIGTERM)
            try:
                code = child.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._log.error(f"{name} did not end in time and was killed")
                self._unclean.append(f"{name} did not end in time and was killed")
                child.process.kill()
                code = child.process.wait()
            else:
                # One that had not even come to its handler had nothing to end.
                if code not in (0, -signal.SIGTERM):
                    self._unclean.append(f"{name} ended with code {code}: {child.last_words()}")
            child.process = None

    def halted(self) -> Reason:
        """Why trading is halted; NONE if it is not."""
        return Reason(self._control.killed())

    def trouble(self, halted: Reason, market: bool = True) -> str:
        """What went wrong in a session that has ended, in one line; empty if nothing did.

        `halted` is why trading stood when the end began, `market` whether there ever was one. A
        process that was lost once and came back is no failure: that is what its journal is for.
        """
        found = [
            f"{child.name} ended {child.ends} times, the last time: {child.reason}"
            for child in self.children.values()
            if child.ends > 1
        ]
        if halted not in (Reason.NONE, Reason.OPERATOR):
            reasons = [f"{c.name}: {c.reason}" for c in self.children.values() if c.ends == 1]
            found.append(
                f"trading was halted ({in_words(halted)})" + "".join(f"; {r}" for r in reasons)
            )
        if not market:
            found.append("no instrument ever had a market: the warnings above say why")
        return "; ".join(found + self._unclean)

    def kill_children(self) -> None:
        """After a failure: cancel what can be cancelled, then end everything."""
        self._control.kill(Reason.SHUTDOWN)
        self.stop()

    def close(self) -> None:
        for child in self.children.values():
            child.bell.close()
        self._control.close()
        self._notifier.close()
