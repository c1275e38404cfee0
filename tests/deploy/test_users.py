"""Sessions under a service manager: a directory that it made, a monitor of another user."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pinnacle.core.bell import Bell, Control, ProcessState, create_control
from pinnacle.core.errors import ConfigError
from pinnacle.core.schema import Reason
from pinnacle.plan.checks import load_session
from pinnacle.runtime.runtime import Runtime
from pinnacle.session import place
from pinnacle.session.create import create_session
from tests.deploy.two_users import GROUP, MONITOR, TRADER, as_two_users
from tests.seats import seat_of
from tests.sessions import demo_config, until

OWN = ("monitor.process", "monitor.counters", "monitor.notices", "monitor.address")


def test_the_monitors_own_files_are_the_only_ones_that_its_group_may_write(tmp_path):
    config, paths = demo_config(tmp_path, "s")
    create_session(load_session(config), paths)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths.runtime.iterdir()}
    assert {name for name, mode in modes.items() if mode & stat.S_IWGRP} == set(OWN)
    assert all(mode & stat.S_IRGRP and not mode & stat.S_IRWXO for mode in modes.values())
    assert stat.S_IMODE(paths.runtime.stat().st_mode) == stat.S_IMODE(0o750)


def test_a_directory_that_a_service_manager_made_is_filled_and_nothing_beside_it(tmp_path):
    config, paths = demo_config(tmp_path, "s")
    paths.runtime.mkdir(parents=True)
    # What a creator left that was killed.
    (paths.runtime / ".making").mkdir()
    create_control(paths.runtime / ".making" / "control")
    (paths.runtime / ".making" / "fills.ring.77-1a2b.making").write_bytes(bytes(100))
    create_session(load_session(config), paths)
    assert [path.name for path in paths.runtime.parent.iterdir()] == ["s"]
    assert not (paths.runtime / ".making").exists()
    with Control(paths.control) as control:
        assert control.killed() == Reason.NONE


def test_a_folder_that_cannot_be_made_is_an_error_that_names_the_key(tmp_path):
    config, paths = demo_config(tmp_path, "s")
    paths.data.parent.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"session\.data_dir: cannot make .*/data/s: "):
        create_session(load_session(config), paths)


#: Prints every file that cannot be read, and everything that can be written or made.
TRY = """
import os, sys
for folder in sys.argv[1:]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if not os.access(path, os.R_OK): print("unreadable", name)
            if os.access(path, os.W_OK): print(name)
        if os.access(place, os.W_OK): print("folder", place)
"""


@pytest.fixture
def shared_folder():
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o755)
        yield Path(place)


def as_user(uid: int, *command: str) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    users = {"user": uid, "group": GROUP, "extra_groups": []} if os.geteuid() == 0 else {}
    return subprocess.Popen(
        [sys.executable, *command],
        **users,
        umask=0o027,
        env=environment,
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ran(uid: int, *command: str) -> str:
    process = as_user(uid, *command)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, out + errors
    return out


def test_a_monitor_of_another_user_serves_the_session_and_can_write_none_of_it(shared_folder):
    """With two real users where that can be, as root; elsewhere with one, in a read-only folder."""
    config, paths = demo_config(shared_folder, "s")
    config.write_text(
        config.read_text(encoding="utf-8") + "\n[monitor]\nport = 0\n", encoding="utf-8"
    )
    for folder in (paths.runtime, paths.data):
        folder.mkdir(parents=True)
        folder.chmod(0o750)
        if os.geteuid() == 0:
            os.chown(folder, TRADER if as_two_users() else 0, GROUP if as_two_users() else 0)
    trader, other = (TRADER, MONITOR) if as_two_users() else (os.geteuid(), os.geteuid())
    arguments = ["--config", str(config), "--name", "s"]
    ran(trader, "-m", "pinnacle", "session", "create", *arguments)
    if as_two_users():
        found = ran(other, "-c", TRY, str(paths.runtime), str(paths.data))
        assert sorted(found.split()) == sorted(OWN)
    paths.runtime.chmod(0o550)
    monitor = as_user(other, "-m", "pinnacle", "process", "monitor", *arguments)
    try:
        with Bell(paths.process("monitor")) as bell:
            until(lambda: bell.state == ProcessState.READY, 30, "the monitor")
        assert paths.monitor_address.read_text(encoding="utf-8").startswith("http://127.0.0.1:")
    finally:
        monitor.send_signal(signal.SIGTERM)
        _, errors = monitor.communicate(timeout=30)
        paths.runtime.chmod(0o750)
    assert (monitor.returncode, "Traceback" in errors) == (0, False), errors


def made_by(uid: int, config: Path, name: str) -> subprocess.CompletedProcess:
    words = ["-m", "pinnacle", "session", "create", "--config", str(config), "--name", name]
    process = as_user(uid, *words)
    out, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors, errors
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


@pytest.mark.parametrize("key", ["runtime_dir", "data_dir"])
def test_who_is_kept_out_of_a_folder_is_told_its_key_and_the_way_out(shared_folder, key):
    if os.geteuid() == 0 and not as_two_users():
        pytest.skip("nothing keeps root out, and no other user can come here")
    config, paths = demo_config(shared_folder, "s")
    closed = paths.runtime.parent if key == "runtime_dir" else paths.data.parent
    for folder in {paths.runtime.parent, paths.data.parent}:
        folder.mkdir()
        folder.chmod(0o777)
    closed.chmod(0o700 if os.geteuid() == 0 else 0)
    refused = made_by(TRADER, config, "s")
    closed.chmod(0o755)
    assert refused.returncode == 3
    assert f"session.{key}: " in refused.stderr
    assert f"name a folder of your own in [session] {key}" in refused.stderr


@pytest.mark.skipif(not as_two_users(), reason="two users are needed")
def test_a_session_once_made_as_root_keeps_the_folders_owner_in(shared_folder):
    config, paths = demo_config(shared_folder, "s")
    os.chown(shared_folder, TRADER, GROUP)
    assert made_by(0, config, "as-root").returncode == 0
    assert (paths.data.parent.stat().st_uid, paths.runtime.parent.stat().st_uid) == (TRADER, TRADER)
    assert made_by(TRADER, config, "as-trader").returncode == 0


def test_each_user_has_a_default_folder_that_is_no_others(monkeypatch, tmp_path):
    config, _ = demo_config(tmp_path, "s")
    text = config.read_text(encoding="utf-8")
    config.write_text(
        "".join(line for line in text.splitlines(True) if "runtime_dir" not in line),
        encoding="utf-8",
    )
    for uid, name in ((0, "pinnacle"), (TRADER, f"pinnacle-{TRADER}")):
        monkeypatch.setattr(os, "geteuid", lambda uid=uid: uid)
        assert load_session(config).session.runtime_dir == f"/dev/shm/{name}"


def test_a_default_folder_that_somebody_else_made_is_refused(monkeypatch, tmp_path):
    config, paths = demo_config(tmp_path, "s")
    (tmp_path / "elsewhere").mkdir()
    paths.runtime.parent.symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr(place, "default_runtime_dir", lambda: str(paths.runtime.parent))
    with pytest.raises(ConfigError, match="is of another user"):
        create_session(load_session(config), paths)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_monitor_never_opens_the_kill_switch_for_writing(tmp_path):
    config, paths = demo_config(tmp_path, "s")
    create_session(load_session(config), paths)
    with Runtime(seat_of("monitor", paths)) as runtime:
        with pytest.raises(ValueError, match="read-only"):
            runtime.control.kill(Reason.OPERATOR)
        assert runtime.control.killed() == Reason.NONE
