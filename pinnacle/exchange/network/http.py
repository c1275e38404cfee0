"""The server's side of one connection on which requests are asked, until it becomes a WebSocket."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from email.utils import formatdate
from http import HTTPStatus
from typing import NamedTuple, Protocol

import h11
import structlog
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from pinnacle.exchange.network.websocket import (
    CLOSE_S,
    MESSAGE_BYTES_MAX,
    WsConnection,
    WsHandler,
    break_off,
    peer,
)

#: Of a request's line and headers, and of what is asked before an answer was given.
HEAD_BYTES_MAX = 64 * 1024
#: Of a request: orders are small.
BODY_BYTES_MAX = 1024 * 1024
_METHODS = ("GET", "POST", "PUT", "DELETE")
_WITHOUT_BODY = (204, 304)

log = structlog.get_logger()


class HttpRequest(NamedTuple):
    """A whole one.

    target    path and query, as they came
    headers   by their names in lower case; what came several times is joined by commas
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class HttpReply(NamedTuple):
    """What a client gets, and how.

    headers   besides Content-Length; one's own Date takes the place of the true one
    delay_s   is waited before anything of this
    raw       is written instead of an answer, as it is, and the connection closed behind it
    drop      nothing is written, and the connection closed
    reset     behind `raw` and `drop` TCP says RST, and not that all has been said
    """

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    delay_s: float = 0.0
    raw: bytes | None = None
    drop: bool = False
    reset: bool = False


class Handler(Protocol):
    """Who answers; what it raises is told, and answered with 500."""

    async def reply(self, request: HttpRequest) -> HttpReply:
        """GET, POST, PUT or DELETE. It is done to its end though the client may be gone."""

    def opened(self, path: str, headers: Mapping[str, str]) -> WsHandler | HttpReply:
        """Somebody wants a WebSocket there: who talks to him, or why he may not."""


