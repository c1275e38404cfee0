"""`pinnacle vault` at a real terminal and without one; what is secret is nowhere to be seen."""

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from pinnacle.vault import vault
from pinnacle.vault.unlock import ask_key
from pinnacle.vault.vault import Entry, Vault
from tests import warm
from tests.cli.at_terminal import Terminal
from tests.core.test_credentials import ED25519, NAMED, P256
from tests.vault.kept import ENTRY, FIELDS, PASSWORD, SECRET, made_vault

PINNACLE = Path(sys.executable).parent / "pinnacle"
NEW = "canary of a password, new"
#: What must be seen nowhere.
SECRETS = [PASSWORD.decode(), NEW, SECRET, "canary", *ED25519.splitlines()[1:2]]


@pytest.fixture
def made(tmp_path):
    (tmp_path / "kept").mkdir()
    return made_vault(tmp_path / "kept")


@pytest.fixture
def password(tmp_path):
    return private(tmp_path / "password", PASSWORD.decode() + "\n")


def private(path, text):
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def environ(folder):
    kept = {k: v for k, v in os.environ.items() if k not in ("XDG_CONFIG_HOME", "HOME")}
    return kept | {"HOME": str(folder), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}


def run(*arguments, folder=Path("/nonexistent"), more=None):
    """(exit code, stdout, stderr), at no terminal; nothing that is secret in either."""
    done = warm.run("vault", *arguments, environment=environ(folder) | (more or {}))
    no_secret_in(done.stdout + done.stderr)
    assert "Traceback" not in done.stderr and done.stderr.count("\n") <= 1, done.stderr
    return done.returncode, done.stdout, done.stderr


def no_secret_in(text):
    assert [secret for secret in SECRETS if secret in text] == []


def at_terminal(folder, arguments, *answers):
    """(exit code, what was shown): each prompt is waited for, then its answer typed.

    An answer that begins with `shown:` is asked for in the open.
    """
    terminal = Terminal([PINNACLE, "vault", *arguments], environ(folder))
    for prompt, answer in answers:
        terminal.wait_for(prompt)
        assert terminal.echoes() is answer.startswith("shown:")
        no_secret_in(terminal.in_proc().decode(errors="replace"))
        terminal.type(answer.removeprefix("shown:"))
    code, shown = terminal.end()
    no_secret_in(shown)
    assert "Traceback" not in shown
    return code, shown


def opened(path, password):
    return Vault.open(path, ask_key(path, password, environ={})).entries


@pytest.mark.long
def test_a_vault_is_made_filled_and_given_another_password_at_a_terminal(tmp_path, password):
    """In the user's own place, at the price that a vault has when a person makes it."""
    path = tmp_path / ".config/pinnacle/vault"
    once, word = f"master password of {path}: ", PASSWORD.decode()
    code, shown = at_terminal(
        tmp_path,
        ["init"],
        (f"master password for {path}: ", word),
        (f"master password for {path}, again: ", word),
    )
    assert code == 0 and f"{path}: made" in shown
    assert [stat.S_IMODE(p.stat().st_mode) for p in (path, path.parent)] == [0o600, 0o700]

    code, shown = at_terminal(
        tmp_path,
        ["set", "kraken"],
        (once, "not it"),
        ("that is wrong; " + once, word),
        ("key (the API key): ", FIELDS["key"]),
        ("as Kraken gives it): ", "canary!"),
        ("as Kraken gives it): ", ""),
        ("as Kraken gives it): ", SECRET),
    )
    assert "secret: is not base64\n" in shown and "secret: is empty\n" in shown
    assert code == 0 and shown.endswith(f"{path}: kraken kept\n")
    assert opened(path, password)["kraken"].fields == FIELDS

    code, shown = at_terminal(
        tmp_path,
        ["rotate"],
        (once, word),
        (f"new master password for {path}: ", NEW),
        ("again: ", NEW),
    )
    assert code == 0 and "has another master password" in shown
    new = private(tmp_path / "new", NEW)
    assert opened(path, new)["kraken"].fields == FIELDS
    assert run("check", "--password-file", password, folder=tmp_path)[0] == 2
    assert run("check", "--password-file", new, folder=tmp_path)[0] == 0


