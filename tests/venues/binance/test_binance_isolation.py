"""One odd symbol, level, snapshot or number costs its own book, and nobody else's."""

import asyncio
import contextlib
import json
from collections import Counter
from urllib.parse import parse_qs, urlparse

import pytest
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

from pinnacle.core.book import Book
from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.binance.config import BinanceConfig
from pinnacle.venues.binance.connector import BinanceConnector
from pinnacle.venues.transport.certificates import make_certificates
from tests.venues.binance.binance_frames import instruments

ACKNOWLEDGED = '{"result":null,"id":1}'
#: Ticks and lots of 0.01; ids 7 and 8.
TABLE = instruments(AAAUSDT=(2, 2), BBBUSDT=(2, 2))
AAA, BBB = 7, 8
GOOD = {"lastUpdateId": 9, "bids": [["5.00", "1.0"]], "asks": [["6.00", "1.0"]]}
UNKNOWN = (400, {}, b'{"code":-1121,"msg":"Invalid symbol."}')


def depth(symbol, first=10, final=None, bids=(), asks=()):
    data = {"e": "depthUpdate", "E": 1, "s": symbol, "U": first, "u": final or first}
    data |= {"b": [list(level) for level in bids], "a": [list(level) for level in asks]}
    return json.dumps({"stream": f"{symbol.lower()}@depth@100ms", "data": data})


def ticker(symbol, update_id, bid, ask):
    data = {"u": update_id, "s": symbol, "b": bid, "B": "1.0", "a": ask, "A": "1.0"}
    return json.dumps({"stream": f"{symbol.lower()}@bookTicker", "data": data})


def snapshot(**changes):
    return 200, {}, json.dumps(GOOD | changes).encode()


class Venue:
    """`frames` go out on each connection, and `later` once `when()` is true; a snapshot of a
    symbol gets the next of its `replies`, the last for ever; None: no answer at all."""

    def __init__(self, frames, replies, later=()):
        self.frames, self.replies, self.later = frames, replies, later
        self.when = lambda: True
        self.connections = 0
        self.asked = Counter()

    async def stream(self, socket):
        self.connections += 1
        await socket.recv()
        with contextlib.suppress(ConnectionClosed):
            for frame in [ACKNOWLEDGED, *self.frames]:
                await socket.send(frame)
            while not self.when():
                await socket.ping()  # raises once the other end is gone
                await asyncio.sleep(0.005)
            for frame in self.later:
                await socket.send(frame)
            await socket.wait_closed()

    async def rest(self, socket, request):
        if request.path == "/stream":
            return None
        symbol = parse_qs(urlparse(request.path).query)["symbol"][0]
        self.asked[symbol] += 1
        replies = self.replies.get(symbol, [snapshot()])
        reply = replies[min(self.asked[symbol], len(replies)) - 1]
        if reply is None:
            await asyncio.sleep(3600)
        status, headers, body = reply
        headers = Headers({"Content-Length": str(len(body)), "Connection": "close"} | headers)
        return Response(status, "", headers, body)


class Trial:
    """A connector at a venue; its books, and every state that they went through."""

    def __init__(self, venue, tls, ca_file, **changes):
        self.venue, self._tls, self._ca_file, self._changes = venue, tls, ca_file, changes
        self.books = {AAA: Book(AAA), BBB: Book(BBB)}
        self.states = []
        self.errors = []

    def sink(self, events, count):
        for at in range(count):
            if events[at].kind in (Kind.BOOK_END, Kind.BOOK_INVALID):
                row = events[at]
                self.states.append((row.instrument_id, Kind(row.kind), Reason(row.reason)))
        for book in self.books.values():
            book.apply(events, count)

    def top_of(self, instrument_id):
        top = self.books[instrument_id].top()
        return top[:4] if top.valid else None

    def live(self, instrument_id):
        return bool(self.books[instrument_id].top().valid)

    def both_live(self):
        return self.live(AAA) and self.live(BBB)

    def until(self, finished):
        """Run until finished(connector); the connector."""
        return asyncio.run(self._until(finished))

    async def _until(self, finished):
        venue = self.venue
        async with serve(
            venue.stream, "127.0.0.1", 0, ssl=self._tls, process_request=venue.rest, open_timeout=4
        ) as here:
            port = here.sockets[0].getsockname()[1]
            defaults = {"backoff_min_ms": 10, "backoff_max_ms": 20, "connect_timeout_ms": 5000}
            config = BinanceConfig(
                ws_url=f"wss://127.0.0.1:{port}/stream",
                rest_url=f"https://127.0.0.1:{port}",
                ca_file=str(self._ca_file),
                **(defaults | {"stale_ms": 60_000} | self._changes),
            )
            connector = BinanceConnector(config, TABLE, self.sink, top_of=self.top_of)
            running = asyncio.create_task(connector.run())
            try:
                async with asyncio.timeout(60):
                    while not finished(connector):
                        assert not running.done(), running.result()
                        if connector.last_error not in self.errors:
                            self.errors.append(connector.last_error)
                        await asyncio.sleep(0.002)
            finally:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running
            return connector


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trial(certificates):
    ca_file, tls = certificates
    return lambda venue, **changes: Trial(venue, tls, ca_file, **changes)


