"""A vault is written whole or not at all, by one at a time, and read only where nobody else could
have read or changed it."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.vault import place, vault
from pinnacle.vault.unlock import HANDED, hand
from pinnacle.vault.vault import Vault
from tests.vault.kept import ENTRY, made_vault

ROOT = Path(__file__).parents[2]


@pytest.fixture
def made(tmp_path):
    return made_vault(tmp_path, kraken=ENTRY)


def started(module, key, *arguments, **options):
    """A program of these tests, with the key handed to it."""
    number = hand(key)
    with os.fdopen(number):
        return subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            pass_fds=(number,),
            env=os.environ | {HANDED: str(number)},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )


def test_a_writer_that_is_killed_at_any_call_leaves_the_old_vault_or_the_new_one(made):
    path, key = made
    out, errors = started("tests.vault.killed_writer", key, path).communicate(timeout=100)
    assert errors == ""
    lives = [line.split() for line in out.splitlines()]
    assert [life[0] for life in lives] == ["killed"] * (len(lives) - 1) + ["ended(0)"]
    assert len(lives) > 30
    # Those before a call and those behind it: each is old up to the renaming, and new from there.
    for half in (lives[0::2], lives[1::2]):
        states = [life[2] for life in half]
        assert states == sorted(states, reverse=True) and set(states) == {"old", "new"}
    parts = [life[3:] for life in lives if life[3:]]
    assert len(parts) > 4 and all(part == [".pinnacle-vault.part", "600"] for part in parts)
    assert lives[-1][2:] == ["new"]  # and what the killed ones left is gone


def test_what_is_written_is_on_the_disk_before_it_has_the_name_and_the_name_before_the_end(made):
    path, key = made
    calls = []

    def note(_, event, function):
        if event == "c_call" and getattr(function, "__module__", "") == "posix":
            calls.append(function.__name__)

    sys.setprofile(note)
    try:
        vault.put(path, key, "gemini", ENTRY)
    finally:
        sys.setprofile(None)
    wanted = [name for name in calls if name in ("fsync", "replace", "rename")]
    assert wanted == ["fsync", "replace", "fsync"]


def test_two_writers_at_once_lose_nothing_of_each_other(made):
    path, key = made
    names = [f"{who}{n}" for who in "abc" for n in range(20)]
    writers = [started("tests.vault.busy_writer", key, path, who, 20) for who in "abc"]
    for writer in writers:
        assert writer.communicate(timeout=60)[1] == "" and writer.returncode == 0
    assert Vault.open(path, key).entries.keys() == {"kraken", *names}


def test_a_writer_does_not_wait_for_ever_for_another(made, monkeypatch):
    path, key = made
    monkeypatch.setattr(place, "LOCK_S_MAX", 0.05)
    folder = os.open(path.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        with pytest.raises(UsageError, match=f"{path}: another process has been writing it"):
            vault.remove(path, key, "kraken")
    finally:
        os.close(folder)
    vault.remove(path, key, "kraken")


def test_a_vault_and_its_folder_are_the_users_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        place.create(tmp_path / "new" / "vault", b"x")
        place.rewrite(tmp_path / "new" / "vault", lambda content: content + b"y")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "vault").stat().st_mode & 0o777 == 0o600
    assert place.read(tmp_path / "new" / "vault") == b"xy"


def test_a_vault_that_is_there_is_not_written_over(made):
    path, key = made
    before = path.read_bytes()
    for name in (path, path.parent / "link"):
        if name != path:
            name.symlink_to("nowhere")
        with pytest.raises(UsageError, match=f"{name}: is there already: it is not written over"):
            vault.create(name, key)
    assert path.read_bytes() == before and not (path.parent / "nowhere").exists()


def test_a_vault_that_cannot_be_sealed_stays_as_it_was(made):
    path, key = made
    before = path.read_bytes()
    with pytest.raises(UsageError, match="more entries"):
        vault.put(path, key, "huge", type(ENTRY)("kraken", 0, {"key": "x" * (1 << 20)}))
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_vault_that_others_may_read_or_write_is_refused_and_not_rewritten(made, mode):
    path, key = made
    path.chmod(mode)
    for attempt in (lambda: Vault.open(path, key), lambda: vault.remove(path, key, "kraken")):
        with pytest.raises(ConfigError, match=f"{path}: its mode is {mode:04o}: .*chmod 600"):
            attempt()
    assert path.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_vault_in_a_folder_that_others_may_write_is_refused(made, mode):
    path, key = made
    path.parent.chmod(mode)
    for attempt in (
        lambda: Vault.open(path, key),
        lambda: vault.remove(path, key, "kraken"),
        lambda: vault.create(path.parent / "other", key),
    ):
        with pytest.raises(ConfigError, match="others may write it: chmod go-w"):
            attempt()
    assert list(path.parent.iterdir()) == [path]


def test_a_vault_by_way_of_a_link_is_refused(made):
    path, key = made
    link = path.parent / "link"
    link.symlink_to(path)
    for attempt in (lambda: Vault.open(link, key), lambda: vault.remove(link, key, "kraken")):
        with pytest.raises(ConfigError, match=f"{link}: is a link"):
            attempt()
    assert link.is_symlink() and "kraken" in Vault.open(path, key).entries


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to another user")
def test_a_vault_of_another_user_is_refused(made):
    path, key = made
    os.chown(path, 12345, -1)
    with pytest.raises(ConfigError, match=f"{path}: is of uid 12345, not of uid 0"):
        Vault.open(path, key)
    os.chown(path, 0, -1)
    os.chown(path.parent, 12345, -1)
    with pytest.raises(ConfigError, match="is of uid 12345: a vault's folder is its user's own"):
        Vault.open(path, key)


def test_what_is_no_file_is_refused_by_name(tmp_path):
    tmp_path.chmod(0o700)
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "large").write_bytes(b"x" * (place.FILE_BYTES_MAX + 1))
    (tmp_path / "large").chmod(0o600)
    for name, words in {
        "pipe": "is no plain file",
        "none": "there is no vault: `pinnacle vault init` makes one",
        "none/none": "there is no vault",
        "large/none": "Not a directory",
        "large": "more than 1048576 bytes",
    }.items():
        with pytest.raises(ConfigError, match=words) as caught:
            place.read(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: ")


def test_it_is_where_the_user_keeps_his_configuration(monkeypatch):
    assert place.default_path({"XDG_CONFIG_HOME": "/x"}) == Path("/x/pinnacle/vault")
    monkeypatch.setenv("HOME", "/home/somebody")
    for environ in ({}, {"XDG_CONFIG_HOME": ""}, {"XDG_CONFIG_HOME": "not/absolute"}):
        assert place.default_path(environ) == Path("/home/somebody/.config/pinnacle/vault")
