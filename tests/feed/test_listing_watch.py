"""A venue is asked for its instruments, and what it says is held against the configuration."""

import asyncio
import contextlib
import http
import json
import threading
import time

import pytest
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

from pinnacle.core.config import InstrumentConfig
from pinnacle.core.instruments import from_config, write_table
from pinnacle.core.listings import Listed, Listing, ListingTable
from pinnacle.core.schema import Reason
from pinnacle.core.segment import Mode
from pinnacle.feed import listing_watch
from pinnacle.feed.listing_watch import ListingWatch
from pinnacle.venues.registry import VENUES, find
from pinnacle.venues.transport.certificates import make_certificates
from pinnacle.venues.transport.troubles import Troubles
from tests.venues.listed import LISTED, REPLIES


class Market:
    """What is asked of the connection, and by whom."""

    def __init__(self):
        self.held = []
        self._thread = threading.get_ident()

    def hold(self, instrument_id, reason):
        assert threading.get_ident() == self._thread
        self.held.append((instrument_id, Reason(reason)))


class Desk:
    """A watch of one venue's instruments against a server that answers as it is told."""

    def __init__(self, folder, venue, instruments, answer, **options):
        self.venue, self.answer, self.options = find(venue), answer, options
        self.folder, self.instruments = folder, instruments
        self.market, self.troubles, self.asked = Market(), Troubles(venue), []
        write_table(folder / "instruments", instruments)
        self.table = ListingTable(folder / "instruments", Mode.SHARED)
        self.names = [self.venue.name_of(i.symbol) for i in instruments]

    def process(self, connection, request):
        self.asked.append(request.path)
        status, body = self.answer(request.path)
        headers = Headers({"Content-Length": str(len(body)), "Connection": "close"})
        return Response(status, http.HTTPStatus(status).phrase, headers, body)

    def run(self, until, during=lambda watch: None):
        asyncio.run(self._session(until, during))

    async def _session(self, until, during):
        ca_file, tls = make_certificates(self.folder)
        served = serve(lambda _: None, "127.0.0.1", 0, ssl=tls, process_request=self.process)
        async with served as server:
            where = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            keys = self.venue.dialect().addresses(where) | {"ca_file": str(ca_file)}
            watch = ListingWatch(
                self.venue.reference(),
                self.venue.section(**keys, **self.options),
                self.instruments,
                self.names,
                self.market,
                self.table,
                self.troubles,
            )
            running = asyncio.create_task(watch.run())
            async with asyncio.timeout(30):
                while not until():
                    assert not running.done(), running.exception()
                    during(watch)
                    await asyncio.sleep(0.005)
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


def instrument_of(venue, symbols=None):
    symbol, _, tick, lot, _, _ = LISTED[venue]
    rows = [
        InstrumentConfig(symbol=each, tick_size=tick, lot_size=lot) for each in symbols or [symbol]
    ]
    return from_config(rows, {venue: find(venue).venue_id})


def reply(venue):
    return json.dumps(REPLIES[venue])


@pytest.mark.parametrize("venue", VENUES)
def test_what_a_venue_lists_stands_in_the_table_with_its_currencies(tmp_path, venue):
    desk = Desk(tmp_path, venue, instrument_of(venue), lambda _: (200, reply(venue).encode()))
    desk.run(lambda: desk.market.held)
    base, quote = LISTED[venue][1].split("-")
    assert desk.table.read(0) == Listing(Listed.TRADING, base, quote)
    assert desk.market.held == [(0, Reason.NONE)] and desk.troubles.last == ""
    assert desk.asked[0].partition("?")[0] == desk.venue.reference().path()


def test_a_halt_is_seen_at_the_next_look_and_so_is_its_end(tmp_path, monkeypatch):
    states = iter(["TRADING", "BREAK", "TRADING"])

    def answer(_):
        return 200, reply("binance").replace("TRADING", next(states, "TRADING")).encode()

    desk, said = Desk(tmp_path, "binance", instrument_of("binance"), answer, listing_ms=20), []
    for level in ("error", "warning", "info"):
        monkeypatch.setattr(
            listing_watch.log, level, lambda words, level=level: said.append((level, words))
        )
    desk.run(lambda: len(desk.market.held) >= 5)
    assert desk.market.held[:3] == [(0, Reason.NONE), (0, Reason.HALTED), (0, Reason.NONE)]
    assert desk.table.read(0).listed == Listed.TRADING
    assert [level for level, _ in said] == ["error", "info"], said
    assert "BREAK" in said[0][1] and said[1][1].endswith("as the venue has it, again")


