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
    help="The session's configuration file, or the folder that has it as SESSION.toml: it says "
    "where the session is. What the process reads is the session's own copy.",
)
@click.option("--name", type=SESSION_NAME, help="Session name; the configured one if not given.")
@click.option(
    "--cpu",
    type=click.IntRange(0, 1023),
    help="Run on this core; that of the configuration, if it names one, if not given.",
)
@click.option("--log-json", is_flag=True, help="Log lines as JSON.")
def process(process: str, config: Path, name: str | None, cpu: int | None, log_json: bool) -> int:
    """Run one PROCESS of a session until SIGTERM, on which it ends in order.

    \b
    exchange  The simulated exchange, or the imaginary queue of paper trading.
    feed      Market data: venue messages to records, journal, rings and the shared books.
    strategy  Decides: takes the market and the fills, gives intents to risk.
    risk      Checks every intent, owns positions and P&L; the only way to the gateway.
    gateway   Talks to the venue about orders; reads the kill switch before every send.
    monitor   The status page and its API, read-only.

    Where a session has several of a kind the venue's or the strategy's name stands behind it:
    feed.kraken, strategy.maker; of several feeds of a venue also its number: feed.kraken.2.
    """
    from pinnacle.core.errors import NotReadyError, PeerLostError, UsageError
    from pinnacle.core.paths import SessionPaths
    from pinnacle.plan.config import read_session
    from pinnacle.session.find import named_in

    session, colon, process = process.rpartition(":")
    if colon and name is not None:
        raise UsageError(f"--name: {session} is named already, before the process")
    if config.is_dir():
        if not session:
            raise UsageError(f"{config}: is a folder: whose? SESSION:{process}")
        config = config / f"{session}.toml"
    place = named_in(config)
    paths = SessionPaths.of(place.runtime_dir, place.data_dir, session or name or place.name)
    try:
        return _run(process, paths, cpu, log_json)
    except NotReadyError as error:
        if not paths.running_config.exists():
            # What is wrong in the file comes first: whoever made the session would hear of it.
            _topology(read_session(config), config).process(process)
        raise PeerLostError(
            f"{error}: make the session first: pinnacle session create --config {config}"
        ) from None


def _run(name: str, paths: "SessionPaths", cpu: int | None, log_json: bool) -> int:
    import msgspec

    from pinnacle.core.bell import Control
    from pinnacle.core.errors import ConfigError
    from pinnacle.core.notices import Level, Notices
    from pinnacle.plan.config import read_session
    from pinnacle.runtime import log as logging
    from pinnacle.runtime.seat import Seat

    with Control(paths.control) as control:
        # The copy: checked as a whole when the session was made, and the same whatever is edited.
        file = paths.running_config
        config = read_session(file, kept=True)
        paths = config.paths(paths.runtime.name)
        topology = _topology(config, file)
        process = topology.process(name)
        with Notices(paths.notices(name), control.now_ns) as notices:
            log = logging.setup(name, as_json=log_json, notices=notices)
            run = importlib.import_module(f"pinnacle.{process.role}.process").run
            settings = config.process(name)
            if cpu is not None:
                settings = msgspec.structs.replace(settings, cpu=cpu)
            seat = Seat(paths, topology, process, settings, config.journal, log)
            try:
                code: int = run(seat, config.section(process))
            except Exception as error:
                notices.put(Level.ERROR, f"ended: {logging.reason(error)}")
                if isinstance(error, ConfigError):
                    raise ConfigError(f"{file}: {error}") from None
                raise
    _remove_if_last(process, topology, paths)
    return code


def _topology(config: "SessionConfig", file: Path) -> "Topology":
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
