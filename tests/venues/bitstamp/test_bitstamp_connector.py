"""A book is fetched and kept only where a connection that stands tells of its changes."""

import asyncio
import contextlib
import json

import pytest
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

from pinnacle.core.schema import Reason
from pinnacle.venues.bitstamp.config import BitstampConfig
from pinnacle.venues.bitstamp.connector import BitstampConnector
from pinnacle.venues.transport.certificates import make_certificates
from tests.venues.kept import Kept
from tests.venues.samples import text
from tests.venues.wire import table

BTC, ETH = "btcusd", "ethusd"
BTC_BOOK, ETH_BOOK = "diff_order_book_btcusd", "diff_order_book_ethusd"
ETH_ROW = 1


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


class Venue:
    """Both books have one bid. answer(connection, channel): whether a subscription is confirmed,
    None: nothing is said. A book is given when `books` is set. To who is in `hung` nothing is
    told of the market."""

    def __init__(self, answer):
        self.answer = answer
        self.connections, self.channels, self.asked, self.fetched = [], [], [], []
        self.bids, self.number = {BTC: 10, ETH: 10}, 100
        self.hung = set()
        self.books = asyncio.Event()
        self.books.set()

    async def stream(self, socket):
        at = len(self.connections)
        self.connections.append(socket)
        self.channels.append(set())
        with contextlib.suppress(ConnectionClosed):
            async for said in socket:
                request = json.loads(said)
                if request["event"] != "bts:subscribe":
                    continue
                channel = request["data"]["channel"]
                self.asked.append((at, channel))
                good = self.answer(at, channel)
                if good:
                    self.channels[at].add(channel)
                if good is not None:
                    event = "bts:subscription_succeeded" if good else "bts:error"
                    data = {} if good else {"code": None, "message": "try later"}
                    reply = {"event": event, "channel": channel, "data": data}
                    await socket.send(json.dumps(reply))

    async def rest(self, socket, request):
        if "/order_book/" not in request.path:
            return None
        name = request.path.split("/order_book/")[1].partition("/")[0]
        self.fetched.append(name)
        by_order = "group=2" in request.path
        bids = [[str(self.bids[name]), "1", *["7"] * by_order]]
        asks = [["99", "1", *["8"] * by_order]]
        body = text({"microtimestamp": str(self.number), "bids": bids, "asks": asks})
        await self.books.wait()
        headers = Headers({"Content-Length": str(len(body)), "Connection": "close"})
        return Response(200, "", headers, body)

    async def moves(self, name, bid):
        """The market does; who is subscribed to it hears so."""
        self.number += 1
        changes = [[str(self.bids[name]), "0"], [str(bid), "1"]]
        data = {"microtimestamp": str(self.number), "bids": changes, "asks": []}
        self.bids[name] = bid
        await self._say(f"diff_order_book_{name}", {"data": data, "event": "data"})

    async def trades(self, name):
        self.number += 1
        data = {"id": self.number, "amount_str": "2", "price_str": "10", "type": 0}
        data["microtimestamp"] = str(self.number)
        await self._say(f"live_trades_{name}", {"data": data, "event": "trade"})

    async def crosses(self, name):
        """An order comes that takes another; of that nothing is said."""
        self.number += 1
        data = {"id": self.number, "order_type": 0, "price_str": "99", "amount_str": "1"}
        data["microtimestamp"] = str(self.number)
        await self._say(f"live_orders_{name}", {"data": data, "event": "order_created"})

    async def _say(self, channel, message):
        for at, (socket, channels) in enumerate(zip(self.connections, self.channels, strict=True)):
            if channel in channels and at not in self.hung:
                with contextlib.suppress(ConnectionClosed):
                    await socket.send(text(message | {"channel": channel}), text=True)


def with_venue(certificates, answer, scene, **changes):
    """Run scene(venue, connector, sink)."""
    ca_file, tls = certificates

    async def session():
        venue, sink = Venue(answer), Kept()
        async with serve(venue.stream, "127.0.0.1", 0, ssl=tls, process_request=venue.rest) as here:
            port = here.sockets[0].getsockname()[1]
            quick = {"backoff_min_ms": 10, "backoff_max_ms": 20, "connect_timeout_ms": 2000}
            config = BitstampConfig(
                ws_url=f"wss://127.0.0.1:{port}",
                rest_url=f"https://127.0.0.1:{port}",
                ca_file=str(ca_file),
                **(quick | changes),
            )
            clock = iter(range(1, 10**18, 10**8)).__next__
            rows = table([BTC, ETH], 0, 0)
            connector = BitstampConnector(config, rows, [BTC, ETH], sink, clock)
            running = asyncio.create_task(connector.run())
            try:
                async with asyncio.timeout(20):
                    await scene(venue, connector, sink)
            finally:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running

    asyncio.run(session())


async def until(seen):
    while not seen():
        await asyncio.sleep(0.002)


def bids(sink, row):
    levels = sink.levels(row)
    return None if levels is None else list(levels[0])


