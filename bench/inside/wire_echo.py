"""What two sockets cost with nothing between them: a client that answers each frame with one.

`python -m bench.inside.wire_echo ADDRESS CA_FILE CORE` is the client: two TLS connections, a frame
of an order's size on the second for whatever comes on the first.
"""

import os
import socket
import ssl
import struct
import subprocess
import sys
from time import monotonic_ns, sleep

from bench.inside.measure import Arguments, before_all
from bench.inside.wire_server import WireServer, framed, round_trip

PAUSE_S = 0.003
#: As long as an order of the session, masked as a client's is.
ORDER = struct.pack("!BBHI", 0x81, 0x80 | 126, 330, 0) + b"x" * 330
MARKET = framed(b"x" * 330)


class Echo:
    """The client in its process; connected while the context is open."""

    def __init__(self, address: str, arguments: Arguments):
        ca_file = arguments.scratch / "certificates" / "ca.pem"
        words = [sys.executable, "-m", "bench.inside.wire_echo", address, ca_file]
        self._words = [str(word) for word in (*words, arguments.core_a)]
        self._scale = arguments.scale

    def __enter__(self) -> "Echo":
        self._process = subprocess.Popen(self._words, stdin=subprocess.DEVNULL)
        return self

    def __exit__(self, *given: object) -> None:
        self._process.kill()
        self._process.wait()

    def measured(self, server: WireServer, count: int) -> list[int]:
        """ns of each round trip."""
        before = len(server.peers)
        until = monotonic_ns() + 10_000_000_000
        while len(server.peers) < before + 2 and monotonic_ns() < until:
            server.turn(0.05)
        to, back = server.peers[-2:]
        took = []
        for _ in range(count):
            begun, ended, data = round_trip(to, back, MARKET)
            assert data, "it answers"
            took.append(ended - begun)
            sleep(PAUSE_S)
        return took


def main(address: str, ca_file: str, core: int) -> None:
    if core >= 0:
        os.sched_setaffinity(0, {core})
    before_all()
    host, port = address.split(":")
    context = ssl.create_default_context(cafile=ca_file)
    market, orders = (_connected(context, host, int(port)) for _ in range(2))
    while market.recv(65536):
        orders.sendall(ORDER)


def _connected(context: ssl.SSLContext, host: str, port: int) -> ssl.SSLSocket:
    plain = socket.create_connection((host, port))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain, server_hostname=host)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