@pytest.mark.parametrize(
    "reply",
    [
        UNKNOWN,
        snapshot(lastUpdateId=-1),
        snapshot(bids=[["5.005", "1.0"]]),
        snapshot(bids=[["5.00", "99999999999999999999.0"]]),
        (200, {}, b"<html>"),
        (200, {}, b"\xff\xfe"),
        (500, {}, b"oops"),
    ],
    ids=["unknown", "negative", "between ticks", "huge", "html", "bytes", "500"],
)
@pytest.mark.parametrize("symbol", ["AAAUSDT", "BBBUSDT"])
def test_a_snapshot_that_cannot_be_had_keeps_no_other_book_waiting(trial, symbol, reply):
    other = BBB if symbol == "AAAUSDT" else AAA
    run = trial(Venue([], {symbol: [reply]}))
    connector = run.until(lambda c: run.live(other) and run.venue.asked[symbol] >= 3)
    assert run.venue.connections == 1
    assert any(f"snapshot of {symbol}" in error for error in run.errors)
    assert not connector.stream.live


def test_a_request_that_hangs_keeps_no_other_book_waiting(trial):
    run = trial(Venue([], {"AAAUSDT": [None]}), snapshot_timeout_ms=1500)
    run.until(lambda c: run.live(BBB))
    assert not run.live(AAA)


def test_a_ban_of_this_address_is_kept_for_every_symbol(trial):
    ban = (418, {"Retry-After": "1"}, b'{"code":-1003,"msg":"banned"}')
    run = trial(Venue([], {"AAAUSDT": [ban, snapshot()], "BBBUSDT": [ban, snapshot()]}))
    run.until(lambda c: run.both_live())
    # Both were under way when the ban came; then nobody asked until it was over.
    assert run.venue.asked == {"AAAUSDT": 2, "BBBUSDT": 2}


@pytest.mark.parametrize(
    "level",
    [("5.005", "1"), ("0.00", "1"), ("5.01", "99999999999999999999"), ("-5.01", "1")],
    ids="/".join,
)
def test_an_odd_level_costs_its_own_book_and_not_the_connection(trial, level):
    odd = depth("AAAUSDT", bids=[level])
    venue = Venue([], {}, [odd, depth("BBBUSDT", bids=[("5.50", "2.0")])])
    run = trial(venue)
    venue.when = run.both_live
    connector = run.until(
        lambda c: c.stream.syncs[1].last_id == 10 and venue.asked["AAAUSDT"] == 2 and run.live(AAA)
    )
    assert (venue.connections, connector.counts()["odd"]) == (1, 1)
    assert (AAA, Kind.BOOK_INVALID, Reason.CHECKSUM) in run.states
    assert (BBB, Kind.BOOK_INVALID, Reason.CHECKSUM) not in run.states
    assert any("AAAUSDT" in error and "out of range at byte" in error for error in run.errors)


def test_an_update_without_a_field_that_it_must_have_costs_its_own_book(trial):
    broken = json.loads(depth("AAAUSDT"))
    del broken["data"]["b"]
    venue = Venue([json.dumps(broken), depth("BBBUSDT")], {})
    run = trial(venue)
    run.until(lambda c: run.both_live() and c.counts()["odd"] == 1)
    assert venue.connections == 1


def test_an_odd_trade_is_told_and_leaves_the_book_as_it_is(trial):
    fields = {"e": "trade", "E": 1, "s": "AAAUSDT", "t": 5, "p": "5.005", "q": "1", "m": True}
    venue = Venue([], {}, [json.dumps(fields), depth("AAAUSDT")])
    run = trial(venue)
    venue.when = run.both_live
    connector = run.until(lambda c: c.stream.syncs[0].last_id == 10)
    assert (connector.counts()["odd"], venue.connections) == (1, 1)
    assert [state for state in run.states if state[2] == Reason.CHECKSUM] == []


