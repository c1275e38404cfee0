"""Who signs comes to its key by a pipe or by systemd's password, and says in one line why not."""

import os
import subprocess
import sys

import pytest

from pinnacle.vault.unlock import HANDED, hand
from pinnacle.vault.vault import Entry
from tests.vault.kept import ENTRY, FIELDS, PASSWORD, made_vault

pytestmark = pytest.mark.long
OTHER = Entry("binance", ENTRY.changed_ns, FIELDS)
#: `credentials_of` makes its process undumpable for good: it has one of its own here.
CHILD = """
import sys
from pinnacle.core.errors import PinnacleError
from pinnacle.vault.secrecy import keeps_to_itself
from pinnacle.vault.signer import credentials_of
try:
    found = credentials_of(*sys.argv[1:], "kraken")
except PinnacleError as error:
    sys.exit(f"error: {error}")
print(found.key, keeps_to_itself())
"""


def found_by(arguments, environ=None, pipe=None):
    """(what such a process prints, what it fails with)."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, *map(str, arguments)],
        env={**os.environ, **(environ or {})},
        pass_fds=() if pipe is None else (pipe,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # without a terminal to ask at
    ) as child:
        out, errors = child.communicate(timeout=60)
    return out.strip(), errors.strip()


@pytest.fixture
def vault(tmp_path):
    """(path, key)."""
    return made_vault(tmp_path, kraken=ENTRY, other=OTHER, second=ENTRY)


@pytest.fixture
def handed(vault):
    """Where a key's number stands, as whoever starts such a process sets it."""
    number = hand(vault[1])
    yield {HANDED: str(number)}, number
    os.close(number)


@pytest.fixture
def systemd(tmp_path):
    """A unit's credentials: `systemd(password)`."""

    def given(password):
        folder = tmp_path / "unit"
        folder.mkdir()
        (folder / "pinnacle-vault").write_bytes(password)
        return {"CREDENTIALS_DIRECTORY": str(folder)}

    return given


def test_a_key_that_was_handed_down_a_pipe_opens_the_vault_and_nobody_else_sees_it(vault, handed):
    assert found_by([vault[0], "kraken"], *handed) == ("canary-of-the-key True", "")


def test_without_one_the_password_is_systemds(vault, systemd):
    assert found_by([vault[0], "kraken"], systemd(PASSWORD)) == ("canary-of-the-key True", "")


def test_what_was_handed_is_taken_before_any_password(vault, handed, systemd):
    environ, number = handed
    found = found_by([vault[0], "kraken"], environ | systemd(b"another one"), number)
    assert found == ("canary-of-the-key True", "")


def test_a_key_may_have_a_name_of_its_own(vault, handed):
    assert found_by([vault[0], "second"], *handed) == ("canary-of-the-key True", "")


def failed(found, words):
    out, errors = found
    assert (out, len(errors.splitlines())) == ("", 1) and errors.startswith("error: ")
    assert words in errors
    for secret in (*FIELDS.values(), PASSWORD.decode()):
        assert secret not in errors


def test_a_key_of_another_venue_is_refused_by_its_name(vault, handed):
    words = f"the key other in {vault[0]} is of binance, not of kraken: name another here: pinn"
    failed(found_by([vault[0], "other"], *handed), words)


def test_a_key_that_there_is_not_is_told_with_the_command_that_keeps_one(vault, handed):
    words = f"{vault[0]} has no key third: pinnacle vault set kraken --as third"
    failed(found_by([vault[0], "third"], *handed), words)


def test_a_vault_that_there_is_not_is_told(tmp_path, systemd):
    failed(
        found_by([tmp_path / "none", "kraken"], systemd(PASSWORD)),
        f"{tmp_path / 'none'}: there is no vault",
    )


def test_a_wrong_password_is_told(vault, systemd):
    failed(
        found_by([vault[0], "kraken"], systemd(b"a wrong one entirely")), "the password is wrong"
    )


def test_without_a_key_or_a_password_nobody_is_asked_for_long(vault):
    environ = {"CREDENTIALS_DIRECTORY": ""}
    failed(found_by([vault[0], "kraken"], environ), "there is no terminal to ask at: give its unit")


@pytest.mark.parametrize("number", ["-1", "0", "99", "many"])
def test_a_number_that_is_no_pipe_is_told(vault, number):
    failed(found_by([vault[0], "kraken"], {HANDED: number}), f"{HANDED}: {number} is no pipe")


def test_a_vault_that_others_may_read_is_not_opened(vault, handed):
    vault[0].chmod(0o644)
    failed(found_by([vault[0], "kraken"], *handed), "its mode is 0644")
