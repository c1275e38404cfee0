"""One process of a session, as the supervisor knows it: its history, and why it ended."""

import signal
import subprocess
from dataclasses import dataclass

from pinnacle.core.bell import Bell, ProcessState
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.notices import NoticesReader
from pinnacle.core.paths import SessionPaths

#: A ready process whose heart has not beaten for so long hangs: systemd's WatchdogSec, too.
HUNG_NS = 5_000_000_000
#: One that reads its journal again and has got no further for so long.
STUCK_NS = 10_000_000_000
#: One that has not begun to: it makes room, opens a long journal. systemd's TimeoutStartSec.
START_NS = 120_000_000_000
#: One that was ready for so long had nothing that ails it every time.
CURED_NS = 60_000_000_000
_BEATING = (ProcessState.READY, ProcessState.WAITING, ProcessState.STOPPING)


@dataclass
class Child:
    """One process and its history; `failures` counts its ends until it was well for a while."""

    name: str
    paths: SessionPaths
    bell: Bell
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    failures: int = 0
    ends: int = 0
    #: Why it ended the last time.
    reason: str = ""
    start_at: float = 0.0
    down: bool = False
    _started_ns: int = 0
    _ready_ns: int = 0
    _told: int = 0
    _log_bytes: int = 0
    _hung: str = ""

    def started(self, process: subprocess.Popen[bytes]) -> None:
        """It runs: what it says from now on is its own."""
        self.process = process
        self._started_ns, self._ready_ns, self._hung = monotonic_ns(), 0, ""

    def before_start(self) -> None:
        """Remember how far its predecessors' words go."""
        with NoticesReader(self.paths.notices(self.name)) as notices:
            self._told = notices.count
        log = self.paths.log(self.name)
        self._log_bytes = log.stat().st_size if log.exists() else 0

    @property
    def ready(self) -> bool:
        """It has begun, whoever it may wait for."""
        begun = self.bell.state in (ProcessState.READY, ProcessState.WAITING)
        return begun and self.bell.segment.owner_alive()

    def look(self, awake_ns: int) -> str:
        """Why it hangs, in words; empty if it does not. Nothing counts from before `awake_ns`."""
        if self.process is None:
            return ""
        now = monotonic_ns()
        mine = self.bell.segment.owner_pid == self.process.pid
        if mine and self.bell.state in _BEATING:
            self._ready_ns = self._ready_ns or now
            since, bound, what = self.bell.segment.heartbeat_ns, HUNG_NS, "no heartbeat"
        elif mine and self.bell.progress_ns:
            since, bound, what = self.bell.progress_ns, STUCK_NS, "its recovery stands still"
        else:
            since, bound, what = self._started_ns, START_NS, "not ready"
        silent_ns = now - max(since, awake_ns)
        self._hung = f"{what} for {silent_ns / 1e9:.0f} s" if silent_ns > bound else ""
        return self._hung

    def ended(self, code: int) -> None:
        """Note that it ended, and why."""
        self.process = None
        well_ns = monotonic_ns() - self._ready_ns if self._ready_ns else 0
        self.failures = 1 if well_ns >= CURED_NS else self.failures + 1
        self.ends += 1
        self.reason = self._reason(code)

    def _reason(self, code: int) -> str:
        if self._hung:
            return f"it hung ({self._hung}) and was killed"
        if code < 0:
            return f"it was killed by {signal.Signals(-code).name}"
        if code == 0:
            return "it ended by itself, without an error (exit code 0)"
        return self.last_words() or f"exit code {code} without a word"

    def last_words(self) -> str:
        """The error that it told since its start; what its log ends with if it told none."""
        with NoticesReader(self.paths.notices(self.name)) as notices:
            told = [n.text for n in notices.since(self._told) if n.level == "error"]
        if told:
            return told[-1].removeprefix("ended: ")
        log = self.paths.log(self.name)
        if not log.exists():
            return ""
        written = log.read_bytes()[self._log_bytes :].decode(errors="replace").splitlines()
        lines = [line.strip() for line in written if line.strip()]
        errors = [line for line in lines if line.startswith("error: ")]
        return (errors or lines or [""])[-1].removeprefix("error: ")
