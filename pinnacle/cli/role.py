"""`pinnacle feed|strategy|risk|gateway|exchange|monitor`: one process of a session, alone.

This is what the supervisor and systemd start. It needs the session's segments, which
`pinnacle session create` makes.
"""

import importlib
from pathlib import Path

import click

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
    from pinnacle.core import log as logging
    from pinnacle.core.bell import Control
    from pinnacle.core.errors import NotReadyError, PeerLostError
    from pinnacle.core.notices import Level, Notices
    from pinnacle.session.config import load_session

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
                return process.run(*arguments, log)
            except Exception as error:
                notices.put(Level.ERROR, f"ended: {logging.reason(error)}")
                raise
    except NotReadyError as error:
        raise PeerLostError(
            f"{error}: make the session first: pinnacle session create --config {config_path}"
        ) from None


feed = _command("feed")
strategy = _command("strategy")
risk = _command("risk")
gateway = _command("gateway")
exchange = _command("exchange")
monitor = _command("monitor")