def test_a_symbol_that_was_not_asked_for_is_told_and_passed_over(trial):
    venue = Venue([depth("DOGEUSDT"), depth("AAAUSDT"), depth("BBBUSDT")], {})
    run = trial(venue)
    run.until(lambda c: run.both_live() and "not asked for" in " ".join(run.errors))
    assert venue.connections == 1


@pytest.mark.parametrize("frame", ['{"stream":"aaausdt@depth@100ms","data":{"e"', "\x00", ""])
def test_a_frame_that_is_cut_ends_the_connection(trial, frame):
    """Nobody can know what else was damaged on it."""
    venue = Venue([], {}, [frame])
    run = trial(venue)
    venue.when = lambda: venue.connections == 1 and run.both_live()
    run.until(lambda c: venue.connections == 2)


def levels(best, step, count=5):
    """Levels of one unit each, a tick apart: step -1 for bids, +1 for asks."""
    return [[f"{(best + step * i) / 100:.2f}", "1.0"] for i in range(count)]


def test_near_the_end_of_its_snapshot_a_book_gets_another_without_a_break(trial):
    """Snapshots of five levels; the market falls through four of them."""
    first = snapshot(bids=levels(10_000, -1), asks=levels(10_001, +1))
    second = snapshot(lastUpdateId=11, bids=levels(9_996, -1), asks=levels(10_001, +1))
    gone = depth("AAAUSDT", 10, 11, bids=[[price, "0"] for price, _ in levels(10_000, -1, 4)])
    fallen = [
        ticker("AAAUSDT", 11, "99.96", "100.01"),
        gone,
        ticker("AAAUSDT", 12, "99.96", "100.01"),
    ]
    venue = Venue([], {"AAAUSDT": [first, second]}, fallen)
    run = trial(venue, depth_limit=5)
    venue.when = run.both_live
    run.until(lambda c: venue.asked["AAAUSDT"] >= 2 and c.counts()["snapshots"] >= 3)
    # What lay behind the first snapshot is known again.
    assert run.books[AAA].quantity(1, 9_992) == 100
    own = [state for state in run.states if state[0] == AAA]
    assert own[:3] == [
        (AAA, Kind.BOOK_INVALID, Reason.STARTING),
        (AAA, Kind.BOOK_END, Reason.NONE),
        (AAA, Kind.BOOK_END, Reason.NONE),
    ]
    assert venue.connections == 1


def test_a_book_that_has_come_to_the_end_of_its_snapshot_is_invalid_and_never_wrong(trial):
    """100.06 rests behind the asks that are shown, and no update ever says so."""
    asks = levels(10_001, +1)
    taken = depth("AAAUSDT", 10, 10, asks=[[price, "0"] for price, _ in asks] + [["100.20", "1"]])
    first = snapshot(bids=levels(10_000, -1), asks=asks)
    venue = Venue([], {"AAAUSDT": [first, None]}, [taken])
    run = trial(venue, depth_limit=5, snapshot_timeout_ms=60_000)
    venue.when = run.both_live
    run.until(lambda c: c.stream.syncs[0].last_id == 10)
    top = run.books[AAA].top()
    assert (top.valid, top.reason) == (0, Reason.OVERFLOW)


def test_a_top_that_is_not_the_venues_is_counted_and_the_book_begins_anew(trial):
    shown = ticker("AAAUSDT", 10, "5.30", "6.00")  # there is a 5.30, and no update said so
    right = snapshot(lastUpdateId=10, bids=[["5.30", "1.0"]])
    venue = Venue([], {"AAAUSDT": [snapshot(), right]}, [shown, depth("AAAUSDT")])
    run = trial(venue)
    venue.when = run.both_live
    connector = run.until(lambda c: venue.asked["AAAUSDT"] == 2 and run.live(AAA))
    assert connector.counts()["tops_different"] == 1
    assert (AAA, Kind.BOOK_INVALID, Reason.CHECKSUM) in run.states
    assert run.books[AAA].top().bid_price == 530
    assert venue.connections == 1


def test_a_top_that_is_the_venues_is_compared_and_leaves_the_book_alone(trial):
    shown = ticker("AAAUSDT", 10, "5.00", "6.00")
    venue = Venue([], {}, [shown, depth("AAAUSDT"), depth("AAAUSDT", 11)])
    run = trial(venue)
    venue.when = run.both_live
    connector = run.until(lambda c: c.stream.syncs[0].last_id == 11)
    assert (connector.counts()["tops_compared"], connector.counts()["tops_different"]) == (1, 0)
    assert venue.asked["AAAUSDT"] == 1
