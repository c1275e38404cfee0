"""A venue that asks to be left alone is left alone, by its stream and its requests alike."""

import asyncio
import contextlib
import email.utils
import http
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.fetching import Fetcher, Problem, get
from pinnacle.venues.transport.patience import RETRY_AFTER_MAX_S, Patience, retry_after_s
from pinnacle.venues.transport.troubles import Troubles
from pinnacle.venues.transport.websocket import WebSocketSession

QUICK = {"backoff_min_ms": 5, "backoff_max_ms": 20}


class Talk:
    def greeting(self):
        return ["hello"]

    def take(self, frames):
        self.session.acknowledge()

    def nudge(self):
        return None

    def lost(self, reason):
        pass


class Venue:
    """Refuses one request of each path in `refused`, and counts who comes before it may."""

    def __init__(self, status, header, refused):
        self._status, self._header, self._left = status, header, set(refused)
        self._until = 0.0
        self.early, self.asked = 0, []

    async def route(self, socket, request):
        self.asked.append(request.path)
        self.early += time.time() < self._until - 0.05
        if request.path in self._left:
            self._left.discard(request.path)
            text, self._until = self._header()
            return self._answer(self._status, {"Retry-After": text})
        return None if request.path == "/ws" else self._answer(200, {})

    def _answer(self, status, headers):
        fields = Headers({"Content-Length": "2", "Connection": "close"} | headers)
        return Response(status, http.HTTPStatus(status).phrase, fields, b"{}")

    async def stream(self, socket):
        with contextlib.suppress(Exception):
            async for _ in socket:
                await socket.send("welcome")


def in_a_second():
    return "1", time.time() + 1


def at_a_time():
    until = int(time.time()) + 2
    return email.utils.formatdate(until, usegmt=True), float(until)


async def until_true(found):
    async with asyncio.timeout(20):
        while not found():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("status", "header"), [(429, in_a_second), (418, at_a_time), (503, in_a_second)]
)
def test_a_handshake_that_is_refused_is_not_tried_again_before_its_time(transport, status, header):
    venue = Venue(status, header, {"/ws"})

    async def run():
        async with serve(venue.stream, "127.0.0.1", 0, process_request=venue.route) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"
            talk, config = Talk(), ConnectionConfig(transport=transport, **QUICK)
            talk.session = WebSocketSession(url, config, talk, Troubles("somebody"))
            running = asyncio.create_task(talk.session.run())
            await until_true(lambda: talk.session.connections)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert (venue.asked, venue.early) == (["/ws", "/ws"], 0)


@pytest.mark.parametrize("refused", ["/ws", "/book"])
def test_what_one_is_refused_for_the_others_wait_for(transport, refused):
    """The stream for the requests, and requests for each other and for the stream."""
    venue = Venue(429, in_a_second, {refused})

    async def run():
        async with serve(venue.stream, "127.0.0.1", 0, process_request=venue.route) as server:
            where = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            talk, config = Talk(), ConnectionConfig(transport=transport, **QUICK)
            troubles = Troubles("somebody")
            session = talk.session = WebSocketSession(f"ws://{where}/ws", config, talk, troubles)
            wanted, opened = {0}, asyncio.Event()

            async def fetch(row):
                found = await get(session.access, f"http://{where}/book", {}, 10)
                if isinstance(found, Problem):
                    return found
                wanted.discard(row)
                return None

            opened.set()
            fetcher = Fetcher(["a"], session.access, lambda: wanted, fetch, opened, troubles)
            parts = [session.run(), fetcher.run()]
            first, second = parts if refused == "/ws" else reversed(parts)
            running = [asyncio.create_task(first)]
            await until_true(lambda: session.access.patience.until)
            running.append(asyncio.create_task(second))
            await until_true(lambda: not wanted and session.connections)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    asyncio.run(run())
    assert venue.early == 0 and venue.asked.count(refused) == 2


@given(st.lists(st.floats(0, 1000), min_size=1))
def test_of_several_waits_the_longest_holds(waits):
    patience, before = Patience(), time.monotonic()
    for wait in waits:
        patience.asked(wait)
    assert before + max(waits) <= patience.until <= time.monotonic() + max(waits)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "-5",
        "1.5",
        "\u0661",
        "Wed, 99 Oct 2099 07:28:00",
        "Mon, 01 Jan 2024 00:00:00 +99999999999999999999",
    ],
)
def test_a_header_that_says_no_time_asks_for_none(text):
    assert retry_after_s(text) == 0


@given(st.text() | st.integers().map(str))
def test_whatever_a_header_says_the_wait_is_bounded(text):
    assert 0 <= retry_after_s(text) <= RETRY_AFTER_MAX_S


def test_of_several_headers_the_longest_wait_holds():
    assert retry_after_s() == 0
    assert retry_after_s("3", "soon", "7", "0") == 7
    assert retry_after_s("9" * 5000, "1") == RETRY_AFTER_MAX_S
