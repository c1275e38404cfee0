"""Before a session is live: what is refused, what is told, and what is asked."""

import os
import sys
from pathlib import Path

import pytest

from pinnacle.core.errors import PinnacleError, UsageError
from pinnacle.plan.checks import load_session
from pinnacle.session import keys as session_keys
from pinnacle.session.going_live import agree, terms_of
from pinnacle.session.keys import vault_key
from pinnacle.vault import vault
from pinnacle.vault.unlock import ask_key
from pinnacle.vault.vault import Entry
from tests import warm
from tests.cli.at_terminal import Terminal
from tests.live_sessions import live_config
from tests.sessions import demo_config
from tests.vault.kept import PASSWORD

PINNACLE = Path(sys.executable).parent / "pinnacle"
QUESTION = "orders will be real: go on? [y/N] "
#: The venue's own address, where no test ever comes.
VENUE = {"ws_url": "wss://ws-auth.kraken.com/v2", "rest_url": "https://api.kraken.com"}
NOWHERE = {"ws_url": "wss://127.0.0.1:1/v2", "rest_url": "https://127.0.0.1:1"}


def desk(folder, change=lambda tables: None, keys=("key_file",), orders=NOWHERE):
    """The file of a live session; its vault has the gateway's key."""
    key = folder / "key.json"
    key.write_text('{"key": "a", "secret": "YQ=="}', encoding="utf-8")
    where = {"market": NOWHERE, "orders": orders, "ca_file": str(folder / "ca.pem")}
    where["key_file"] = str(key)
    return live_config(folder / "desk", where, change=change, keys=keys)[0]


def run(*words):
    """(exit code, the last line of stderr, stdout) of a `pinnacle run` that starts nothing."""
    done = warm.run("run", *words)
    assert done.returncode and "Traceback" not in done.stderr
    assert "journals in" not in done.stdout
    lines = [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]
    assert len(lines) == 1, done.stderr
    return done.returncode, lines[0].removeprefix("error: "), done.stdout


@pytest.fixture
def refused(monkeypatch):
    """(exit code, words) of what `run FILE --live --yes` does before it starts anything."""
    # It would hold for all the tests behind this one.
    monkeypatch.setattr(session_keys, "keep_to_itself", lambda: None)

    def tried(file):
        with pytest.raises(PinnacleError) as raised:
            config = load_session(file)
            agree(config, file, live=True, agreed=True)
            vault_key(config)
        return raised.value.exit_code, str(raised.value)

    return tried


def without(table, *keys):
    """A change of a configuration: these are not in this table."""

    def change(tables):
        found = tables
        for name in table:
            found = found[name]
        for key in keys:
            del found[key]

    return change


def test_without_the_word_nothing_is_live(tmp_path):
    file = desk(tmp_path)
    code, words, out = run(file, "--yes")
    assert code == 2 and out == ""
    assert words == f"{file}: its orders are real: say --live (pinnacle rehearse comes first)"


def test_the_word_for_what_is_not_live_is_refused(tmp_path):
    file, _ = demo_config(tmp_path, "x")
    code, words, _ = run(file, "--live")
    assert code == 2 and words == f"--live: no venue of {file} is live: session.mode says so"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without(("risk", "limits"), "ETH-USD"), "risk.limits.ETH-USD: missing"),
        (without(("risk", "limits", "ETH-USD"), "position_max"), "risk.limits.ETH-USD"),
        (without(("risk", "limits", "BTC-USD"), "order_quantity_max"), "risk.limits.BTC-USD"),
        (without(("orders",), "kraken"), "orders.kraken: missing"),
    ],
    ids=["no limits", "no position", "no order", "no address"],
)
def test_an_instrument_without_its_limits_or_a_venue_without_an_address_is_named(
    refused, tmp_path, change, told
):
    file = desk(tmp_path, change)
    code, words = refused(file)
    assert code == 3 and words.startswith(f"{file}: ") and told in words


def test_without_a_vault_the_next_step_is_told(refused, tmp_path):
    nowhere = str(tmp_path / "none" / "vault")
    file = desk(tmp_path, lambda tables: tables["vault"].update(file=nowhere))
    code, words = refused(file)
    assert code == 3
    assert words == f"{nowhere}: there is no vault: `pinnacle vault init` makes one"


