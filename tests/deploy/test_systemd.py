"""The unit files: systemd's own opinion of them where it is installed, and what they promise."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pinnacle.cli.main import pinnacle
from pinnacle.plan.config import load_session
from pinnacle.session.supervisor import FINAL_CODES, START_ORDER
from tests.deploy.unit_files import ROLE_UNITS, SERVICES, UNITS, commands, settings, words

HOST_UNITS = Path("/usr/lib/systemd/system")
ANALYZE = shutil.which("systemd-analyze")
INSTALL_NEEDS = "root, systemd-sysusers and systemd-tmpfiles"
CAN_INSTALL = os.geteuid() == 0 and all(map(shutil.which, ("systemd-sysusers", "systemd-tmpfiles")))

#: What every service says word for word, one line each.
HARDENING = [
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "DevicePolicy=closed",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectControlGroups=yes",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "KeyringMode=private",
    "UMask=0027",
    "SystemCallArchitectures=native",
    "SystemCallErrorNumber=EPERM",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A system with the units, the program that they start, and the host's own units."""
    place = tmp_path / "etc/systemd/system"
    place.mkdir(parents=True)
    for unit in UNITS.glob("pinnacle*.*"):
        shutil.copy(unit, place)
    program = tmp_path / "opt/pinnacle/bin/pinnacle"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    if HOST_UNITS.is_dir():
        shutil.copytree(HOST_UNITS, tmp_path / "usr/lib/systemd/system", symlinks=True)
    return tmp_path


