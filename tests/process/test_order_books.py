"""Books of single orders by the real connectors, from a served tape of a small exchange."""

import asyncio
import json

import pytest

from pinnacle.capture.check import check_capture
from pinnacle.capture.record import Recorder
from pinnacle.capture.server import CaptureServer
from pinnacle.capture.tape import Tape
from pinnacle.core.credentials import Credentials
from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.coinbase_exchange.serving import KNOWN
from pinnacle.venues.registry import find
from pinnacle.venues.transport.certificates import make_certificates
from tests.capture.recordings import recording
from tests.process.test_venue_connectors import Market, levels
from tests.venues.single_orders import SYMBOLS, OrderMarket

OPTIONS = {"coinbase_exchange": {"book": "full"}, "bitstamp": {"book": "live_orders"}}
VENUES = pytest.mark.parametrize("venue", OPTIONS)


def recorded(venue, folder, market):
    """The exchange's tape: its book was fetched behind the third message."""
    path = folder / "tape.jsonl"
    whole = (
        n for n, (bids, asks) in enumerate(market.states) if bids and asks and max(bids) < min(asks)
    )
    at = next(whole)
    path.write_bytes(b"".join(market.lines(at, at + 3)))
    return path


class Served:
    """A tape on a port, and a connector to it; frames may be lost on the way."""

    def __init__(self, venue, path, folder, credentials=KNOWN, **options):
        self.venue, self.kind, self.check = venue, find(venue), check_capture(path)
        self.tape = Tape((path,), self.kind.dialect())
        self.ca_file, self.context = make_certificates(folder / "certificates")
        self.options = OPTIONS[venue] | options
        self.credentials = credentials if venue == "coinbase_exchange" else None
        self.market = Market(self.check.instruments)
        self.lost = frozenset()
        self.speed = 4.0
        self.sent = 0

    def config(self, server):
        keys = {"ca_file": str(self.ca_file), "backoff_min_ms": 20, "backoff_max_ms": 100}
        return self.kind.section(**server.addresses, **keys, **self.options)

    def server(self):
        server = CaptureServer(self.tape, self.context, speed=self.speed)
        frame_for = server.frame_for

        def lossy(client, entry):
            frame = frame_for(client, entry)
            self.sent += frame is not None
            return None if self.sent in self.lost else frame

        server.frame_for = lossy
        return server

    def follow(self, finished):
        """Run the connector until finished(connector)."""

        async def run():
            server = self.server()
            await server.open()
            playing = asyncio.create_task(server.play())
            clock = iter(range(1, 10**9)).__next__
            given = (self.market, clock, lambda _: None, self.credentials)
            connector = self.kind.market_data(self.config(server), self.check.instruments, *given)
            running = asyncio.create_task(connector.run())
            try:
                async with asyncio.timeout(30):
                    while not finished(connector):
                        await asyncio.sleep(0.01)
            finally:
                for task in (running, playing):
                    task.cancel()
                await asyncio.gather(running, playing, return_exceptions=True)
                await server.close()
            return connector

        return asyncio.run(run())


@VENUES
def test_a_recording_of_orders_has_the_exchanges_book_at_its_end(venue, tmp_path):
    market = OrderMarket(venue, 11, 120)
    check = check_capture(recorded(venue, tmp_path, market))
    (report,), (book,) = check.reports, check.books
    assert (report.venue, report.symbol, report.snapshots) == (venue, SYMBOLS[venue], 1)
    nothing = ["gaps", "crossed", "trades_missing", "duplicated", "odd", "rounded"]
    assert [getattr(report, name) for name in nothing] == [0] * 6, list(check.words)
    assert report.trades == market.trades > 5
    bids, asks = (dict(book.depth(side, 99).tolist()) for side in (1, 2))
    assert (bids, asks) == in_steps(market.states[-1], check.instruments[0])


def in_steps(sums, row):
    """Cents and hundredths in the instrument's own steps."""
    price, size = (10 ** (2 - int(row[name])) for name in ("tick_decimals", "lot_decimals"))
    return tuple({p // price: q // size for p, q in side.items() if q} for side in sums)


@VENUES
def test_a_connector_has_the_book_of_the_tape(venue, tmp_path):
    market = OrderMarket(venue, 11, 120)
    served = Served(venue, recorded(venue, tmp_path, market), tmp_path)
    at_end = levels(served.check.books[0])
    served.follow(lambda _: levels(served.market.books[0]) == at_end)
    assert served.market.history[0].count((Kind.BOOK_END, Reason.NONE)) == 1


@VENUES
def test_a_frame_that_is_lost_costs_the_book_and_it_comes_back_whole(venue, tmp_path):
    market = OrderMarket(venue, 12, 200)
    served = Served(venue, recorded(venue, tmp_path, market), tmp_path)
    at_end = levels(served.check.books[0])
    served.lost = range(80, 83)
    connector = served.follow(
        lambda c: served.sent > 80 and levels(served.market.books[0]) == at_end
    )
    if venue == "coinbase_exchange":
        assert (Kind.BOOK_INVALID, Reason.SEQUENCE_GAP) in served.market.history[0]
        assert connector.counts()["gaps"] >= 1


def test_level2_with_a_key_has_the_book_of_its_tape(tmp_path):
    path = tmp_path / "levels.txt"
    path.write_bytes(b"".join(recording("coinbase_exchange")))
    served = Served("coinbase_exchange", path, tmp_path, book="level2")
    served.speed = 50.0
    at_end = levels(served.check.books[0])
    served.follow(lambda _: levels(served.market.books[0]) == at_end)
    assert len(at_end) > 8


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"secret": "b3RoZXI="}, "refused: Authentication Failed invalid signature"),
        ({"key": "other"}, "refused: Authentication Failed Invalid API Key"),
    ],
)
def test_a_key_that_the_venue_does_not_take_is_told_in_its_words(changed, words, tmp_path):
    market = OrderMarket("coinbase_exchange", 11, 60)
    path = recorded("coinbase_exchange", tmp_path, market)
    other = Credentials(**KNOWN.fields() | changed)
    served = Served("coinbase_exchange", path, tmp_path, other)
    connector = served.follow(lambda c: "refused" in c.last_error)
    assert connector.last_error.endswith(words)
    assert not any(kind == Kind.BOOK_END for kind, _ in served.market.history[0])


def test_a_recording_holds_no_secret_and_plays_again(tmp_path):
    market = OrderMarket("coinbase_exchange", 11, 60)
    served = Served("coinbase_exchange", recorded("coinbase_exchange", tmp_path, market), tmp_path)
    path = tmp_path / "again.jsonl"

    async def run():
        server = served.server()
        await server.open()
        playing = asyncio.create_task(server.play())
        config = served.config(server)
        recorder = Recorder(served.kind, config, ["BTC-USD"], path, credentials=KNOWN)
        recording = asyncio.create_task(recorder.run())
        await asyncio.wait_for(playing, 30)
        await asyncio.sleep(0.1)
        recording.cancel()
        await asyncio.gather(recording, return_exceptions=True)
        await server.close()

    asyncio.run(run())
    text = path.read_text(encoding="utf-8")
    (said,) = {r["data"] for r in map(json.loads, text.splitlines()) if r["t"] == "send"}
    assert json.loads(said).keys() == {"type", "product_ids", "channels"}
    assert KNOWN.secret not in text and "signature" not in text and "passphrase" not in text
    assert levels(check_capture(path).books[0]) == levels(served.check.books[0])