def test_a_book_is_not_fetched_before_its_channel_is_confirmed(certificates):
    confirmed = []

    async def scene(venue, connector, sink):
        await until(lambda: bids(sink, 0) == [10])
        await venue.moves(ETH, 11)
        await asyncio.sleep(0.1)
        assert venue.fetched == [BTC] and bids(sink, ETH_ROW) is None
        confirmed.append(ETH_BOOK)
        await until(lambda: bids(sink, ETH_ROW) == [11])
        await venue.moves(ETH, 12)
        await until(lambda: bids(sink, ETH_ROW) == [12])
        assert connector.connections == 1 and "no confirmation came" in connector.last_error

    def answer(_, channel):
        return True if channel != ETH_BOOK or confirmed else None

    with_venue(certificates, answer, scene, connect_timeout_ms=200)


def test_a_channel_that_is_refused_is_asked_for_again_and_has_no_book_until_then(certificates):
    refused = [ETH_BOOK, BTC_BOOK]

    async def scene(venue, connector, sink):
        await until(lambda: venue.asked.count((0, ETH_BOOK)) > 3)
        await venue.trades(ETH)
        await until(lambda: sink.trades())
        assert venue.fetched == [] and connector.stream.wanted == {0, 1}
        refused.clear()
        await until(lambda: bids(sink, ETH_ROW) == [10] and bids(sink, 0) == [10])
        asked = len(venue.asked)
        await asyncio.sleep(0.1)
        assert len(venue.asked) == asked and connector.connections == 1

    with_venue(certificates, lambda _, channel: channel not in refused, scene)


def test_trades_that_are_refused_are_asked_for_again_and_cost_no_book(certificates):
    times = []

    def answer(_, channel):
        times.extend([1] * (channel == "live_trades_ethusd"))
        return channel != "live_trades_ethusd" or len(times) > 3

    async def scene(venue, connector, sink):
        await until(lambda: any("live_trades_ethusd" in told for told in venue.channels))
        await until(lambda: bids(sink, ETH_ROW) == [10])
        assert venue.asked.count((0, ETH_BOOK)) == 1

    with_venue(certificates, answer, scene)


@pytest.mark.parametrize("said", [False, None], ids=["refused", "unanswered"])
def test_a_book_that_the_connection_left_does_not_tell_of_is_lost(certificates, said):
    confirmed = []

    async def scene(venue, connector, sink):
        await until(lambda: bids(sink, 0) == [10] and bids(sink, ETH_ROW) == [10])
        await until(lambda: len(venue.connections) == 2 and BTC_BOOK in venue.channels[1])
        venue.connections[0].transport.abort()
        await until(lambda: bids(sink, ETH_ROW) is None)
        assert sink.losses[-1] == (8, Reason.DISCONNECTED)
        await venue.moves(ETH, 11)
        await venue.moves(BTC, 11)
        await until(lambda: bids(sink, 0) == [11])
        confirmed.append(ETH_BOOK)
        await until(lambda: bids(sink, ETH_ROW) == [11])
        assert (connector.connections, sink.losses.count((7, Reason.DISCONNECTED))) == (1, 0)

    def answer(at, channel):
        return True if at == 0 or channel != ETH_BOOK or confirmed else said

    with_venue(certificates, answer, scene, connections=2, connect_timeout_ms=200)


def test_what_a_connection_that_hangs_has_missed_is_fetched_when_another_comes(certificates):
    async def scene(venue, connector, sink):
        await until(lambda: [len(told) for told in venue.channels] == [4, 4])
        await until(lambda: bids(sink, 0) == [10] and not connector.stream.renewing)
        await until(lambda: bids(sink, ETH_ROW) == [10])
        venue.hung.add(0)
        venue.connections[1].transport.abort()
        await venue.moves(ETH, 11)
        await until(lambda: bids(sink, ETH_ROW) == [11])
        await venue.moves(ETH, 12)
        await until(lambda: bids(sink, ETH_ROW) == [12])
        assert connector.connections == 1 and len(sink.losses) == 2

    with_venue(certificates, lambda *_: True, scene, connections=2)


def test_an_answer_to_what_was_asked_before_a_resync_is_not_taken(certificates):
    async def scene(venue, connector, sink):
        venue.books.clear()
        await until(lambda: sorted(venue.fetched) == [BTC, ETH])
        await venue.moves(ETH, 11)
        await until(lambda: connector.stream.syncs[ETH_ROW].held == 1)
        connector.resync(8, Reason.STALE)
        venue.books.set()
        await until(lambda: bids(sink, ETH_ROW) is not None)
        assert bids(sink, ETH_ROW) == [11] and venue.fetched.count(ETH) == 2

    with_venue(certificates, lambda *_: True, scene)


def test_orders_that_stay_crossed_in_silence_cost_the_book(certificates):
    async def scene(venue, connector, sink):
        await until(lambda: bids(sink, ETH_ROW) == [10])
        await venue.crosses(ETH)
        await until(lambda: (8, Reason.CROSSED) in sink.losses)
        await until(lambda: bids(sink, ETH_ROW) == [10])
        assert venue.fetched.count(ETH) == 2 and (7, Reason.CROSSED) not in sink.losses

    with_venue(certificates, lambda *_: True, scene, book="live_orders")
