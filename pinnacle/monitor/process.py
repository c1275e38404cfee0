"""The monitor process: samples the session four times a second, serves the page from threads."""

import errno
import ipaddress
import socket
import threading
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from pinnacle.core.clock import monotonic_ns
from pinnacle.core.config import MonitorConfig, ProcessConfig
from pinnacle.core.errors import ConfigError
from pinnacle.core.observer import Observer
from pinnacle.core.paths import SessionPaths
from pinnacle.core.runtime import Runtime
from pinnacle.monitor.state import State
from pinnacle.monitor.web import WILDCARDS, create_app

SAMPLE_NS = 250_000_000
TURN_NS = 50_000_000
THREADS = 4
STOP_WAIT_S = 2.0


def run(
    paths: SessionPaths,
    config: MonitorConfig,
    process: ProcessConfig,
    log: structlog.stdlib.BoundLogger,
) -> int:
    """Until SIGTERM. The exit code; ConfigError if the address cannot be had."""
    with Runtime("monitor", paths, process, log) as runtime:
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


class PageServer:
    """The application behind a bound address, on threads of its own, until `close`."""

    def __init__(self, app: Flask, config: MonitorConfig):
        listener = bind(config.host, config.port)
        self.address = _url(config.host, listener.getsockname()[1])
        self._connections: dict[int, Any] = {}
        self._server = create_server(
            app, map=self._connections, sockets=[listener], threads=THREADS, ident="pinnacle"
        )
        self._thread = threading.Thread(target=self._server.run, name="page", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Drop every connection, in the thread that reads them, and wait for the threads."""
        self._server.trigger.pull_trigger(
            lambda: wasyncore.close_all(self._connections, ignore_all=True)
        )
        self._thread.join(STOP_WAIT_S)
        self._server.task_dispatcher.shutdown(timeout=STOP_WAIT_S)


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address; ConfigError names it and its key if it cannot be had."""
    where = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ConfigError(f"monitor.host: {host}: {error.strerror or error}") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # Only listening claims it: two sockets may be bound where none listens yet.
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            reason = "another program listens there; choose another port, or 0 for any free one"
            raise ConfigError(f"monitor.port: {where} is taken: {reason}") from None
        key = "host" if error.errno == errno.EADDRNOTAVAIL else "port"
        raise ConfigError(f"monitor.{key}: cannot listen on {where}: {error.strerror}") from None
    return listener


def _url(host: str, port: int) -> str:
    name = "127.0.0.1" if host in WILDCARDS else host
    try:
        bracketed = ipaddress.ip_address(name).version == 6
    except ValueError:
        bracketed = False
    return f"http://[{name}]:{port}/" if bracketed else f"http://{name}:{port}/"