def test_a_wrong_password_is_told(refused, tmp_path):
    file = desk(tmp_path)
    (tmp_path / "desk/password").write_text("another one, and wrong\n", encoding="utf-8")
    code, words = refused(file)
    assert code == 2 and "wrong" in words


def test_a_password_that_nobody_can_type_is_told_with_where_else_it_may_stand(tmp_path):
    code, words, _ = run(desk(tmp_path, without(("vault",), "password_file")), "--live", "--yes")
    assert code == 2
    assert "no terminal to ask at: give [vault] password_file in the configuration" in words


def test_a_venue_without_a_key_is_told_with_the_command_that_keeps_one(refused, tmp_path):
    file = desk(tmp_path, keys=())
    code, words = refused(file)
    kept = tmp_path / "desk/kept/vault"
    assert code == 3
    assert words == f"orders.kraken.key: {kept} has no key kraken: pinnacle vault set kraken"
    (tmp_path / "b").mkdir()
    named = desk(tmp_path / "b", lambda tables: tables["orders"]["kraken"].update(key="desk-1"))
    code, words = refused(named)
    assert code == 3 and words.endswith("has no key desk-1: pinnacle vault set kraken --as desk-1")


def test_a_key_of_another_venue_is_told(refused, tmp_path):
    file = desk(tmp_path, keys=())
    kept = tmp_path / "desk/kept/vault"
    password = tmp_path / "desk/password"
    vault.put(kept, ask_key(kept, password), "kraken", Entry("gemini", 1, {"key": "a"}))
    code, words = refused(file)
    assert code == 3
    assert words == (
        f"orders.kraken.key: the key kraken in {kept} is of gemini, not of kraken: "
        "name another here: pinnacle vault set kraken --as NAME"
    )


def test_where_nobody_can_be_asked_the_word_for_it_is_told(tmp_path):
    file = desk(tmp_path)
    code, words, out = run(file, "--live")
    assert code == 2
    assert words == "nobody is there to be asked: --yes, if orders are to be real"
    assert "LIVE at kraken" in out


def test_it_says_what_is_traded_where_with_which_key_and_limits(tmp_path):
    config = load_session(desk(tmp_path, orders=VENUE))
    assert terms_of(config, config.venue_plans()) == [
        "LIVE at kraken: orders to https://api.kraken.com, wss://ws-auth.kraken.com/v2, "
        "signed with the key kraken",
        "  BTC-USD: orders up to 0.2, position up to 1, 32 open orders, prices within 1 %",
        "  ETH-USD: orders up to 3, position up to 16, 32 open orders, prices within 1 %",
    ]


def test_an_exchange_on_this_machine_is_called_one(tmp_path):
    change = {"key": "other"}
    config = load_session(desk(tmp_path, lambda t: t["orders"]["kraken"].update(change)))
    (first, *_) = terms_of(config, config.venue_plans())
    assert first.startswith("LIVE at kraken (on this machine): orders to https://127.0.0.1:1, ")
    assert first.endswith("signed with the key other")


def test_agreed_beforehand_nobody_is_asked(tmp_path, capsys):
    file = desk(tmp_path)
    agree(load_session(file), file, live=True, agreed=True)
    assert "LIVE at kraken" in capsys.readouterr().out


@pytest.mark.long
@pytest.mark.parametrize("answer", ["", "n", "yess", "\x04"])
def test_at_a_terminal_anything_but_yes_starts_nothing(tmp_path, answer):
    file = desk(tmp_path)
    at = Terminal([PINNACLE, "run", file, "--live"], os.environ)
    at.wait_for(QUESTION)
    if answer == "\x04":  # Ctrl-D
        os.write(at.ours, answer.encode())
    else:
        at.type(answer)
    code, shown = at.end()
    assert code == UsageError.exit_code and "error: not agreed: nothing was started" in shown
    assert "Traceback" not in shown and not (tmp_path / "desk/run").exists()


@pytest.mark.long
def test_at_a_terminal_yes_goes_on_to_the_password(tmp_path):
    file = desk(tmp_path, without(("vault",), "password_file"))
    at = Terminal([PINNACLE, "run", file, "--live"], os.environ)
    at.wait_for(QUESTION)
    at.type("yes")
    for _ in range(3):
        at.wait_for("master password of ")
        at.type("not the right one")
    code, shown = at.end()
    assert code == UsageError.exit_code and "wrong" in shown
    assert "not the right one" not in shown and PASSWORD.decode() not in shown
