"""A session as its units run it: their commands, order, users, networks and notifications."""

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest

from pinnacle.core.bell import Control
from pinnacle.core.paths import ROLES
from pinnacle.core.schema import Reason
from tests.deploy.two_users import GROUP, MONITOR, TRADER, as_two_users
from tests.deploy.unit_files import ROLE_UNITS, UNITS, commands, settings, words
from tests.sessions import demo_config, until

pytestmark = pytest.mark.long
USERS = {"pinnacle": TRADER, "pinnacle-monitor": MONITOR}


class Manager:
    """Does with the units what systemd does, as far as this machine and user allow."""

    def __init__(self, folder: Path):
        self.config, self.paths = demo_config(folder, "s")
        text = self.config.read_text(encoding="utf-8").replace("cpu = 1", "cpu = 0")
        self.config.write_text(text + "\n[monitor]\nport = 0\n", encoding="utf-8")
        self.said: dict[str, list[str]] = defaultdict(list)
        self.processes: dict[str, subprocess.Popen] = {}
        self._folder = folder
        self._sockets: dict[str, socket.socket] = {}

    def directories(self) -> None:
        for place in (self.paths.runtime, self.paths.data):
            place.mkdir(parents=True)
            place.chmod(0o750)
            if as_two_users():
                os.chown(place, TRADER, GROUP)

    def command(self, unit: Path, line: list[str]) -> list[str]:
        given = settings(unit)
        swapped = {"/etc/pinnacle/%i.toml": str(self.config), "%i": "s"}
        swapped["/run/pinnacle"] = str(self.paths.runtime.parent)
        command = [
            sys.executable,
            "-m",
            "pinnacle",
            *(swapped.get(word, word) for word in line[1:]),
        ]
        if not as_two_users():
            return command
        uid = USERS[given["User"][0]]
        prefix = ["setpriv", f"--reuid={uid}", f"--regid={GROUP}", "--clear-groups"]
        if given.get("PrivateNetwork") == ["yes"]:
            prefix = ["unshare", "--net", *prefix]
        return [*prefix, *command]

    def oneshot(self, unit: Path, line: list[str]) -> None:
        done = subprocess.run(
            self.command(unit, line), capture_output=True, text=True, cwd="/", umask=0o027,
            env=self.environment(),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def environment(self, **more: str) -> dict[str, str]:
        path = os.pathsep.join(place for place in sys.path if place)
        return os.environ | {"PYTHONPATH": path} | more

    def start(self, role: str) -> None:
        """Until READY=1, as Type=notify has it."""
        unit = ROLE_UNITS[role]
        address = self._folder / f"{role}.notify"
        self._sockets[role] = listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listening.bind(str(address))
        address.chmod(stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO)
        listening.setblocking(False)
        (line,) = commands(unit)
        (watchdog,) = settings(unit)["WatchdogSec"]
        with (self._folder / f"{role}.log").open("wb") as log:
            self.processes[role] = subprocess.Popen(
                self.command(unit, line),
                stdout=log,
                stderr=log,
                cwd="/",
                umask=0o027,
                env=self.environment(
                    NOTIFY_SOCKET=str(address), WATCHDOG_USEC=str(int(watchdog) * 1_000_000)
                ),
            )
        until(lambda: self.heard(role, "READY=1"), 60, f"{role} is ready\n{self.log(role)}")

    def heard(self, role: str, message: str) -> bool:
        try:
            while True:
                self.said[role] += self._sockets[role].recv(4096).decode().splitlines()
        except BlockingIOError:
            return message in self.said[role]

    def log(self, role: str) -> str:
        return (self._folder / f"{role}.log").read_text(encoding="utf-8")

    def stop(self, role: str) -> int:
        self.processes[role].send_signal(signal.SIGTERM)
        return self.processes[role].wait(int(settings(ROLE_UNITS[role])["TimeoutStopSec"][0]))

    def close(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()
        for opened in self._sockets.values():
            opened.close()


@pytest.fixture
def manager():
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o755)
        made = Manager(Path(place))
        yield made
        made.close()


def in_order() -> list[str]:
    """The roles so that each stands behind those that its unit names in After=."""
    ordered: list[str] = []
    while len(ordered) < len(ROLES):
        for role in ROLES:
            named = {word.partition("@")[0].removeprefix("pinnacle-")
                     for word in words(ROLE_UNITS[role], "After")}  # fmt: skip
            if role not in ordered and named & set(ROLES) <= set(ordered):
                ordered.append(role)
    return ordered


def test_a_session_starts_trades_and_ends_by_its_units(manager):
    session = UNITS / "pinnacle-session@.service"
    create, remove = commands(session)
    manager.directories()
    manager.oneshot(session, create)
    order = in_order()
    for role in order:
        manager.start(role)
    for role in order:
        until(lambda role=role: manager.heard(role, "WATCHDOG=1"), 20, f"{role} keeps alive")
    if as_two_users():
        networks = {r: Path(f"/proc/{manager.processes[r].pid}/ns/net").readlink() for r in order}
        here = Path("/proc/self/ns/net").readlink()
        own = {role for role in order if networks[role] != here}
        assert own == {"exchange", "risk", "strategy"}
    for role in reversed(order):
        assert manager.stop(role) == 0, manager.log(role)
        assert manager.heard(role, "STOPPING=1")
    assert not any("Traceback" in manager.log(role) for role in order)
    with Control(manager.paths.control) as control:
        assert control.killed() == Reason.NONE
    manager.oneshot(session, remove)
    # systemd removes the directory itself: above it only systemd may write.
    assert not list(manager.paths.runtime.glob("*"))
    assert {path.name for path in manager.paths.data.iterdir()} >= {"strategy", "risk", "gateway"}


def test_the_unit_that_halts_needs_no_process(manager):
    manager.directories()
    manager.oneshot(
        UNITS / "pinnacle-session@.service", commands(UNITS / "pinnacle-session@.service")[0]
    )
    halt = UNITS / "pinnacle-halt@.service"
    (line,) = commands(halt)
    manager.oneshot(halt, line)
    with Control(manager.paths.control) as control:
        assert control.killed() == Reason.OPERATOR
