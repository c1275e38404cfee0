"""A venue that misbehaves: each fault has its name, and the connector comes back from all."""

import asyncio
import contextlib
import json

import pytest
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

from pinnacle.core.schema import Kind, Reason
from pinnacle.venues.binance.config import BinanceConfig
from pinnacle.venues.binance.connector import BinanceConnector
from pinnacle.venues.transport.certificates import make_certificates
from tests.venues.binance.binance_frames import instruments

ACKNOWLEDGED = '{"result":null,"id":1}'
SNAPSHOT = b'{"lastUpdateId":9,"bids":[["5.00","1.0"]],"asks":[["6.00","1.0"]]}'
UPDATE = '{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":10,"u":10,"b":[["5.01","2.0"]],"a":[]}'


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


class Venue:
    """The first connection gets `script` after its SUBSCRIBE, later ones are served well; each
    snapshot request gets the next of `replies`, the last one for ever. late: the first answer
    comes when its connection is gone and the next is not yet acknowledged."""

    def __init__(self, script, replies, late):
        self.script, self.replies, self.late = script, replies, late
        self.subscriptions, self.requests = [], []
        self.ended, self.answered = asyncio.Event(), asyncio.Event()

    async def stream(self, socket):
        self.subscriptions.append(json.loads(await socket.recv()))
        frames = self.script if len(self.subscriptions) == 1 else [ACKNOWLEDGED, UPDATE]
        if self.late and len(self.subscriptions) == 2:
            await self.answered.wait()
            await asyncio.sleep(0.05)
        for frame in frames:
            await socket.send(frame)
        with contextlib.suppress(ConnectionClosed):
            await socket.recv()
        self.ended.set()

    async def rest(self, socket, request):
        if request.path == "/stream":
            return None
        self.requests.append(request.path)
        if self.late:
            await self.ended.wait()
        self.answered.set()
        status, headers, body = self.replies[min(len(self.requests), len(self.replies)) - 1]
        headers = Headers({"Content-Length": str(len(body)), "Connection": "close"} | headers)
        return Response(status, "", headers, body)


def run(certificates, script, replies=((200, {}, SNAPSHOT),), late=False, **changes):
    """(venue, connector, errors, records): until the book stands at the update."""
    ca_file, tls = certificates
    venue = Venue(script, replies, late)
    records, errors = [], []

    def sink(events, count):
        records.extend((Kind(events[at].kind), Reason(events[at].reason)) for at in range(count))

    async def session():
        async with serve(venue.stream, "127.0.0.1", 0, ssl=tls, process_request=venue.rest) as here:
            port = here.sockets[0].getsockname()[1]
            defaults = {"backoff_min_ms": 10, "backoff_max_ms": 20, "connect_timeout_ms": 5000}
            defaults["stale_ms"] = 60_000
            config = BinanceConfig(
                ws_url=f"wss://127.0.0.1:{port}/stream",
                rest_url=f"https://127.0.0.1:{port}",
                ca_file=str(ca_file),
                **(defaults | changes),
            )
            connector = BinanceConnector(config, instruments(BTCUSDT=(2, 2)), sink)
            running = asyncio.create_task(connector.run())
            async with asyncio.timeout(30):
                while not (connector.stream.live and connector.stream.syncs[0].last_id == 10):
                    await asyncio.sleep(0.005)
                    if connector.last_error not in errors:
                        errors.append(connector.last_error)
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            return connector

    connector = asyncio.run(session())
    return venue, connector, " | ".join(errors), records


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (['{"error":{"code":2,"msg":"Invalid request"},"id":1}'], "refused: 2 Invalid request"),
        ([ACKNOWLEDGED, '{"e":"serverShutdown","E":1}'], "announces that it shuts"),
        ([ACKNOWLEDGED, '{"e":"depthUpdate"'], "does not parse at byte 18 of 18"),
        (['{"code":3,"msg":"Invalid JSON"}'], "refused: 3 Invalid JSON"),
        (["[1]"], "unreadable control frame"),
    ],
)
def test_a_fault_in_the_stream_ends_the_connection_and_the_next_one_serves(
    certificates, script, words
):
    venue, _, errors, records = run(certificates, script)
    assert words in errors
    assert len(venue.subscriptions) == 2
    assert (Kind.BOOK_INVALID, Reason.DISCONNECTED) in records[1:]


def test_a_subscription_without_an_answer_is_given_up(certificates):
    venue, connector, errors, _ = run(certificates, [], connect_timeout_ms=300)
    assert "the subscription was not acknowledged" in errors
    assert (len(venue.subscriptions), connector.connections) == (2, 1)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ((429, {"Retry-After": "0"}, b'{"code":-1003}'), "HTTP 429"),
        ((418, {"Retry-After": "soon"}, b""), "HTTP 418"),
        ((500, {}, b"oops"), "HTTP 500 oops"),
        ((200, {}, b'{"lastUpdateId":9,"bids":['), "does not parse"),
        ((200, {}, b"{}"), "not a depth snapshot of BTCUSDT"),
        ((200, {}, SNAPSHOT.replace(b"9", b"5")), "older than the stream"),
    ],
)
def test_a_snapshot_that_cannot_be_had_is_asked_for_again_on_the_same_connection(
    certificates, reply, words
):
    script = [ACKNOWLEDGED, UPDATE]
    venue, connector, errors, records = run(certificates, script, (reply, (200, {}, SNAPSHOT)))
    # A snapshot may be read before the update is: then it is the gap that shows its age.
    assert words in errors or connector.counts()["gaps"] == 1
    assert connector.connections == 1 and len(venue.requests) >= 2
    assert "/api/v3/depth?symbol=BTCUSDT&limit=1000" in venue.requests
    starting, end = (Kind.BOOK_INVALID, Reason.STARTING), (Kind.BOOK_END, Reason.NONE)
    assert records[0] == starting and end in records


def test_one_request_subscribes_to_all_streams_of_all_symbols(certificates):
    venue, *_ = run(certificates, [ACKNOWLEDGED, UPDATE])
    params = ["btcusdt@depth@100ms", "btcusdt@trade", "btcusdt@bookTicker"]
    assert venue.subscriptions == [{"method": "SUBSCRIBE", "params": params, "id": 1}]


def test_a_snapshot_that_comes_when_its_connection_is_gone_is_thrown_away(certificates):
    script = [ACKNOWLEDGED, UPDATE]
    shutdown = '{"e":"serverShutdown","E":1}'
    venue, _, _, records = run(certificates, [*script, shutdown], late=True)
    assert len(venue.requests) == 2
    assert records.count((Kind.BOOK_END, Reason.NONE)) == 1
