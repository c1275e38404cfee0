"""A number that only grows stays what it was told to be, and a file that is none is told."""

import os
import re
from pathlib import Path

import pytest

from pinnacle.core.errors import ConfigError
from pinnacle.venues.orders import mark
from pinnacle.venues.orders.mark import MARK_MAX, Mark


@pytest.fixture
def path(tmp_path):
    return tmp_path / "key.nonces"


def said(path):
    return f"^{re.escape(str(path))}: "


def test_it_begins_with_nothing_and_is_what_was_written_last(path):
    for value in (0, 0, 5, 5, 2**62, MARK_MAX):
        with Mark(path) as kept:
            kept.raise_to(value)
            assert kept.value == value
        with Mark(path) as kept:
            assert kept.value == value
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_file_is_one_line_that_nobody_else_may_read_whatever_the_umask(path):
    old = os.umask(0)
    try:
        with Mark(path) as kept:
            kept.raise_to(1_790_000_000_123_456)
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_bytes()
    assert text.startswith(b"pinnacle-nonces 1 0001790000000123456 ")
    assert len(text) == 64 and text.count(b"\n") == 1 and text.endswith(b" \n")


@pytest.mark.parametrize("value", [4, -1, MARK_MAX + 1])
def test_it_is_never_lowered_and_fits_into_63_bits(path, value):
    with Mark(path) as kept:
        kept.raise_to(5)
        with pytest.raises(ConfigError, match=f"{said(path)}{value} cannot follow 5$"):
            kept.raise_to(value)
        kept.raise_to(6)


def test_a_second_user_is_refused_by_the_files_name_until_the_first_has_ended(path):
    with Mark(path), pytest.raises(ConfigError, match=f"{said(path)}another process uses this key"):
        Mark(path)
    Mark(path).close()


def test_every_bit_that_is_changed_and_every_cut_is_told_with_what_to_do(path):
    with Mark(path) as kept:
        kept.raise_to(1_790_000_000_123_456)
    good = path.read_bytes()
    damaged = [good[:length] for length in range(64)] + [good + b"\n", good + good]
    for place in range(64 * 8):
        changed = bytearray(good)
        changed[place // 8] ^= 1 << place % 8
        damaged.append(bytes(changed))
    for text in damaged:
        path.write_bytes(text)
        with pytest.raises(ConfigError, match=f"{said(path)}is damaged: .*clock is right, remove"):
            Mark(path)
        assert path.read_bytes() == text
    path.unlink()
    with Mark(path) as kept:
        assert kept.value == 0


def test_what_is_no_file_of_ours_is_refused_and_left_alone(path):
    elsewhere = path.parent / "elsewhere"
    elsewhere.write_bytes(b"precious")
    elsewhere.chmod(0o600)
    path.symlink_to(elsewhere)
    with pytest.raises(ConfigError, match=f"{said(path)}is a link$"):
        Mark(path)
    path.unlink()
    path.symlink_to(path.parent / "nowhere")
    with pytest.raises(ConfigError, match=f"{said(path)}"):
        Mark(path)
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(ConfigError, match=f"{said(path)}is no plain file$"):
        Mark(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match=f"{said(path)}Is a directory$"):
        Mark(path)
    assert elsewhere.read_bytes() == b"precious"
    assert not (path.parent / "nowhere").exists()


@pytest.mark.parametrize("mode", [0o640, 0o602, 0o666])
def test_a_file_that_others_may_change_is_refused_with_the_way_out(path, mode):
    Mark(path).close()
    path.chmod(mode)
    with pytest.raises(ConfigError, match=f"its mode is {mode:04o}: .*: chmod 600 {path}$"):
        Mark(path)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    path = tmp_path / "none" / "key.nonces"
    with pytest.raises(ConfigError, match=f"{said(path)}No such file or directory$"):
        Mark(path)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_taken_away_in_use_is_told_and_used_no_more(path, replaced):
    with Mark(path) as kept:
        kept.raise_to(5)
        path.unlink()
        if replaced:
            Mark(path).close()
        with pytest.raises(ConfigError, match=said(path)):
            kept.raise_to(6)
        with pytest.raises(ConfigError, match=f"{said(path)}is closed, or could not be written"):
            kept.raise_to(7)
        assert kept.value == 5


@pytest.mark.parametrize("call", ["pwrite", "fdatasync"])
def test_a_write_that_fails_is_the_last_one(path, call, monkeypatch):
    """The kernel tells a disk's failure once: a second sync would call lost data safe."""
    calls = []

    def failing(*arguments):
        calls.append(arguments)
        raise OSError(5, "Input/output error")

    with Mark(path) as kept:
        monkeypatch.setattr(mark.os, call, failing)
        with pytest.raises(ConfigError, match=f"{said(path)}Input/output error$"):
            kept.raise_to(6)
        with pytest.raises(ConfigError, match="could not be written"):
            kept.raise_to(7)
    assert len(calls) == 1


@pytest.mark.parametrize("call", ["fchmod", "write", "fsync", "link"])
def test_a_file_that_cannot_be_made_leaves_nothing(path, call, monkeypatch):
    def failing(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(mark.os, call, failing)
        with pytest.raises(ConfigError, match=f"{said(path)}No space left on device$"):
            Mark(path)
    assert list(path.parent.iterdir()) == []
    Mark(path).close()


def test_two_that_make_it_at_once_make_one(path, monkeypatch):
    """The second one's file is there before the first one's has its name."""
    real = os.link

    def late(made, name):
        monkeypatch.setattr(mark.os, "link", real)
        with Mark(Path(name)) as other:
            other.raise_to(9)
        return real(made, name)

    monkeypatch.setattr(mark.os, "link", late)
    with Mark(path) as kept:
        assert kept.value == 9
    assert [file.name for file in path.parent.iterdir()] == [path.name]
