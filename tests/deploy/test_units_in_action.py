"""A session as its units run it: their commands, order, users, networks and notifications."""

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from pinnacle.core.bell import Control
from pinnacle.core.paths import role_of
from pinnacle.core.schema import Reason
from pinnacle.plan.checks import load_session
from pinnacle.session.systemd import unit_name
from tests.deploy.two_users import GROUP, MONITOR, TRADER, as_two_users
from tests.deploy.unit_files import SIMULATED, commands, install, value, words
from tests.sessions import demo_config, until

pytestmark = pytest.mark.long
USERS = {"pinnacle": TRADER, "pinnacle-monitor": MONITOR}


class Manager:
    """Does with the units what systemd does, as far as this machine and user allow."""

    def __init__(self, folder: Path, source: str):
        made, self.paths = demo_config(folder, "s", f"{source}.toml")
        text = made.read_text(encoding="utf-8").replace("cpu = 1", "cpu = 0")
        #: The session is called s: its file is s.toml in the folder that stands for /etc/pinnacle.
        self.config = folder / "s.toml"
        self.config.write_text(text + "\n[monitor]\nport = 0\n", encoding="utf-8")
        topology = load_session(self.config).topology()
        self._units = folder / "units"
        install(self._units, topology, "s")
        self.units = {process.name: unit_name("s", process) for process in topology.processes}
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

    def command(self, unit: str, line: list[str]) -> list[str]:
        swapped = {"/etc/pinnacle/s.toml": str(self.config), "/etc/pinnacle": str(self._folder)}
        swapped["/run/pinnacle"] = str(self.paths.runtime.parent)
        command = [
            sys.executable,
            "-m",
            "pinnacle",
            *(swapped.get(word, word) for word in line[1:]),
        ]
        if not as_two_users():
            return command
        uid = USERS[value(self._units, unit, "User")]
        prefix = ["setpriv", f"--reuid={uid}", f"--regid={GROUP}", "--clear-groups"]
        if value(self._units, unit, "PrivateNetwork") == "yes":
            prefix = ["unshare", "--net", *prefix]
        return [*prefix, *command]

    def oneshot(self, unit: str, which: int = 0) -> None:
        """One of the commands of a unit, in the order of its life."""
        done = subprocess.run(
            self.command(unit, commands(self._units, unit)[which]),
            capture_output=True, text=True, cwd="/", umask=0o027, env=self.environment(),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def environment(self, **more: str) -> dict[str, str]:
        path = os.pathsep.join(place for place in sys.path if place)
        return os.environ | {"PYTHONPATH": path} | more

    def in_order(self) -> list[str]:
        """The processes so that each stands behind those that its unit names in After=."""
        names = {unit: name for name, unit in self.units.items()}
        behind = {
            name: {names[word] for word in words(self._units, unit, "After") if word in names}
            for name, unit in self.units.items()
        }
        return list(TopologicalSorter(behind).static_order())

    def start(self, name: str) -> None:
        """Until READY=1, as Type=notify has it."""
        unit = self.units[name]
        address = self._folder / f"{name}.notify"
        self._sockets[name] = listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listening.bind(str(address))
        address.chmod(stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO)
        listening.setblocking(False)
        (line,) = commands(self._units, unit)
        watchdog = int(value(self._units, unit, "WatchdogSec")) * 1_000_000
        with (self._folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                self.command(unit, line),
                stdout=log,
                stderr=log,
                cwd="/",
                umask=0o027,
                env=self.environment(NOTIFY_SOCKET=str(address), WATCHDOG_USEC=str(watchdog)),
            )
        until(lambda: self.heard(name, "READY=1"), 60, f"{name} is ready\n{self.log(name)}")

    def heard(self, name: str, message: str) -> bool:
        try:
            while True:
                self.said[name] += self._sockets[name].recv(4096).decode().splitlines()
        except BlockingIOError:
            return message in self.said[name]

    def log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text(encoding="utf-8")

    def stop(self, name: str) -> int:
        self.processes[name].send_signal(signal.SIGTERM)
        return self.processes[name].wait(
            int(value(self._units, self.units[name], "TimeoutStopSec"))
        )

    def close(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()
        for opened in self._sockets.values():
            opened.close()


@pytest.fixture(params=SIMULATED)
def manager(request):
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o755)
        made = Manager(Path(place), request.param)
        yield made
        made.close()


def test_a_session_starts_trades_and_ends_by_its_units(manager):
    manager.directories()
    manager.oneshot("pinnacle-session@s.service")
    order = manager.in_order()
    for name in order:
        manager.start(name)
    for name in order:
        until(lambda name=name: manager.heard(name, "WATCHDOG=1"), 20, f"{name} keeps alive")
    if as_two_users():
        networks = {n: Path(f"/proc/{manager.processes[n].pid}/ns/net").readlink() for n in order}
        here = Path("/proc/self/ns/net").readlink()
        own = {role_of(name) for name in order if networks[name] != here}
        assert own == {"exchange", "risk", "strategy"}
    for name in reversed(order):
        assert manager.stop(name) == 0, manager.log(name)
        assert manager.heard(name, "STOPPING=1")
    assert not any("Traceback" in manager.log(name) for name in order)
    with Control(manager.paths.control) as control:
        assert control.killed() == Reason.NONE
    manager.oneshot("pinnacle-session@s.service", 1)
    # systemd removes the directory itself: above it only systemd may write.
    assert not list(manager.paths.runtime.glob("*"))
    assert {path.name for path in manager.paths.data.iterdir()} >= {*order} - {"monitor"}


def test_the_unit_that_halts_needs_no_process(manager):
    manager.directories()
    manager.oneshot("pinnacle-session@s.service")
    manager.oneshot("pinnacle-halt@s.service")
    with Control(manager.paths.control) as control:
        assert control.killed() == Reason.OPERATOR
