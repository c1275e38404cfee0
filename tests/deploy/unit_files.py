"""The unit files of a session and what they say, read as text as systemd reads them."""

import re
import shutil
from collections.abc import Collection
from pathlib import Path

from pinnacle.plan.checks import load_session
from pinnacle.plan.keys import wanted_keys
from pinnacle.runtime.topology import Topology
from pinnacle.session.systemd import session_units

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
SECTIONS = {"Unit", "Service", "Install", "Slice"}
#: A session with one process of each role, and one with several.
SIMULATED = ("demo", "two-venues")
#: And one of a real venue's market, and one whose orders are real.
SESSIONS = (*SIMULATED, "binance-paper", "live-kraken")


def topology_of(session: str) -> Topology:
    return load_session(ROOT / f"config/{session}.toml").topology()


def signers_of(session: str) -> Collection[str]:
    return wanted_keys(load_session(ROOT / f"config/{session}.toml"))


def install(folder: Path, topology: Topology, session: str, signers: Collection[str] = ()) -> None:
    """What is in systemd's folder on a machine that has the session."""
    folder.mkdir(parents=True, exist_ok=True)
    for unit in UNITS.glob("pinnacle*.*"):
        shutil.copy(unit, folder)
    for name, text in session_units(topology, session, signers).items():
        (folder / name).parent.mkdir()
        (folder / name).write_text(text, encoding="utf-8")


def settings(folder: Path, unit: str) -> dict[str, list[str]]:
    """Every setting's values in order, the drop-ins' last, with the instance for %i.

    A line that is no setting, comment or section fails, and so does a file that is not there.
    """
    prefix, at, rest = unit.partition("@")
    instance, _, suffix = rest.rpartition(".")
    files = [folder / (f"{prefix}@.{suffix}" if at else unit)]
    files += sorted((folder / f"{unit}.d").glob("*.conf"))
    found: dict[str, list[str]] = {}
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            section = re.fullmatch(r"\[(\w+)\]", line)
            if section:
                assert section[1] in SECTIONS, f"{path}: {line}"
                continue
            key, separator, value = line.partition("=")
            assert separator and re.fullmatch(r"[A-Z]\w+", key), f"{path}: {line}"
            if not value:
                found[key] = []
            else:
                found.setdefault(key, []).append(value.replace("%i", instance))
    return found


def words(folder: Path, unit: str, key: str) -> list[str]:
    return " ".join(settings(folder, unit).get(key, [])).split()


def value(folder: Path, unit: str, key: str) -> str:
    """Of a setting that has one: the last."""
    return settings(folder, unit)[key][-1]


def commands(folder: Path, unit: str) -> list[list[str]]:
    given = settings(folder, unit)
    lines = [line for key in ("ExecStart", "ExecStopPost") for line in given.get(key, [])]
    return [line.lstrip("-").split() for line in lines]
