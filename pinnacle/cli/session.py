"""`pinnacle session`: make or remove a session's segments, stop or allow its trading."""

from pathlib import Path

import click

from pinnacle.cli.options import SESSION_NAME

_CONFIG = click.option(
    "--config",
    required=True,
    type=click.Path(path_type=Path),
    help="The session's configuration file.",
)
_NAME = click.option(
    "--name", type=SESSION_NAME, help="Session name; the configured one if not given."
)


@click.group()
def session() -> None:
    """Make, remove, halt or resume a session."""


@session.command()
@_CONFIG
@_NAME
def create(config: Path, name: str | None) -> None:
    """Make the segments and folders that the processes share; what is there stays."""
    from pinnacle.session.config import load_session
    from pinnacle.session.create import create_session

    loaded = load_session(config)
    paths = loaded.paths(name)
    create_session(loaded, paths)
    click.echo(f"segments in {paths.runtime}, journals in {paths.data}")


@session.command()
@_CONFIG
@_NAME
def remove(config: Path, name: str | None) -> None:
    """Remove the segments; the journals stay. Refused while a process of the session lives."""
    from pinnacle.core.errors import UsageError
    from pinnacle.core.observer import Observer
    from pinnacle.session.config import load_session
    from pinnacle.session.create import remove_runtime

    paths = load_session(config).paths(name)
    if not paths.control.exists():
        raise UsageError(f"{paths.runtime}: no such session")
    observer = Observer(paths)
    alive = [process.role for process in observer.processes() if process.alive]
    observer.close()
    if alive:
        raise UsageError(f"{paths.runtime}: still running: {', '.join(alive)}")
    remove_runtime(paths)


@session.command()
@_CONFIG
@_NAME
def halt(config: Path, name: str | None) -> None:
    """Set the kill switch: every order is cancelled, nothing new is sent. Needs no process."""
    from pinnacle.core.bell import Control
    from pinnacle.core.schema import Reason
    from pinnacle.core.segment import Mode
    from pinnacle.session.config import load_session

    control = Control(load_session(config).paths(name).control, Mode.SHARED)
    reason = Reason(control.kill(Reason.OPERATOR))
    control.close()
    click.echo(f"halted ({reason.name.lower()})")


@session.command()
@_CONFIG
@_NAME
def resume(config: Path, name: str | None) -> None:
    """Clear the kill switch: trading may go on."""
    from pinnacle.core.bell import Control
    from pinnacle.core.segment import Mode
    from pinnacle.session.config import load_session

    control = Control(load_session(config).paths(name).control, Mode.SHARED)
    control.clear()
    control.close()
    click.echo("resumed")
