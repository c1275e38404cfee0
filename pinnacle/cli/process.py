"""`pinnacle process`: one process of a session, alone.

This is what the supervisor and systemd start. It needs the session's segments, which
`pinnacle session create` makes.
"""

import contextlib
import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pinnacle.cli.options import SESSION_NAME

if TYPE_CHECKING:
    from pinnacle.core.paths import SessionPaths
    from pinnacle.plan.config import SessionConfig
    from pinnacle.runtime.topology import Process, Topology


@click.command()
@click.argument("process", metavar="[SESSION:]PROCESS")
@click.option(
    "--config",
    required=True,
    type=click.Path(path_type=Path),
    help="The session's configuration file, or the folder that has it as SESSION.toml.",
)
@click.option("--name", type=SESSION_NAME, help="Session name; the configured one if not given.")
@click.option("--log-json", is_flag=True, help="Log lines as JSON.")
def process(process: str, config: Path, name: str | None, log_json: bool) -> int:
    """Run one PROCESS of a session until SIGTERM, on which it ends in order.

    \b
    exchange  The simulated exchange, or the imaginary queue of paper trading.
    feed      Market data: venue messages to records, journal, rings and the shared books.
    strategy  Decides: takes the market and the fills, gives intents to risk.
    risk      Checks every intent, owns positions and P&L; the only way to the gateway.
    gateway   Talks to the venue about orders; reads the kill switch before every send.
    monitor   The status page and its API, read-only.

    Where a session has several of a kind the venue's or the strategy's name stands behind it:
    feed.kraken, strategy.maker.
    """
    from pinnacle.core.errors import UsageError
    from pinnacle.plan.config import read_session

    session, colon, process = process.rpartition(":")
    if colon and name is not None:
        raise UsageError(f"--name: {session} is named already, before the process")
    if config.is_dir():
        if not session:
            raise UsageError(f"{config}: is a folder: whose? SESSION:{process}")
        config = config / f"{session}.toml"
    # Checked as a whole when the session was made: here by type, and its own part by its logic.
    loaded = read_session(config)
    return _run(process, loaded, loaded.paths(session or name), log_json, config)


def _run(
    name: str, config: "SessionConfig", paths: "SessionPaths", log_json: bool, file: Path
) -> int:
    from pinnacle.core.bell import Control
    from pinnacle.core.errors import ConfigError, NotReadyError, PeerLostError
    from pinnacle.core.notices import Level, Notices
    from pinnacle.runtime import log as logging
    from pinnacle.runtime.seat import Seat

    topology = _named(file, config)
    process = topology.process(name)
    try:
        with (
            Control(paths.control) as control,
            Notices(paths.notices(name), control.now_ns) as notices,
        ):
            log = logging.setup(name, as_json=log_json, notices=notices)
            run = importlib.import_module(f"pinnacle.{process.role}.process").run
            seat = Seat(paths, topology, process, config.process(name), config.journal, log)
            try:
                code: int = run(seat, config.section(process))
            except Exception as error:
                notices.put(Level.ERROR, f"ended: {logging.reason(error)}")
                raise
        _remove_if_last(process, topology, paths)
        return code
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None
    except NotReadyError as error:
        raise PeerLostError(
            f"{error}: make the session first: pinnacle session create --config {file}"
        ) from None


def _named(file: Path, config: "SessionConfig") -> "Topology":
    from pinnacle.core.errors import ConfigError

    try:
        return config.topology()
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None


def _remove_if_last(process: "Process", topology: "Topology", paths: "SessionPaths") -> None:
    """The last process of a session that has lost its supervisor leaves nothing in memory."""
    from pinnacle.core.errors import UsageError
    from pinnacle.runtime.orphan import KEEP, orphaned
    from pinnacle.runtime.topology import STOP_ORDER
    from pinnacle.session.create import remove_session

    last = topology.in_order(STOP_ORDER)[-1]
    if process == last and orphaned() and not os.environ.get(KEEP):
        with contextlib.suppress(UsageError):  # another one is not gone yet
            remove_session(paths)
