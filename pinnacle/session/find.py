"""Finds the sessions of this machine: whoever must stop one need not know where it is."""

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pinnacle.core.config import Section, convert
from pinnacle.core.errors import ConfigError, NativeError, PeerLostError, UsageError
from pinnacle.core.names import SessionName, is_stamped
from pinnacle.core.paths import SessionPaths, default_runtime_dir
from pinnacle.core.toml import read_toml
from pinnacle.plan.config import SessionSection
from pinnacle.session.place import living
from pinnacle.session.systemd import RUNTIME_DIR

#: Where root's sessions and those of the shipped units are.
_SYSTEM = ("/dev/shm/pinnacle", RUNTIME_DIR)


class _Named(Section, frozen=True):
    session: SessionSection


@dataclass(frozen=True)
class Found:
    """A session's folders, and which of its processes live."""

    paths: SessionPaths
    processes: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.paths.runtime.name

    @property
    def running(self) -> bool:
        return bool(self.processes)


def runtime_dirs() -> list[Path]:
    """Where sessions are unless their configuration says otherwise."""
    others = sorted(map(str, Path("/dev/shm").glob("pinnacle-[0-9]*")))
    return [Path(place) for place in dict.fromkeys((default_runtime_dir(), *_SYSTEM, *others))]


def _is_closed(place: Path) -> bool:
    return place.exists() and not os.access(place, os.R_OK | os.X_OK)


def left_behind(place: Path) -> str:
    """What to tell of dead sessions in a runtime folder, which hold memory; empty without any."""
    dead = [session.name for session in find_sessions([place]) if not session.running]
    if not dead:
        return ""
    them = dead[0] if len(dead) == 1 else f"{len(dead)} sessions"
    return f"{them} left dead: pinnacle session remove --dead --runtime-dir {place}"


def named_in(config: Path) -> SessionSection:
    """What a configuration says of where its session is; the rest of it may be wrong."""
    section = {"session": read_toml(config).get("session", {})}
    return convert(section, _Named, config).session


def find_sessions(places: Iterable[Path]) -> list[Found]:
    """All sessions in these folders, those that live first; what may not be read is not there."""
    found = []
    for place in places:
        with contextlib.suppress(OSError, NativeError):
            found += [_look(path) for path in sorted(place.iterdir()) if _is_session(path)]
    return sorted(found, key=lambda session: not session.running)


def _is_session(path: Path) -> bool:
    try:
        return SessionName(path.name) == path.name and (path / "control").is_file()
    except (ValueError, OSError):
        return False


def _look(runtime: Path) -> Found:
    paths = SessionPaths(runtime, Path())
    with contextlib.suppress(ConfigError, KeyError, TypeError):
        section = read_toml(paths.running_config, kept=True)["session"]
        paths = SessionPaths(runtime, Path(section["data_dir"]) / runtime.name)
    return Found(paths, tuple(living(paths)))


def the_session(found: Sequence[Found], name: str | None, places: Sequence[Path]) -> Found:
    """The one that is meant: of this name, or stamped with it; without one the only that lives.

    UsageError lists them if there are several, PeerLostError says where there is none.
    """
    meant = list(found)
    if name is not None:
        meant = [session for session in found if session.name == name]
        meant = meant or [session for session in found if is_stamped(session.name, name)]
    meant = [session for session in meant if session.running] or meant
    if len(meant) > 1:
        names = ", ".join(f"{session.name} ({session.paths.runtime.parent})" for session in meant)
        raise UsageError(f"several sessions: {names}: say which with --name or --runtime-dir")
    if not meant:
        where = ", ".join(map(str, places))
        what = f"session {name}" if name else "session"
        closed = [str(place) for place in places if _is_closed(place)]
        hidden = f" (closed to uid {os.geteuid()}: {', '.join(closed)})" if closed else ""
        raise PeerLostError(
            f"no {what} in {where}{hidden}: --config or --runtime-dir looks elsewhere"
        )
    return meant[0]
