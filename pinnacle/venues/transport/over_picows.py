"""WebSockets by `picows`: a parser in C, and TLS without Python between the socket and it."""

import asyncio
import logging
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from multidict import CIMultiDict
from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSHandshakeError,
    WSListener,
    WSMsgType,
    WSParsedURL,
    WSProtocolError,
    WSTransport,
    ws_connect,
)

from pinnacle import __version__
from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.inbox import FRAME_BYTES_MAX, Inbox
from pinnacle.venues.transport.port import (
    BROKEN_OFF,
    CLOSE_S,
    UNREAD,
    UNSENT_BYTES_MAX,
    Socket,
    SocketError,
    closed_by_them,
    refused,
)

#: Some gates turn away who has no name.
_HEADERS = {"User-Agent": f"pinnacle/{__version__}"}
_READ_BYTES = 256 * 1024
_DATA = frozenset((WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION))


async def connect(url: str, access: Access, headers: Mapping[str, str] = {}) -> Socket:
    """Connect (port.py)."""
    _hush(asyncio.get_running_loop())
    listener = _Listener(access.config.queue_frames)
    dialled: list[socket.socket] = []

    async def dial(where: WSParsedURL) -> socket.socket:
        dialled.append(await access.dial(where.host, where.port))
        return dialled[0]

    try:
        transport, _ = await ws_connect(
            lambda: listener,
            url,
            ssl_context=access.tls(url),
            socket_factory=dial,
            # Pins are held by Python's own TLS objects, which the quicker ones are not.
            use_aiofastnet=False if access.config.certificate_sha256 else None,
            extra_headers=_HEADERS | dict(headers),
            websocket_handshake_timeout=None,
            max_frame_size=FRAME_BYTES_MAX,
            max_redirects=0,
            read_buffer_init_size=_READ_BYTES,
            logger_name=_logger(listener.inbox),
        )
    except WSHandshakeError as error:
        said = error.response.headers if error.response else CIMultiDict[str]()
        waits, elsewhere = said.getall("Retry-After", []), said.getall("Location", [])
        raise refused(error, waits, elsewhere) from None
    except WSError as error:
        raise SocketError(f"{type(error).__name__}: {error}") from None
    except asyncio.CancelledError:
        # It waits for the handshake behind a shield: without this the connection would stay.
        for made in dialled:
            with suppress(OSError):
                made.shutdown(socket.SHUT_RDWR)
        raise
    if transport.is_disconnected:
        raise SocketError("the connection was closed in the handshake")
    return _Socket(transport, listener)


class _Hushed:
    """A loop's handler of errors, but for the handshakes that fail: aiofastnet tells of them here,
    too, and of one that the other side ends by a class, which no logger can print."""

    def __init__(self, before: Callable[[asyncio.AbstractEventLoop, Any], object] | None):
        self._before = before

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if context["message"] == "SSL handshake failed":
            return
        if self._before is not None:
            self._before(loop, context)
        else:
            loop.default_exception_handler(context)


def _hush(loop: asyncio.AbstractEventLoop) -> None:
    before = loop.get_exception_handler()
    if not isinstance(before, _Hushed):
        loop.set_exception_handler(_Hushed(before))


def _logger(inbox: Inbox) -> logging.Logger:
    """Who owns a connection tells of it; the library's parser tells of an end nobody but this."""
    made = logging.Logger("picows", logging.ERROR)
    made.addHandler(_Refusals(inbox))
    return made


class _Refusals(logging.Handler):
    """An error is the end: what comes behind it is thrown away until the other side closes."""

    def __init__(self, inbox: Inbox):
        super().__init__()
        self._inbox = inbox

    def emit(self, record: logging.LogRecord) -> None:
        error = sys.exception()
        words = f"{type(error).__name__}: {error}" if error else record.getMessage()
        self._inbox.end(words)


class _Listener(WSListener):
    """Hears of a frame at a time, of all that a read brought before anybody else runs."""

    def __init__(self, most: int):
        self.inbox = Inbox(most)
        self._below: asyncio.Transport

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._below = below = transport.underlying_transport
        below.set_write_buffer_limits(UNSENT_BYTES_MAX)
        self.inbox.hold, self.inbox.release = below.pause_reading, below.resume_reading

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind, inbox = frame.msg_type, self.inbox
        if transport.is_close_frame_sent:
            return
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            raise WSProtocolError(WSCloseCode.PROTOCOL_ERROR, "reserved bits are set")
        if kind in _DATA:
            if (kind == WSMsgType.CONTINUATION) != (inbox.begun is not None):
                raise WSProtocolError(WSCloseCode.PROTOCOL_ERROR, "parts of frames out of order")
            if not inbox.put(frame.get_payload_as_bytes(), frame.fin):
                words = f"a frame in parts exceeds {FRAME_BYTES_MAX} bytes"
                raise WSProtocolError(WSCloseCode.MESSAGE_TOO_BIG, words)
        elif kind == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            inbox.end(closed_by_them(frame.get_close_code().value, frame.get_close_reason()))

    def pause_writing(self) -> None:
        self.inbox.end(UNREAD)
        # Not within a call of the transport's own.
        asyncio.get_running_loop().call_soon(self._below.abort)

    def resume_writing(self) -> None:
        """It is being broken off."""

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.inbox.end(BROKEN_OFF)


class _Socket:
    def __init__(self, transport: WSTransport, listener: _Listener):
        self._transport = transport
        self._inbox = listener.inbox
        # The library's own reference to it is a weak one.
        self._listener = listener

    async def frames(self) -> Sequence[bytes]:
        taken = await self._inbox.take()
        if not taken:
            raise SocketError(self._inbox.why or BROKEN_OFF)
        return taken

    def say(self, text: str) -> None:
        if self._inbox.why is not None:
            raise SocketError(self._inbox.why)
        self._transport.send(WSMsgType.TEXT, text.encode())

    async def close(self) -> None:
        transport = self._transport
        self._inbox.discard()
        try:
            transport.send_close(WSCloseCode.OK)
            with suppress(TimeoutError, WSError):
                async with asyncio.timeout(CLOSE_S):
                    await transport.wait_disconnected()
        finally:
            transport.disconnect(graceful=False)
