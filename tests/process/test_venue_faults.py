"""What a venue does wrong makes its books invalid, and they come back whole; never wrong between.

The server is `pinnacle capture serve`'s, with one fault. Whenever a book says that it is valid, it
is one that the recording's own market has been.
"""

import asyncio
import contextlib
import logging

import numpy as np
import pytest

from pinnacle.capture.check import check_capture
from pinnacle.capture.server import CaptureServer
from pinnacle.capture.tape import Tape
from pinnacle.core.book import Book
from pinnacle.core.schema import Kind, Reason, Side
from pinnacle.venues.registry import VENUES, find
from pinnacle.venues.transport.certificates import make_certificates
from tests.recordings import ORIGINS, Recordings
from tests.transports import TRANSPORTS

pytestmark = pytest.mark.long

#: Levels a side that are compared at every update.
COMPARED = 20
#: What a tape's frames that change a book are called.
DEPTHS = {"depth", "book", "l2_data", "level2", "l2", "channel"}
#: Venues whose own numbers or sums show that a frame is missing.
NUMBERED = ("binance", "coinbase", "kraken")


@pytest.fixture(scope="module", params=ORIGINS)
def recordings(request, tmp_path_factory):
    return Recordings(request.param, tmp_path_factory.mktemp("recordings"))


class FaultyServer(CaptureServer):
    """`fault(server, entry, frame)`: what is sent of a frame, from the `after`th update on."""

    def __init__(self, tape, context, fault, after):
        super().__init__(tape, context, speed=0.0)
        self.states = {symbol: set() for symbol in tape.instruments}
        self.fault = fault
        self.updates = 0
        self.after = after
        self.sent = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._books = {}

    async def _advance(self, entry):
        await self.gate.wait()
        await asyncio.sleep(0.0005)
        await super()._advance(entry)
        book = self._served.books.get(entry.symbol)
        if book is not None:
            self.states[entry.symbol].add(state(book.book))

    def frame_for(self, client, entry):
        frame = client.frame_of(entry)
        if frame is None or entry.parts.kind not in DEPTHS:
            return frame
        self.updates += 1
        self.sent.append(frame)
        return self.fault(self, entry, frame) if self.updates >= self.after else frame


def state(book):
    return tuple(tuple(book.depth(side, COMPARED).tolist()) for side in (Side.BID, Side.ASK))


class Market:
    """The sink: a book an instrument; each valid state must be one of the server's."""

    def __init__(self, symbols):
        self.symbols = symbols
        self.books = [Book(i, 65536, 8192) for i in range(len(symbols))]
        self.history = [[] for _ in symbols]
        self.states = []

    def __call__(self, events, count):
        rows = {events[i].instrument_id for i in range(min(count, 64))}
        for i in range(count):
            if events[i].kind in (Kind.BOOK_END, Kind.BOOK_INVALID):
                entry = Kind(events[i].kind), Reason(events[i].reason)
                self.history[events[i].instrument_id].append(entry)
        for row in rows:
            self.books[row].apply(events, count)
            if self.books[row].top().valid:
                self.states.append((self.symbols[row], state(self.books[row])))


def drop(server, entry, frame):
    server.after = 10**9
    return None