def test_a_master_password_is_long_enough_and_typed_twice(tmp_path):
    prompt = f"master password for {tmp_path / 'vault'}"
    arguments = ["init", "--vault", tmp_path / "vault"]
    tmp_path.chmod(0o700)
    code, shown = at_terminal(tmp_path, arguments, (f"{prompt}: ", "canary 4567"))
    assert code == 2 and f"error: {prompt}: has fewer than 12 characters" in shown
    code, shown = at_terminal(
        tmp_path, arguments, (f"{prompt}: ", "canary 45678"), ("again: ", "canary 45679")
    )
    assert code == 2 and f"error: {prompt}: the two are not the same" in shown
    short = private(tmp_path / "short", "ä" * 11)
    code, _, errors = run(*arguments, "--password-file", short)
    assert code == 2 and "has fewer than 12 characters" in errors
    assert list(tmp_path.iterdir()) == [short]


def test_a_key_of_several_kinds_and_lines_is_asked_for_by_what_it_is(made, tmp_path, password):
    path, _ = made
    with_vault = ["--vault", path, "--password-file", password]
    p256, ed25519 = private(tmp_path / "p256.pem", P256), private(tmp_path / "ed.pem", ED25519)
    for arguments, *answers in (
        [
            ["coinbase"],
            ("key (organizations/.../apiKeys/...): ", NAMED),
            ("the name of its file: ", f"shown:{ed25519}"),
            ("not of the curve P-256", f"shown:{p256}"),
        ],
        [["binance"], ("key: ", "canary"), ("or nothing: ", "canary of it".replace(" ", "-"))],
        [
            ["binance", "--as", "second"],
            ("key: ", "canary"),
            ("or nothing: ", ""),
            ("Ed25519, PEM), the name of its file: ", f"shown:{ed25519}"),
        ],
        [["gemini"], ("key: ", "canary"), ("secret: ", "canary"), ("made): ", "shown:counter")],
    ):
        code, shown = at_terminal(tmp_path, ["set", *arguments, *with_vault], *answers)
        assert code == 0, shown
    found = {name: entry.fields for name, entry in opened(path, password).items()}
    assert found == {
        "coinbase": {"key": NAMED, "private_key": P256},
        "binance": {"key": "canary", "secret": "canary-of-it"},
        "second": {"key": "canary", "private_key": ED25519},
        "gemini": {"key": "canary", "secret": "canary", "nonce": "counter"},
    }


def test_who_ends_the_typing_changes_nothing_and_has_his_echo_again(made, tmp_path):
    terminal = Terminal([PINNACLE, "vault", "list", "--vault", made[0]], environ(tmp_path))
    terminal.wait_for("master password of")
    terminal.type("canary\x03")
    code, shown = terminal.end()
    assert terminal.echoed_at_last
    assert code == 130 and "Traceback" not in shown
    no_secret_in(shown)


def test_a_key_goes_in_from_a_file_is_listed_and_comes_out_again(made, tmp_path, password):
    path, _ = made
    with_vault = ["--vault", path, "--password-file", password]
    file = private(tmp_path / "key.json", json.dumps(FIELDS | {"key": "abcd-and-canary"}))
    assert run("set", "kraken", "--from", file, *with_vault)[1] == f"{path}: kraken kept\n"
    assert run("set", "kraken", "--from", file, *with_vault)[1] == f"{path}: kraken replaced\n"
    short = private(tmp_path / "short.toml", 'key = "short"\nsecret = "canary"\n')
    assert run("set", "bitstamp", "--as", "b", "--from", short, *with_vault)[0] == 0
    rows = json.loads(run("list", "--json", *with_vault)[1])
    assert [(row["name"], row["venue"], row["key"]) for row in rows] == [
        ("b", "bitstamp", "..."),
        ("kraken", "kraken", "abcd..."),
    ]
    listed = run("list", *with_vault)[1].splitlines()
    assert [line.split()[:3] for line in listed] == [[*row.values()][:3] for row in rows]
    assert run("remove", "b", *with_vault) == (0, f"{path}: b removed\n", "")
    assert opened(path, password).keys() == {"kraken"}


