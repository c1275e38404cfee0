"""The page's HTTP server: waitress, with room for a browser however many clients say nothing."""

import logging
import threading
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from pinnacle.monitor.address import bind, url
from pinnacle.monitor.config import MonitorConfig

THREADS = 4
STOP_WAIT_S = 2.0
#: Connections that are kept. Where one more comes, the one that was silent for longest goes.
CONNECTIONS = 64
#: A browser asks four times a second; who says nothing for so long is gone.
IDLE_S = 15


class PageServer:
    """The application behind a bound address, on threads of its own, until `close`."""

    def __init__(self, app: Flask, config: MonitorConfig):
        # A request that waits for a thread is no news: every browser opens several connections.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        listener = bind(config.host, config.port)
        self.address = url(config.host, listener.getsockname()[1])
        self._connections: dict[int, Any] = {}
        workers = ThreadedTaskDispatcher()
        workers.set_thread_count(THREADS)
        self._server = _Server(
            app,
            map=self._connections,
            _sock=listener,
            dispatcher=workers,
            adj=Adjustments(
                sockets=[listener],
                threads=THREADS,
                ident="pinnacle",
                channel_timeout=IDLE_S,
                cleanup_interval=5,
                connection_limit=4 * CONNECTIONS,
                asyncore_use_poll=True,
            ),
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        )
        self._thread = threading.Thread(target=self._server.run, name="page", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Drop every connection, in the thread that reads them, and wait for the threads."""
        # Who answers wakes the reading thread when it is done: it must be there until then.
        self._server.task_dispatcher.shutdown(timeout=STOP_WAIT_S)
        self._server.trigger.pull_trigger(
            lambda: wasyncore.close_all(self._connections, ignore_all=True)
        )
        self._thread.join(STOP_WAIT_S)


class _Server(TcpWSGIServer):
    """Makes room for who comes by dropping who waits without a request."""

    def handle_accept(self) -> None:
        super().handle_accept()
        silent = [channel for channel in self.active_channels.values() if not channel.requests]
        excess = len(self.active_channels) - CONNECTIONS
        if excess > 0:
            silent.sort(key=lambda channel: channel.last_activity)
            for channel in silent[:excess]:
                channel.handle_close()
