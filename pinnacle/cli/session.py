"""`pinnacle session`: find sessions, make or remove their segments, stop or allow their trading."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinnacle.cli.options import SESSION_NAME
from pinnacle.cli.which import looked_in, meant, places, which

if TYPE_CHECKING:
    from pinnacle.session.find import Found

_FILE = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def session() -> None:
    """Find, look at, halt, resume, make or remove sessions.

    Without options list, status, halt and resume look where sessions are by default, and mean the
    one that runs.
    """


def _made_of(command: Callable[..., Any]) -> Callable[..., Any]:
    """--config and --name of a session that is made from them."""
    name = click.option(
        "--name", type=SESSION_NAME, help="Session name; the configured one if not given."
    )
    file = click.option("--config", required=True, type=_FILE, help="Its configuration file.")
    return file(name(command))


@session.command(name="list")
@places
@_JSON
def list_sessions(config: Path | None, runtime_dir: Path | None, as_json: bool) -> None:
    """Every session that is there, those that run first."""
    import msgspec

    from pinnacle.session.find import find_sessions

    looked = looked_in(config, runtime_dir)
    rows = [_row(found) for found in find_sessions(looked)]
    if as_json:
        click.echo(msgspec.json.encode(rows))
        return
    for row in rows:
        state = "running" if row["running"] else "dead"
        click.echo(f"{row['name']:32}{state:9}{_trading(row['halted']):28}{row['runtime']}")
    if not rows:
        click.echo(f"no session in {', '.join(map(str, looked))}", err=True)


def _row(found: "Found") -> dict[str, Any]:
    return {
        "name": found.name,
        "running": found.running,
        "processes": list(found.processes),
        "halted": _halted(found),
        "runtime": str(found.paths.runtime),
        "data": str(found.paths.data),
    }


def _halted(found: "Found") -> str | None:
    """The reason why trading is halted, or why that cannot be read; None while it is allowed."""
    from pinnacle.core.bell import Control
    from pinnacle.core.errors import PinnacleError
    from pinnacle.core.schema import Reason

    try:
        with Control(found.paths.control) as control:
            killed = control.killed()
    except PinnacleError as error:
        return str(error)
    return Reason(killed).name.lower() if killed else None


def _trading(halted: str | None) -> str:
    return f"halted ({halted})" if halted else "trading allowed"


@session.command()
@which
@_JSON
def status(config: Path | None, runtime_dir: Path | None, name: str | None, as_json: bool) -> int:
    """Its processes, positions and open orders; exit code 5 unless all processes live."""
    from contextlib import closing

    import msgspec

    from pinnacle.core.errors import PeerLostError
    from pinnacle.monitor.document import Row, process_json
    from pinnacle.runtime.observer import Observer

    found = meant(config, runtime_dir, name)
    with closing(Observer(found.paths)) as observer:
        processes = observer.processes()
        document = _row(found) | {
            "processes": [process_json(process) for process in processes],
            "instruments": [
                Row(observer, instrument).json() for instrument in observer.instruments
            ],
        }
    if as_json:
        click.echo(msgspec.json.encode(document))
    else:
        _print_status(document)
    return 0 if all(process.alive for process in processes) else PeerLostError.exit_code


def _print_status(document: dict[str, Any]) -> None:
    state = "running" if document["running"] else "dead"
    click.echo(f"{document['name']}: {state}, {_trading(document['halted'])}")
    wide = max(len(row["name"]) for row in document["processes"]) + 2
    for row in document["processes"]:
        click.echo(
            f"  {row['name']:{wide}}{row['state']:11}pid {row['pid']:<9}"
            f"restarts {row['restarts']:<4}heartbeat {row['heartbeat_age_ms']:.0f} ms ago"
        )
    for row in document["instruments"]:
        click.echo(
            f"  {row['symbol']}: position {row['position']}, open orders {row['open_orders']}, "
            f"total {row['pnl']['total']}"
        )
    click.echo(f"  journals in {document['data']}, segments in {document['runtime']}")


@session.command()
@_made_of
def create(config: Path, name: str | None) -> None:
    """Make the segments and folders that the processes share; what is there stays.

    Refused if a living session of another configuration has the name, or its journals are of
    other parameters.
    """
    from pinnacle.plan.checks import load_session
    from pinnacle.session.create import create_session

    loaded = load_session(config)
    paths = loaded.paths(name)
    create_session(loaded, paths)
    click.echo(f"segments in {paths.runtime}, journals in {paths.data}")


@session.command()
@which
@click.option("--dead", is_flag=True, help="All sessions of which no process lives.")
def remove(config: Path | None, runtime_dir: Path | None, name: str | None, dead: bool) -> None:
    """Remove the segments; the journals stay. Refused while a process of the session lives."""
    from pinnacle.core.errors import PeerLostError, UsageError
    from pinnacle.session.create import remove_session
    from pinnacle.session.find import find_sessions

    if dead:
        looked = looked_in(config, runtime_dir)
        removed = [session for session in find_sessions(looked) if not session.running]
        if not removed:
            click.echo(f"no dead session in {', '.join(map(str, looked))}", err=True)
    elif name is None and config is None:
        raise UsageError("say which: --name, --config or --dead")
    else:
        try:
            removed = [meant(config, runtime_dir, name)]
        except PeerLostError as error:
            raise UsageError(str(error)) from None
    for session in removed:
        remove_session(session.paths)
        click.echo(f"removed {session.paths.runtime}", err=True)


@session.command()
@which
def halt(config: Path | None, runtime_dir: Path | None, name: str | None) -> None:
    """Set the kill switch: every order is cancelled, nothing new is sent. Needs no process."""
    from pinnacle.core.schema import Reason
    from pinnacle.session.controls import kill_switch

    found = meant(config, runtime_dir, name)
    with kill_switch(found.paths) as control:
        reason = Reason(control.kill(Reason.OPERATOR))
    click.echo(f"{found.name}: halted ({reason.name.lower()}){_nobody(found)}")


@session.command()
@which
def resume(config: Path | None, runtime_dir: Path | None, name: str | None) -> None:
    """Clear the kill switch: trading may go on.

    What `pinnacle flatten` has told the strategies stays; `pinnacle resume` ends that, too.
    """
    from pinnacle.session.controls import kill_switch

    found = meant(config, runtime_dir, name)
    with kill_switch(found.paths) as control:
        control.clear()
    click.echo(f"{found.name}: resumed{_nobody(found)}")


def _nobody(found: "Found") -> str:
    return "" if found.running else "; none of its processes lives"


@session.command()
@click.argument("file", type=_FILE)
@click.option(
    "--out", type=_FILE, help="systemd's folder of units, /etc/systemd/system; or stdout."
)
def units(file: Path, out: Path | None) -> None:
    """Make the drop-ins that tell systemd which processes the session of FILE has.

    The session is called as FILE is: demo.toml is pinnacle@demo.target. Make them anew, and reload
    systemd, when its venues or strategies change.
    """
    from pinnacle.core.errors import ConfigError, UsageError
    from pinnacle.core.names import SessionName
    from pinnacle.core.output import write_whole
    from pinnacle.plan.checks import load_session
    from pinnacle.plan.keys import wanted_keys
    from pinnacle.session.systemd import check_folders, session_units

    loaded = load_session(file)
    try:
        check_folders(loaded)
        session = SessionName(file.stem)
        files = session_units(loaded.topology(), session, wanted_keys(loaded))
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None
    except ValueError as error:
        raise UsageError(str(error)) from None
    for name, text in files.items():
        if out is None:
            click.echo(f"# {name}\n{text}")
            continue
        try:
            (out / name).parent.mkdir(exist_ok=True)
            write_whole(out / name, text, 0o644)
        except OSError as error:
            raise UsageError(f"--out: {out / name}: {error.strerror}") from None
        click.echo(out / name)
