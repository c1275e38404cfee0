"""`pinnacle killer`: what it does not begin with, in one line that says what to do."""

import sys
from pathlib import Path

import pytest

from tests import warm
from tests.live_sessions import live_config
from tests.sessions import demo_config

PINNACLE = Path(sys.executable).parent / "pinnacle"
NOWHERE = {
    "market": {"ws_url": "wss://127.0.0.1:1/v2", "rest_url": "https://127.0.0.1:1"},
    "orders": {"ws_url": "wss://127.0.0.1:1/v2", "rest_url": "https://127.0.0.1:1"},
}


@pytest.fixture
def config(tmp_path):
    """A live session of an exchange that nobody serves, with the gateway's own key alone."""
    key = tmp_path / "key.json"
    key.write_text('{"key": "a", "secret": "YQ=="}', encoding="utf-8")
    where = NOWHERE | {"ca_file": str(tmp_path / "ca.pem"), "key_file": str(key)}
    return live_config(tmp_path / "desk", where, keys=("key_file",))[0]


def refused(*words):
    """(exit code, the one line on stderr)."""
    done = warm.run("killer", *words)
    assert done.stderr.count("\n") == 1 and done.stdout == "", done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--key", "kraken"], 2, "--key kraken: is the gateway's own"),
        ([], 3, "vault: has no key kraken-killer: pinnacle vault set kraken --as kraken-killer"),
        (
            ["--venue", "gemini"],
            2,
            "--venue: one of the session's live venues must be said: kraken",
        ),
    ],
)
def test_without_a_key_or_a_venue_of_its_own_it_does_not_begin(config, words, code, told):
    got, error = refused(config, *words)
    assert got == code and told in error


def test_a_session_that_is_not_live_has_nothing_to_be_watched(tmp_path):
    path, _ = demo_config(tmp_path, "x")
    assert refused(path) == (
        2,
        f"error: {path}: no venue of it is live: session.mode says so\n",
    )
