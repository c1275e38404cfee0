"""`pinnacle feed|strategy|risk|gateway|exchange|monitor`: one process of a session, alone.

This is what the supervisor and systemd start. It needs the session's segments, which
`pinnacle session create` makes.
"""

import contextlib
import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pinnacle.core.paths import SessionPaths

from pinnacle.cli.options import SESSION_NAME

_WHAT = {
    "feed": "Market data: venue messages to records, journal, rings and the shared books.",
    "strategy": "Decides: takes the market and the fills, gives intents to risk.",
    "risk": "Checks every intent, owns positions and P&L; the only way to the gateway.",
    "gateway": "Talks to the venue about orders; reads the kill switch before every send.",
    "exchange": "The simulated exchange, or the imaginary queue of paper trading.",
    "monitor": "The status page and its API, read-only.",
}


def _command(role: str) -> click.Command:
    @click.command(name=role, help=f"{_WHAT[role]} Ends in order on SIGTERM.")
    @click.option(
        "--config",
        required=True,
        type=click.Path(path_type=Path),
        help="The session's configuration file.",
    )
    @click.option(
        "--name", type=SESSION_NAME, help="Session name; the configured one if not given."
    )
    @click.option("--log-json", is_flag=True, help="Log lines as JSON.")
    def command(config: Path, name: str | None, log_json: bool) -> int:
        return _run(role, config, name, log_json)

    return command


def _run(role: str, config_path: Path, name: str | None, log_json: bool) -> int:
    from pinnacle.core.bell import Control
    from pinnacle.core.errors import NotReadyError, PeerLostError
    from pinnacle.core.notices import Level, Notices
    from pinnacle.plan.config import load_session
    from pinnacle.runtime import log as logging

    config = load_session(config_path)
    paths = config.paths(name)
    try:
        with (
            Control(paths.control) as control,
            Notices(paths.notices(role), control.now_ns) as notices,
        ):
            log = logging.setup(role, as_json=log_json, notices=notices)
            process = importlib.import_module(f"pinnacle.{role}.process")
            arguments = [paths, getattr(config, role), config.process(role)]
            if role != "monitor":
                arguments.append(config.journal)
            try:
                code = process.run(*arguments, log)
            except Exception as error:
                notices.put(Level.ERROR, f"ended: {logging.reason(error)}")
                raise
        _remove_if_last(role, paths)
        return code
    except NotReadyError as error:
        raise PeerLostError(
            f"{error}: make the session first: pinnacle session create --config {config_path}"
        ) from None


def _remove_if_last(role: str, paths: "SessionPaths") -> None:
    """The last process of a session that has lost its supervisor leaves nothing in memory."""
    from pinnacle.core.errors import UsageError
    from pinnacle.core.paths import STOP_ORDER
    from pinnacle.runtime.orphan import KEEP, orphaned
    from pinnacle.session.create import remove_session

    if role == STOP_ORDER[-1] and orphaned() and not os.environ.get(KEEP):
        with contextlib.suppress(UsageError):  # another one is not gone yet
            remove_session(paths)


feed = _command("feed")
strategy = _command("strategy")
risk = _command("risk")
gateway = _command("gateway")
exchange = _command("exchange")
monitor = _command("monitor")
