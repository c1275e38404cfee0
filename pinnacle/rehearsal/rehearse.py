"""`pinnacle rehearse`: an exchange and a live session on it, each a process, both ended and held
against each other."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec

from pinnacle.core.errors import ConfigError, DataError, UsageError
from pinnacle.core.output import write_whole
from pinnacle.core.toml import read_toml, toml_text
from pinnacle.exchange.network.faults import drawn
from pinnacle.rehearsal.compare import Rehearsal, compare
from pinnacle.session.run import ENDINGS
from pinnacle.vault.sealed import VaultKey
from pinnacle.vault.vault import Entry, create, put
from pinnacle.venues.port import VenueKind
from pinnacle.venues.registry import SIMULATED

#: Of the venue's name in the session's, which has 31.
NAME_CHARACTERS = 12
#: What of the user's leads to the venue and not to who stands in for it.
_OF_THE_WAY = ("certificate_sha256", "proxy", "bind_address", "ip_version", "credentials_file")
#: Before the first fault.
WARM_UP_S = 6.0
START_S, END_S = 30.0, 60.0
Say = Callable[[str], object]


def rehearse(
    venue: VenueKind[Any],
    kind: str,
    config: Path,
    folder: Path,
    duration_s: float,
    faults: Sequence[str],
    seed: int,
    say: Say,
) -> Rehearsal:
    """In `folder`, which is new; UsageError, ConfigError, DataError say what stands against it."""
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise UsageError(f"--dir {folder}: {error.strerror}: a new folder is wanted") from None
    plan = drawn(faults, duration_s, seed, WARM_UP_S) if faults else []
    write_whole(folder / "faults.json", msgspec.json.encode(plan).decode() + "\n")
    # Several may run at once, of one user and in containers that share /dev/shm.
    name = f"rehearsal-{kind[:NAME_CHARACTERS].replace('_', '-')}-{secrets.token_hex(4)}"
    ledger = folder / "ledger.jsonl"
    log = folder / "exchange.log"
    with log.open("w", encoding="utf-8") as told:
        exchange = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "pinnacle", "exchange", "serve", "--venue", kind),
                *("--config", str(config), "--cert-dir", str(folder / "certificates")),
                *("--ledger", str(ledger), "--seed", str(seed), "--json"),
                *("--faults", str(folder / "faults.json")),
            ],
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
            # The terminal's Ctrl-C is the session's alone: it ends at an exchange that is there.
            start_new_session=True,
        )
    try:
        served = _served(exchange, log)
        session = _session_file(config, kind, folder, served)
        say(f"{kind} is served, the session begins: {folder}")
        code = _ran(session, name, duration_s, folder / "session.log")
    finally:
        exchange.send_signal(signal.SIGTERM)
        try:
            exchange.wait(END_S)
        except subprocess.TimeoutExpired:
            exchange.kill()
    found = Rehearsal(kind, seed, duration_s)
    if code:
        last = (folder / "session.log").read_text(encoding="utf-8").strip().splitlines()[-1:]
        found.problems.append(f"the session ended with {code}: {' '.join(last)}")
    compare(venue, found, folder / "data" / name, ledger)
    return found


def _ran(session: Path, name: str, duration_s: float, log: Path) -> int:
    """The session's exit code. What interrupts a rehearsal ends the session in order, and that is
    compared as well; DataError if it does not end."""
    command = [sys.executable, "-P", "-m", "pinnacle", "run", str(session), "--live", "--yes"]
    command += ["--duration", str(duration_s), "--port", "0", "--name", name]
    with log.open("w", encoding="utf-8") as told:
        run = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def end(number: int, frame: FrameType | None) -> None:
        run.send_signal(signal.SIGINT)

    before = {number: signal.signal(number, end) for number in ENDINGS}
    try:
        return run.wait(duration_s + END_S + START_S)
    except subprocess.TimeoutExpired:
        run.kill()
        run.wait()
        raise DataError(f"the session did not end in time: {log}") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def check_rehearsal(venue: VenueKind[Any], kind: str, config: Path) -> None:
    """UsageError if the venue cannot be rehearsed, ConfigError if the configuration is no session
    at it alone."""
    venue.exchange_side()
    if venue.orders is None:
        raise UsageError(f"{kind}: nothing knows how to send it orders")
    data = read_toml(config)
    section = data.get("session", {})
    if data.get("venues"):
        raise ConfigError(f"{config}: venues: one venue is rehearsed at a time: [session] venue")
    found = section.get("venue", SIMULATED) if isinstance(section, dict) else None
    if found != kind:
        raise ConfigError(f"{config}: session.venue: is {found!r}, and {kind} is rehearsed")


def _served(exchange: "subprocess.Popen[str]", log: Path) -> dict[str, str]:
    assert exchange.stdout is not None
    line = exchange.stdout.readline()
    if not line:
        exchange.wait()
        words = log.read_text(encoding="utf-8").strip().splitlines()[-1:]
        raise DataError(" ".join(words).removeprefix("error: ") or "the exchange does not start")
    served: dict[str, str] = json.loads(line)
    return served


def _session_file(config: Path, kind: str, folder: Path, served: dict[str, str]) -> Path:
    """The user's configuration, pointed at the served exchange, with a vault of its own."""
    data = read_toml(config)
    data["session"] |= {"data_dir": str(folder / "data"), "mode": "live"}
    key = json.loads(Path(served["key_file"]).read_text(encoding="utf-8"))
    for section, where in (("feed", served["market"]), ("orders", served["orders"])):
        table = data.setdefault(section, {}).setdefault(kind, {})
        for way in _OF_THE_WAY:
            table.pop(way, None)
        table |= json.loads(where) | {"ca_file": served["ca_file"]}
    data["orders"][kind].pop("key", None)
    vault = folder / "vault"
    password = secrets.token_urlsafe(24)
    master = VaultKey.new(password.encode())
    create(vault, master)
    put(vault, master, kind, Entry(kind, time.time_ns(), key))
    descriptor = os.open(folder / "password", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(password + "\n")
    data["vault"] = {"file": str(vault), "password_file": str(folder / "password")}
    path = folder / "session.toml"
    write_whole(path, toml_text(data))
    return path
