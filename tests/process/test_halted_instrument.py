"""An instrument that its venue halts is quoted no more until it trades again; the other goes on."""

import asyncio
import contextlib
import threading

import numpy as np
import pytest

from pinnacle.capture.server import CaptureServer, _response
from pinnacle.capture.tape import Tape
from pinnacle.core.enums import Listed
from pinnacle.core.schema import Flag, Kind, Reason
from pinnacle.venues.binance.dialect import BinanceDialect
from pinnacle.venues.served.dialect import Reply
from pinnacle.venues.transport.certificates import make_certificates
from tests.served import at, made
from tests.sessions import assert_repeats, journalled, running_demo, until

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
SPEED, SECONDS = 6, 60
QUOTES = (Kind.NEW, Kind.REPLACE)


class Exchange(CaptureServer):
    """The venue as ever, but that it says `instead` of what it would of ETHUSDT."""

    instead = (b"", b"")
    asked = 0

    async def _route(self, socket, request):
        answer = await super()._route(socket, request)
        if "exchangeInfo" not in request.path:
            return answer
        self.asked += 1
        head, symbol, tail = answer.body.rpartition(b'"symbol":"ETHUSDT"')
        return _response(Reply(200, {}, head + symbol + tail.replace(*self.instead, 1)))


HALTED = b'"TRADING"', b'"BREAK"'
COARSE = b'"tickSize":"0.01000000"', b'"tickSize":"0.10000000"'


class Venue:
    """Such a server in a thread of its own."""

    def __init__(self, folder, files):
        tape = Tape(files, BinanceDialect())
        ca_file, context = make_certificates(folder)
        self.exchange = Exchange(tape, context, speed=float(SPEED))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._call(self.exchange.open())
        self._playing = asyncio.run_coroutine_threadsafe(self.exchange.play(), self._loop)
        self.addresses = self.exchange.addresses | {"ca_file": str(ca_file)}

    def _call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self):
        self._playing.cancel()
        self._call(self.exchange.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()


@contextlib.contextmanager
def trading(folder, instead, change):
    """(venue, live session) on a venue that says so from the beginning."""
    venue = Venue(folder, tuple(made(folder, SPEED * SECONDS)))
    venue.exchange.instead = instead

    def changed(text):
        return change(at(venue.addresses)(text))

    try:
        with running_demo(folder, "halted", "binance-paper.toml", change=changed) as live:
            yield venue.exchange, live
    finally:
        venue.close()


@pytest.fixture(scope="module")
def survived(tmp_path_factory):
    """(paths, what was shown while it was halted) of a session of which one instrument was."""

    def change(text):
        return text.replace('\nca_file = "', '\nlisting_ms = 300\ndepth_limit = 5000\nca_file = "')

    folder = tmp_path_factory.mktemp("halted")
    with trading(folder, (b"", b""), change) as (exchange, live):
        until(live.quoting, 60, "quotes")
        ether = live.observer.instruments[1]
        assert live.observer.listing(ether).listed == Listed.TRADING
        exchange.instead = HALTED
        until(lambda: live.observer.listing(ether).listed == Listed.HALTED, 30, "a halt")
        until(lambda: live.open_orders()[1] == 0, 30, "no quote")
        shown = live.observer.book(ether), live.open_orders()
        exchange.instead = b"", b""
        until(live.quoting, 60, "quotes again")
        live.finish()
        return live.paths, shown, live.output()


def test_its_book_is_invalid_with_the_reason_and_nothing_of_it_rests(survived):
    _, (book, open_orders), output = survived
    assert not book["valid"] and book["reason"] == "halted"
    assert open_orders[0] >= 2
    assert "ETHUSDT: the venue takes no orders: BREAK" in output


def test_the_halt_is_an_event_and_so_is_its_end(survived):
    rows = journalled(survived[0], "feed")
    of_ether = rows[rows["instrument_id"] == 1]
    lost = of_ether[of_ether["kind"] == Kind.BOOK_INVALID]["reason"].tolist()
    assert lost[lost.index(Reason.HALTED) + 1] == Reason.RESYNC
    (halt,) = np.flatnonzero(of_ether["reason"] == Reason.HALTED)
    assert np.any(of_ether[halt:]["kind"] == Kind.BOOK_END)
    assert Reason.HALTED not in rows[rows["instrument_id"] == 0]["reason"].tolist()


def test_meanwhile_the_other_one_is_quoted_and_this_one_is_not(survived):
    rows = journalled(survived[0], "strategy")
    (halt,) = np.flatnonzero(rows["reason"] == Reason.HALTED)
    ends = (rows["kind"] == Kind.BOOK_END) & (rows["instrument_id"] == 1)
    again = halt + np.flatnonzero(ends[halt:])[0]
    decided = rows[halt:again]
    decided = decided[(decided["flags"] & Flag.DECISION) != 0]
    kinds = [set(decided["kind"][decided["instrument_id"] == i].tolist()) for i in (0, 1)]
    assert kinds[0] & set(QUOTES) and kinds[1] == {Kind.CANCEL}


def test_verify_repeats_every_decision(survived):
    assert_repeats(survived[0])


def test_prices_between_the_ticks_have_the_venue_asked_and_what_it_says_holds_the_book(tmp_path):
    def change(text):
        head, symbol, tail = text.partition('symbol = "ETHUSDT"')
        return head + symbol + tail.replace('tick_size = "0.01"', 'tick_size = "0.1"', 1)

    with trading(tmp_path, COARSE, change) as (exchange, live):
        ether = live.observer.instruments[1]
        until(lambda: live.observer.listing(ether).listed == Listed.TRADING, 60, "a list")
        asked = exchange.asked
        exchange.instead = b"", b""
        until(lambda: live.observer.book(ether)["reason"] == "definition", 60, "another tick")
        assert exchange.asked == asked + 1, "once, long before listing_ms is over"
        words = "ETHUSDT: tick_size is 0.1, the venue's is 0.01"
        until(lambda: words in live.output(), 30, "a word of it")
