"""Where a session's files are: shared memory on tmpfs, journals on disk.

<runtime_dir>/<session>/             <data_dir>/<session>/
    control                              config.toml
    session.toml                         instruments.json
    instruments                          <role>.log
    <role>.process                       <role>/000000.pmj ...
    <role>.counters
    <role>.notices, supervisor.notices
    monitor.address
    <name>.ring
    <symbol>.book                        <role>.log, supervisor.log: under `pinnacle run`
"""

import os
from dataclasses import dataclass
from pathlib import Path

from pinnacle.core.names import SessionName, Symbol

#: Those that write a journal, in the order of the flow.
JOURNALLED = ("exchange", "feed", "strategy", "risk", "gateway")
ROLES = (*JOURNALLED, "monitor")
#: Quotes go first; who carries their cancels and their reports goes after.
STOP_ORDER = ("strategy", "risk", "gateway", "exchange", "feed", "monitor")
#: What stands in a session's folder beside its journals and logs.
DATA_FILES = ("config.toml", "instruments.json", "ending.json")
#: Who has something to tell people.
TELLERS = (*ROLES, "supervisor")


def default_runtime_dir() -> str:
    """Root's sessions and each user's have their own: who came first must not keep others out."""
    uid = os.geteuid()
    return f"/dev/shm/pinnacle-{uid}" if uid else "/dev/shm/pinnacle"


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

    def process(self, role: str) -> Path:
        return self.runtime / f"{role}.process"

    def counters(self, role: str) -> Path:
        return self.runtime / f"{role}.counters"

    def notices(self, teller: str) -> Path:
        return self.runtime / f"{teller}.notices"

    def ring(self, name: str) -> Path:
        return self.runtime / f"{name}.ring"

    def book(self, symbol: str) -> Path:
        return self.runtime / f"{Symbol(symbol).file_name}.book"

    def journal(self, role: str) -> Path:
        return self.data / role

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
