"""A log line that cannot be written costs the line, never the process that writes it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinnacle.core.errors import ConfigError
from pinnacle.core.notices import NoticesReader, create_notices
from pinnacle.runtime.log import reason, words

PROGRAM = """
import logging, sys
from pinnacle.runtime.log import setup
from pinnacle.core.notices import Notices
with Notices(sys.argv[1]) as notices:
    log = setup("risk", as_json=len(sys.argv) > 2, notices=notices)
    log.info("ready", epoch=1)
    log.warning("peer lost", peer="strategy")
    logging.getLogger("library").warning("its own %s", "words")
    try:
        [][0]
    except IndexError:
        log.exception("a hook failed")
"""


@pytest.fixture
def path(tmp_path):
    create_notices(tmp_path / "risk.notices", "risk")
    return tmp_path / "risk.notices"


def run(path, stderr, *arguments):
    command = [sys.executable, "-c", PROGRAM, str(path), *arguments]
    return subprocess.run(command, stderr=stderr, text=True)


def told(path):
    with NoticesReader(path) as reader:
        return [(n.level, n.text) for n in reader.since(0)], reader.lost_lines


WORDS = [
    ("warning", "peer lost: peer strategy"),
    ("warning", "its own words"),
    (
        "error",
        "a hook failed: IndexError: list index out of range (<string>, line 11, in <module>)",
    ),
]


def test_warnings_and_errors_are_lines_and_notices(path):
    done = run(path, subprocess.PIPE, "json")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["level"] for line in lines] == ["info", "warning", "warning", "error"]
    assert told(path) == (WORDS, 0)


def test_a_full_disk_costs_the_lines_and_says_so(path):
    with Path("/dev/full").open("wb") as full:
        done = run(path, full)
    assert done.returncode == 0
    notices, lost = told(path)
    assert notices == [("warning", "log lines are lost: No space left on device"), *WORDS]
    assert lost >= 4


def test_a_reader_that_went_away_costs_the_lines(path):
    reader, writer = os.pipe()
    os.close(reader)
    done = run(path, writer)
    os.close(writer)
    assert done.returncode == 0
    notices, _ = told(path)
    assert notices == [("warning", "log lines are lost: Broken pipe"), *WORDS]


def test_an_event_is_one_line_of_words():
    assert words({"event": "ready", "level": "info", "role": "risk"}) == "ready"
    assert words({"event": "x", "a": 1, "error": "no", "timestamp": "t"}) == "x: a 1, error no"


def test_an_end_has_its_place_unless_its_text_is_for_users():
    def hook():
        raise ZeroDivisionError("by nothing")

    try:
        hook()
    except ZeroDivisionError as error:
        text = reason(error)
    assert text.startswith("ZeroDivisionError: by nothing (test_log.py, line ")
    assert text.endswith(", in hook)")
    assert reason(ConfigError("demo.toml: name:\n missing")) == "demo.toml: name: missing"