def garbage(server, entry, frame):
    server.after = 10**9
    return frame[: len(frame) // 2]


def not_json(server, entry, frame):
    server.after = 10**9
    return b"\xff\xfe<html>503 Service Unavailable</html>"


def break_off(server, entry, frame):
    """As if the venue's machine were gone: no close frame, no end of TLS."""
    server.after = 10**9
    for socket in list(server._clients):
        socket.transport.abort()
    return None


def repeat(server, entry, frame):
    """What came long ago, in the place of what comes now."""
    server.after = 10**9
    return server.sent[len(server.sent) // 2]


def freeze(server, entry, frame):
    server.after = 10**9
    server.gate.clear()
    return frame


def session(recordings, venue, fault, after, tmp_path, caplog, **options):
    """(market, server, connector) once a fault has happened and every book is whole again."""
    path, needed = recordings.of(venue)
    kind, check = find(venue), check_capture(path)
    tape = Tape((path,), kind.dialect())
    ca_file, context = make_certificates(tmp_path / "certificates")
    market = Market([report.symbol for report in check.reports])

    async def run():
        server = FaultyServer(tape, context, fault, after)
        await server.open()
        playing = asyncio.create_task(server.play(loop=True))
        keys = server.addresses | {"ca_file": str(ca_file)} | needed | options
        config = kind.section(backoff_min_ms=20, backoff_max_ms=100, **keys)
        clock = iter(range(1, 10**9)).__next__
        connector = kind.market_data(config, check.instruments, market, clock, lambda _: None)
        running = asyncio.create_task(connector.run())
        try:
            async with asyncio.timeout(60):
                while server.after < 10**9:
                    await asyncio.sleep(0.005)
                lost = [len(history) for history in market.history]
                while not any(len(h) > n for h, n in zip(market.history, lost, strict=True)):
                    await asyncio.sleep(0.005)
                server.gate.set()
                while connector.stream.wanted:
                    await asyncio.sleep(0.005)
                    assert not running.done(), running.exception()
        finally:
            for task in (running, playing):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await server.close()
        return server, connector

    with caplog.at_level(logging.ERROR):
        server, connector = asyncio.run(run())
    assert not caplog.records, "the server has failed a client"
    assert connector.connections <= 2, "who comes later gets the book of that moment"
    wrong = [symbol for symbol, seen in market.states if seen not in server.states[symbol]]
    assert not wrong and len(market.states) > 20
    return market, server, connector


def invalid_reasons(market):
    later = [entry for history in market.history for entry in history[1:]]
    return {reason for kind, reason in later if kind == Kind.BOOK_INVALID}


@pytest.mark.parametrize("venue", NUMBERED)
def test_a_frame_that_is_lost_makes_its_books_begin_anew(recordings, venue, tmp_path, caplog):
    market, _, connector = session(recordings, venue, drop, 60, tmp_path, caplog)
    assert connector.counts()["gaps"] + connector.counts().get("checksums_bad", 0) >= 1
    assert {Reason.SEQUENCE_GAP, Reason.CHECKSUM} & invalid_reasons(market)


@pytest.mark.parametrize("venue", NUMBERED)
def test_a_frame_of_long_ago_is_not_taken_for_one_of_now(recordings, venue, tmp_path, caplog):
    market, _, connector = session(recordings, venue, repeat, 60, tmp_path, caplog)
    assert connector.counts()["gaps"] + connector.counts().get("checksums_bad", 0) >= 1
    assert {Reason.SEQUENCE_GAP, Reason.CHECKSUM} & invalid_reasons(market)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("venue", VENUES)
def test_a_server_that_is_gone_leaves_no_valid_book_until_it_is_there_again(
    recordings, venue, transport, tmp_path, caplog
):
    market, _, connector = session(
        recordings, venue, break_off, 60, tmp_path, caplog, transport=transport
    )
    assert connector.connections == 2 and Reason.DISCONNECTED in invalid_reasons(market)


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("fault", [garbage, not_json], ids=["cut", "no JSON"])
def test_a_frame_that_is_damaged_ends_the_connection_and_the_next_one_is_whole(
    recordings, venue, fault, tmp_path, caplog
):
    market, _, connector = session(recordings, venue, fault, 60, tmp_path, caplog)
    assert connector.connections >= 2 and Reason.DISCONNECTED in invalid_reasons(market)


@pytest.mark.parametrize("venue", VENUES)
def test_a_venue_that_falls_silent_has_no_valid_book(recordings, venue, tmp_path, caplog):
    market, _, _ = session(
        recordings, venue, freeze, 60, tmp_path, caplog, stale_ms=300, book_stale_ms=300
    )
    assert Reason.STALE in invalid_reasons(market)


def test_a_snapshot_that_does_not_come_is_asked_for_again(recordings, tmp_path, caplog):
    """Of one symbol alone: the others go on, and so does the connection."""

    def lose_snapshots(server, entry, frame):
        if b'"snapshot"' not in frame[:60]:
            return frame
        server.after = 10**9
        return None

    market, _, connector = session(
        recordings, "kraken", lose_snapshots, 1, tmp_path, caplog, connect_timeout_ms=1000
    )
    assert connector.connections == 1 and "no snapshot came" in connector.last_error
    assert all((Kind.BOOK_END, Reason.NONE) in history for history in market.history)


UNKNOWN = {
    "binance": "ZZZQQQ",
    "bitstamp": "zzzqqq",
    "coinbase": "ZZZ-QQQ",
    "coinbase_exchange": "ZZZ-QQQ",
    "gemini": "ZZZQQQ",
    "kraken": "ZZZ/QQQ",
}
#: Venues that take the rest of a subscription when they refuse one symbol of it.
LENIENT = ("binance", "bitstamp", "kraken")


@pytest.mark.parametrize("venue", VENUES)
def test_a_symbol_that_the_venue_refuses_is_named_and_has_no_book(recordings, venue, tmp_path):
    path, needed = recordings.of(venue)
    kind, check = find(venue), check_capture(path)
    tape = Tape((path,), kind.dialect())
    ca_file, context = make_certificates(tmp_path / "certificates")
    table = np.concatenate([check.instruments, check.instruments[:1]])
    table["symbol"][-1] = UNKNOWN[venue].encode()
    table["instrument_id"] = range(len(table))
    market = Market([row["symbol"].decode() for row in table])

    async def run():
        server = CaptureServer(tape, context, speed=1.0)
        await server.open()
        playing = asyncio.create_task(server.play(loop=True))
        keys = server.addresses | {"ca_file": str(ca_file)} | needed
        config = kind.section(backoff_min_ms=20, backoff_max_ms=100, **keys)
        clock = iter(range(1, 10**9)).__next__
        connector = kind.market_data(config, table, market, clock, lambda _: None)
        running = asyncio.create_task(connector.run())
        try:
            async with asyncio.timeout(30):
                while UNKNOWN[venue] not in connector.last_error:
                    await asyncio.sleep(0.01)
                    assert not running.done(), running.exception()
                assert bool(market.states) <= (venue in LENIENT)
                # Its feed has asked for the list meanwhile, where it is not.
                connector.hold(len(table) - 1, Reason.DELISTED)
                while not market.states:
                    await asyncio.sleep(0.01)
        finally:
            for task in (running, playing):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await server.close()

    asyncio.run(run())
    assert market.history[-1][-1] == (Kind.BOOK_INVALID, Reason.DELISTED)
    assert UNKNOWN[venue] not in {symbol for symbol, _ in market.states}
    assert all(entry[0] == Kind.BOOK_INVALID for entry in market.history[-1])
