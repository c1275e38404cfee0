"""Finds the journals of a session that is no more."""

from pathlib import Path

from pinnacle.core.names import is_stamped
from pinnacle.core.paths import SessionPaths
from pinnacle.plan.config import SessionSection
from pinnacle.session.find import named_in


def of_folder(name: str) -> SessionPaths | None:
    """Of what is the path of a session's folder; None of what is none."""
    paths = SessionPaths(Path(), Path(name))
    return SessionPaths(Path(), paths.data.resolve()) if paths.config.is_file() else None


def folder_of(config: Path | None, name: str | None) -> SessionPaths | None:
    """The latest of this name, in the folder of journals that the configuration names, or in the
    one that is meant without any; None if there is none."""
    section = named_in(config) if config is not None else None
    meant = name or (section.name if section else None)
    place = Path(section.data_dir if section else SessionSection(name="any").data_dir)
    if meant is None or not place.is_dir():
        return None
    found = [path for path in place.iterdir() if path.name == meant or is_stamped(path.name, meant)]
    whole = [made for path in sorted(found) if (made := of_folder(str(path))) is not None]
    return whole[-1] if whole else None