class HttpConnection(asyncio.Protocol):
    """One request after another; those that are asked ahead wait.

    joined, left   hear of this connection, and of the WebSocket that takes its place
    idle_s         a client that has not finished a request for so long is closed
    """

    def __init__(
        self,
        handler: Handler,
        joined: Callable[["HttpConnection | WsConnection"], None],
        left: Callable[["HttpConnection | WsConnection"], None],
        idle_s: float,
    ):
        self._handler, self._joined, self._left = handler, joined, left
        self._idle_s = idle_s
        self._http = h11.Connection(h11.SERVER, HEAD_BYTES_MAX)
        self._transport: asyncio.Transport
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._answering: asyncio.Task[None] | None = None
        # A request is being answered; an answer is not read; none is taken any more.
        self._busy = self._unread = self._deaf = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._joined(self)
        self._wait()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._http.receive_data(data)
        self._read()
        if (self._busy or self._unread) and len(self._http.trailing_data[0]) > HEAD_BYTES_MAX:
            self._transport.abort()

    def pause_writing(self) -> None:
        self._unread = True

    def resume_writing(self) -> None:
        self._unread = False
        self._read()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deaf = True
        self._rest()
        if self._answering is not None and not self._answering.done():
            self._answering.add_done_callback(lambda _: self._left(self))
        else:
            self._left(self)

    def leave(self) -> None:
        """The server ends: whoever waits for an answer gets none."""
        if self._answering is not None:
            self._answering.cancel()
        self._end()

    def abort(self) -> None:
        """Whatever is not sent is lost."""
        self._transport.abort()

    def _end(self, *, reset: bool = False) -> None:
        self._deaf = True
        self._rest()
        if reset:
            break_off(self._transport)
        else:
            self._transport.close()

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._idle_s, self._end)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _read(self) -> None:
        """As far as there is something to read, and nothing to answer first."""
        try:
            while not (self._busy or self._unread or self._deaf):
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    self._go_on()
                    return
                self._take(event)
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint, str(error))

    def _go_on(self) -> None:
        if self._http.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[])
            self._transport.write(self._http.send(go_on) or b"")

    def _take(self, event: object) -> None:
        if isinstance(event, h11.Request):
            self._head, self._body = event, bytearray()
            if event.method.decode() not in _METHODS:
                self._refuse(405, f"one of {', '.join(_METHODS)} is wanted")
        elif isinstance(event, h11.Data):
            self._body += event.data
            if len(self._body) > BODY_BYTES_MAX:
                self._refuse(413, f"a body has {BODY_BYTES_MAX} bytes at most")
        elif isinstance(event, h11.EndOfMessage):
            assert self._head is not None
            self._rest()
            self._busy = True
            request = _request(self._head, bytes(self._body))
            if request.headers.get("upgrade", "").lower() == "websocket":
                self._open(request)
            else:
                self._answering = asyncio.create_task(self._answer(request))

    async def _answer(self, request: HttpRequest) -> None:
        try:
            reply = await self._handler.reply(request)
        except Exception:
            log.exception(f"client {peer(self._transport)}: what was to answer it failed")
            reply = HttpReply(500)
        self._give(reply)

    def _open(self, request: HttpRequest) -> None:
        """Give the connection to a WebSocket, or say why not."""
        # Its reader begins behind the handshake, which has been read here.
        protocol = ServerProtocol(state=State.OPEN, max_size=MESSAGE_BYTES_MAX)
        answer = protocol.accept(Request(request.target, Headers(request.headers), request.method))
        found: WsHandler | HttpReply
        if answer.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            found = HttpReply(answer.status_code, body=bytes(answer.body or b""))
        else:
            try:
                found = self._handler.opened(request.target, request.headers)
            except Exception:
                log.exception(f"client {peer(self._transport)}: what was to open it failed")
                found = HttpReply(500)
        if isinstance(found, HttpReply):
            # Not within the call that reads: many may be asked ahead.
            asyncio.get_running_loop().call_soon(self._give, found)
        else:
            made = WsConnection(found, self._transport, protocol, self._left)
            self._hand_over(made, answer.serialize())

    def _hand_over(self, to: WsConnection, answer: bytes) -> None:
        self._deaf = True
        self._joined(to)
        self._left(self)
        self._transport.write(answer)
        self._transport.set_protocol(to)
        to.begin(self._http.trailing_data[0])

    def _give(self, reply: HttpReply) -> None:
        if reply.delay_s and not self._deaf:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(reply.delay_s, self._put, reply)
        else:
            self._put(reply)

    def _put(self, reply: HttpReply) -> None:
        self._busy = False
        if self._deaf or self._transport.is_closing():
            return
        if reply.drop or reply.raw is not None:
            self._transport.write(reply.raw or b"")
            self._end(reset=reply.reset)
            return
        self._write(reply)
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            self._end()
            return
        self._http.start_next_cycle()
        self._wait()
        self._read()

    def _write(self, reply: HttpReply) -> None:
        try:
            head, body = _response(reply)
        except (h11.LocalProtocolError, UnicodeError) as error:
            log.error(f"client {peer(self._transport)}: the reply is none: {error}")
            head, body = _response(HttpReply(500))
        http = self._http
        parts = [http.send(head), http.send(h11.Data(body)) if body else b""]
        http.send(h11.EndOfMessage())
        self._transport.write(b"".join(part for part in parts if part))

    def _refuse(self, status: int, words: str) -> None:
        """The last answer; what the client still sends is read, or TCP would take it back."""
        self._deaf = True
        self._rest()
        self._write(HttpReply(status, (("Connection", "close"),), words.encode()))
        asyncio.get_running_loop().call_later(CLOSE_S, self._transport.abort)


def _request(head: h11.Request, body: bytes) -> HttpRequest:
    headers: dict[str, str] = {}
    for key, value in head.headers:
        name, text = key.decode(), value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return HttpRequest(head.method.decode(), head.target.decode(), headers, body)


def _response(reply: HttpReply) -> tuple[h11.Response, bytes]:
    """h11.LocalProtocolError, UnicodeError: there is no such answer."""
    body = b"" if reply.status in _WITHOUT_BODY else reply.body
    headers = list(reply.headers)
    if not any(name.lower() == "date" for name, _ in headers):
        headers.append(("Date", formatdate(usegmt=True)))
    if reply.status not in _WITHOUT_BODY:
        headers.append(("Content-Length", str(len(body))))
    known = HTTPStatus(reply.status).phrase if reply.status in _STATUSES else ""
    return h11.Response(status_code=reply.status, headers=headers, reason=known), body


_STATUSES = frozenset(HTTPStatus)
