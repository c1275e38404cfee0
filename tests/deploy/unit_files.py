"""The unit files and what they say, read as text."""

import re
from pathlib import Path

from pinnacle.core.paths import ROLES

UNITS = Path(__file__).resolve().parents[2] / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
ROLE_UNITS = {role: UNITS / f"pinnacle-{role}@.service" for role in ROLES}
SECTIONS = {"Unit", "Service", "Install", "Slice"}


def settings(path: Path) -> dict[str, list[str]]:
    """Every setting's values in order; a line that is no setting, comment or section fails."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        section = re.fullmatch(r"\[(\w+)\]", line)
        if section:
            assert section[1] in SECTIONS, f"{path.name}: {line}"
            continue
        key, separator, value = line.partition("=")
        assert separator and re.fullmatch(r"[A-Z]\w+", key), f"{path.name}: {line}"
        found.setdefault(key, []).append(value)
    return found


def words(path: Path, key: str) -> list[str]:
    return " ".join(settings(path).get(key, [])).split()


def commands(path: Path) -> list[list[str]]:
    given = settings(path)
    lines = [line for key in ("ExecStart", "ExecStopPost") for line in given.get(key, [])]
    return [line.lstrip("-").split() for line in lines]