def test_check_holds_every_key_against_the_form_of_its_venue(made, password):
    path, key = made
    with_vault = ["--vault", path, "--password-file", password]
    vault.put(path, key, "good", ENTRY)
    code, out, _ = run("check", *with_vault)
    assert code == 0 and "good (kraken): has the form of a key" in out
    assert "nobody else may read it" in out and "19 MiB" in out and "less than new ones" in out
    vault.put(path, key, "bad", Entry("kraken", 0, {"key": "k", "secret": "canary!"}))
    vault.put(path, key, "gone", Entry("no_such_venue", 0, {"key": "k"}))
    code, out, _ = run("check", "--json", *with_vault)
    document = json.loads(out)
    faults = {row["name"]: row["fault"] for row in document["keys"]}
    assert code == 1 and document["fault"] is None and document["argon2id"]["weak"]
    assert (faults["good"], faults["bad"]) == (None, "secret: is not base64")
    assert "VENUE: must be one of" in faults["gone"]
    path.chmod(0o644)
    code, out, errors = run("check", "--json", *with_vault)
    assert (code, errors) == (3, "") and "its mode is 0644" in json.loads(out)["fault"]


def test_every_refusal_is_one_line_that_shows_nothing(made, tmp_path, password):
    path, _ = made
    with_vault = ["--vault", path, "--password-file", password]
    wrong = private(tmp_path / "wrong", "canary of another")
    open_file = private(tmp_path / "open", json.dumps(FIELDS))
    open_file.chmod(0o644)
    bad = private(tmp_path / "bad.json", json.dumps(FIELDS | {"secret": "canary!"}))
    odd = private(tmp_path / "odd.json", json.dumps(FIELDS | {"canary-field": "x"}))
    damaged = private(tmp_path / "kept" / "damaged", "")
    damaged.write_bytes(path.read_bytes()[:-3] + b"abc")
    for code, words, *arguments in (
        (2, f"{path}: is there already", "init", *with_vault),
        (2, "the password is wrong", "list", "--vault", path, "--password-file", wrong),
        (2, "there is no terminal to ask at: give --password-file", "list", "--vault", path),
        (3, "its mode is 0644", "list", "--vault", path, "--password-file", open_file),
        (3, "its mode is 0644", "set", "kraken", "--from", open_file, *with_vault),
        (3, "secret: is not base64", "set", "kraken", "--from", bad, *with_vault),
        (3, "none of key, secret", "set", "kraken", "--from", odd, *with_vault),
        (2, "give --from FILE", "set", "kraken", *with_vault),
        (2, "must be one of binance", "set", "nowhere", *with_vault),
        (2, "is no name of a key", "set", "kraken", "--as", "a/b", *with_vault),
        (3, "has no key 'gemini'", "remove", "gemini", *with_vault),
        (2, "fewer than 12", "rotate", *with_vault, "--new-password-file", bad.with_name("s")),
        (1, "is damaged", "check", "--vault", damaged, "--password-file", password),
        (3, "there is no vault", "check", "--vault", tmp_path / "kept" / "none"),
    ):
        private(tmp_path / "s", "short")
        found = run(*arguments)
        assert found[0] == code and words in found[2], (arguments, found)
        assert found[2].startswith("error: ") and found[1] == ""
    assert opened(path, password) == {}


def test_a_unit_of_systemd_opens_it_with_its_credential(made, tmp_path):
    (tmp_path / "unit").mkdir()
    private(tmp_path / "unit" / "pinnacle-vault", PASSWORD.decode() + "\n")
    more = {"CREDENTIALS_DIRECTORY": str(tmp_path / "unit")}
    assert run("check", "--vault", made[0], more=more)[0] == 0


def test_a_command_that_is_aborted_at_its_prompt_leaves_no_core(made, tmp_path):
    terminal = Terminal([PINNACLE, "vault", "list", "--vault", made[0]], environ(tmp_path))
    terminal.wait_for("master password of")
    limits = Path(f"/proc/{terminal.process.pid}/limits").read_text(encoding="utf-8")
    assert "Max core file size        0                    0 " in limits
    assert Path(f"/proc/{terminal.process.pid}/environ").stat().st_uid == 0
    terminal.process.kill()
    terminal.end()


def test_nothing_that_is_secret_is_left_in_the_folder(made, tmp_path, password):
    path, _ = made
    file = private(tmp_path / "key.json", json.dumps(FIELDS))
    with_vault = ["--vault", path, "--password-file", password]
    assert run("set", "kraken", "--from", file, *with_vault, folder=tmp_path)[0] == 0
    file.unlink()
    password.unlink()
    left = [found for found in tmp_path.rglob("*") if found.is_file()]
    assert left == [path]
    no_secret_in(path.read_bytes().decode("latin-1"))
