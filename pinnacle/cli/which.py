"""Which session a command is about: the only one that runs, or what --session and --config say."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinnacle.cli.options import SESSION_NAME

if TYPE_CHECKING:
    from pinnacle.core.paths import SessionPaths
    from pinnacle.session.find import Found

_FILE = click.Path(path_type=Path)


def places(command: Callable[..., Any]) -> Callable[..., Any]:
    """--config and --runtime-dir: where to look."""
    command = click.option(
        "--runtime-dir", type=_FILE, help="The folder that has the sessions' segments."
    )(command)
    return click.option("--config", type=_FILE, help="Look where this configuration says.")(command)


def which(command: Callable[..., Any]) -> Callable[..., Any]:
    """--name, --config and --runtime-dir: the session that is meant."""
    help = "Its name, with or without the time."
    name = click.option("--session", "--name", "name", type=SESSION_NAME, help=help)
    return places(name(command))


def kept(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same of a session that may have ended: its folder is a name too."""
    name = click.option(
        "--session", "--name", "name", help="Its name, with or without the time; or its folder."
    )
    return places(name(command))


def looked_in(config: Path | None, runtime_dir: Path | None) -> list[Path]:
    """The folders that sessions' segments are looked for in."""
    from pinnacle.core.errors import UsageError
    from pinnacle.session.find import named_in, runtime_dirs

    if runtime_dir is not None and runtime_dir.exists() and not runtime_dir.is_dir():
        raise UsageError(f"--runtime-dir {runtime_dir}: not a folder")
    if runtime_dir is not None:
        return [runtime_dir]
    return [Path(named_in(config).runtime_dir)] if config else runtime_dirs()


def meant(config: Path | None, runtime_dir: Path | None, name: str | None) -> "Found":
    """The session of these options. Errors as `session.find.the_session`."""
    from pinnacle.session.find import find_sessions, named_in, the_session

    looked = looked_in(config, runtime_dir)
    if name is None and config is not None:
        name = named_in(config).name
    return the_session(find_sessions(looked), name, looked)


def kept_paths(config: Path | None, runtime_dir: Path | None, name: str | None) -> "SessionPaths":
    """Of one that runs or has ended. PeerLostError if there is neither."""
    from pinnacle.core.errors import PeerLostError
    from pinnacle.session.ended import folder_of, of_folder

    if name is not None and (folder := of_folder(name)) is not None:
        return folder
    try:
        return meant(config, runtime_dir, name).paths
    except PeerLostError as error:
        ended = folder_of(config, name)
        if ended is None:
            text = f"{error}; of one that has ended --session may be the folder of its journals"
            raise PeerLostError(text) from None
        return ended
