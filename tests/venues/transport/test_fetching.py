"""Requests for several rows: a few at a time, each with its waits; a ban is everybody's."""

import asyncio
import contextlib
import gzip
import http
import time

import pytest
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

from pinnacle.venues.transport.access import Access
from pinnacle.venues.transport.config import ConnectionConfig
from pinnacle.venues.transport.fetching import AT_ONCE, Fetcher, Problem, get
from pinnacle.venues.transport.patience import RETRY_AFTER_MAX_S
from pinnacle.venues.transport.troubles import Troubles

QUICK = ConnectionConfig(backoff_min_ms=5, backoff_max_ms=20)


class Rows:
    """Rows that want something until they have it; `answers` are given in turn, None: it is had."""

    def __init__(self, count, answers=()):
        self.wanted = set(range(count))
        self.asked = []
        self.flying = self.most_flying = 0
        self._answers = list(answers)

    async def fetch(self, row):
        self.asked.append(row)
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        await asyncio.sleep(0.01)
        self.flying -= 1
        problem = self._answers.pop(0) if self._answers else None
        if problem is None:
            self.wanted.discard(row)
        return problem


def run(rows, until, opened=True, access=None):
    async def session():
        gate, troubles = asyncio.Event(), Troubles("somebody")
        if opened:
            gate.set()
        names = [f"row {row}" for row in range(8)]
        fetcher = Fetcher(
            names, access or Access(QUICK), lambda: rows.wanted, rows.fetch, gate, troubles
        )
        running = asyncio.create_task(fetcher.run())
        async with asyncio.timeout(20):
            while not until(fetcher, gate):
                assert not running.done(), running.exception()
                await asyncio.sleep(0.002)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        return troubles

    return asyncio.run(session())


def test_every_row_is_fetched_once_and_no_more_than_a_few_at_a_time():
    rows = Rows(8)
    run(rows, lambda *_: not rows.wanted)
    assert sorted(rows.asked) == list(range(8)) and rows.most_flying == AT_ONCE


def test_a_row_that_fails_is_asked_for_again_and_its_trouble_told():
    rows = Rows(1, [Problem("not now"), Problem("not now"), None])
    troubles = run(rows, lambda *_: not rows.wanted)
    assert rows.asked == [0, 0, 0] and troubles.last == "row 0: not now"


def test_a_ban_holds_for_all_rows():
    class Banned(Rows):
        async def fetch(self, row):
            await super().fetch(row)
            access.patience.asked(3600.0)
            return Problem("banned")

    rows, access = Banned(8, [Problem("banned")] * AT_ONCE), Access(QUICK)
    turns = iter(range(100))
    run(rows, lambda *_: next(turns) > 60, access=access)
    assert len(rows.asked) == AT_ONCE


def test_nothing_is_asked_for_before_the_connection_stands():
    rows = Rows(2)
    turns = iter(range(100))

    def until(fetcher, gate):
        if next(turns) == 20:
            assert rows.asked == []
            gate.set()
        return not rows.wanted

    run(rows, until, opened=False)
    assert sorted(rows.asked) == [0, 1]


def test_a_row_that_wants_later_is_found_when_told_to_look():
    rows = Rows(0)

    def until(fetcher, gate):
        if not rows.asked and 3 not in rows.wanted:
            rows.wanted.add(3)
            fetcher.look()
        return bool(rows.asked) and not rows.wanted

    run(rows, until)
    assert rows.asked == [3]


def test_what_hangs_is_broken_off_at_the_end_and_what_is_nearly_there_is_not():
    ended = {}

    class Slow(Rows):
        async def fetch(self, row):
            self.asked.append(row)
            try:
                await asyncio.sleep([3600, 0.05][row])
            except asyncio.CancelledError:
                ended[row] = "broken off"
                raise
            ended[row] = "answered"

    rows = Slow(2)
    run(rows, lambda *_: len(rows.asked) == 2)
    assert ended == {0: "broken off", 1: "answered"}


def answering(status, headers, body=b"{}"):
    """What `get` makes of such an answer, and how long the venue's patience is wanted for."""
    access = Access(QUICK)

    async def answer(socket, request):
        fields = Headers({"Content-Length": str(len(body)), "Connection": "close"} | headers)
        return Response(status, http.HTTPStatus(status).phrase, fields, body)

    async def session():
        async with serve(lambda socket: None, "127.0.0.1", 0, process_request=answer) as server:
            port = server.sockets[0].getsockname()[1]
            found = await get(access, f"http://127.0.0.1:{port}/x", {"symbol": "A", "limit": 5}, 10)
            return found, access.patience.until - time.monotonic()

    return asyncio.run(session())


@pytest.mark.parametrize(
    ("status", "headers", "wait_s"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (418, {"Retry-After": "999999"}, RETRY_AFTER_MAX_S),
        (500, {}, 0.0),
        (429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        (503, {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}, RETRY_AFTER_MAX_S),
    ],
)
def test_a_refusal_says_how_long_to_wait(status, headers, wait_s):
    found, left_s = answering(status, headers)
    assert found == Problem(f"HTTP {status} {{}}")
    assert wait_s - 5 < left_s <= wait_s if wait_s else left_s <= 0


def test_a_good_answer_is_its_body():
    assert answering(200, {}, b"[1]")[0] == b"[1]"


def test_an_answer_that_is_packed_is_unpacked():
    packed = gzip.compress(b"[1]")
    assert answering(200, {"Content-Encoding": "gzip"}, packed)[0] == b"[1]"


def test_nobody_there_is_a_problem_and_no_failure():
    found = asyncio.run(get(Access(QUICK), "http://127.0.0.1:1/x", {}, 5))
    assert isinstance(found, Problem) and "ConnectionRefusedError" in found.text
