"""What the exit codes tell a shell, a supervisor and systemd, and stderr tells people."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pinnacle import __version__
from pinnacle.cli import lazy
from pinnacle.cli.main import pinnacle
from pinnacle.core.instruments import read_list, write_list
from pinnacle.core.paths import JOURNALLED, ROLES
from pinnacle.core.schema import Kind, Source
from pinnacle.core.stream import READER_LEFT
from pinnacle.plan.checks import load_session
from pinnacle.plan.config import to_toml
from tests import warm
from tests.replay.recorded import event, feed_records, flip_bit, write_journal
from tests.sessions import ROOT, demo_config

BIN = Path(sys.executable).parent


def run(
    *arguments: object,
    program: str = "pinnacle",
    cwd: Path = ROOT,
    environment: dict[str, str] | None = None,
):
    """(exit code, stdout, stderr) of the console script, which never shows a traceback."""
    if environment is None:
        done = warm.run(*arguments, program=program, cwd=cwd)
    else:  # it may be another locale, which an interpreter takes when it begins
        done = subprocess.run(
            [str(BIN / program), *map(str, arguments)],
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            env=os.environ | environment,
            timeout=60,
        )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def session(tmp_path):
    """(configuration, paths) of a session whose segments are made and that nobody runs."""
    config, paths = demo_config(tmp_path, "s")
    code, _, errors = run("session", "create", "--config", config, "--name", "s")
    assert (code, errors) == (0, "")
    return config, paths


@pytest.fixture
def recorded(tmp_path):
    """The folder of a session of which every process journalled its start."""
    file, paths = demo_config(tmp_path, "past")
    config = load_session(file)
    for role in JOURNALLED:
        source = Source[role.upper()]
        write_journal(paths.journal(role), source, event(Kind.START, 1, source=source, order_id=1))
    paths.config.write_text(to_toml(config), encoding="utf-8")
    write_list(paths.instrument_list, config.instrument_list())
    return paths.data


@pytest.mark.parametrize("program", ["pinnacle", "pinnacle-replay"])
def test_0_help_and_version(program):
    assert run("--help", program=program)[0] == 0
    code, out, errors = run("--version", program=program)
    assert (code, __version__ in out, errors) == (0, True, "")


@pytest.mark.parametrize("file", sorted((ROOT / "config").glob("*.toml")), ids=lambda f: f.name)
def test_0_every_shipped_configuration_is_good(file):
    code, out, errors = run("config", "check", file)
    # A machine of one core is told that there is no second one, and a fresh one of certificates.
    told = [re.fullmatch(r"warning: .*\.(cpu|ca_file): .*", line) for line in errors.splitlines()]
    assert code == 0 and all(told), errors
    assert out.startswith(f"{file}: good")


def test_1_a_report_of_journals_of_which_one_is_damaged_or_missing(recorded):
    code, out, errors = run("report", recorded)
    assert (code, errors) == (0, ""), out
    flip_bit(recorded / "strategy" / "000000.pmj", 4096 + 20)
    code, out, errors = run("report", recorded)
    assert (code, errors, "strategy: cut short at record 0" in out) == (1, "", True)
    shutil.rmtree(recorded / "strategy")
    code, out, errors = run("report", recorded)
    assert (code, errors, "strategy: no journal" in out) == (1, "", True)


def test_1_a_past_of_which_nobody_says_from_what_it_was_made(recorded):
    code, out, errors = run("verify", recorded, program="pinnacle-replay")
    assert (code, errors) == (1, "")
    assert "NOT identical: " in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["run"],
        ["run", "config/demo.toml", "--duration", "-1"],
        ["run", "config/demo.toml", "--duration", "nan"],
        ["run", "config/demo.toml", "--duration", "inf"],
        ["run", "config/demo.toml", "--name", ".."],
        ["run", "config/demo.toml", "--name", "/no/such/folder"],
        ["session", "create", "--config", "config/demo.toml", "--name", "../x"],
        ["session", "remove", "--config", "config/demo.toml", "--name", ".."],
        ["session", "halt", "--config", "config/demo.toml", "--name", "n" * 300],
        ["process", "risk", "--config", "config/demo.toml", "--name", "a/b"],
        ["simulate", "--hours", "nan"],
        ["capture", "serve", "x", "--venue", "binance", "--speed", "nan"],
        ["run", "config/demo.toml", "--report", "/no/such/folder/r.json"],
        ["config", "check"],
        ["report", "/no/such/folder"],
        ["capture", "check", "/no/such/file", "--venue", "binance"],
        ["session", "create"],
        ["process", "risk"],
        ["session", "remove", "--config", "config/demo.toml", "--name", "no-such-session"],
    ],
    ids=" ".join,
)
def test_2_a_command_line_that_cannot_be_carried_out(arguments):
    code, out, errors = run(*arguments)
    assert (code, out) == (2, "")
    assert errors


BROKEN = {
    "risk.limits.BTC-USD.collar": ("collar_percent = 1.0", "collar = 1.0"),
    "session.name: 'n": ('name = "demo"', f'name = "{"n" * 21}"'),
    "session.name: '..'": ('name = "demo"', 'name = ".."'),
    "session.name: 'a\\x00b'": ('name = "demo"', 'name = "a\\u0000b"'),
    "session.runtime_dir: 'x'": ('name = "demo"', 'name = "demo"\nruntime_dir = "x"'),
    "session.runtime_dir: must have 1": ('name = "demo"', 'name = "demo"\nruntime_dir = ""'),
    "session.data_dir: '~/x'": ('name = "demo"', 'name = "demo"\ndata_dir = "~/x"'),
    "session.data_dir: '$HOME/x'": ('name = "demo"', 'name = "demo"\ndata_dir = "$HOME/x"'),
    "instruments[0].symbol": ('symbol = "BTC-USD"', 'symbol = "../../x"'),
    "session.venue": ('venue = "simulated"', 'venue = "nowhere"'),
    "session.name": ('name = "demo"\nvenue', "venue"),
    "strategy.market_maker.BTC-USD.levels": ("levels = 3", 'levels = "three"'),
    "processes.broker": ("[processes.feed]", "[processes.broker]"),
    "tick_size": ('tick_size = "0.01"', 'tick_size = "0"'),
    "line ": ("[session]", "[session"),
}


@pytest.mark.parametrize("key", BROKEN)
def test_3_a_wrong_configuration_is_named_by_file_and_key(key, tmp_path, monkeypatch, capsys):
    written, broken = BROKEN[key]
    text = (ROOT / "config/demo.toml").read_text(encoding="utf-8")
    assert written in text
    file = tmp_path / "broken.toml"
    file.write_text(text.replace(written, broken, 1), encoding="utf-8")
    for command in (
        ["config", "check", file],
        ["run", file],
        ["process", "risk", "--config", file],
    ):
        monkeypatch.setattr(sys, "argv", ["pinnacle", *map(str, command)])
        with pytest.raises(SystemExit) as ended:
            lazy.run(pinnacle)
        out, errors = capsys.readouterr()
        assert (ended.value.code, out) == (3, "")
        assert errors.startswith("error: ") and errors.count("\n") == 1
        assert str(file) in errors and key in errors, errors


def test_3_a_configuration_that_is_not_there(tmp_path):
    code, _, errors = run("config", "check", tmp_path / "none.toml")
    assert (code, errors) == (3, f"error: {tmp_path / 'none.toml'}: no such file\n")


def damage(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("file", "offset"),
    [("intents.ring", 0), ("intents.ring", 8), ("intents.ring", 16), ("risk.process", 16),
     ("control", 0), ("instruments", 16), ("risk.counters", 40), ("BTC-USD.book", 16)],
)  # fmt: skip
def test_4_a_segment_of_another_program_layout_or_boot_is_refused_by_name(session, file, offset):
    config, paths = session
    damage(paths.runtime / file, offset)
    before = (paths.runtime / file).read_bytes()
    code, _, errors = run("process", "risk", "--config", config, "--name", "s")
    assert code == 4, errors
    assert str(paths.runtime / file) in errors
    assert (paths.runtime / file).read_bytes() == before


@pytest.mark.parametrize("role", ROLES)
def test_5_a_process_without_its_session_says_how_to_make_one(role, tmp_path):
    config, _ = demo_config(tmp_path, "s")
    code, _, errors = run("process", role, "--config", config, "--name", "s")
    assert code == 5, errors
    assert "pinnacle session create" in errors


def shell(line: str, cwd: Path):
    """(exit code of the pipeline's first program, stderr) of a line for bash."""
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        timeout=60,
    )
    return done.returncode, done.stderr


