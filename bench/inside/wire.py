"""From a frame of the market to the order that a live session sends because of it, over TLS.

This process is the exchange (wire_server.py). The asks of its book go, and come back: a session's
maker takes its quotes back, and quotes again. What is measured begins before the frame is written
and ends when the first frame with an order has been read. Arguments: where sessions keep their
data; transports with commas.
"""

import gc
import os
import sys
from contextlib import closing
from pathlib import Path
from time import monotonic_ns

from bench.inside.measure import Arguments, before_all, begin, emit_quantiles
from bench.inside.wire_echo import Echo
from bench.inside.wire_legs import legs
from bench.inside.wire_server import WireServer, framed, frames_of, round_trip
from bench.inside.wire_session import LiveSession, made_exchange
from pinnacle.core.schema import Side
from pinnacle.venues.served.serving import encode
from pinnacle.venues.transport.certificates import make_certificates

STREAM, API = "/stream", "/ws-api/v3"
#: Sessions of each transport.
ROUNDS = 3
#: Of one session; twice as many ticks, for every second one takes quotes back.
ORDERS, WARM = 1200, 150
#: Between what one tick leads to and the next: a session has gone to sleep by then.
PAUSE_S = 0.003
START_S, ANSWER_S = 60.0, 1.0


class Missed(Exception):
    """The session did not do what the market asks of it."""


class Market:
    """The frames of one session: the asks that are there, and those that are not."""

    def __init__(self, server: WireServer):
        self._terms, self._asks = server.house.terms[0], server.house.depth(0, Side.ASK, 100)
        self._number = 0

    def next(self, is_there: bool) -> bytes:
        """All asks appear, or are gone."""
        self._number += 1
        terms = self._terms
        asks = [
            [terms.price(price), terms.quantity(lots if is_there else 0)]
            for price, lots in self._asks
        ]
        data = {"e": "depthUpdate", "E": 0, "s": terms.name, "U": self._number, "u": self._number}
        stream = f"{terms.name.lower()}@depth@100ms"
        return framed(encode({"stream": stream, "data": data | {"b": [], "a": asks}}))


def main() -> None:
    arguments = begin()
    os.sched_setaffinity(
        0, {arguments.core_b} if arguments.core_b >= 0 else os.sched_getaffinity(0)
    )
    before_all()
    data, transports = Path(arguments.more[0]), arguments.more[1].split(",")
    _, tls = make_certificates(arguments.scratch / "certificates")
    server = WireServer(tls)
    gc.disable()
    # A session takes its time to begin and to end.
    for number in range(1 if arguments.scale > 1 else ROUNDS):
        with Echo(server.address, arguments) as echo:
            emit_quantiles("limit", echo.measured(server, ORDERS // arguments.scale))
        for transport in transports:
            name = f"wire-{transport}-{number}"
            exchange = made_exchange()
            server.serve(*exchange[:2])
            session = LiveSession(name, transport, server.address, exchange[2], data, arguments)
            with closing(session):
                _measure(server, session, transport, arguments)


def _measure(
    server: WireServer, session: LiveSession, transport: str, arguments: Arguments
) -> None:
    market = Market(server)
    _until(server, lambda: len(server.house.open_orders(None)) == 2, START_S, session)
    session.raise_it()
    took: dict[bool, list[tuple[int, int, bytes]]] = {True: [], False: []}
    for number in range(2 * (WARM + ORDERS) // arguments.scale):
        is_there = number % 2 == 1
        trip = _tick(server, market.next(is_there), 2 * is_there, session)
        if number >= 2 * WARM // arguments.scale:
            took[is_there].append(trip)
    for name, trips in (("new", took[True]), ("cancel", took[False])):
        emit_quantiles(f"{transport}.{name}", [end - begin for begin, end, _ in trips])
    found = session.end(lambda: server.turn(0.01))
    for name, values in legs(found, took[True]).items():
        emit_quantiles(f"{transport}.{name}", values)


def _tick(
    server: WireServer, frame: bytes, wanted: int, session: LiveSession
) -> tuple[int, int, bytes]:
    """One frame, what comes of it, and a pause; both stamps and the first frame that came."""
    back = server.websocket(API)
    begun, ended, data = round_trip(server.websocket(STREAM), back, frame)
    if not data:
        raise Missed(f"no order came of a frame of the market: {session.words()}")
    text = frames_of(bytearray(data))[0][1]
    server.heard(back, data)
    _until(server, lambda: len(server.house.open_orders(None)) == wanted, ANSWER_S, session)
    until = monotonic_ns() + int(PAUSE_S * 1e9)
    while (left_ns := until - monotonic_ns()) > 0:
        server.turn(left_ns / 1e9)
    return begun, ended, text


def _until(server: WireServer, is_so, within_s: float, session: LiveSession) -> None:
    until = monotonic_ns() + int(within_s * 1e9)
    while not is_so():
        if monotonic_ns() > until or session.ended:
            raise Missed(f"its orders are not in the market: {session.words()}")
        server.turn(0.001)


try:
    main()
except Missed as missed:
    sys.exit(str(missed))