def analyze(root: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [ANALYZE, *arguments, f"--root={root}", "--no-pager"]
    # Its table has signs that not every locale can print.
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


needs_analyze = pytest.mark.skipif(ANALYZE is None, reason="needs systemd-analyze")


@needs_analyze
def test_systemd_accepts_every_unit_without_a_warning(root):
    for path in [*UNITS.glob("*.service"), *UNITS.glob("*.target"), *UNITS.glob("*.slice")]:
        assert settings(path), path
    drop_in = root / "etc/systemd/system/pinnacle-strategy@demo.service.d"
    shutil.copytree(UNITS / "examples/pinnacle-strategy@.service.d", drop_in)
    shutil.copytree(
        UNITS / "examples/pinnacle.slice.d", root / "etc/systemd/system/pinnacle.slice.d"
    )
    names = [path.name.replace("@.", "@demo.") for path in SERVICES]
    done = analyze(
        root, "verify", "--recursive-errors=yes", "pinnacle@demo.target", "pinnacle.slice", *names
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_service_says_what_it_may_not_do(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in HARDENING if line not in lines] == []
    assert words(path, "SystemCallFilter")[:3] == ["@system-service", "~@privileged", "@resources"]


@needs_analyze
@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_service_exposes_next_to_nothing(path, root):
    name = path.name.replace("@.", "@demo.")
    done = analyze(root, "security", "--offline=true", "--threshold=20", name)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_role_has_a_unit_that_starts_it_and_the_target_wants_it():
    target = UNITS / "pinnacle@.target"
    pulled = words(target, "Requires") + words(target, "Wants")
    for role, path in ROLE_UNITS.items():
        assert commands(path) == [
            f"/opt/pinnacle/bin/pinnacle {role} --config /etc/pinnacle/%i.toml --name %i "
            "--log-json".split()
        ]
        assert path.name.replace("@.", "@%i.") in pulled
        assert settings(path)["Type"] == ["notify"]


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_every_command_line_is_one_that_the_program_understands(path):
    assert commands(path)
    for line in commands(path):
        program, *arguments = (word.replace("%i", "demo") for word in line)
        assert program == "/opt/pinnacle/bin/pinnacle"
        found: click.Command = pinnacle
        while isinstance(found, click.Group):
            verb = arguments.pop(0)
            inner = found.get_command(click.Context(found), verb)
            assert inner is not None, f"{path.name}: no command {verb}"
            found = inner
        # Parses as the program would, without running it.
        found.make_context(found.name, arguments)


def test_what_a_restart_cannot_cure_is_not_restarted():
    for role, path in ROLE_UNITS.items():
        assert {int(code) for code in words(path, "RestartPreventExitStatus")} == FINAL_CODES
        assert settings(path)["Restart"] == ["on-failure"]
        assert int(settings(path)["WatchdogSec"][0]) > 0
        halts = words(path, "OnFailure")
        assert halts == ([] if role == "monitor" else ["pinnacle-halt@%i.service"])


def test_only_feed_gateway_and_monitor_have_a_network():
    for path in SERVICES:
        networked = path.stem in ("pinnacle-feed@", "pinnacle-gateway@", "pinnacle-monitor@")
        families = words(path, "RestrictAddressFamilies")
        isolated = settings(path).get("PrivateNetwork") == ["yes"] and families == ["AF_UNIX"]
        assert isolated is not networked, path.name
    monitor = settings(ROLE_UNITS["monitor"])
    assert (monitor["IPAddressDeny"], monitor["IPAddressAllow"]) == (["any"], ["localhost"])


def test_processes_stop_in_the_order_of_the_supervisor():
    """systemd stops in the reverse order of After=; START_ORDER is the supervisor's."""
    for earlier, later in (
        ("exchange", "feed"),
        ("exchange", "gateway"),
        ("gateway", "risk"),
        ("risk", "strategy"),
    ):
        assert START_ORDER.index(earlier) < START_ORDER.index(later)
        assert f"pinnacle-{earlier}@%i.service" in words(ROLE_UNITS[later], "After")


def test_the_monitor_is_another_user_who_may_write_its_own_files():
    monitor = ROLE_UNITS["monitor"]
    assert settings(monitor)["User"] == ["pinnacle-monitor"]
    assert words(monitor, "ReadWritePaths") == [
        "/run/pinnacle/%i/monitor.process",
        "/run/pinnacle/%i/monitor.counters",
        "/run/pinnacle/%i/monitor.notices",
        "/run/pinnacle/%i/monitor.address",
    ]
    users = [path.name for path in SERVICES if settings(path)["User"] != ["pinnacle"]]
    assert users == [monitor.name]
    assert all(settings(path)["Group"] == ["pinnacle"] for path in SERVICES)
    made = (UNITS / "sysusers.d/pinnacle.conf").read_text(encoding="utf-8")
    assert re.search(r"^u +pinnacle ", made, re.M) and re.search(
        r"^u +pinnacle-monitor ", made, re.M
    )
    assert re.search(r"^m +pinnacle-monitor +pinnacle$", made, re.M)


def test_only_the_session_unit_owns_the_runtime_directory():
    """systemd removes a RuntimeDirectory= with the unit that names it: a restart would take all."""
    owners = [path.stem for path in SERVICES if "RuntimeDirectory" in settings(path)]
    assert owners == ["pinnacle-session@"]


def test_no_file_holds_anything_that_looks_like_a_secret():
    for path in UNITS.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"(?i)(secret|password|token|api_?key)\s*[=:]", text), path
            assert not re.search(r"[A-Za-z0-9+/]{40,}", text), path


def test_the_documented_edit_puts_a_session_where_its_units_may_write(tmp_path):
    root = UNITS.parent
    page = (root / "docs/deployment.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"sed -i '(.+?)'", page)
    config = tmp_path / "demo.toml"
    shutil.copy(root / "config/demo.toml", config)
    subprocess.run(["sed", "-i", script, str(config)], check=True)
    paths = load_session(config).paths("demo")
    assert paths.runtime == Path("/run/pinnacle/demo")
    assert paths.data == Path("/var/lib/pinnacle/demo")
    for role, unit in ROLE_UNITS.items():
        if role != "monitor":
            assert words(unit, "ReadWritePaths") == [
                str(path).replace("demo", "%i") for path in (paths.runtime, paths.data)
            ]


def test_the_documented_copies_are_of_files_that_are_there():
    page = (UNITS.parent / "docs/deployment.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w@.-]+\.d/[\w.-]+\.conf", page))
    assert {"sysusers.d/pinnacle.conf", "tmpfiles.d/pinnacle.conf"} < named
    for name in named:
        assert list(UNITS.rglob(name)), name


@pytest.mark.skipif(not CAN_INSTALL, reason=f"needs {INSTALL_NEEDS}")
def test_the_documented_installation_works_on_a_machine_that_has_systemd_and_no_more(tmp_path):
    """Steps 2 to 4 as they are written, in a root of the test's own."""
    page = (UNITS.parent / "docs/deployment.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sh\n(# 1\. The program.*?)```", page, re.S)
    script = block[block.index("# 2.") : block.index("# 5.")]
    installed = tmp_path / "opt/pinnacle"
    shutil.copytree(UNITS, installed / "share/pinnacle/systemd")
    shutil.copytree(UNITS.parent / "config", installed / "share/pinnacle/config")
    (installed / "bin").mkdir()
    program = installed / "bin/pinnacle"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pinnacle "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    for words_in, words_out in [
        ("sudo ", ""),
        ("systemctl daemon-reload", "true"),
        (" /etc/", f" {tmp_path}/etc/"),
        ("/opt/pinnacle", str(installed)),
        ("systemd-sysusers", f"systemd-sysusers --root={tmp_path}"),
        ("systemd-tmpfiles", f"systemd-tmpfiles --root={tmp_path}"),
        ("root:pinnacle", f"0:$(grep ^pinnacle: {tmp_path}/etc/group | cut -d: -f3)"),
    ]:
        assert words_in in script, words_in
        script = script.replace(words_in, words_out)
    done = subprocess.run(["sh", "-eu", "-c", script], capture_output=True, text=True, cwd=UNITS)
    assert done.returncode == 0, done.stdout + done.stderr
    users = (tmp_path / "etc/passwd").read_text(encoding="utf-8")
    assert "pinnacle:" in users and "pinnacle-monitor:" in users
    assert (tmp_path / "var/lib/pinnacle").is_dir() and (tmp_path / "run/pinnacle").is_dir()
    units = {path.name for path in (tmp_path / "etc/systemd/system").iterdir()}
    assert units == {path.name for path in UNITS.iterdir() if path.is_file()}
    config = tmp_path / "etc/pinnacle/demo.toml"
    assert "good" in done.stdout and stat.S_IMODE(config.stat().st_mode) == stat.S_IMODE(0o640)
    assert config.stat().st_gid != 0
