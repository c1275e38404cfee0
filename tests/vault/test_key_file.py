"""Keys come from a file that nobody else may read, and no error shows what is in it."""

import json

import pytest

from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import ConfigError
from pinnacle.vault import key_file
from pinnacle.venues.coinbase_exchange import VENUE

GOOD = {"key": "the-key", "passphrase": "the-phrase", "secret": "dGhlLXNlY3JldA=="}


def read(path):
    return key_file.read_credentials(path, VENUE.key_form)


def written(folder, text, name="key.toml", mode=0o600):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def toml(values):
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


def test_toml_and_json_say_the_same(tmp_path):
    found = [
        read(written(tmp_path, toml(GOOD))),
        read(written(tmp_path, json.dumps(GOOD), "key.json")),
    ]
    assert found == [Credentials(**GOOD)] * 2
    assert found[0].secret_bytes == b"the-secret"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o620])
def test_a_file_that_others_may_read_or_write_is_not_used(tmp_path, mode):
    path = written(tmp_path, toml(GOOD), mode=mode)
    with pytest.raises(ConfigError, match=f"its mode is {mode:04o}: others may read it: chmod 600"):
        read(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("key.toml", toml(GOOD | {"secret": "the-phrase!"})),
        ("key.toml", toml({"key": "the-key", "passphrase": "the-phrase"})),
        ("key.toml", toml(GOOD | {"more": "the-phrase"})),
        ("key.toml", toml(GOOD).replace('"the-phrase"', "the-phrase")),
        ("key.toml", 'key = "the-key"\nkey = "the-phrase"'),
        ("key.json", json.dumps(GOOD)[:-3]),
        ("key.json", json.dumps(GOOD | {"key": 5})),
        ("key.json", "[" * 5000),
        ("key.toml", ""),
    ],
)
def test_what_cannot_be_a_key_is_refused_by_the_files_name_alone(tmp_path, name, text):
    path = written(tmp_path, text, name)
    with pytest.raises(ConfigError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert not any(value in str(caught.value) for value in ("the-", *GOOD.values()))
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(("name", "form"), [("key.toml", "TOML"), ("key.json", "JSON")])
def test_what_is_not_of_the_form_that_the_files_name_says_is_told_by_that_form(
    tmp_path, name, form
):
    path = written(tmp_path, "{", name)
    with pytest.raises(ConfigError, match=f"^{path}: not {form} in UTF-8$"):
        read(path)


def test_a_file_that_is_not_there_or_no_file_is_a_configurations_error(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ConfigError, match=str(path)):
            read(path)


def test_nobody_who_prints_a_key_sees_it():
    assert str(Credentials(**GOOD)) == repr(Credentials(**GOOD)) == "Credentials(...)"
