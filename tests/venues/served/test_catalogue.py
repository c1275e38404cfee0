"""What a served venue says of itself is what the venue's own Reference reads of it."""

import json
from urllib.parse import urlencode

import numpy as np
import pytest

from pinnacle.core.book import Book
from pinnacle.core.schema import INSTRUMENT
from pinnacle.venues.reference.currencies import currencies
from pinnacle.venues.reference.listing import Status
from pinnacle.venues.registry import VENUES, find
from tests.records import book_of
from tests.venues.listed import LISTED

NOW_NS = 1_445_412_480_123_000_000
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


def table(symbol):
    found = np.zeros(1, INSTRUMENT)
    found["symbol"] = symbol.encode()
    found["tick_mantissa"] = found["lot_mantissa"] = 1
    found["tick_decimals"], found["lot_decimals"] = 2, 8
    return found


class Served:
    """A venue's server before the tape has begun, and how it is read."""

    def __init__(self, venue):
        self.symbol, self.name = LISTED[venue][:2]
        self.reference = find(venue).reference()
        self.served = find(venue).dialect().served({self.symbol: table(self.symbol)}, {})

    def body(self, request, status=200):
        path, query = request
        reply = self.served.reply(f"{path}?{urlencode(query)}" if query else path, False)
        assert reply.status == status, reply.body
        return reply.body


@pytest.fixture(params=VENUES)
def venue(request):
    return Served(request.param)


def test_the_list_has_every_instrument_with_the_steps_of_the_recording(venue):
    for request in ((venue.reference.path(), {}), venue.reference.list_request([venue.symbol])):
        (listing,) = venue.reference.listings(venue.body(request))
        assert (listing.symbol, listing.name) == (venue.symbol, venue.name)
        assert (listing.tick, listing.lot) == ("0.01", "0.00000001")
        assert listing.status is Status.TRADING


def test_the_time_is_the_servers(venue, monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: NOW_NS)
    venue.served.price_of = lambda symbol: "5"
    moment = venue.reference.moment(DATE, venue.body(venue.reference.clock_request(venue.symbol)))
    assert moment.at_ns <= NOW_NS < moment.at_ns + moment.within_ns


def test_a_price_is_told_once_there_is_one(venue):
    request = venue.reference.price_request(venue.symbol)
    venue.served.price_of = lambda symbol: {venue.symbol: "123.45"}[symbol]
    assert str(venue.reference.price(venue.body(request))) == "123.45"


def test_the_price_is_the_best_bid_of_the_tape(venue):
    book = Book(0, 65536, 8192)
    assert venue.served.price_of(venue.symbol) is None
    venue.served.books[venue.symbol].book = book
    book.apply_array(book_of([(12345, 5), (12300, 7)], [(12400, 1)]))
    assert venue.served.price_of(venue.symbol) == "123.45"


@pytest.mark.parametrize(
    ("symbol", "pair"),
    [
        ("BTCUSDT", ("BTC", "USDT")),
        ("btcusd", ("BTC", "USD")),
        ("ETHBTC", ("ETH", "BTC")),
        ("ETH/CHF", ("ETH", "CHF")),
        ("BTC-USDC", ("BTC", "USDC")),
        ("BNBFDUSD", ("BNB", "FDUSD")),
        ("xrpchf", ("XRP", "CHF")),
        ("BTCUSDCPERP", ("BTC", "USDC")),
        ("USDT", ("U", "SDT")),
    ],
)
def test_currencies_are_told_from_a_symbol_with_and_without_a_separator(symbol, pair):
    assert currencies(symbol) == pair


def test_binance_refuses_a_list_with_a_symbol_that_it_does_not_have():
    served = Served("binance")
    refused = served.body(served.reference.list_request(["BTCUSDT", "NONE"]), 400)
    assert json.loads(refused)["code"] == -1121
    assert json.loads(served.body(("/api/v3/exchangeInfo", {"symbols": "["}), 400))["code"] == -1100


def test_what_no_venue_has_is_refused(venue):
    venue.body(("/nothing", {}), 404)
