"""Captures served as if they were Binance: WebSocket streams and REST over TLS, on loopback.

One port serves both. The tape starts when the first client has subscribed; only what a client
subscribed to is sent to it, with the spacing of the capture divided by `speed`. REST snapshots
are the book at that moment of the tape. A client that reads slowly holds the tape: nothing is
dropped. At the end of the tape every client gets a close frame; a loop then waits for the next
subscriber and begins anew, because update ids begin anew too.
"""

import asyncio
import contextlib
import http
import ssl
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from pinnacle.capture.tape import Entry, Tape, VenueBook

GOING_AWAY = 1001
DEPTH_LIMIT_DEFAULT, DEPTH_LIMIT_MAX = 100, 5000
CLOSE_SECONDS_MAX = 3
# How many frames may go out before other tasks of the loop get their turn.
BURST = 64


class _Request(msgspec.Struct):
    method: str
    id: int | str | None = None
    params: list[str] = []


class RequestRefused(Exception):
    """A REST or WebSocket request with Binance's error code and words."""

    def __init__(self, code: int, text: str, status: int = 400):
        super().__init__(text)
        self.code, self.status = code, status

    @property
    def body(self) -> dict[str, Any]:
        return {"code": self.code, "msg": str(self)}


class _Client:
    """A connected client: what it is subscribed to, and whether it wants frames wrapped."""

    def __init__(self, socket: ServerConnection, wrapped: bool, streams: list[str]):
        self.socket = socket
        self.wrapped = wrapped
        self.streams = dict.fromkeys(streams)

    async def answer(self, text: bytes) -> bool:
        """Reply to a request; returns whether it subscribed to anything."""
        request_id = None
        try:
            try:
                request = msgspec.json.decode(text, type=_Request)
            except msgspec.ValidationError as error:
                raise RequestRefused(2, f"Invalid request: {error}") from None
            except msgspec.DecodeError as error:
                raise RequestRefused(3, f"Invalid JSON: {error}") from None
            request_id = request.id
            reply: dict[str, Any] = {"result": self._carry_out(request), "id": request_id}
        except RequestRefused as refused:
            reply = {"error": refused.body, "id": request_id}
        await self.socket.send(msgspec.json.encode(reply), text=True)
        return bool(self.streams)

    def _carry_out(self, request: _Request) -> list[str] | None:
        if request.method == "LIST_SUBSCRIPTIONS":
            return list(self.streams)
        if request.method not in ("SUBSCRIBE", "UNSUBSCRIBE"):
            raise RequestRefused(2, f"Invalid request: unknown variant {request.method}")
        for stream in request.params:
            if "@" not in stream:
                raise RequestRefused(2, f"Invalid request: not a stream: {stream}")
        for stream in request.params:
            if request.method == "SUBSCRIBE":
                self.streams[stream] = None
            else:
                self.streams.pop(stream, None)
        return None


class CaptureServer:
    """`open` takes the port (0: any free one), `play` runs the tape until it ends, `close`."""

    def __init__(self, tape: Tape, tls: ssl.SSLContext, port: int = 0, speed: float = 1.0):
        self._tape = tape
        self._tls = tls
        self._port = port
        self._speed = speed
        self._clients: set[_Client] = set()
        self._subscribed = asyncio.Event()
        self._moved = asyncio.Condition()
        self._books: dict[str, VenueBook] = tape.books()
        self._server: Server | None = None
        self._closing = False

    async def open(self) -> None:
        """Listen; OSError if the port is taken. `addresses` is known from here."""
        # No open timeout: a snapshot's request may wait for the tape.
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
        """Where clients find it, as the connector's configuration names it."""
        where = f"127.0.0.1:{self._port}"
        return {"ws_url": f"wss://{where}/stream", "rest_url": f"https://{where}"}

    async def play(self, loop: bool = False) -> None:
        """Run the tape once, or for ever."""
        while True:
            await self._subscribed.wait()
            await self._run_tape()
            done, self._clients = self._clients, set()
            if loop:
                self._books = self._tape.books()
            self._subscribed.clear()
            closing = (client.socket.close(GOING_AWAY, "end of tape") for client in done)
            await asyncio.gather(*closing)
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
        book = self._books[entry.symbol]
        known = book.known
        book.take(entry)
        if book.known and not known:
            async with self._moved:
                self._moved.notify_all()
        if entry.stream is None:
            return
        for client in list(self._clients):
            if entry.stream in client.streams:
                frame = entry.wrapped if client.wrapped else entry.bare
                try:
                    await client.socket.send(frame, text=True)
                except ConnectionClosed:
                    self._clients.discard(client)

    async def _serve_client(self, socket: ServerConnection) -> None:
        if self._closing or socket.request is None:
            await socket.close(GOING_AWAY, "end of tape")
            return
        url = urlsplit(socket.request.path)
        wrapped = url.path == "/stream"
        listed = parse_qs(url.query).get("streams", [""])[0] if wrapped else url.path[4:]
        client = _Client(socket, wrapped, [name for name in listed.split("/") if name])
        self._clients.add(client)
        if client.streams:
            self._subscribed.set()
        try:
            async for text in socket:
                raw = text if isinstance(text, bytes) else text.encode()
                if await client.answer(raw):
                    self._subscribed.set()
        except ConnectionClosed:
            pass
        finally:
            self._clients.discard(client)

    async def _route(self, socket: ServerConnection, request: Request) -> Response | None:
        url = urlsplit(request.path)
        if url.path in ("/stream", "/ws") or url.path.startswith("/ws/"):
            return None
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        try:
            return _json_response(200, await self._rest(url.path, query))
        except RequestRefused as refused:
            return _json_response(refused.status, msgspec.json.encode(refused.body))

    async def _rest(self, path: str, query: dict[str, str]) -> bytes:
        if path == "/api/v3/depth":
            return await self._depth(query)
        if path == "/api/v3/exchangeInfo":
            symbols = [self._symbol(query)] if "symbol" in query else list(self._books)
            info = {"timezone": "UTC", "serverTime": time.time_ns() // 1_000_000}
            info |= {"rateLimits": [], "symbols": self._tape.exchange_info(symbols)}
            return msgspec.json.encode(info)
        if path == "/api/v3/ping":
            return b"{}"
        raise RequestRefused(-1000, f"no such endpoint: {path}", 404)

    async def _depth(self, query: dict[str, str]) -> bytes:
        symbol = self._symbol(query)
        text = query.get("limit", str(DEPTH_LIMIT_DEFAULT))
        if not text.isascii() or not text.isdigit() or int(text) == 0:
            raise RequestRefused(-1100, "Illegal characters found in parameter 'limit'.")
        async with self._moved:
            await self._moved.wait_for(lambda: self._closing or self._books[symbol].known)
        if self._closing:
            raise RequestRefused(-1001, "The tape has ended.", 503)
        return self._books[symbol].reply(min(int(text), DEPTH_LIMIT_MAX))

    def _symbol(self, query: dict[str, str]) -> str:
        if not query.get("symbol"):
            raise RequestRefused(-1102, "Mandatory parameter 'symbol' was not sent.")
        if query["symbol"] not in self._books:
            raise RequestRefused(-1121, "Invalid symbol.")
        return query["symbol"]


def _json_response(status: int, body: bytes) -> Response:
    headers = Headers()
    headers["Content-Type"] = "application/json;charset=UTF-8"
    headers["Content-Length"] = str(len(body))
    headers["Connection"] = "close"
    headers["X-MBX-USED-WEIGHT-1M"] = "1"
    return Response(status, http.HTTPStatus(status).phrase, headers, body)