def test_one_that_is_gone_from_the_list_is_delisted_and_keeps_its_currencies(tmp_path):
    lists = iter([reply("binance"), '{"symbols":[]}'])
    body = [""]

    def answer(_):
        body[0] = next(lists, body[0])
        return 200, body[0].encode()

    desk = Desk(tmp_path, "binance", instrument_of("binance"), answer, listing_ms=20)
    desk.run(lambda: (0, Reason.DELISTED) in desk.market.held)
    assert desk.table.read(0) == Listing(Listed.DELISTED, "BTC", "USDT")


def test_a_symbol_that_spoils_the_short_list_is_found_in_the_whole_one(tmp_path):
    def answer(path):
        if "?" in path:
            return 400, b'{"code":-1121,"msg":"Invalid symbol."}'
        return 200, reply("binance").encode()

    rows = instrument_of("binance", ["BTCUSDT", "NONEUSDT"])
    desk = Desk(tmp_path, "binance", rows, answer)
    desk.run(lambda: desk.market.held)
    assert desk.market.held == [(0, Reason.NONE), (1, Reason.DELISTED)]
    assert ["?" in path for path in desk.asked] == [True, False]
    assert "BTCUSDT" in desk.asked[0] and "NONEUSDT" in desk.asked[0]


@pytest.mark.parametrize("answer", [(503, b"later"), (200, b"{}"), (200, b"\xff")])
def test_where_nothing_can_be_had_nothing_is_held_and_it_is_asked_again(tmp_path, answer):
    desk = Desk(
        tmp_path, "kraken", instrument_of("kraken"), lambda _: answer,
        backoff_min_ms=5, backoff_max_ms=10,
    )  # fmt: skip
    desk.run(lambda: len(desk.asked) >= 3)
    assert desk.market.held == [] and desk.troubles.last.startswith("its instruments: ")
    assert desk.table.read(0) == Listing(Listed.UNKNOWN)


def test_who_doubts_has_it_asked_soon_and_not_all_the_time(tmp_path, monkeypatch):
    monkeypatch.setattr(listing_watch, "LEAST_S", 0.05)
    desk = Desk(
        tmp_path, "kraken", instrument_of("kraken"), lambda _: (200, reply("kraken").encode())
    )
    doubts = []

    def doubt(watch):
        if desk.asked:
            watch.doubt()
            doubts.append(len(desk.asked))

    desk.run(lambda: len(desk.asked) >= 3, doubt)
    assert len(doubts) > 6
    desk.asked.clear()
    turns = iter(range(60))
    desk.run(lambda: next(turns, None) is None)
    assert len(desk.asked) == 1


def test_a_change_of_steps_holds_the_book_until_it_is_the_configured_one_again(tmp_path, caplog):
    ticks = iter(["0.01000000", "0.10000000"])
    last = [""]

    def answer(_):
        last[0] = next(ticks, last[0])
        return 200, reply("binance").replace("0.01000000", last[0]).encode()

    desk = Desk(tmp_path, "binance", instrument_of("binance"), answer, listing_ms=20)
    assert "0.01000000" in reply("binance")
    desk.run(lambda: (0, Reason.DEFINITION) in desk.market.held)
    assert desk.table.read(0).listed == Listed.TRADING


def test_a_list_that_lacks_one_of_ours_is_asked_for_again_soon_and_ever_later(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(listing_watch, "LEAST_S", 0.03)
    lists = iter(['{"symbols":[]}'] * 3)

    def answer(_):
        return 200, next(lists, reply("binance")).encode()

    desk = Desk(tmp_path, "binance", instrument_of("binance"), answer)
    times = []

    def note(_):
        if len(desk.market.held) > len(times):
            times.append(time.monotonic())

    desk.run(lambda: len(times) == 4, note)
    delisted = [(0, Reason.DELISTED)] * 3
    assert desk.market.held == [*delisted, (0, Reason.NONE)]
    assert times[3] - times[2] > times[1] - times[0] > 0
