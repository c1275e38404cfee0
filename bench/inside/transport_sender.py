"""The server of transport.py: `wss://.../COUNT/RATE` sends so many frames, so many a second.

A rate of 0 is as fast as they are taken. What was stamped when it was sent is in stamps.npy before
the close frame goes out. It does as little as can be: frames are made ready before.
"""

import os
import socket
import ssl
import struct
import sys
from itertools import cycle, islice
from pathlib import Path
from time import monotonic_ns

import msgspec
import numpy as np
from websockets.utils import accept_key

CLOSE = b"\x88\x02" + struct.pack("!H", 1000)


def main() -> None:
    scratch, core = Path(sys.argv[1]), int(sys.argv[2])
    if core >= 0:
        os.sched_setaffinity(0, {core})
    texts = msgspec.json.decode((scratch / "frames.json").read_bytes(), type=list[str])
    ready = [_framed(text.encode()) for text in texts]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(scratch / "certificates" / "server.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        plain, _ = listener.accept()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with context.wrap_socket(plain, server_side=True) as peer:
                _serve(peer, ready, scratch / "stamps.npy")
        except OSError:
            continue


def _framed(payload: bytes) -> bytes:
    size = len(payload)
    head = struct.pack("!BB", 0x81, size) if size < 126 else struct.pack("!BBH", 0x81, 126, size)
    return head + payload


def _serve(peer: ssl.SSLSocket, ready: list[bytes], stamps_file: Path) -> None:
    asked = b""
    while b"\r\n\r\n" not in asked:
        asked += peer.recv(4096)
    lines = asked.decode().split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    peer.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept_key(fields["sec-websocket-key"]).encode()
    )
    count, rate = map(int, lines[0].split()[1].strip("/").split("/"))
    frames = list(islice(cycle(ready), count))
    if rate:
        np.save(stamps_file, _paced(peer, frames, 1_000_000_000 // rate))
    else:
        peer.sendall(b"".join(frames))
    peer.sendall(CLOSE)
    peer.recv(4096)  # the reader's own close frame


def _paced(peer: ssl.SSLSocket, frames: list[bytes], every_ns: int) -> np.ndarray:
    stamps = np.zeros(len(frames), np.int64)
    due = monotonic_ns() + 50_000_000  # the reader has everything made by then
    for number, frame in enumerate(frames):
        while (now := monotonic_ns()) < due:
            pass
        stamps[number] = now
        peer.sendall(frame)
        due += every_ns
    return stamps


main()
