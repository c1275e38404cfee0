"""With two connections that say the same nothing is lost with one, and nothing counts twice."""

import asyncio
import contextlib

import pytest

from pinnacle.capture.check import check_capture
from pinnacle.capture.tape import Tape
from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.registry import find
from pinnacle.venues.transport.certificates import make_certificates
from tests.made_recordings import make_recording
from tests.process.test_venue_connectors import Market, levels
from tests.process.test_venue_faults import FaultyServer

pytestmark = pytest.mark.long

#: What a client subscribes to for two instruments.
CHANNELS = {"binance": 6, "bitstamp": 4}


def subscribed(client):
    return len(client.channels if hasattr(client, "channels") else client._streams)


def break_one(server, entry, frame):
    """One of the two connections is gone, without a word, again and again; never one while the
    other may not have all that this one still has to say."""
    found = [subscribed(client) for client in server._clients.values()]
    heard = [len(session.confirmed) for session in server.connector.session.sessions]
    server.both = server.both + 1 if found == heard == [server.channels] * 2 else 0
    if server.both < 150:
        return frame
    server.both = 0
    server.broken += 1
    list(server._clients)[server.broken % 2].transport.abort()
    return frame


@pytest.mark.parametrize("venue", ["binance", "bitstamp"])
def test_books_and_trades_are_those_of_one_that_was_never_lost(venue, tmp_path):
    path = make_recording(tmp_path, venue)
    kind, check = find(venue), check_capture(path)
    tape = Tape((path,), kind.dialect())
    ca_file, context = make_certificates(tmp_path / "certificates")
    market = Market(check.instruments)

    async def run():
        server = FaultyServer(tape, context, break_one, 200)
        server.broken, server.both, server.channels = 0, 0, CHANNELS[venue]
        await server.open()
        keys = server.addresses | {"ca_file": str(ca_file)}
        # The second one needs its time to be there before the first is gone.
        config = kind.section(connections=2, backoff_min_ms=5, backoff_max_ms=5, **keys)
        clock = iter(range(1, 10**9)).__next__
        connector = kind.market_data(config, check.instruments, market, clock, lambda _: None)
        server.connector = connector
        running = asyncio.create_task(connector.run())
        playing = asyncio.create_task(server.play())
        try:
            async with asyncio.timeout(60):
                await playing
                await server.close()  # or who comes back after the tape would be welcome
                while connector.session.acknowledged.is_set():
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
        return server, connector

    server, connector = asyncio.run(run())
    assert server.broken >= 3 and connector.connections == 1
    assert [levels(book) for book in market.books] == [levels(book) for book in check.books]
    starting, whole = (Kind.BOOK_INVALID, Reason.STARTING), (Kind.BOOK_END, Reason.NONE)
    for history in market.history:
        told = [entry for entry in history if entry[1] != Reason.DISCONNECTED]
        assert told[:2] == [starting, whole]
        # Where nothing shows that an update is missing each connection begins with a book.
        assert set(told[2:]) <= ({whole} if venue == "bitstamp" else set())
    assert market.trades == sum(report.trades for report in check.reports)
    counts = connector.counts()
    assert counts["gaps"] == counts["odd"] == 0
    assert sum(tally.dropped for tally in connector.stream.tallies) > 100
