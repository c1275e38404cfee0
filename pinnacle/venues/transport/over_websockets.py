"""WebSockets by `websockets`: plain Python, the default."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_connection
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

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

_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


async def connect(url: str, access: Access, headers: Mapping[str, str] = {}) -> Socket:
    """Connect (port.py)."""
    try:
        where = parse_uri(url)
        connection = await _Opening(
            url,
            sock=await access.dial(where.host, where.port),
            ssl=access.tls(url),
            compression=None,
            proxy=None,
            max_size=FRAME_BYTES_MAX,
            max_queue=access.config.queue_frames,
            write_limit=UNSENT_BYTES_MAX,
            open_timeout=None,
            close_timeout=CLOSE_S,
            ping_interval=None,
            additional_headers=dict(headers),
            create_connection=_Connection,
        )
    except InvalidStatus as error:
        said = error.response.headers
        raise refused(error, said.get_all("Retry-After"), said.get_all("Location")) from None
    except WebSocketException as error:
        raise SocketError(f"{type(error).__name__}: {error}") from None
    assert isinstance(connection, _Connection)
    return _Socket(connection)


class _Opening(open_connection):
    def process_redirect(self, exc: Exception) -> Exception | str:
        """None is followed, and none that is no URL is parsed."""
        return exc


class _Connection(ClientConnection):
    """Its own queue gives frames one by one, at two coroutines each; the inbox takes its place."""

    def __init__(self, *given: Any, max_queue: int, **options: Any):
        super().__init__(*given, max_queue=None, **options)
        self.inbox = Inbox(max_queue)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.inbox.hold, self.inbox.release = (
            self.transport.pause_reading,
            self.transport.resume_reading,
        )

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame) and event.opcode in _DATA:
            # The protocol has seen to the size, of all parts of a frame together.
            self.inbox.put(bytes(event.data), event.fin)
        else:
            super().process_event(event)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # It is the other side's to close below as well, and it may never come to that.
        if self.protocol.state >= State.CLOSING:
            self.inbox.end(self._why())

    def pause_writing(self) -> None:
        super().pause_writing()
        self.inbox.end(UNREAD)
        # Not within a call of the transport's own.
        self.loop.call_soon(self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.inbox.end(self._why())

    def _why(self) -> str:
        error, close = self.protocol.parser_exc, self.protocol.close_rcvd
        if error is not None and not isinstance(error, EOFError):
            return f"{type(error).__name__}: {error}"
        return BROKEN_OFF if close is None else closed_by_them(close.code, close.reason)


class _Socket:
    def __init__(self, connection: _Connection):
        self._connection = connection

    async def frames(self) -> Sequence[bytes]:
        inbox = self._connection.inbox
        taken = await inbox.take()
        if not taken:
            raise SocketError(inbox.why or BROKEN_OFF)
        return taken

    def say(self, text: str) -> None:
        connection = self._connection
        # Its own `send` waits for its turn, and for the kernel: who speaks here must not.
        if connection.inbox.why is not None or connection.protocol.state is not State.OPEN:
            raise SocketError(connection.inbox.why or BROKEN_OFF)
        connection.protocol.send_text(text.encode())
        connection.send_data()

    async def close(self) -> None:
        connection = self._connection
        connection.inbox.discard()
        try:
            await connection.close()
        finally:
            connection.transport.abort()
