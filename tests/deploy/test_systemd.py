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
from pinnacle.plan.checks import load_session
from pinnacle.session.supervisor import FINAL_CODES
from tests.deploy.unit_files import (
    SERVICES,
    SESSIONS,
    UNITS,
    commands,
    install,
    settings,
    signers_of,
    topology_of,
    value,
    words,
)

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


#: Where systemd has them, below a root.
FOLDER = "etc/systemd/system"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A system with two sessions' units, the program that they start, and the host's own units."""
    place = tmp_path_factory.mktemp("root")
    for session in SESSIONS:
        install(place / FOLDER, topology_of(session), session, signers_of(session))
    program = place / "opt/pinnacle/bin/pinnacle"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    if HOST_UNITS.is_dir():
        shutil.copytree(HOST_UNITS, place / "usr/lib/systemd/system", symlinks=True)
    return place


@pytest.fixture(scope="module")
def folder(root) -> Path:
    return root / FOLDER


def process_units(session: str) -> dict[str, str]:
    """By the process's name."""
    names = [process.name for process in topology_of(session).processes]
    return {name: f"pinnacle-process@{session}:{name}.service" for name in names}


PROCESSES = [(s, name, unit) for s in SESSIONS for name, unit in process_units(s).items()]
OTHERS = [path.name.replace("@.", f"@{s}.") for s in SESSIONS for path in SERVICES
          if "process" not in path.name]  # fmt: skip
ALL = [*(unit for _, _, unit in PROCESSES), *OTHERS]


def analyze(root: Path, *arguments: str) -> subprocess.CompletedProcess:
    command = [ANALYZE, *arguments, f"--root={root}", "--no-pager"]
    # Its table has signs that not every locale can print.
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


needs_analyze = pytest.mark.skipif(ANALYZE is None, reason="needs systemd-analyze")


