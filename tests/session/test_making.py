"""Making and removing sessions: whole or not at all, one at a time, and nothing of anybody else."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from pinnacle.core.bell import Bell, Control, create_control
from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.core.instruments import read_table
from pinnacle.core.journal import Journal
from pinnacle.core.ring import RingObserver, RingWriter
from pinnacle.core.schema import Kind, Reason, Source, events_pointer
from pinnacle.core.segment import Mode, peek
from pinnacle.plan.checks import load_session
from pinnacle.plan.config import to_toml
from pinnacle.runtime.origin import origin_of
from pinnacle.runtime.run_marks import start_records
from pinnacle.session.create import (
    create_session,
    discard_session,
    own_session,
    remove_session,
)
from pinnacle.session.place import living, remove_segments
from tests.records import event
from tests.sessions import demo_config


@pytest.fixture
def made(tmp_path):
    """(configuration, paths) of a session that is not made yet."""
    file, paths = demo_config(tmp_path, "s")
    return load_session(file), paths


def changed(paths, old: str, new: str):
    """The configuration with other words."""
    file = paths.data.parent.parent / "demo.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    other = file.with_name("changed.toml")
    other.write_text(text.replace(old, new), encoding="utf-8")
    return load_session(other)


def journal(paths) -> None:
    paths.journal("risk").mkdir(parents=True)
    Journal.open(paths.journal("risk"), "s", Source.RISK).close()


def everything(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_session_is_whole_and_lives_from_its_first_moment(made):
    config, paths = made
    keeper = own_session(config, paths)
    assert living(paths) == ["supervisor"]
    assert len(read_table(paths.instruments)) == len(config.instruments)
    assert paths.config.read_text(encoding="utf-8") == to_toml(config)
    discard_session(paths, keeper)
    assert not paths.runtime.exists() and paths.config.exists()
    assert list(paths.runtime.parent.iterdir()) == []


def test_a_living_session_is_neither_replaced_nor_removed(made):
    config, paths = made
    create_session(config, paths)
    with Bell(paths.process("gateway"), Mode.OWN):
        before = everything(paths.runtime)
        with pytest.raises(ConfigError, match=r"is running \(gateway\)"):
            own_session(config, paths)
        with pytest.raises(ConfigError, match=r"is running \(gateway\)"):
            create_session(changed(paths, "levels = 3", "levels = 2"), paths)
        with pytest.raises(UsageError, match="still running: gateway"):
            remove_session(paths)
        create_session(config, paths)
        assert everything(paths.runtime) == before
    remove_session(paths)
    assert not paths.runtime.exists()


@pytest.mark.parametrize(
    ("before", "after"), [(Reason.PEER_LOST, Reason.NONE), (Reason.OPERATOR, Reason.OPERATOR)]
)
def test_a_dead_sessions_place_is_taken_over_and_the_operators_halt_with_it(made, before, after):
    config, paths = made
    own_session(config, paths).close()
    with Control(paths.control, Mode.SHARED) as control:
        control.kill(before)
    keeper = own_session(config, paths)
    with Control(paths.control) as control:
        assert control.killed() == after
    discard_session(paths, keeper)


def given(paths) -> int:
    with RingObserver(paths.ring("fills")) as ring:
        return ring.depth()


def give(paths) -> None:
    writer = RingWriter(paths.ring("fills"))
    row = event(Kind.FILL, price=1, quantity=1)
    assert writer.push(events_pointer(row), 1) == 1
    writer.close()


def test_what_was_given_and_not_taken_is_there_when_a_dead_session_goes_on(made):
    """A fill on its way to the strategy is money."""
    config, paths = made
    own_session(config, paths).close()
    give(paths)
    keeper = own_session(config, paths)
    assert given(paths) == 1
    discard_session(paths, keeper)


def test_segments_that_cannot_be_opened_are_made_anew_and_a_warning_says_what_that_costs(
    made, capsys
):
    config, paths = made
    own_session(config, paths).close()
    give(paths)
    os.truncate(paths.ring("orders"), 100)
    keeper = own_session(config, paths)
    assert given(paths) == 0
    told = capsys.readouterr()
    assert "orders.ring" in told.out + told.err
    assert "what was under way is lost" in told.out + told.err
    discard_session(paths, keeper)


def test_what_another_version_has_left_is_taken_over_too(made):
    config, paths = made
    create_session(config, paths)
    with paths.control.open("r+b") as file:
        file.seek(8)
        file.write(b"\x63")
    own_session(config, paths).close()
    assert living(paths) == []
    with Control(paths.control) as control:
        assert control.killed() == Reason.NONE


def test_what_was_made_and_not_run_stays_and_keeps_its_kill_switch(made):
    config, paths = made
    create_session(config, paths)
    with Control(paths.control, Mode.SHARED) as control:
        control.kill(Reason.OPERATOR)
    create_session(config, paths)
    with Control(paths.control) as control:
        assert control.killed() == Reason.OPERATOR
    create_session(changed(paths, "ETH-USD", "ETH/USD"), paths)
    assert [i.symbol for i in read_table(paths.instruments)] == ["BTC-USD", "ETH/USD"]
    assert paths.book("ETH/USD").exists() and not paths.book("ETH-USD").exists()


def test_of_many_starts_at_once_one_wins_and_the_others_see_a_whole_session(made):
    config, paths = made

    def start(_):
        try:
            return own_session(config, paths)
        except ConfigError as error:
            assert "is running (supervisor)" in str(error)
            return None

    with ThreadPoolExecutor(8) as pool:
        keepers = [keeper for keeper in pool.map(start, range(16)) if keeper is not None]
        assert len(keepers) == 1
        discard_session(paths, keepers[0])
        list(pool.map(lambda _: create_session(config, paths), range(16)))
    assert len(read_table(paths.instruments)) == 2 and living(paths) == []
    assert [path.name for path in paths.runtime.parent.iterdir()] == ["s"]


def test_what_a_dead_maker_left_is_cleared_away(made):
    config, paths = made
    left = paths.runtime.parent / ".pinnacle-other-x1y2.making"
    left.mkdir(parents=True)
    create_control(left / "control")
    (left / "fills.ring.77-1a2b.making").write_bytes(bytes(100))
    create_session(config, paths)
    assert [path.name for path in paths.runtime.parent.iterdir()] == ["s"]


def test_a_folder_of_somebody_else_is_refused_and_stays_as_it_is(made):
    config, paths = made
    for folder, name in ((paths.runtime, "chapter1.txt"), (paths.data, "config.toml")):
        folder.mkdir(parents=True)
        (folder / name).write_text("mine", encoding="utf-8")
        before = everything(folder)
        with pytest.raises(ConfigError, match=f"{name}|is not this program's"):
            create_session(config, paths)
        assert everything(folder) == before
        assert not (paths.runtime / "control").exists()
        (folder / name).unlink()
        folder.rmdir()


def test_a_file_that_another_start_is_writing_is_no_strangers(made):
    config, paths = made
    paths.data.mkdir(parents=True)
    (paths.data / ".pinnacle-1488-7c0b4cc8.part").touch()
    create_session(config, paths)
    assert paths.config.exists()


@pytest.mark.parametrize("name", ["risk.positions", "strategy.quotes"])
def test_a_dead_session_goes_on_with_its_rows_and_without_one_of_them_is_made_anew(made, name):
    config, paths = made
    own_session(config, paths).close()
    before = peek(paths.control).created_ns
    own_session(config, paths).close()
    assert peek(paths.control).created_ns == before
    (paths.runtime / name).unlink()
    own_session(config, paths).close()
    assert peek(paths.control).created_ns > before
    assert peek(paths.runtime / name).ready


def test_only_a_sessions_own_files_are_removed(made):
    config, paths = made
    create_session(config, paths)
    (paths.runtime / "thesis.txt").write_text("mine", encoding="utf-8")
    (paths.runtime / "thesis.book").write_text("mine", encoding="utf-8")
    (paths.runtime / "more").mkdir()
    (paths.runtime / "link.ring").symlink_to(paths.config)
    remove_session(paths)
    left = sorted(path.name for path in paths.runtime.iterdir())
    assert left == ["link.ring", "more", "thesis.book", "thesis.txt"]
    assert paths.config.exists()


def test_a_link_in_the_place_of_a_session_is_not_followed(made, tmp_path):
    config, paths = made
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    create_control(elsewhere / "control")
    paths.runtime.parent.mkdir()
    paths.runtime.symlink_to(elsewhere)
    with pytest.raises(ConfigError, match="is a link"):
        own_session(config, paths)
    remove_segments(paths.runtime)
    assert (elsewhere / "control").exists()


def test_journals_of_other_parameters_are_refused_before_anything_is_written(made):
    config, paths = made
    create_session(config, paths)
    remove_session(paths)
    journal(paths)
    before = everything(paths.data)
    other = changed(paths, "levels = 3", "levels = 2")
    with pytest.raises(ConfigError, match=r"BTC-USD\.levels was 3, is 2.*choose another name"):
        own_session(other, paths)
    assert everything(paths.data) == before
    assert not paths.runtime.exists()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('position_max = "1"', 'position_max = "2"', "not what risk's journal was made with"),
        ("maker_fee_bps = -0.2", "maker_fee_bps = 5.0", "its instruments are not those of"),
    ],
)
def test_a_start_from_the_copy_beside_the_journals_that_was_edited_is_refused(
    made, old, new, words
):
    """It is compared with itself then, and only the journals know."""
    config, paths = made
    create_session(config, paths)
    remove_session(paths)
    origin = origin_of(config.risk, config.instrument_list())
    start = start_records(Source.RISK, 1, 1, 0, origin, [])
    with Journal.open(paths.journal("risk"), "s", Source.RISK) as written:
        written.append_array(start)
    own_session(load_session(paths.config), paths).close()
    remove_session(paths)
    text = paths.config.read_text(encoding="utf-8")
    assert old in text
    paths.config.write_text(text.replace(old, new), encoding="utf-8")
    before = everything(paths.data)
    with pytest.raises(
        ConfigError, match=rf"config\.toml: {words}.*restore it, choose another name"
    ):
        own_session(load_session(paths.config), paths)
    assert everything(paths.data) == before
    assert not paths.runtime.exists()


def test_parameters_of_a_class_that_were_edited_beside_its_journal_are_refused(tmp_path):
    file, paths = demo_config(tmp_path, "s", "two-venues.toml")
    config = load_session(file)
    create_session(config, paths)
    remove_session(paths)
    (mine,) = (plan for plan in config.strategy_plans() if plan.config.kind)
    origin = origin_of(
        mine.config, config.instrument_list(), file.with_name("my_mm.py").read_bytes()
    )
    start = start_records(Source.STRATEGY, 1, 1, 0, origin, [])
    name = f"strategy.{mine.tail}"
    with Journal.open(paths.journal(name), "s", Source.STRATEGY) as written:
        written.append_array(start)
    own_session(load_session(paths.config), paths).close()
    remove_session(paths)
    text = paths.config.read_text(encoding="utf-8")
    assert "edge_bps = 3.0" in text
    paths.config.write_text(text.replace("edge_bps = 3.0", "edge_bps = 4.0"), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"not what {name}'s journal was made with"):
        own_session(load_session(paths.config), paths)


def test_the_same_parameters_continue_and_leave_what_made_the_journals(made):
    config, paths = made
    create_session(config, paths)
    journal(paths)
    remove_session(paths)
    before = paths.config.read_text(encoding="utf-8")
    elsewhere = changed(paths, "[processes.monitor]\ncpu = 1", "[processes.monitor]\ncpu = 0")
    create_session(elsewhere, paths)
    assert paths.config.read_text(encoding="utf-8") == before
    assert load_session(paths.running_config).process("monitor").cpu == 0


def test_parameters_without_journals_are_replaced(made):
    config, paths = made
    create_session(config, paths)
    remove_session(paths)
    other = changed(paths, "levels = 3", "levels = 2")
    create_session(other, paths)
    assert paths.config.read_text(encoding="utf-8") == to_toml(other)


def test_journals_without_their_parameters_are_refused(made):
    config, paths = made
    journal(paths)
    with pytest.raises(ConfigError, match=r"journals without config\.toml"):
        create_session(config, paths)


#: The kernel refuses what is longer: as a full filesystem does, in the middle of the making.
SMALL = """
import resource, sys
from pathlib import Path
from pinnacle.core.errors import PinnacleError
from pinnacle.plan.checks import load_session
from pinnacle.session.create import create_session
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
config = load_session(Path(sys.argv[1]))
try:
    create_session(config, config.paths("s"))
