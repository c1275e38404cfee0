"""The server of wire.py: one thread, sockets that do not block, and a stamp before each write and
behind each read. What it says is Binance's, by the project's own ExchangeSide.
"""

import selectors
import socket
import ssl
import struct
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic_ns

from websockets.utils import accept_key

from bench.inside.wire_house import QuietHouse
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.served.exchange_side import Asked, ExchangeClient, ExchangeSide

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
HANDSHAKE_S = 5.0


class Peer:
    """One connection: requests until it becomes a WebSocket, frames from then on."""

    def __init__(self, tls: ssl.SSLSocket):
        self.tls = tls
        self.path = ""
        self.client: object = None
        self.had = bytearray()

    def read(self) -> bytes | None:
        """What there is; None: nothing, b"": it has ended."""
        try:
            return self.tls.recv(65536)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except OSError:
            return b""

    def write(self, data: bytes) -> None:
        """All of it: what is said here is less than the kernel takes at once."""
        with suppress(OSError):
            self.tls.sendall(data)


class WireServer:
    """`url` is where it listens; `turn` serves whoever has said something."""

    def __init__(self, tls: ssl.SSLContext):
        self._context = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self.side: ExchangeSide | None = None
        self.house: QuietHouse | None = None
        self.peers: list[Peer] = []
        #: Who placed an order last: a client may have its user stream elsewhere.
        self.ordering: Peer | None = None

    def serve(self, side: ExchangeSide, house: QuietHouse) -> None:
        """Of this exchange from here on, to nobody who is connected yet."""
        for peer in list(self.peers):
            self._leave(peer)
        self.side, self.house = side, house

    def turn(self, timeout_s: float) -> None:
        """Until somebody has said something, or so long."""
        for key, _ in self._selector.select(timeout_s):
            if key.data is None:
                self._accept()
            else:
                self._hear(key.data, key.data.read())

    def websocket(self, path: str) -> Peer | None:
        """The newest at this path."""
        found = [peer for peer in self.peers if peer.client is not None and peer.path == path]
        return found[-1] if found else None

    def _accept(self) -> None:
        plain, _ = self._listener.accept()
        plain.settimeout(HANDSHAKE_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            tls = self._context.wrap_socket(plain, server_side=True)
        except OSError:
            plain.close()
            return
        tls.setblocking(False)
        peer = Peer(tls)
        self.peers.append(peer)
        self._selector.register(tls, selectors.EVENT_READ, peer)
        self._hear(peer, peer.read())

    def _leave(self, peer: Peer) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(peer.tls)
        self.peers.remove(peer)
        peer.tls.close()

    def _hear(self, peer: Peer, data: bytes | None) -> None:
        while data:
            self.heard(peer, data)
            data = peer.read()
        if data == b"" and peer in self.peers:
            self._leave(peer)

    def heard(self, peer: Peer, data: bytes) -> None:
        """Bytes of a connection: what is whole is answered."""
        peer.had += data
        if peer.client is None:
            self._requests(peer)
        if peer.client is not None:
            for opcode, text in frames_of(peer.had):
                if opcode == TEXT:
                    self._answer(peer, text)
                elif opcode == PING:
                    peer.write(framed(text, PONG))
                elif opcode == CLOSE:
                    peer.write(framed(text, CLOSE))

    def _answer(self, peer: Peer, text: bytes) -> None:
        if b"order.place" in text:
            self.ordering = peer
        said = peer.client.answer(text)
        peer.write(b"".join(map(framed, said)))
        self._flush()

    def _flush(self) -> None:
        """Events reach those whose they are, as many as there are in one write."""
        events, self.house.events = self.house.events, []
        for peer in self.peers if events else ():
            if isinstance(peer.client, ExchangeClient):
                said = [frame for event in events for frame in peer.client.event(event)]
                peer.write(b"".join(map(framed, said)))

    def _requests(self, peer: Peer) -> None:
        while (end := peer.had.find(b"\r\n\r\n")) >= 0:
            first, *lines = bytes(peer.had[:end]).decode("latin-1").split("\r\n")
            pairs = (line.partition(":") for line in lines)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            whole = end + 4 + int(headers.get("content-length", "0"))
            if len(peer.had) < whole:
                return
            body = bytes(peer.had[end + 4 : whole])
            del peer.had[:whole]
            method, target, _ = first.split(" ")
            if headers.get("upgrade", "").lower() == "websocket":
                self._open(peer, target, headers)
                return
            peer.write(answered(self.side.rest(Asked(method, target, headers, body))))
            self._flush()

    def _open(self, peer: Peer, target: str, headers: dict[str, str]) -> None:
        found = self.side.open(target, headers)
        if isinstance(found, Reply):
            peer.write(answered(found))
            return
        peer.client, peer.path = found, target.partition("?")[0]
        accept = accept_key(headers["sec-websocket-key"]).encode()
        peer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
        )
        peer.write(b"".join(map(framed, found.hello())))


def answered(reply: Reply) -> bytes:
    """A response that keeps its connection."""
    head = [f"HTTP/1.1 {reply.status} OK", f"Content-Length: {len(reply.body)}"]
    head += [f"{name}: {value}" for name, value in reply.headers.items()]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + reply.body


def framed(payload: bytes, opcode: int = TEXT) -> bytes:
    """As a server sends it."""
    size, first = len(payload), 0x80 | opcode
    if size < 126:
        return struct.pack("!BB", first, size) + payload
    return struct.pack("!BBH", first, 126, size) + payload


def frames_of(had: bytearray) -> Sequence[tuple[int, bytes]]:
    """(opcode, payload) of the whole frames at the front, which are taken out; a client's."""
    found = []
    while len(had) >= 6:
        size, at = had[1] & 0x7F, 2
        if size == 126:
            size, at = int.from_bytes(had[2:4]), 4
        if len(had) < at + 4 + size:
            break
        mask, masked = had[at : at + 4], had[at + 4 : at + 4 + size]
        key = (bytes(mask) * (size // 4 + 1))[:size]
        text = (int.from_bytes(masked) ^ int.from_bytes(key)).to_bytes(size) if size else b""
        found.append((had[0] & 0x0F, text))
        del had[: at + 4 + size]
    return found


def round_trip(to: Peer, back: Peer, frame: bytes) -> tuple[int, int, bytes]:
    """Write a frame to one and read what comes from the other: both stamps and the bytes.

    The other is looked at again and again: a sleep here would be counted as the session's.
    """
    begun = monotonic_ns()
    to.write(frame)
    until = begun + 1_000_000_000
    recv, want = back.tls.recv, ssl.SSLWantReadError
    while True:
        try:
            data = recv(65536)
        except want:
            if monotonic_ns() > until:
                return begun, 0, b""
            continue
        return begun, monotonic_ns(), data
