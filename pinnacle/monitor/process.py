"""The monitor process: samples the session four times a second, serves the page from threads."""

from pathlib import Path

import structlog

from pinnacle.core.clock import monotonic_ns
from pinnacle.monitor.config import MonitorConfig
from pinnacle.monitor.server import PageServer
from pinnacle.monitor.state import State
from pinnacle.monitor.web import create_app
from pinnacle.runtime.observer import Observer
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat

SAMPLE_NS = 250_000_000
TURN_NS = 50_000_000


def run(seat: Seat, config: MonitorConfig) -> int:
    """Until SIGTERM. The exit code; ConfigError if the address cannot be had."""
    paths, log = seat.paths, seat.log
    with Runtime(seat) as runtime:
        _tell(paths.monitor_address, "", log)  # of one that was killed
        observer = Observer(paths)
        state = State(observer, config.history_s)
        state.sample()
        server = PageServer(create_app(state, config.host), config)
        _tell(paths.monitor_address, server.address + "\n", log)
        try:
            runtime.ready(server.address)
            _loop(runtime, state)
        finally:
            _tell(paths.monitor_address, "", log)
            server.close()
            observer.close()
    return 0


def _loop(runtime: Runtime, state: State) -> None:
    next_ns = monotonic_ns()
    while not runtime.stopping:
        now = monotonic_ns()
        if now >= next_ns:
            state.sample()
            next_ns = max(next_ns + SAMPLE_NS, now)
        runtime.wait(TURN_NS)
        runtime.housekeep()


def _tell(file: Path, line: str, log: structlog.stdlib.BoundLogger) -> None:
    """Write the address in place: the file is the session's, and its folder may be closed to us."""
    try:
        with file.open("r+", encoding="utf-8") as place:
            place.write(line)
            place.truncate()
    except OSError as error:
        log.warning("no address file", file=str(file), error=error.strerror)
