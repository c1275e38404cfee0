"""Finding the session that is meant: by nothing, by its name, by its name without the time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from pinnacle.cli.session import session as group
from pinnacle.core.bell import Control
from pinnacle.core.errors import ConfigError, LayoutError, PeerLostError, UsageError
from pinnacle.core.schema import Reason
from pinnacle.core.segment import Mode
from pinnacle.plan.checks import load_session
from pinnacle.session.create import create_session, own_session
from pinnacle.session.find import find_sessions, left_behind, runtime_dirs, the_session
from tests.sessions import demo_config


@pytest.fixture
def world(tmp_path):
    """Makes sessions below tmp_path / "run", alive until the end of the test or dead."""
    file, _ = demo_config(tmp_path, "demo")
    config = load_session(file)
    keepers = []

    class World:
        place = tmp_path / "run"
        toml = file

        def make(self, name: str, alive: bool):
            paths = config.paths(name)
            if alive:
                keepers.append(own_session(config, paths))
            else:
                create_session(config, paths)
            return paths

        def meant(self, name: str | None = None):
            return the_session(find_sessions([self.place]), name, [self.place]).name

    yield World()
    for keeper in keepers:
        keeper.close()


def invoke(*arguments: str):
    """(what the command returned, what it printed)."""
    done = ran(*arguments)
    return done.return_value, done.stdout


def told(*arguments: str) -> str:
    """What the command said beside its result."""
    return ran(*arguments).stderr


def ran(*arguments: str):
    from click.testing import CliRunner

    done = CliRunner().invoke(group, [str(word) for word in arguments], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done


def test_the_only_living_one_is_meant_among_dead_ones(world):
    world.make("old", alive=False)
    world.make("demo-261126-8ln", alive=True)
    assert world.meant() == "demo-261126-8ln"
    assert world.meant("demo") == "demo-261126-8ln"
    assert world.meant("old") == "old"


def test_of_several_a_name_is_asked_for_and_all_are_listed(world):
    for name in ("demo-261126-8ln", "demo-261126-8lo", "other"):
        world.make(name, alive=True)
    with pytest.raises(UsageError, match=r"demo-261126-8ln .*other .*--name"):
        world.meant()
    with pytest.raises(UsageError, match=r"several sessions: demo-261126-8ln .*8lo"):
        world.meant("demo")
    assert world.meant("other") == "other"
    assert world.meant("demo-261126-8lo") == "demo-261126-8lo"


def test_a_dead_one_is_meant_where_it_is_the_only_one(world):
    world.make("crashed", alive=False)
    assert world.meant() == "crashed"


def test_where_there_is_none_the_folders_are_named(world):
    with pytest.raises(PeerLostError, match=f"no session in {world.place}"):
        world.meant()
    with pytest.raises(PeerLostError, match=r"no session nowhere in .*--runtime-dir"):
        world.meant("nowhere")


def test_a_damaged_one_hides_no_other(world):
    world.make("demo", alive=True)
    bad = world.make("old", alive=False)
    bad.control.write_bytes(b"no segment" * 100)
    rows = msgspec.json.decode(invoke("list", "--runtime-dir", world.place, "--json")[1])
    assert [row["name"] for row in rows] == ["demo", "old"]
    assert str(bad.control) in rows[1]["halted"]


def test_a_neighbour_that_means_harm_keeps_nobody_from_halting(world):
    for name in ("fifo", "huge", "mine"):
        world.make(name, alive=name == "mine")
    text = world.place / "fifo" / "session.toml"
    text.unlink()
    os.mkfifo(text)
    other_end = os.open(text, os.O_RDWR | os.O_NONBLOCK)
    os.truncate(world.place / "huge" / "session.toml", 1 << 40)
    try:
        assert world.meant() == "mine"
    finally:
        os.close(other_end)


def test_a_reason_that_nobody_knows_is_told_all_the_same(world):
    paths = world.make("odd", alive=True)
    with Control(paths.control, Mode.SHARED) as control:
        control.kill(1999)
        assert Reason(control.killed()) != Reason.NONE
    _, listed = invoke("list", "--runtime-dir", world.place)
    assert "halted (unknown_1999)" in listed
    _, halted = invoke("halt", "--runtime-dir", world.place)
    assert "unknown_1999" in halted, "the first reason stays"


def test_a_damaged_instrument_table_is_an_error_that_names_it(world):
    paths = world.make("odd", alive=True)
    with paths.instruments.open("r+b") as file:
        file.seek(256)
        file.write(b"\xff" * 128)
    with pytest.raises(LayoutError, match="instruments: is damaged"):
        invoke("status", "--runtime-dir", world.place)


def test_folders_that_are_no_sessions_are_passed_over(world):
    world.make("demo", alive=True)
    (world.place / "thesis").mkdir()
    (world.place / "a file").write_text("", encoding="utf-8")
    (world.place / ".hidden").mkdir()
    (world.place / ".hidden" / "control").write_text("", encoding="utf-8")
    assert [found.name for found in find_sessions([world.place, world.place / "x"])] == ["demo"]


def test_the_emergency_needs_no_memory(world):
    paths = world.make("demo-261126-8ln", alive=True)
    for words in (
        ["--runtime-dir", world.place],
        ["--config", world.toml],
        ["--runtime-dir", world.place, "--name", "demo"],
    ):
        assert invoke("halt", *words)[1] == "demo-261126-8ln: halted (operator)\n"
        with Control(paths.control) as control:
            assert control.killed() == Reason.OPERATOR
        assert invoke("resume", *words)[1] == "demo-261126-8ln: resumed\n"
        with Control(paths.control) as control:
            assert control.killed() == Reason.NONE


def test_a_mistake_elsewhere_in_the_configuration_keeps_nobody_from_halting(world):
    world.make("demo-261126-8ln", alive=True)
    world.toml.write_text(
        world.toml.read_text(encoding="utf-8").replace("levels = 3", "levels = 'three'"),
        encoding="utf-8",
    )
    assert "halted" in invoke("halt", "--config", world.toml)[1]
    world.toml.write_text(
        world.toml.read_text(encoding="utf-8").replace('name = "demo"', "name = 7"),
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=r"session\.name"):
        invoke("halt", "--config", world.toml)


def test_halting_one_of_which_nobody_lives_says_so(world):
    world.make("demo", alive=False)
    said = invoke("halt", "--runtime-dir", world.place)[1]
    assert said == "demo: halted (operator); none of its processes lives\n"


def test_a_list_and_a_status_are_for_people_and_for_programs(world, tmp_path):
    world.make("demo", alive=True)
    world.make("old", alive=False)
    words = ["--runtime-dir", world.place]
    rows = msgspec.json.decode(invoke("list", *words, "--json")[1])
    assert [(row["name"], row["running"], row["halted"]) for row in rows] == [
        ("demo", True, None),
        ("old", False, None),
    ]
    assert rows[0]["data"] == str(tmp_path / "data" / "demo")
    text = invoke("list", *words)[1].splitlines()
    assert "demo" in text[0] and "running" in text[0] and "trading allowed" in text[0]
    code, out = invoke("status", *words, "--json")
    document = msgspec.json.decode(out)
    assert code == 5, "none of its six processes has been started"
    assert len(document["processes"]) == 6
    assert [row["symbol"] for row in document["instruments"]] == ["BTC-USD", "ETH-USD"]
    code, out = invoke("status", *words, "--name", "old")
    assert (code, "old: dead" in out, "BTC-USD: position" in out) == (5, True, True)


def test_the_dead_are_removed_and_the_living_stay(world):
    world.make("demo", alive=True)
    old = world.make("old", alive=False)
    with pytest.raises(UsageError, match="say which"):
        invoke("remove", "--runtime-dir", world.place)
    invoke("remove", "--runtime-dir", world.place, "--dead")
    assert [found.name for found in find_sessions([world.place])] == ["demo"]
    assert not old.runtime.exists() and old.config.exists()


def test_a_removal_of_the_dead_says_where_it_found_none(world):
    world.make("demo", alive=True)
    assert (
        told("remove", "--runtime-dir", world.place, "--dead")
        == f"no dead session in {world.place}\n"
    )


def test_a_start_tells_of_what_killed_ones_have_left_in_memory(world):
    world.make("demo", alive=True)
    assert left_behind(world.place) == ""
    world.make("old", alive=False)
    remedy = f"pinnacle session remove --dead --runtime-dir {world.place}"
    assert left_behind(world.place) == f"old left dead: {remedy}"
    world.make("older", alive=False)
    assert left_behind(world.place) == f"2 sessions left dead: {remedy}"
    invoke(*remedy.split()[2:])
    assert left_behind(world.place) == ""


def test_sessions_are_looked_for_in_ones_own_folder_first_and_in_the_units(world):
    places = [str(place) for place in runtime_dirs()]
    uid = os.geteuid()
    assert places[0] == (f"/dev/shm/pinnacle-{uid}" if uid else "/dev/shm/pinnacle")
    assert "/run/pinnacle" in places and len(places) == len(set(places))


def may_unshare() -> bool:
    command = ["unshare", "--pid", "--fork", "--mount-proc", "true"]
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(command, capture_output=True, timeout=30).returncode == 0


@pytest.mark.skipif(not may_unshare(), reason="may not make a pid namespace")
def test_a_session_lives_for_other_pid_namespaces_too(world):
    world.make("demo", alive=True)
    inside = [sys.executable, "-m", "pinnacle", "session", "remove", "--name", "demo"]
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", *inside, "--runtime-dir", str(world.place)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, "still running: supervisor" in done.stderr) == (2, True), done.stderr
    assert Path(world.place / "demo" / "control").exists()


def test_a_file_is_no_folder_of_sessions(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UsageError, match=f"--runtime-dir {file}: not a folder"):
        invoke("list", "--runtime-dir", file)
