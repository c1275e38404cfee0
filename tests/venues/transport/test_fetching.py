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

from pinnacle.core.errors import ConfigError
from pinnacle.venues.transport import http as http_by_access
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


def test_an_answer_that_is_packed_is_none_and_a_refusal_is_one_all_the_same():
    """What is packed may be of any size: it is not asked for."""
    packed = gzip.compress(b"[1]")
    found, _ = answering(200, {"Content-Encoding": "gzip"}, packed)
    assert isinstance(found, Problem) and "is packed, which was not asked for" in found.text
    found, left_s = answering(429, {"Content-Encoding": "gzip", "Retry-After": "7"}, packed)
    assert found == Problem("HTTP 429 ") and 2 < left_s <= 7
    assert answering(200, {"Content-Encoding": "Identity"}, b"[1]")[0] == b"[1]"


def asked_of(say, timeout_s=10.0):
    """(what `get` makes of a server that `say`s something to a request, what it was asked)."""
    asked, ended = [], asyncio.Event()

    async def answer(reader, writer):
        with contextlib.suppress(ConnectionError):
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            await say(writer)
            writer.close()
            await writer.wait_closed()
        ended.set()

    async def session():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        async with asyncio.timeout(20):
            found = await get(Access(QUICK), url, {}, timeout_s)
            await ended.wait()
        server.close()
        return found

    return asyncio.run(session()), asked[0]


@pytest.mark.parametrize(
    ("begin", "again"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"", b"H"),
    ],
    ids=["body", "headers", "status"],
)
def test_an_answer_that_never_ends_is_a_problem(begin, again):
    async def drip(writer):
        writer.write(begin)
        while not writer.is_closing():
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0.01)

    found, _ = asked_of(drip, timeout_s=0.2)
    assert found == Problem("TimeoutError: no whole answer after 200 ms")


@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_is_read_up_to_a_bound(monkeypatch, status):
    monkeypatch.setattr(http_by_access, "BODY_BYTES_MAX", 100_000)

    async def flood(writer):
        writer.write(f"HTTP/1.1 {status} x\r\n\r\n".encode())
        while not writer.is_closing():
            writer.write(b"x" * 10_000)
            await writer.drain()

    found, asked = asked_of(flood)
    words = "OSError: the answer exceeds 100000 bytes" if status == 200 else f"HTTP 500 {'x' * 200}"
    assert found == Problem(words) and b"accept-encoding: identity\r\n" in asked.lower()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (b"500 No\r\nContent-Type: text/html; charset=undefined", "HTTP 500 \ufffd\ufffd"),
        (b"500 No\r\nContent-Type: text/html; charset=idna", "HTTP 500 \ufffd\ufffd"),
        (b"500 No\r\nContent-Type: text/html; charset=base64", "HTTP 500 \ufffd\ufffd"),
        (b"302 Found\r\nLocation: http://[::1", ""),
        (b"302 Found\r\nLocation: https://elsewhere..net/", "HTTP 302"),
        (b"429 No\r\nRetry-After: Mon, 01 Jan 2024 00:00:00 +99999999999999999999", "HTTP 429"),
        (b"429 No\r\nRetry-After: 0\r\nRetry-After: 0", "HTTP 429"),
        (b"999999 No", ""),
    ],
)
def test_whatever_is_answered_is_a_problem_and_no_failure(lines, told):
    async def say(writer):
        writer.write(b"HTTP/1.1 " + lines + b"\r\nContent-Length: 2\r\n\r\n\xff\xfe")
        await writer.drain()

    found, _ = asked_of(say)
    assert isinstance(found, Problem) and told in found.text


def test_an_authority_that_cannot_be_read_is_no_problem_of_a_requests(tmp_path):
    access = Access(ConnectionConfig(ca_file=str(tmp_path / "none.pem")))
    with pytest.raises(ConfigError, match="No such file"):
        asyncio.run(get(access, "https://127.0.0.1:1/x", {}, 5))


@pytest.mark.parametrize("host", ["stream..example.net", "x" * 64 + ".net"])
def test_a_host_that_there_cannot_be_is_a_problem(host):
    found = asyncio.run(get(Access(QUICK), f"https://{host}/x", {}, 5))
    assert isinstance(found, Problem)


def test_one_that_is_ended_while_it_waits_leaves_nothing_that_waits():
    async def session():
        fetcher = Fetcher([], Access(QUICK), set, None, opened := asyncio.Event(), Troubles("x"))
        opened.set()
        running = asyncio.create_task(fetcher.run())
        await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await asyncio.sleep(0)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(session()) == set()


def test_nobody_there_is_a_problem_and_no_failure():
    found = asyncio.run(get(Access(QUICK), "http://127.0.0.1:1/x", {}, 5))
    assert isinstance(found, Problem) and "ConnectionRefusedError" in found.text
