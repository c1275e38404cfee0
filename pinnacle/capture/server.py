"""Captures served as if they were the venue: WebSocket and HTTPS over TLS, on loopback.

One port serves both. The tape starts as soon as the first client has subscribed; only what a client
subscribed to is sent to it, with the spacing of the capture divided by `speed`. What is asked for
is answered as of that moment of the tape, or waits for it. A client that reads slowly holds the
tape: nothing is dropped. At the end of the tape every client gets a close frame; a loop then waits
for the next subscriber and begins anew, because the venue's numbers begin anew too.

What the venue says, and to which request, is its dialect's.
"""

import asyncio
import contextlib
import http
import ssl
import time
from collections import defaultdict
from email.utils import formatdate
from urllib.parse import urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from pinnacle.capture.tape import Tape
from pinnacle.venues.served.dialect import Client, Entry, Reply, Served
from pinnacle.venues.served.serving import JSON

GOING_AWAY = 1001
CLOSE_SECONDS_MAX = 3
#: From the first subscription to the first frame: a venue may need several messages for all of it.
GRACE_S = 0.1
#: How many frames may go out before other tasks of the loop get their turn.
BURST = 64


class CaptureServer:
    """`open` takes the port (0: any free one), `play` runs the tape until it ends, `close`."""

    def __init__(self, tape: Tape, tls: ssl.SSLContext, port: int = 0, speed: float = 1.0):
        self._tape = tape
        self._tls = tls
        self._port = port
        self._speed = speed
        self._clients: dict[ServerConnection, Client] = {}
        # What is said to a client goes out in the order in which it was made: it may be numbered.
        self._saying: defaultdict[ServerConnection, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._subscribed = asyncio.Event()
        self._moved = asyncio.Condition()
        self._served = self._begun()
        self._server: Server | None = None
        self._closing = False

    def _begun(self) -> Served:
        tape = self._tape
        made = tape.dialect.served(tape.instruments, tape.firsts)
        made.openings = tape.firsts
        return made

    async def open(self) -> None:
        """Listen; OSError if the port is taken. `addresses` is known from here."""
        # No open timeout: a request may wait for the tape.
        self._server = await serve(
            self._serve_client,
            "127.0.0.1",
            self._port,
            ssl=self._tls,
            process_request=self._route,
            compression=None,
            open_timeout=None,
            # A slow client still has frames to read before it comes to the close frame.
            close_timeout=30,
            ping_interval=20,
            ping_timeout=60,
        )
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """A close frame to every client, and the port is free.

        Requests that wait for the tape are refused; a peer that has connected and says nothing is
        not waited for.
        """
        self._closing = True
        if self._server is None:
            return
        self._server.close(code=GOING_AWAY, reason="end of tape")
        async with self._moved:
            self._moved.notify_all()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), CLOSE_SECONDS_MAX)

    @property
    def addresses(self) -> dict[str, str]:
        """Where clients find it, as the connection's configuration names it."""
        return self._tape.dialect.addresses(f"127.0.0.1:{self._port}")

    async def play(self, loop: bool = False) -> None:
        """Run the tape once, or for ever."""
        while True:
            await self._subscribed.wait()
            await asyncio.sleep(GRACE_S)
            await self._run_tape()
            done, self._clients = self._clients, {}
            if loop:
                self._served = self._begun()
            self._subscribed.clear()
            await asyncio.gather(*(socket.close(GOING_AWAY, "end of tape") for socket in done))
            if not loop:
                return

    async def _run_tape(self) -> None:
        begin, first_ns = time.monotonic(), None
        for number, entry in enumerate(self._tape.play()):
            if first_ns is None:
                first_ns = entry.recv_ns
            late = 0.0
            if self._speed:
                due = begin + (entry.recv_ns - first_ns) / 1e9 / self._speed
                late = time.monotonic() - due
            if late < 0 or number % BURST == 0:
                await asyncio.sleep(max(0.0, -late))
            await self._advance(entry)

    async def _advance(self, entry: Entry) -> None:
        if self._served.take(entry):
            async with self._moved:
                self._moved.notify_all()
        if entry.parts.channel is None:
            return
        for socket, client in list(self._clients.items()):
            with contextlib.suppress(ConnectionClosed):
                async with self._saying[socket]:
                    frame = self.frame_for(client, entry)
                    if frame is not None:
                        await socket.send(frame, text=True)
                continue
            self._clients.pop(socket, None)

    def frame_for(self, client: Client, entry: Entry) -> bytes | None:
        """What a client is sent of an entry, None for nothing."""
        return client.frame_of(entry)

    async def _serve_client(self, socket: ServerConnection) -> None:
        client = None if socket.request is None else self._served.client(socket.request.path)
        if self._closing or client is None:
            await socket.close(GOING_AWAY, "end of tape")
            return
        self._clients[socket] = client
        if client.subscribed:
            self._subscribed.set()
        try:
            async with self._saying[socket]:
                for greeting in client.hello():
                    await socket.send(greeting, text=True)
            async for text in socket:
                async with self._saying[socket]:
                    for reply in client.answer(text if isinstance(text, bytes) else text.encode()):
                        await socket.send(reply, text=True)
                if client.subscribed:
                    self._subscribed.set()
        except ConnectionClosed:
            pass
        finally:
            self._clients.pop(socket, None)
            self._saying.pop(socket, None)

    async def _route(self, socket: ServerConnection, request: Request) -> Response | None:
        wants_socket = request.headers.get("Upgrade", "").lower() == "websocket"
        if wants_socket and self._served.client(request.path) is not None:
            return None
        recorded = self._tape.replies.get(urlsplit(request.path).path)
        if recorded is not None:
            return _response(Reply(200, JSON, recorded))
        async with self._moved:
            while (reply := self._served.reply(request.path, self._closing)) is None:
                await self._moved.wait()
        return _response(reply)


def _response(reply: Reply) -> Response:
    headers = Headers(reply.headers)
    headers["Content-Length"] = str(len(reply.body))
    headers["Connection"] = "close"
    headers["Date"] = formatdate(usegmt=True)
    return Response(reply.status, http.HTTPStatus(reply.status).phrase, headers, reply.body)
