"""A feed whose venue asks for a key: it alone is given what opens the vault, and tells nobody."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pinnacle.capture.check import check_capture
from pinnacle.core.paths import ROLES
from pinnacle.core.schema import Kind
from pinnacle.core.toml import read_toml
from pinnacle.vault.unlock import HANDED
from pinnacle.vault.vault import Entry
from pinnacle.venues.coinbase_exchange.serving import KNOWN
from tests.keyed_feed import ENTRY, SOURCE, keyed
from tests.made_recordings import make_recording
from tests.served import serving
from tests.sessions import assert_repeats, demo_config, journalled, running_demo, until
from tests.vault.kept import PASSWORD

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
SECRETS = (KNOWN.secret.encode(), PASSWORD)
PINNACLE = [sys.executable, "-m", "pinnacle"]


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    """Of the venue, which gives its books to who signs alone."""
    folder = tmp_path_factory.mktemp("venue")
    tape = make_recording(folder, "coinbase_exchange", 40_000)
    with serving(folder, [tape], 4, "coinbase_exchange") as found:
        yield found


def told(*folders):
    """Every file that is there but the vault and its password."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return b"".join(path.read_bytes() for path in files)


def shown(pid):
    """What a listing of processes has of one; of who may not be looked at, less."""
    found = {}
    for name in ("cmdline", "environ"):
        with contextlib.suppress(PermissionError):
            found[name] = Path(f"/proc/{pid}/{name}").read_bytes()
    return found


@pytest.fixture(scope="module")
def session(tmp_path_factory, addresses):
    """(paths, listings by process, report, output) of one whose feed was killed once."""
    folder = tmp_path_factory.mktemp("keyed")
    with running_demo(folder, "keyed", SOURCE, change=keyed(folder / "desk", addresses)) as live:
        until(live.quoting, 60, "quotes")
        before = live.process("feed")
        os.kill(before.pid, signal.SIGKILL)
        until(lambda: live.process("feed").restarts > before.restarts, 30, "another feed")
        until(live.quoting, 60, "quotes again")
        pids = {process.name: process.pid for process in live.observer.processes()}
        listings = {name: shown(pid) for name, pid in pids.items()}
        cores = Path(f"/proc/{pids['feed']}/limits").read_text(encoding="utf-8")
        yield live.paths, listings, cores, live.finish(), live.output()


def test_it_has_its_book_signs_anew_when_it_is_started_again_and_the_session_repeats(session):
    paths, _, _, report, _ = session
    rows = journalled(paths, "feed")
    assert np.count_nonzero(rows["kind"] == Kind.BOOK_END) >= 4
    assert report["processes"]["feed"]["restarts"] == 1 and report["ended"] == "in order"
    assert_repeats(paths)


def test_neither_strategy_nor_risk_nor_any_other_process_is_handed_anything(session):
    _, listings, cores, _, _ = session
    assert {*listings} == {*ROLES}
    for name, listing in listings.items():
        if name != "feed":
            assert HANDED.encode() not in listing["environ"], name
    if os.geteuid() == 0:  # nobody else may look at who keeps to itself
        assert HANDED.encode() in listings["feed"]["environ"]
    (line,) = (line for line in cores.splitlines() if line.startswith("Max core file size"))
    assert line.split()[4:6] == ["0", "0"]


def test_nothing_that_is_secret_is_in_a_listing_a_log_a_journal_or_what_is_shown(session):
    paths, listings, _, report, output = session
    everything = told(paths.data, paths.runtime) + output.encode() + json.dumps(report).encode()
    everything += b"".join(text for listing in listings.values() for text in listing.values())
    assert not [secret for secret in SECRETS if secret in everything]


@pytest.fixture
def alone(tmp_path, addresses):
    """(folder, `run(environ)`) of a session that is made, with none of its processes."""

    def made(**given):
        change = keyed(tmp_path / "desk", addresses, **given)
        config, paths = demo_config(tmp_path, "alone", SOURCE, change=change)
        words = ["--config", str(config), "--name", "alone"]
        done = subprocess.run(
            [*PINNACLE, "session", "create", *words], capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return paths, [*PINNACLE, "process", "feed", *words]

    return made


def credential(folder, password=PASSWORD):
    """What a unit is given by LoadCredential=."""
    place = folder / "credentials"
    place.mkdir()
    (place / "pinnacle-vault").write_bytes(password)
    return os.environ | {"CREDENTIALS_DIRECTORY": str(place)}


def failed(command, environ):
    done = subprocess.run(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        timeout=60,
    )
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS)
    *_, last = done.stderr.decode().splitlines()
    assert "Traceback" not in done.stderr.decode()
    return done.returncode, last


def test_started_alone_it_opens_the_vault_with_its_units_password(alone, tmp_path):
    paths, command = alone()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        environ = credential(tmp_path) | {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE) as feed:
            try:
                assert manager.recv(256).startswith(b"READY=1")

                def has_books():
                    rows = journalled(paths, "feed")
                    return np.count_nonzero(rows["kind"] == Kind.BOOK_END) >= 2

                until(has_books, 60, "its books")
                feed.send_signal(signal.SIGTERM)
                assert feed.wait(30) == 0
                said = feed.stderr.read()
            finally:
                feed.kill()
    assert not [secret for secret in SECRETS if secret in said + told(paths.data)]


def test_started_alone_without_a_password_or_its_key_it_says_so_in_one_line(alone, tmp_path):
    paths, command = alone(entries={"other": Entry("kraken", 1, {"key": "a"})})
    code, last = failed(command, os.environ | {"CREDENTIALS_DIRECTORY": ""})
    assert code == 2 and last.endswith("give its unit the credential pinnacle-vault")
    code, last = failed(command, credential(tmp_path))
    vault = tmp_path / "desk/kept/vault"
    add = "pinnacle vault set coinbase_exchange"
    assert code == 3
    assert last.endswith(f"{paths.running_config}: {vault} has no key coinbase_exchange: {add}")


def test_a_recording_is_asked_for_with_the_vaults_key_and_holds_nothing_of_it(tmp_path, addresses):
    change = keyed(tmp_path / "desk", addresses, {"view": ENTRY})
    config, _ = demo_config(tmp_path, "x", SOURCE, change=change)
    out, table = tmp_path / "out.jsonl", read_toml(config)["feed"]["coinbase_exchange"]
    command = [*PINNACLE, "capture", "record", "--venue", "coinbase_exchange"]
    command += ["--symbols", "BTC-USD", "--duration", "4", "--out", str(out)]
    for name, value in table.items():
        command += ["--feed", f"{name}={value}"]
    vault = ["--vault", str(tmp_path / "desk/kept/vault")]
    password = ["--password-file", str(tmp_path / "desk/password")]
    code, last = failed([*command, *vault, *password], os.environ)
    assert code == 3 and last.endswith("pinnacle vault set coinbase_exchange")
    code, last = failed([*command, *vault, "--feed", "key=view"], os.environ)
    assert code == 2 and "no terminal to ask at: give --password-file FILE" in last
    code, last = failed([*command, "--vault", str(tmp_path / "none"), *password], os.environ)
    assert code == 3 and last.endswith("there is no vault: `pinnacle vault init` makes one")
    assert not out.exists()
    done = subprocess.run(
        [*command, *vault, *password, "--feed", "key=view"], capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    text = out.read_bytes() + done.stdout + done.stderr
    assert not [secret for secret in (*SECRETS, b"signature") if secret in text]
    (report,) = check_capture(out).reports
    assert report.snapshots == 1 and report.gaps == 0
