"""Where a session's files are: shared memory on tmpfs, journals on disk.

<runtime_dir>/<session>/             <data_dir>/<session>/
    control                              config.toml
    session.toml                         instruments.json
    instruments                          ending.json
    <process>.process                    <process>/000000.pmj ...
    <process>.counters
    <process>.notices, supervisor.notices
    risk.positions
    <strategy>.quotes
    monitor.address
    <name>.ring
    <instrument>.book                    <process>.log, supervisor.log: under `pinnacle run`

A process is called by its role, or by that and a name; a feed of several of a venue has its number
behind that: "feed", "feed.kraken", "feed.kraken.2".
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pinnacle.core.names import SessionName, file_name

#: Roles of those that write a journal, in the order of the flow.
JOURNALLED = ("exchange", "feed", "strategy", "risk", "gateway")
ROLES = (*JOURNALLED, "monitor")
#: Who starts and ends them: `pinnacle run`.
SUPERVISOR = "supervisor"
_PROCESS = re.compile(rf"({'|'.join(ROLES)})(\.[a-z0-9_-]+){{0,2}}")
_LOG = rf"({_PROCESS.pattern}|{SUPERVISOR})\.log"
_DATA_FILE = re.compile(rf"config\.toml|(instruments|ending)\.json|{_LOG}")


def role_of(process: str) -> str:
    """The role in a process's name."""
    return process.partition(".")[0]


def is_process(name: str) -> bool:
    """Whether a process can be called so."""
    return _PROCESS.fullmatch(name) is not None


def in_flow(processes: Iterable[str]) -> list[str]:
    """Names of processes in the order of the flow, those of a role by their names."""
    return sorted(processes, key=_place_in_flow)


def _place_in_flow(name: str) -> tuple[int, str, int]:
    stem, _, last = name.rpartition(".")
    role = ROLES.index(role_of(name))
    return (role, stem, int(last)) if last.isdecimal() else (role, name, 0)


def is_data_file(name: str) -> bool:
    """Whether a session writes a file of that name beside its journals."""
    return _DATA_FILE.fullmatch(name) is not None


def default_runtime_dir() -> str:
    """Root's sessions and each user's have their own: who came first must not keep others out."""
    uid = os.geteuid()
    return f"/dev/shm/pinnacle-{uid}" if uid else "/dev/shm/pinnacle"


def rehearsal_runtime_dir() -> str:
    """Apart from where sessions are looked for: what is told to "the one that runs" is for no
    rehearsal."""
    return f"/dev/shm/pinnacle-rehearsals-{os.geteuid()}"


def state_dir() -> Path:
    """What outlives sessions: systemd's StateDirectory, or the user's own."""
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    home = os.environ.get("XDG_STATE_HOME", "") or str(Path.home() / ".local" / "state")
    return Path(given) if given else Path(home) / "pinnacle"


@dataclass(frozen=True)
class SessionPaths:
    """All paths of one session."""

    runtime: Path
    data: Path

    @classmethod
    def of(cls, runtime_dir: str, data_dir: str, name: str) -> "SessionPaths":
        name = SessionName(name)
        return cls(Path(runtime_dir) / name, Path(data_dir) / name)

    @property
    def control(self) -> Path:
        return self.runtime / "control"

    @property
    def instruments(self) -> Path:
        return self.runtime / "instruments"

    def process(self, process: str) -> Path:
        return self.runtime / f"{process}.process"

    def processes(self) -> list[str]:
        """Those that have a segment there, in the order of the flow."""
        found = (path.stem for path in self.runtime.glob("*.process"))
        return in_flow(filter(is_process, found))

    def counters(self, process: str) -> Path:
        return self.runtime / f"{process}.counters"

    def notices(self, teller: str) -> Path:
        return self.runtime / f"{teller}.notices"

    @property
    def positions(self) -> Path:
        return self.runtime / "risk.positions"

    def quotes(self, strategy: str) -> Path:
        return self.runtime / f"{strategy}.quotes"

    def ring(self, name: str) -> Path:
        return self.runtime / f"{name}.ring"

    def book(self, instrument: str) -> Path:
        return self.runtime / f"{file_name(instrument)}.book"

    def journal(self, process: str) -> Path:
        return self.data / process

    @property
    def monitor_address(self) -> Path:
        """One line, the status page's address, while the monitor serves it; empty otherwise."""
        return self.runtime / "monitor.address"

    def of_the_monitor(self) -> tuple[Path, ...]:
        """What the monitor writes in the session's folder."""
        segments = (self.process("monitor"), self.counters("monitor"), self.notices("monitor"))
        return (*segments, self.monitor_address)

    def log(self, teller: str) -> Path:
        return self.data / f"{teller}.log"

    @property
    def running_config(self) -> Path:
        """What this run's processes read; `config` is what made the journals."""
        return self.runtime / "session.toml"

    @property
    def config(self) -> Path:
        return self.data / "config.toml"

    @property
    def instrument_list(self) -> Path:
        return self.data / "instruments.json"
