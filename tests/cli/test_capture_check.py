"""What `pinnacle capture check` says of files, and to whom."""

import json
import os
import sys
from pathlib import Path

import pytest

from pinnacle.venues import registry
from tests import warm
from tests.capture.recordings import SYMBOLS, recording

PROGRAM = Path(sys.executable).parent / "pinnacle"


def check(*arguments):
    """(exit code, stdout, lines of stderr); never a traceback."""
    done = warm.run("capture", "check", *arguments)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr.splitlines()


@pytest.fixture
def files(tmp_path):
    """A whole recording of each venue."""
    paths = {venue: tmp_path / venue for venue in SYMBOLS}
    for venue, path in paths.items():
        path.write_bytes(b"".join(recording(venue)))
    return paths


def test_the_help_names_every_venue_that_is_read():
    done = warm.run("capture", "check", "--help")
    told = {line.split()[0] for line in done.stdout.splitlines() if line.strip()}
    assert set(registry.VENUES) <= told


def test_whole_files_of_every_venue_are_shown_on_a_narrow_screen(files):
    code, out, errors = check(*files.values())
    assert (code, errors) == (0, [])
    tables = [line for line in out.splitlines() if not line.startswith("/")]
    assert len(tables) == 2 * len(files) and max(map(len, tables)) <= 100
    assert [line for line in out.splitlines() if line.startswith("/")] == [
        f"{path}: {venue}" for venue, path in files.items()
    ]


def test_a_file_that_cannot_be_read_does_not_hide_the_others(files, tmp_path):
    cut = tmp_path / "cut"
    cut.write_bytes(b"".join(recording("kraken"))[:-20])
    twice = tmp_path / "twice"
    lines = recording("gemini")
    twice.write_bytes(b"".join([*lines[:4], *lines[3:]]))
    code, out, errors = check(cut, files["kraken"], tmp_path, twice, "--json")
    found = json.loads(out)
    assert code == 1
    assert [Path(row["file"]).name for row in found["files"]] == ["kraken", "twice"]
    assert errors == [*found["words"], f"error: not whole: {cut}, {tmp_path}, {twice}"]
    assert found["words"][0].startswith(f"{cut}:9: ")
    assert found["words"][1:] == [
        f"{tmp_path}: is no plain file",
        f"{twice}:5: BTCUSD: updates or trades there twice: 1, the first here",
    ]


@pytest.mark.parametrize("venue", SYMBOLS)
def test_files_of_other_venues_than_the_one_given_are_errors_and_never_good(files, venue):
    others = [path for other, path in files.items() if other != venue]
    code, out, errors = check(*others, "--venue", venue)
    assert (code, out) == (1, "")
    assert all(str(path) in line for path, line in zip(others, errors, strict=False))


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path):
    code, _, errors = check(tmp_path / "nothing")
    assert (code, errors) == (2, [f"error: {tmp_path}/nothing: no such file"])


def test_a_name_that_is_no_unicode_can_be_told(tmp_path):
    path = tmp_path / os.fsdecode(b"n\xff")
    path.write_bytes(b"".join(recording("kraken")))
    shown = f"{tmp_path}/n\\xff"
    code, out, errors = check(path, "--json")
    assert (code, errors, json.loads(out)["files"][0]["file"]) == (0, [], shown)
    path.write_bytes(b"".join(recording("kraken")[1:]))
    code, out, errors = check(path, "--json")
    words = f"{shown}: BTC/USD: no depth snapshot that its updates join on to"
    assert (code, errors) == (1, [words, f"error: not whole: {shown}"])
    assert json.loads(out)["words"] == [words]
    path.write_bytes(b"")
    code, out, errors = check(path, "--json")
    assert (code, errors[0]) == (1, f"{shown}: empty capture")