except PinnacleError as error:
    print(error)
"""


def test_a_filesystem_without_room_gets_nothing(made):
    _, paths = made
    file = paths.data.parent.parent / "demo.toml"
    done = subprocess.run(
        [sys.executable, "-c", SMALL, str(file)], capture_output=True, text=True, timeout=60
    )
    assert "File too large" in done.stdout and "session.runtime_dir" in done.stdout, done.stderr
    assert list(paths.runtime.parent.iterdir()) == []
    assert not paths.data.exists()


def test_whatever_the_umask_the_group_may_read(made):
    config, paths = made
    before = os.umask(0o077)
    try:
        create_session(config, paths)
        journal(paths)
    finally:
        os.umask(before)
    for folder in (paths.runtime, paths.data, paths.runtime.parent, paths.data.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(0o750), folder
    for file in [*paths.runtime.iterdir(), paths.config, paths.instrument_list]:
        assert file.stat().st_mode & 0o047 == stat.S_IRGRP, file
    for file in paths.journal("risk").iterdir():
        assert file.stat().st_mode & 0o077 == stat.S_IRGRP, file


def test_strategies_in_another_order_are_other_parameters(tmp_path):
    """A strategy's number is its place, and its orders carry it."""
    config, paths = demo_config(tmp_path, "two-venues", "two-venues.toml")
    loaded = load_session(config)
    create_session(loaded, paths)
    with Journal.open(paths.journal("risk"), "two-venues", Source.RISK, 64) as log:
        log.append_array(event(Kind.TIMER, recv_ns=1))
    remove_session(paths)
    turned = dict(reversed(loaded.strategies.items()))
    other = msgspec.structs.replace(loaded, strategies=turned)
    with pytest.raises(ConfigError, match=r"other parameters.*strategies in their order was"):
        create_session(other, paths)


def test_a_session_of_more_feeds_does_not_go_on_with_the_journals_of_fewer(tmp_path):
    config, paths = demo_config(tmp_path, "paper", "binance-paper.toml")
    loaded = load_session(config)
    create_session(loaded, paths)
    with Journal.open(paths.journal("risk"), "paper", Source.RISK, 64) as log:
        log.append_array(event(Kind.TIMER, recv_ns=1))
    remove_session(paths)
    session = msgspec.structs.replace(loaded.session, shards=2)
    with pytest.raises(ConfigError, match=r"other parameters \(session.shards was 1, is 2\)"):
        create_session(msgspec.structs.replace(loaded, session=session), paths)