def test_141_and_no_word_when_the_reader_of_the_output_left(tmp_path):
    many = np.tile(feed_records(), 400)
    write_journal(tmp_path / "feed", Source.FEED, many, per_file=8192)
    line = f"'{BIN / 'pinnacle-replay'}' cat '{tmp_path}' --raw | head -n 1"
    assert shell(line, ROOT) == (READER_LEFT, "")


def test_70_and_one_line_when_the_output_cannot_be_written():
    line = f"'{BIN / 'pinnacle'}' config show config/demo.toml > /dev/full"
    code, errors = shell(line, ROOT)
    assert code == 70
    assert errors == "error: the output cannot be written: No space left on device\n"


def test_0_a_symbol_of_any_script_is_taken_in_a_locale_that_does_not_have_it(tmp_path):
    file, paths = demo_config(
        tmp_path, "s", change=lambda text: text.replace("BTC-USD", "币安人生USDT")
    )
    # ASCII, and not what Python makes of it: the terminal, the file system and the TOML alike.
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for command in (["config", "check"], ["config", "show"], ["session", "create", "--config"]):
        more = ["--name", "s"] if command[0] == "session" else []
        code, _, errors = run(*command, file, *more, environment=ascii_only)
        assert code == 0, errors
    assert load_session(paths.config) == load_session(file)
    assert [i.symbol for i in read_list(paths.instrument_list)] == ["币安人生USDT", "ETH-USD"]


def test_70_help_that_cannot_be_written():
    code, errors = shell(f"'{BIN / 'pinnacle'}' --help > /dev/full", ROOT)
    assert (code, errors) == (70, "error: the output cannot be written: No space left on device\n")


def test_an_error_that_cannot_be_told_keeps_its_exit_code(tmp_path):
    with Path("/dev/full").open("wb") as full:
        command = [BIN / "pinnacle", "config", "check", tmp_path / "none.toml"]
        assert subprocess.run(command, stderr=full).returncode == 3


@pytest.mark.parametrize("words", [("session", "list"), ("config", "--help")])
def test_a_closed_standard_output_is_one_line_and_no_result(words):
    command = ["sh", "-c", 'exec "$0" "$@" >&-', str(BIN / "pinnacle"), *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 70
    assert done.stderr == "error: the output cannot be written: it is closed\n"
