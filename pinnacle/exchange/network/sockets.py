"""A venue's port: requests over HTTP and WebSockets, both over TLS, on loopback."""

import asyncio
import ssl

from pinnacle.exchange.network.http import Handler, HttpConnection
from pinnacle.exchange.network.websocket import CLOSE_S, WsConnection

GOING_AWAY = 1001
#: For a client to say its part of TLS's handshake.
HANDSHAKE_S = 10.0
#: Venues close what is not used after about so long.
IDLE_S = 75.0
#: Connections that the kernel keeps while the loop is busy.
BACKLOG = 256


class NetworkServer:
    """`open` takes the port (0: any free one), and `close` ends whoever is connected.

    handler   who answers; a failure of his is told and ends no more than one connection
    idle_s    a connection on which no request has been finished for so long is closed
    """

    def __init__(
        self, handler: Handler, tls: ssl.SSLContext, port: int = 0, *, idle_s: float = IDLE_S
    ):
        self._handler = handler
        self._tls = tls
        self._port = port
        self._idle_s = idle_s
        self._clients: set[HttpConnection | WsConnection] = set()
        self._emptied = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; OSError if the port is taken. `address` is known from here."""
        self._server = await asyncio.get_running_loop().create_server(
            self._client,
            "127.0.0.1",
            self._port,
            ssl=self._tls,
            backlog=BACKLOG,
            ssl_handshake_timeout=HANDSHAKE_S,
            ssl_shutdown_timeout=CLOSE_S,
        )
        self._port = self._server.sockets[0].getsockname()[1]

    @property
    def address(self) -> str:
        """Host and port, as they stand in a URL."""
        return f"127.0.0.1:{self._port}"

    async def close(self) -> None:
        """WebSockets get a close frame, requests no answer; within CLOSE_S all are gone."""
        if self._server is None:
            return
        self._server.close()
        for client in list(self._clients):
            if isinstance(client, WsConnection):
                client.close(GOING_AWAY, "the server ends")
            else:
                client.leave()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._gone()
        except TimeoutError:
            for client in list(self._clients):
                client.abort()
            await self._gone()

    async def _gone(self) -> None:
        while self._clients:
            self._emptied.clear()
            await self._emptied.wait()

    def _client(self) -> HttpConnection:
        return HttpConnection(self._handler, self._clients.add, self._left, self._idle_s)

    def _left(self, client: HttpConnection | WsConnection) -> None:
        self._clients.discard(client)
        self._emptied.set()
