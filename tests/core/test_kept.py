"""What a session keeps is read if it is a plain file, and refused at once otherwise."""

import os
from pathlib import Path

import pytest

from pinnacle.core.errors import ConfigError, LayoutError
from pinnacle.core.instruments import read_list
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.kept import kept_bytes
from pinnacle.core.toml import read_toml


@pytest.fixture
def silent(tmp_path):
    """A FIFO with somebody at its other end who never says anything."""
    path = tmp_path / "000000.pmj"
    os.mkfifo(path)
    other_end = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    yield path
    os.close(other_end)


def test_a_fifo_is_refused_and_not_waited_for(silent):
    with pytest.raises(OSError, match="is no plain file"):
        kept_bytes(silent)
    with pytest.raises(ConfigError, match=r"000000\.pmj: is no plain file"):
        read_toml(silent, kept=True)
    with pytest.raises(LayoutError, match="is no plain file"):
        read_list(silent)


def test_a_fifo_among_a_journals_files_is_refused_and_not_waited_for(silent):
    with pytest.raises(LayoutError, match="not a Pinnacle file"):
        JournalReader(silent.parent)


def test_what_is_larger_than_it_can_be_is_not_read(tmp_path):
    path = tmp_path / "session.toml"
    path.touch()
    os.truncate(path, 1 << 40)
    with pytest.raises(ConfigError, match="too large"):
        read_toml(path, kept=True)


def test_a_users_configuration_may_come_through_a_pipe():
    reading, writing = os.pipe()
    os.write(writing, b"[session]\nname = 'piped'\n")
    os.close(writing)
    assert read_toml(Path(f"/dev/fd/{reading}")) == {"session": {"name": "piped"}}
    os.close(reading)
