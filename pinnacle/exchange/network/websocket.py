"""The server's side of one WebSocket, and of what a venue's may do to its clients."""

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

import structlog
from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

#: Of what the kernel has not taken yet; a client with more of it does not read.
UNSENT_BYTES_MAX = 1024 * 1024
#: A client's message, its parts together: orders are small.
MESSAGE_BYTES_MAX = 1024 * 1024
#: For a client to answer a close frame; who takes longer is broken off.
CLOSE_S = 1.0
INTERNAL_ERROR = 1011

_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)

log = structlog.get_logger()


class WsHandler(Protocol):
    """One client of the venue's while its WebSocket is open.

    What one of these raises is told and ends this connection, with 1011, and no other.
    """

    def greeting(self, connection: "WsConnection") -> Iterable[bytes]:
        """It is open: what is said first; by `connection` all that is said later."""

    def heard(self, text: bytes) -> None:
        """A message of the client's, whole; whether it is UTF-8 is not looked at."""

    def closed(self) -> None:
        """Once, whoever ended it."""


class WsConnection(asyncio.Protocol):
    """Pings are answered by it, and what breaks the protocol ends it.

    begin   by who has answered the handshake; `ended` hears when the socket is gone
    """

    def __init__(
        self,
        handler: WsHandler,
        transport: asyncio.Transport,
        protocol: ServerProtocol,
        ended: Callable[["WsConnection"], None],
    ):
        self._handler = handler
        self._transport = transport
        self._protocol = protocol
        self._ended = ended
        self._parts = bytearray()
        # Nothing is heard any more: closed, aborted or stalled from here, or lost.
        self._deaf = self._stalled = self._lost = False

    def send(self, frame: bytes) -> None:
        """A text frame, written in this call; nothing where the connection is at its end.

        Who has UNSENT_BYTES_MAX of them unread is broken off.
        """
        if self._is_open:
            self._protocol.send_text(frame)
            self._flush()

    def ping(self, payload: bytes = b"") -> None:
        """Ask whether the client is there; nobody hears of its answer."""
        if self._is_open:
            self._protocol.send_ping(payload)
            self._flush()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """With a close frame; what the client says from now on is not heard, and within CLOSE_S
        the socket is gone, whatever he does.

        ValueError: there is no such code, or the reason is longer than 123 bytes.
        """
        if self._stalled:
            self._transport.abort()  # nothing is written on it
        if not self._is_open:
            return
        try:
            self._protocol.send_close(code, reason)
        except ProtocolError as error:
            raise ValueError(f"no close frame of {code} {reason!r}: {error}") from None
        self._deaf = True
        self._flush()
        asyncio.get_running_loop().call_later(CLOSE_S, self._transport.abort)

    def abort(self) -> None:
        """TCP's reset, without a close frame."""
        self._deaf = True
        break_off(self._transport)

    def stall(self) -> None:
        """From now on nothing is read nor written, and the socket stays until it is aborted or
        closed from here: as of a machine that hangs, nobody notices if the client leaves."""
        if self._is_open:
            self._deaf = self._stalled = True
            self._transport.pause_reading()

    def begin(self, early: bytes) -> None:
        """The handshake is done, and `early` came behind it."""
        self._transport.set_write_buffer_limits(UNSENT_BYTES_MAX)
        self._tell(self._greet)
        if early:
            self.data_received(early)

    def _greet(self) -> None:
        for frame in self._handler.greeting(self):
            self.send(frame)

    @property
    def _is_open(self) -> bool:
        return self._protocol.state is State.OPEN and not self._deaf

    def _flush(self) -> None:
        parts = self._protocol.data_to_send()
        if not parts:
            return
        self._transport.write(b"".join(parts))
        if not parts[-1]:
            # All is said, by both sides or after a fault: TLS has no half of a close.
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._stalled or self._lost:
            return
        self._protocol.receive_data(data)
        self._flush()
        for event in self._protocol.events_received():
            if self._deaf:
                return
            if isinstance(event, Frame) and event.opcode in _DATA:
                self._parts += event.data
                if event.fin:
                    text, self._parts = bytes(self._parts), bytearray()
                    self._tell(self._handler.heard, text)

    def pause_writing(self) -> None:
        log.warning(f"client {peer(self._transport)} does not read: it is broken off")
        # Not within a call of the transport's own.
        asyncio.get_running_loop().call_soon(self._transport.abort)

    def resume_writing(self) -> None:
        """It is being broken off."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._deaf = self._lost = True
        self._tell(self._handler.closed)
        self._ended(self)

    def _tell(self, what: Callable[..., None], *given: Any) -> None:
        """A handler's failure is not the server's."""
        try:
            what(*given)
        except Exception:
            log.exception(f"client {peer(self._transport)}: what was to answer it failed")
            if not self._deaf:
                self.close(INTERNAL_ERROR, "internal error")


def break_off(transport: asyncio.Transport) -> None:
    """Have TCP say RST; what is not sent is gone."""
    below = transport.get_extra_info("socket")
    with suppress(OSError):  # it is closed
        below.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def peer(transport: asyncio.Transport) -> str:
    """Host and port of the client."""
    host, port = (transport.get_extra_info("peername") or ("gone", 0))[:2]
    return f"{host}:{port}"
