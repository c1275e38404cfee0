"""A venue's clock is asked for over HTTPS until it is known, and again and again."""

import asyncio
import contextlib
import http
import time

import pytest
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

from pinnacle.venues.reference import venue_clock
from pinnacle.venues.reference.venue_clock import QUICK_SAMPLES, VenueClock
from pinnacle.venues.registry import VENUES, find
from pinnacle.venues.transport.certificates import make_certificates
from pinnacle.venues.transport.patience import Patience
from pinnacle.venues.transport.troubles import Troubles
from tests.venues.listed import CLOCK_PATHS, CLOCKS, LISTED

AHEAD_S = -7.25


def run(tmp_path, venue, answer, until, monkeypatch, period_s=0.01, begun=lambda clock: None):
    """(estimates, paths that were asked for, troubles) of a venue's clock, a server with this
    answer, until that."""
    ca_file, context = make_certificates(tmp_path)
    estimates, asked, troubles = [], [], Troubles(venue)
    monkeypatch.setattr(venue_clock, "PERIOD_S", period_s)

    def process(connection, request):
        asked.append(request.path)
        status, headers, body = answer(len(asked))
        headers = Headers({"Content-Length": str(len(body)), "Connection": "close"} | headers)
        return Response(status, http.HTTPStatus(status).phrase, headers, body)

    async def session():
        async with serve(lambda _: None, "127.0.0.1", 0, ssl=context, process_request=process) as s:
            where = f"127.0.0.1:{s.sockets[0].getsockname()[1]}"
            kind = find(venue)
            keys = kind.dialect().addresses(where) | {"ca_file": str(ca_file)}
            symbol = LISTED[venue][0]
            clock = VenueClock(
                kind.reference(), kind.section(**keys), symbol, time.time_ns, troubles,
                estimates.append,
            )  # fmt: skip
            begun(clock)
            running = asyncio.create_task(clock.run())
            async with asyncio.timeout(30):
                while not until(estimates, asked):
                    assert not running.done(), running.exception()
                    await asyncio.sleep(0.005)
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    asyncio.run(session())
    return estimates, asked, troubles


def shown(venue, now_s):
    """A venue's reply by its clock: the Date of HTTP, and the body."""
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now_s))
    return 200, {"Date": date}, CLOCKS[venue](now_s)


@pytest.mark.parametrize("venue", VENUES)
def test_the_estimate_holds_the_truth_at_every_venue(venue, tmp_path, monkeypatch):
    def answer(_):
        return shown(venue, time.time() + AHEAD_S)

    estimates, asked, troubles = run(
        tmp_path, venue, answer, lambda found, _: len(found) >= 2, monkeypatch
    )
    assert troubles.last == ""
    for found in estimates:
        # 1 ms: what this clock moves while it is read, beside what the clocks show.
        assert abs(found.ahead_ns - AHEAD_S * 1e9) <= found.error_ns + 1_000_000
    # A sample of before is as wide as its age has made it.
    assert estimates[1].error_ns <= estimates[0].error_ns + 1_000_000
    assert set(asked) == {CLOCK_PATHS[venue]}


def test_it_is_asked_quickly_at_first_and_a_failure_ends_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(venue_clock, "QUICK_S", 0.001)

    def answer(number):
        if number == 1:
            return 503, {}, b"later"
        if number == 2:
            return 200, {}, b"not json"
        return shown("binance", time.time())

    estimates, asked, troubles = run(
        tmp_path, "binance", answer, lambda found, _: len(found) > QUICK_SAMPLES, monkeypatch
    )
    assert len(asked) == len(estimates) + 2
    assert "not Binance's time" in troubles.last


def test_a_first_reply_that_says_nothing_ends_nothing(tmp_path, monkeypatch):
    def answer(number):
        return (200, {}, b"not json") if number == 1 else shown("binance", time.time())

    estimates, asked, troubles = run(
        tmp_path, "binance", answer, lambda found, _: bool(found), monkeypatch
    )
    assert len(asked) == len(estimates) + 1 and "not Binance's time" in troubles.last


def test_once_it_is_known_it_is_asked_seldom(tmp_path, monkeypatch):
    monkeypatch.setattr(venue_clock, "QUICK_S", 0.001)
    looks = iter(range(60))

    def until(found, _):
        return len(found) >= QUICK_SAMPLES and next(looks, None) is None

    def answer(_):
        return shown("binance", time.time())

    estimates, asked, _ = run(tmp_path, "binance", answer, until, monkeypatch, period_s=60.0)
    assert len(estimates) == len(asked) == QUICK_SAMPLES


def test_a_venue_that_wants_to_be_left_alone_is_not_asked_for_its_time(tmp_path, monkeypatch):
    waits = []

    async def over(patience):
        waits.append(patience.until)

    monkeypatch.setattr(Patience, "over", over)
    estimates, asked, _ = run(
        tmp_path, "binance", lambda _: shown("binance", time.time()), lambda found, _: bool(found),
        monkeypatch,
    )  # fmt: skip
    assert len(waits) >= len(asked) >= len(estimates) > 0


def test_a_clock_that_was_called_wrong_is_asked_at_once_and_quickly_until_it_is_known(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(venue_clock, "QUICK_S", 0.001)
    clocks, before = [], QUICK_SAMPLES

    def until(found, asked):
        if len(found) == before and len(asked) == before:
            clocks[0].again()  # it would be an hour
        return len(found) >= before + QUICK_SAMPLES

    def answer(_):
        return shown("binance", time.time() + AHEAD_S)

    estimates, _, troubles = run(
        tmp_path, "binance", answer, until, monkeypatch, 3600.0, clocks.append
    )
    assert len(estimates) >= before + QUICK_SAMPLES and troubles.last == ""