@needs_analyze
def test_systemd_accepts_every_unit_without_a_warning(root, folder, tmp_path):
    shutil.copytree(root, tmp_path, symlinks=True, dirs_exist_ok=True)
    edited = tmp_path / FOLDER
    example = UNITS / "examples/pinnacle-process@.service.d"
    shutil.copy(example / "cpu.conf", edited / "pinnacle-process@demo:strategy.service.d")
    shutil.copytree(UNITS / "examples/pinnacle.slice.d", edited / "pinnacle.slice.d")
    targets = [f"pinnacle@{session}.target" for session in SESSIONS]
    for unit in [*ALL, *targets, "pinnacle.slice"]:
        assert settings(folder, unit), unit
    # A colon in an argument would mean an alias: it finds the processes by their targets.
    done = analyze(
        tmp_path, "verify", "--recursive-errors=yes", *targets, "pinnacle.slice", *OTHERS
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_a_service_says_what_it_may_not_do(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in HARDENING if line not in lines] == []
    filters = words(UNITS, path.name, "SystemCallFilter")
    assert filters[:3] == ["@system-service", "~@privileged", "@resources"]


@needs_analyze
@pytest.mark.parametrize("unit", ALL)
def test_a_service_exposes_next_to_nothing(unit, root):
    done = analyze(root, "security", "--offline=true", "--threshold=20", unit)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("session", SESSIONS)
def test_every_process_has_a_unit_that_starts_it_and_the_target_wants_it(session, folder):
    target = f"pinnacle@{session}.target"
    needed, wanted = (words(folder, target, key) for key in ("Requires", "Wants"))
    segments = f"pinnacle-session@{session}.service"
    units = process_units(session)
    for name, unit in units.items():
        assert commands(folder, unit) == [
            ["/opt/pinnacle/bin/pinnacle", "process", f"{session}:{name}",
             "--config", "/etc/pinnacle", "--log-json"]
        ]  # fmt: skip
        assert settings(folder, unit)["Type"] == ["notify"]
        assert settings(folder, unit)["PartOf"] == [target]
        assert settings(folder, unit)["BindsTo"] == [segments]
        assert segments in words(folder, unit, "After")
    assert wanted == [units.pop("monitor")]
    assert set(needed) == {segments, *units.values()}
    assert set(words(folder, target, "After")) == set(needed)


@pytest.mark.parametrize("unit", ALL)
def test_every_command_line_is_one_that_the_program_understands(unit, folder):
    assert commands(folder, unit)
    for program, *arguments in commands(folder, unit):
        assert program == "/opt/pinnacle/bin/pinnacle"
        found: click.Command = pinnacle
        while isinstance(found, click.Group):
            verb = arguments.pop(0)
            inner = found.get_command(click.Context(found), verb)
            assert inner is not None, f"{unit}: no command {verb}"
            found = inner
        # Parses as the program would, without running it.
        found.make_context(found.name, arguments)


@pytest.mark.parametrize(("session", "name", "unit"), PROCESSES)
def test_what_a_restart_cannot_cure_is_not_restarted(session, name, unit, folder):
    assert {int(code) for code in words(folder, unit, "RestartPreventExitStatus")} == FINAL_CODES
    assert settings(folder, unit)["Restart"] == ["on-failure"]
    assert int(value(folder, unit, "WatchdogSec")) > 0
    halts = words(folder, unit, "OnFailure")
    assert halts == ([] if name == "monitor" else [f"pinnacle-halt@{session}.service"])


#: Who speaks to a venue itself, and who signs orders to it.
SIGNING = {process_units("live-kraken")["gateway"]} | {u for u in OTHERS if "-killer@" in u}
SPEAKING = {process_units(s)["feed"] for s in ("binance-paper", "live-kraken")} | SIGNING


@pytest.mark.parametrize("unit", ALL)
def test_only_who_speaks_to_a_venue_and_the_monitor_have_a_network(unit, folder):
    networked = ":monitor." in unit or unit in SPEAKING
    assert (value(folder, unit, "PrivateNetwork") == "no") is networked
    inet = ["AF_INET", "AF_INET6"] if networked else []
    assert words(folder, unit, "RestrictAddressFamilies") == ["AF_UNIX", *inet]
    open_wide = networked and ":monitor." not in unit
    assert words(folder, unit, "IPAddressDeny") == ([] if open_wide else ["any"])
    allowed = words(folder, unit, "IPAddressAllow")
    assert allowed == (["localhost"] if ":monitor." in unit else [])


@pytest.mark.parametrize("unit", ALL)
def test_only_who_signs_orders_sees_the_vaults_password_and_keeps_nonces(unit, folder):
    signs = unit in SIGNING
    password = ["pinnacle-vault:/etc/pinnacle/vault-password"] if signs else []
    assert words(folder, unit, "LoadCredential") == password
    if "-session@" not in unit:
        assert words(folder, unit, "StateDirectory") == (["pinnacle-orders"] if signs else [])


@pytest.mark.parametrize("session", SESSIONS)
def test_nothing_that_ends_a_session_ends_its_killer(session, folder):
    killer = f"pinnacle-killer@{session}.service"
    given = settings(folder, killer)
    assert not {"PartOf", "BindsTo", "Requires", "OnFailure"} & set(given)
    assert given["Restart"] == ["always"] and given["Type"] == ["notify"]
    assert {int(code) for code in words(folder, killer, "RestartPreventExitStatus")} == FINAL_CODES
    target = settings(folder, f"pinnacle@{session}.target")
    assert killer not in " ".join(line for lines in target.values() for line in lines)


def test_a_process_without_its_drop_in_may_nothing():
    """It is whose it is, and writes and sends, by what is made for it: nothing is by default."""
    given = settings(UNITS, "pinnacle-process@demo:feed.service")
    assert given["PrivateNetwork"] == ["yes"]
    assert not {"ReadWritePaths", "PartOf", "StateDirectory", "RuntimeDirectory"} & set(given)


def test_the_monitor_is_another_user_who_may_write_its_own_files(folder):
    for unit in ALL:
        monitor = ":monitor." in unit
        assert value(folder, unit, "User") == ("pinnacle-monitor" if monitor else "pinnacle")
        assert value(folder, unit, "Group") == "pinnacle"
        assert value(folder, unit, "Slice") == ("system.slice" if monitor else "pinnacle.slice")
    assert words(folder, process_units("demo")["monitor"], "ReadWritePaths") == [
        "/run/pinnacle/demo/monitor.process",
        "/run/pinnacle/demo/monitor.counters",
        "/run/pinnacle/demo/monitor.notices",
        "/run/pinnacle/demo/monitor.address",
    ]
    made = (UNITS / "sysusers.d/pinnacle.conf").read_text(encoding="utf-8")
    assert re.search(r"^u +pinnacle ", made, re.M) and re.search(
        r"^u +pinnacle-monitor ", made, re.M
    )
    assert re.search(r"^m +pinnacle-monitor +pinnacle$", made, re.M)


def test_only_the_session_unit_owns_the_runtime_directory(folder):
    """systemd removes a RuntimeDirectory= with the unit that names it: a restart would take all."""
    owners = [unit for unit in ALL if "RuntimeDirectory" in settings(folder, unit)]
    assert owners == [f"pinnacle-session@{session}.service" for session in SESSIONS]


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
    install(tmp_path / FOLDER, load_session(config).topology(), "demo")
    for name, unit in process_units("demo").items():
        if name != "monitor":
            found = words(tmp_path / FOLDER, unit, "ReadWritePaths")
            assert found == [str(paths.runtime), str(paths.data)]


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
    units = {path.name for path in (tmp_path / FOLDER).iterdir()}
    shipped = {path.name for path in UNITS.iterdir() if path.is_file()}
    made = {"pinnacle@demo.target", *process_units("demo").values()}
    assert units == shipped | {f"{name}.d" for name in made}
    config = tmp_path / "etc/pinnacle/demo.toml"
    assert "good" in done.stdout and stat.S_IMODE(config.stat().st_mode) == stat.S_IMODE(0o640)
    assert config.stat().st_gid != 0
