"""`pinnacle rehearse`: exchanges and a live session on them, each a process, all ended and held
against each other."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from pinnacle.core.errors import ConfigError, DataError, PeerLostError, UsageError
from pinnacle.core.output import write_whole
from pinnacle.core.paths import SessionPaths, rehearsal_runtime_dir
from pinnacle.core.toml import read_toml, toml_text
from pinnacle.exchange.network.faults import drawn
from pinnacle.plan.checks import load_session
from pinnacle.plan.config import read_session
from pinnacle.rehearsal.compare import Rehearsal, compare
from pinnacle.rehearsal.kills import Kill, Killing, instants
from pinnacle.rehearsal.serving import END_S, ServedVenue
from pinnacle.session.run import ENDINGS
from pinnacle.vault.sealed import VaultKey
from pinnacle.vault.vault import Entry, create, put
from pinnacle.venues import registry

#: Of the venue's name in the session's, which has 31.
NAME_CHARACTERS = 12
#: What of the user's leads to the venue and not to who stands in for it.
_OF_THE_WAY = ("certificate_sha256", "proxy", "bind_address", "ip_version", "key")
#: Before the first fault.
WARM_UP_S = 6.0
START_S = 30.0
#: What stands for all venues of a configuration that has several.
ALL = "all"
Say = Callable[[str], object]


@dataclass(frozen=True)
class Wanted:
    """What is to be rehearsed.

    kind     the only venue's; ALL: each of [venues]
    folder   where all of it is kept; it must be new
    faults   names, done at each venue in an order by the seed
    kills    how often a gateway is killed, at instants by the seed
    """

    kind: str
    config: Path
    folder: Path
    duration_s: float
    faults: Sequence[str] = ()
    kills: int = 0
    seed: int = 1


def rehearse(wanted: Wanted, say: Say) -> list[Rehearsal]:
    """One for each venue; UsageError, ConfigError, DataError say what stands against it."""
    kinds = _kinds(wanted)
    load_session(wanted.config)
    folder = wanted.folder
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise UsageError(f"--dir {folder}: {error.strerror}: a new folder is wanted") from None
    # Several may run at once, of one user and in containers that share /dev/shm.
    kind_name = wanted.kind[:NAME_CHARACTERS].replace("_", "-")
    name = f"rehearsal-{kind_name}-{secrets.token_hex(4)}"
    with contextlib.ExitStack() as serving:
        served: dict[str, ServedVenue] = {}
        for number, (venue, kind) in enumerate(kinds.items()):
            place = folder / venue if venue else folder
            seed = wanted.seed + number
            never = registry.find(kind).exchange_side().never
            names = [fault for fault in wanted.faults if fault not in never]
            plan = drawn(names, wanted.duration_s, seed, WARM_UP_S) if names else []
            made = ServedVenue(kind, wanted.config, place, seed, plan)
            served[venue] = serving.enter_context(made)
        session = _session_file(read_toml(wanted.config), folder, served)
        say(f"{', '.join(kinds.values())} served, the session begins: {folder}")
        code, kills = _session(wanted, session, name, say)
    paths = SessionPaths(Path(), folder / "data" / name)
    found = []
    for venue, kind in kinds.items():
        each = Rehearsal(kind, wanted.seed, wanted.duration_s)
        compare(each, paths, venue, served[venue].ledger, kills)
        found.append(each)
    if why := _unwanted_end(code, kills, folder):
        found[0].problems.insert(0, why)
    asked = {"kill": wanted.kills and not kills, "fault": wanted.faults and not _done(found)}
    found[0].problems += [
        f"no {what} that was asked for was done: a longer --duration is needed"
        for what, missed in asked.items()
        if missed
    ]
    return found


def _done(found: Sequence[Rehearsal]) -> bool:
    return any(count for each in found for count in each.faults.values())


def _kinds(wanted: Wanted) -> dict[str, str]:
    """By the venues' names; that of an only one is empty. UsageError if one of them cannot be
    rehearsed, ConfigError if the configuration is no session at what is wanted."""
    config = wanted.config
    if wanted.kind != ALL:
        _check_venue(wanted.kind)
        data = read_toml(config)
        if data.get("venues"):
            raise ConfigError(f"{config}: venues: they are rehearsed at once: rehearse {ALL}")
        section = data.get("session", {})
        found = section.get("venue", registry.SIMULATED) if isinstance(section, dict) else None
        if found != wanted.kind:
            raise ConfigError(
                f"{config}: session.venue: is {found!r}, and {wanted.kind} is rehearsed"
            )
        return {"": wanted.kind}
    kinds = {name: venue.kind for name, venue in read_session(config).venues.items()}
    if not kinds:
        raise ConfigError(f"{config}: venues: missing: which are all of them?")
    for kind in kinds.values():
        _check_venue(kind)
    return kinds


def _check_venue(kind: str) -> None:
    venue = registry.find(kind)
    venue.exchange_side()
    if venue.orders is None:
        raise UsageError(f"{kind}: nothing knows how to send it orders")


def _session(wanted: Wanted, session: Path, name: str, say: Say) -> tuple[int, list[Kill]]:
    """Its exit code, and what was killed of it."""
    config = read_session(session)
    gateways = [process.name for process in config.topology().of_role("gateway")]
    plan = instants(wanted.kills, wanted.seed)
    killing = Killing(config.paths(name), gateways, plan, wanted.duration_s, WARM_UP_S)
    code = _ran(wanted, session, name, killing)
    if wanted.kills:
        say(f"{len(killing.done)} of {wanted.kills} kills were done")
    for kill in killing.done:
        say(f"killed {kill.process} ({kill.pid}) at {kill.at_ns / 1e9:.3f}")
    return code, killing.done


def _ran(wanted: Wanted, session: Path, name: str, killing: Killing) -> int:
    """The session's exit code. What interrupts a rehearsal ends the session in order, and that is
    compared as well; DataError if it does not end."""
    log = wanted.folder / "session.log"
    command = [sys.executable, "-P", "-m", "pinnacle", "run", str(session), "--live", "--yes"]
    command += ["--duration", str(wanted.duration_s), "--port", "0", "--name", name]
    with log.open("w", encoding="utf-8") as told:
        run = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | {"XDG_STATE_HOME": str(wanted.folder / "state")},
        )

    def end(number: int, frame: FrameType | None) -> None:
        run.send_signal(signal.SIGINT)

    before = {number: signal.signal(number, end) for number in ENDINGS}
    killing.begin()
    try:
        return run.wait(wanted.duration_s + END_S + START_S)
    except subprocess.TimeoutExpired:
        run.kill()
        run.wait()
        raise DataError(f"the session did not end in time: {log}") from None
    finally:
        killing.end()
        for number, handler in before.items():
            signal.signal(number, handler)


def _unwanted_end(code: int, kills: Sequence[Kill], folder: Path) -> str:
    """Why the session failed, but for the kills that were wanted; empty if it did not."""
    if not code:
        return ""
    last = (folder / "session.log").read_text(encoding="utf-8").strip().splitlines()[-1:]
    words = " ".join(last)
    names = [kill.process for kill in kills]
    wanted = [
        f"{name} ended {names.count(name)} times, the last time: it was killed by SIGKILL"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if (
        code == PeerLostError.exit_code
        and words == f"error: the session failed: {'; '.join(wanted)}"
    ):
        return ""
    return f"the session ended with {code}: {words}"


def _session_file(data: dict[str, Any], folder: Path, served: Mapping[str, ServedVenue]) -> Path:
    """The user's configuration, pointed at what is served, with a vault of its own."""
    place = {"data_dir": str(folder / "data"), "runtime_dir": rehearsal_runtime_dir()}
    data["session"] |= place | {"mode": "live"}
    vault = folder / "vault"
    password = secrets.token_urlsafe(24)
    master = VaultKey.new(password.encode())
    create(vault, master)
    for name, venue in served.items():
        _point(data["venues"][name] if name else data, venue)
        key = json.loads(Path(venue.where["key_file"]).read_text(encoding="utf-8"))
        put(vault, master, venue.kind, Entry(venue.kind, time.time_ns(), key))
    descriptor = os.open(folder / "password", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(password + "\n")
    data["vault"] = {"file": str(vault), "password_file": str(folder / "password")}
    path = folder / "session.toml"
    write_whole(path, toml_text(data))
    return path


def _point(tables: dict[str, Any], venue: ServedVenue) -> None:
    for section, where in (("feed", "market"), ("orders", "orders")):
        table = tables.setdefault(section, {}).setdefault(venue.kind, {})
        for way in _OF_THE_WAY:
            table.pop(way, None)
        table |= venue.where[where] | {"ca_file": venue.where["ca_file"]}
