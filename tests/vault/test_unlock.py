"""A key is asked for, or handed down a pipe to one child at a time, and to nobody else."""

import os
import subprocess
import sys

import pytest

from pinnacle.core.errors import ConfigError, UsageError
from pinnacle.vault import unlock
from pinnacle.vault.unlock import HANDED, ask_key, hand, handed_key
from pinnacle.vault.vault import Vault
from tests.vault.kept import ENTRY, PASSWORD, made_vault
from tests.vault.test_place import started


@pytest.fixture
def made(tmp_path):
    return made_vault(tmp_path, kraken=ENTRY)


def written(path, content, mode=0o600):
    path.write_bytes(content)
    path.chmod(mode)
    return path


def opens(path, key):
    return Vault.open(path, key).entries == {"kraken": ENTRY}


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_the_password_may_stand_in_a_file_with_one_line_break_behind_it(made, tmp_path, end):
    file = written(tmp_path / "password", PASSWORD + end)
    assert opens(made[0], ask_key(made[0], file, environ={}))


@pytest.mark.parametrize("content", [PASSWORD + b"\n\n", PASSWORD + b" ", PASSWORD[:-1]])
def test_any_other_byte_is_another_password(made, tmp_path, content):
    file = written(tmp_path / "password", content)
    with pytest.raises(UsageError, match="the password is wrong, or the file was changed"):
        ask_key(made[0], file, environ={})


def test_a_file_that_others_may_read_is_not_used(made, tmp_path):
    file = written(tmp_path / "password", PASSWORD, 0o644)
    with pytest.raises(ConfigError, match=f"{file}: its mode is 0644"):
        ask_key(made[0], file, environ={})


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_a_file_without_a_password_is_told_as_that(made, tmp_path, content):
    file = written(tmp_path / "password", content)
    with pytest.raises(ConfigError, match=f"{file}: has no password in it"):
        ask_key(made[0], file, environ={})


def test_systemds_credential_is_taken_unless_a_file_is_given(made, tmp_path):
    path = made[0]
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path / "unit")}
    (tmp_path / "unit").mkdir()
    # As systemd shows it to a unit of another user: the group's bits are its access list's mask.
    credential = written(tmp_path / "unit" / "pinnacle-vault", PASSWORD + b"\n", 0o440)
    assert opens(path, ask_key(path, environ=environ))
    credential.chmod(0o600)
    written(credential, b"another")
    with pytest.raises(UsageError, match="the password is wrong"):
        ask_key(path, environ=environ)
    file = written(tmp_path / "password", PASSWORD)
    assert opens(path, ask_key(path, file, environ=environ))


def test_what_is_typed_wrong_may_be_typed_again_twice(made, monkeypatch):
    answers, prompts = [], []

    def typed(prompt, instead):
        prompts.append(prompt)
        return answers.pop(0)

    monkeypatch.setattr(unlock, "typed", typed)
    answers[:] = ["wrong", "wrong again", PASSWORD.decode()]
    assert opens(made[0], ask_key(made[0], environ={}))
    assert [prompt.startswith("that is wrong; ") for prompt in prompts] == [False, True, True]
    answers[:] = ["wrong"] * 4
    with pytest.raises(UsageError, match="the password is wrong"):
        ask_key(made[0], environ={})
    assert answers == ["wrong"]


def test_a_vault_that_is_damaged_is_told_before_a_password_is_asked_for(made, monkeypatch):
    path = made[0]
    path.write_bytes(path.read_bytes()[:-1])
    monkeypatch.setattr(unlock, "typed", lambda prompt: pytest.fail("asked"))
    with pytest.raises(Exception, match="is damaged"):
        ask_key(path, environ={})


def test_a_key_is_handed_to_a_child_and_to_the_child_that_takes_its_place(made):
    path, key = made
    for _ in range(2):
        child = started("tests.vault.handed_child", key, path)
        out, errors = child.communicate(timeout=60)
        assert (child.returncode, errors) == (0, "")
        assert out.splitlines() == ["canary-of-the-key", "taken: None", "inherited: []"]
    assert HANDED not in os.environ


def test_a_handed_key_can_be_read_once_and_its_pipe_is_closed(made):
    number = hand(made[1])
    environ = {HANDED: str(number)}
    assert opens(made[0], handed_key(environ))
    assert environ == {} and handed_key(environ) is None
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


def test_what_the_parent_has_open_is_inherited_by_no_other_child(made):
    number = hand(made[1])
    try:
        look = "import os, sys; os.fstat(int(sys.argv[1]))"
        done = subprocess.run(
            [sys.executable, "-c", look, str(number)], close_fds=False, capture_output=True
        )
        assert b"Bad file descriptor" in done.stderr
    finally:
        os.close(number)


def test_a_number_of_something_else_is_refused_and_what_it_is_stays_open(tmp_path):
    with (tmp_path / "file").open("wb") as file:
        for number in (str(file.fileno()), "-1", "999999", "x", "", "9" * 30):
            with pytest.raises(UsageError, match=f"{HANDED}: .*is no pipe with a vault's key"):
                handed_key({HANDED: number})
        file.write(b"still open")


@pytest.mark.parametrize("content", [b"", b"x" * 68, b"canary"])
def test_a_pipe_with_something_else_in_it_is_refused_without_a_word_of_it(content):
    reading, writing = os.pipe()
    os.write(writing, content)
    with pytest.raises(UsageError) as caught:
        handed_key({HANDED: str(reading)})  # does not wait, though nobody has closed it
    assert str(caught.value) == f"{HANDED}: {reading} is no pipe with a vault's key in it"
    os.close(writing)
    with pytest.raises(OSError):
        os.fstat(reading)
