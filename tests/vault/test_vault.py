"""What is put into a vault comes out of it, and nothing else tells what it was."""

import msgspec
import pytest

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import ConfigError, DataError, UsageError
from pinnacle.vault import place, vault
from pinnacle.vault.cost import FLOOR
from pinnacle.vault.sealed import VaultKey, header_of, seal
from pinnacle.vault.vault import Entry, Vault
from tests.vault.kept import ENTRY, FIELDS, PASSWORD, made_vault


def test_a_key_that_was_put_there_is_there_under_its_name(tmp_path):
    path, key = made_vault(tmp_path)
    assert Vault.open(path, key).entries == {}
    assert vault.put(path, key, "kraken", ENTRY) is False
    other = Entry("kraken", 5, {"key": "another"})
    assert vault.put(path, key, "kraken-killer", other) is False
    opened = Vault.open(path, key)
    assert opened.entries == {"kraken": ENTRY, "kraken-killer": other}
    assert opened.credentials("kraken") == Credentials(**FIELDS)
    assert vault.put(path, key, "kraken", other) is True
    assert Vault.open(path, key).credentials("kraken").key == "another"
    assert opened.credentials("kraken") == Credentials(**FIELDS)  # as it was when it was opened


def test_a_key_that_was_removed_is_gone_and_its_name_is_told_where_it_is_asked_for(tmp_path):
    path, key = made_vault(tmp_path, kraken=ENTRY, gemini=ENTRY)
    vault.remove(path, key, "kraken")
    opened = Vault.open(path, key)
    for attempt in (
        lambda: opened.credentials("kraken"),
        lambda: vault.remove(path, key, "kraken"),
    ):
        with pytest.raises(ConfigError, match=f"{path}: has no key 'kraken', but gemini"):
            attempt()
    vault.remove(path, key, "gemini")
    with pytest.raises(ConfigError, match="has no key 'gemini', but nothing"):
        Vault.open(path, key).credentials("gemini")


def test_a_new_password_opens_what_the_old_one_did_and_the_old_one_nothing(tmp_path):
    path, key = made_vault(tmp_path, kraken=ENTRY)
    new = VaultKey.new(b"another password of it", FLOOR)
    vault.rotate(path, key, new)
    assert Vault.open(path, new).entries == {"kraken": ENTRY}
    for attempt in (
        lambda: Vault.open(path, key),
        lambda: vault.put(path, key, "late", ENTRY),
        lambda: vault.rotate(path, key, key),
    ):
        with pytest.raises(UsageError, match="has another password since the key was made"):
            attempt()
    assert Vault.open(path, new).entries == {"kraken": ENTRY}


def test_a_key_that_a_session_holds_opens_what_was_written_since(tmp_path):
    path, key = made_vault(tmp_path)
    again = VaultKey.of(PASSWORD, header_of(path, place.read(path)))
    vault.put(path, again, "kraken", ENTRY)
    assert Vault.open(path, key).credentials("kraken") == Credentials(**FIELDS)


@pytest.mark.parametrize("name", ["", "-kraken", "a/b", "a b", "ä", "x" * 65, "a\n"])
def test_a_name_that_no_shell_takes_is_refused(tmp_path, name):
    path, key = made_vault(tmp_path)
    with pytest.raises(UsageError, match="is no name of a key"):
        vault.put(path, key, name, ENTRY)
    assert Vault.open(path, key).entries == {}


@pytest.mark.parametrize(
    "text",
    [
        b"canary",
        b'{"a": "canary"}',
        b'{"a": {"venue": "v", "changed_ns": 0, "fields": {"key": 5}, "canary": 1}}',
        b'{"a": {"venue": "v", "changed_ns": "canary", "fields": {}}}',
        b'{"a": {"venue": "v", "changed_ns": 0, "fields": {"key": "canary\xff"}}}',
        b"",
    ],
)
def test_what_another_program_sealed_is_refused_without_a_word_of_it(tmp_path, text):
    path, key = made_vault(tmp_path)
    place.rewrite(path, lambda _: seal(key, text))
    with pytest.raises(DataError) as caught:
        Vault.open(path, key)
    assert str(caught.value) == f"{path}: what is in it was not written by this program"
    assert caught.value.__cause__ is None


def test_nobody_who_prints_an_entry_or_a_vault_sees_a_field(tmp_path):
    path, key = made_vault(tmp_path, kraken=ENTRY)
    opened = Vault.open(path, key)
    for shown in (opened, ENTRY, opened.entries, opened.credentials("kraken")):
        assert "canary" not in f"{shown!r}{shown}" and FIELDS["secret"] not in f"{shown!r}"


def test_no_byte_of_a_field_stands_in_the_file(tmp_path):
    path, _ = made_vault(tmp_path, kraken=ENTRY)
    content = path.read_bytes()
    for text in (*FIELDS.values(), "kraken", "secret", PASSWORD.decode()):
        assert text.encode() not in content
    assert msgspec.json.encode(ENTRY) not in content
