"""From a frame of the market to the order that a live session sends because of it, over TLS.

This process is the exchange (wire_server.py). The asks of its book go, and come back: a session's
maker takes its quotes back, and quotes again. What is measured begins before the frame is written
and ends when the first frame with an order has been read. Arguments: where sessions keep their
data; with commas the transports, and `fastmm` for the peer.
"""

import gc
import os
import sys
from contextlib import closing
from pathlib import Path
from time import monotonic_ns, time_ns

from bench.inside.measure import Arguments, before_all, begin, emit_quantiles
from bench.inside.wire_echo import Echo
from bench.inside.wire_legs import legs
from bench.inside.wire_peer import PeerSession
from bench.inside.wire_server import WireServer, framed, frames_of, round_trip
from bench.inside.wire_session import LiveSession, made_exchange
from pinnacle.core.schema import Side
from pinnacle.venues.served.serving import encode
from pinnacle.venues.transport.certificates import make_certificates

STREAM, PEER = "/stream", "fastmm"
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

    def __init__(self, server: WireServer, keeps: int):
        """keeps: how many of the asks stay, those far behind."""
        asks = server.house.depth(0, Side.ASK, 100)
        self._terms, self._asks = server.house.terms[0], asks[: len(asks) - keeps]
        self._number = 0

    def next(self, is_there: bool) -> bytes:
        """All asks appear, or are gone."""
        self._number += 1
        terms = self._terms
        asks = [
            [terms.price(price), terms.quantity(lots if is_there else 0)]
            for price, lots in self._asks
        ]
        number, at_ms = self._number, time_ns() // 1_000_000
        data = {"e": "depthUpdate", "E": at_ms, "s": terms.name, "U": number, "u": number}
        stream = f"{terms.name.lower()}@depth@100ms"
        return framed(encode({"stream": stream, "data": data | {"b": [], "a": asks}}))


def main() -> None:
    arguments = begin()
    os.sched_setaffinity(
        0, {arguments.core_b} if arguments.core_b >= 0 else os.sched_getaffinity(0)
    )
    before_all()
    data, sessions = Path(arguments.more[0]), arguments.more[1].split(",")
    _, tls = make_certificates(arguments.scratch / "certificates")
    server = WireServer(tls)
    gc.disable()
    # A session takes its time to begin and to end.
    for number in range(1 if arguments.scale > 1 else ROUNDS):
        with Echo(server.address, arguments) as echo:
            emit_quantiles("limit", echo.measured(server, ORDERS // arguments.scale))
        for who in sessions:
            name = f"wire-{who}-{number}"
            side, house, key = made_exchange(has_secret=who == PEER)
            server.serve(side, house)
            session = (
                PeerSession(name, server.address, key, arguments)
                if who == PEER
                else LiveSession(name, who, server.address, key, data, arguments)
            )
            with closing(session):
                _measure(server, session, who, arguments)


def _measure(
    server: WireServer, session: LiveSession | PeerSession, who: str, arguments: Arguments
) -> None:
    # The peer does not act on a book that has one side.
    market = Market(server, keeps=int(who == PEER))
    _until(server, lambda: len(server.house.open_orders(None)) == 2, START_S, session)
    session.raise_it()
    took: dict[bool, list[tuple[int, int, bytes]]] = {True: [], False: []}
    for number in range(2 * (WARM + ORDERS) // arguments.scale):
        is_there = number % 2 == 1
        trip = _tick(server, market.next(is_there), 2 * is_there, session)
        if number >= 2 * WARM // arguments.scale:
            took[is_there].append(trip)
    for name, trips in (("new", took[True]), ("cancel", took[False])):
        emit_quantiles(f"{who}.{name}", [end - begin for begin, end, _ in trips])
    found = session.end(lambda: server.turn(0.01))
    if found is not None:
        for name, values in legs(found, session.folder, took[True]).items():
            emit_quantiles(f"{who}.{name}", values)


def _tick(
    server: WireServer, frame: bytes, wanted: int, session: LiveSession | PeerSession
) -> tuple[int, int, bytes]:
    """One frame, what comes of it, and a pause; both stamps and the first frame that came."""
    back = server.ordering
    begun, ended, data = round_trip(server.websocket(STREAM), back, frame)
    if not data:
        open_orders = len(server.house.open_orders(None))
        words = f"no order came of a frame of the market, {open_orders} are open"
        raise Missed(f"{words}: {session.words()}")
    text = frames_of(bytearray(data))[0][1]
    server.heard(back, data)
    _until(server, lambda: len(server.house.open_orders(None)) == wanted, ANSWER_S, session)
    until = monotonic_ns() + int(PAUSE_S * 1e9)
    while (left_ns := until - monotonic_ns()) > 0:
        server.turn(left_ns / 1e9)
    return begun, ended, text


def _until(server: WireServer, is_so, within_s: float, session: LiveSession | PeerSession) -> None:
    until = monotonic_ns() + int(within_s * 1e9)
    while not is_so():
        if monotonic_ns() > until or session.ended:
            raise Missed(f"its orders are not in the market: {session.words()}")
        server.turn(0.001)


try:
    main()
except Missed as missed:
    sys.exit(str(missed))
