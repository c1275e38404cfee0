"""A session whose feed needs a key opens its vault before anything is started, paper or not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinnacle.core.errors import PinnacleError
from pinnacle.plan.checks import load_session
from pinnacle.session import keys
from pinnacle.vault.vault import Entry
from tests.cli.at_terminal import Terminal
from tests.keyed_feed import ENTRY, SOURCE, keyed
from tests.sessions import demo_config
from tests.vault.kept import PASSWORD

PINNACLE = Path(sys.executable).parent / "pinnacle"
WHERE = "feed.coinbase_exchange.key"


def paper(folder, **given):
    return demo_config(folder, "x", SOURCE, change=keyed(folder / "desk", **given))[0]


@pytest.fixture
def opened(monkeypatch):
    """What `vault_key` gives for a file, or (exit code, words) of its error."""
    # It would hold for all the tests behind this one.
    monkeypatch.setattr(keys, "keep_to_itself", lambda: None)

    def tried(file):
        try:
            return keys.vault_key(load_session(file))
        except PinnacleError as error:
            return error.exit_code, str(error)

    return tried


def no_password(tables):
    del tables["vault"]["password_file"]


def test_the_key_that_the_feed_wants_is_in_the_vault(opened, tmp_path):
    assert not isinstance(opened(paper(tmp_path)), tuple)


def test_who_opens_the_vault_keeps_to_himself_before_he_asks_for_the_password(
    opened, tmp_path, monkeypatch
):
    done, ask = [], keys.ask_key

    def asked(*how, **else_how):
        done.append("asked")
        return ask(*how, **else_how)

    monkeypatch.setattr(keys, "keep_to_itself", lambda: done.append("kept to itself"))
    monkeypatch.setattr(keys, "ask_key", asked)
    opened(paper(tmp_path))
    assert done == ["kept to itself", "asked"]


def test_a_session_whose_market_is_everybodys_opens_no_vault(opened, tmp_path):
    def nowhere(tables):
        tables["vault"] = {"file": str(tmp_path / "none")}

    assert opened(paper(tmp_path, change=nowhere, book="level2_batch")) is None


def test_a_key_that_is_missing_is_told_with_the_command_that_keeps_it(opened, tmp_path):
    vault = tmp_path / "desk/kept/vault"
    add = "pinnacle vault set coinbase_exchange"
    words = f"{WHERE}: {vault} has no key coinbase_exchange: {add}"
    assert opened(paper(tmp_path, entries={"other": ENTRY})) == (3, words)
    (tmp_path / "b").mkdir()
    code, words = opened(paper(tmp_path / "b", key="view"))
    assert code == 3 and words.endswith(f"has no key view: {add} --as view")


def test_a_key_of_another_venue_is_told_with_what_mends_it(opened, tmp_path):
    other = Entry("coinbase", 1, {"key": "canary"})
    code, words = opened(paper(tmp_path, entries={"coinbase_exchange": other}))
    vault = tmp_path / "desk/kept/vault"
    assert code == 3
    assert words == (
        f"{WHERE}: the key coinbase_exchange in {vault} is of coinbase, not of coinbase_exchange: "
        "name another here: pinnacle vault set coinbase_exchange --as NAME"
    )


def test_a_vault_that_is_missing_is_told_with_the_command_that_makes_one(opened, tmp_path):
    nowhere = tmp_path / "none/vault"
    file = paper(tmp_path, change=lambda tables: tables["vault"].update(file=str(nowhere)))
    told = f"{nowhere}: there is no vault: `pinnacle vault init` makes one"
    assert opened(file) == (3, told)


def test_a_wrong_password_is_told(opened, tmp_path):
    file = paper(tmp_path)
    (tmp_path / "desk/password").write_text("another one, and wrong\n", encoding="utf-8")
    code, words = opened(file)
    assert code == 2 and "wrong" in words


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        ({"book": "level2_batch", "key": "mine"}, 'not used: the venue gives "level2_batch" to'),
        ({"key": ""}, "must have 1 to 64 characters"),
        ({"key": "k" * 65}, "must have 1 to 64 characters"),
    ],
)
def test_a_name_that_can_be_none_is_refused_by_its_key(tmp_path, feed, words):
    with pytest.raises(PinnacleError, match=rf"feed\.coinbase_exchange\.key: {words}"):
        load_session(paper(tmp_path, **feed))


@pytest.mark.long
def test_where_nobody_can_type_it_starts_nothing_and_says_where_the_password_may_stand(tmp_path):
    done = subprocess.run(
        [PINNACLE, "run", paper(tmp_path, change=no_password)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and not done.stdout
    assert "no terminal to ask at: give [vault] password_file in the config" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.long
def test_at_a_terminal_paper_trading_asks_for_the_password_and_shows_nothing_of_it(tmp_path):
    at = Terminal([PINNACLE, "run", paper(tmp_path, change=no_password)], os.environ)
    for _ in range(3):
        at.wait_for("master password of ")
        assert not at.echoes()
        at.type("not the right one")
    code, shown = at.end()
    assert code == 2 and "wrong" in shown and "Traceback" not in shown
    assert "not the right one" not in shown and PASSWORD.decode() not in shown
    assert not (tmp_path / "run").exists()
