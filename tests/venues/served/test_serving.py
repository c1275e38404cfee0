"""A server refuses the channels of books that its tape does not have, and says so."""

import json

import pytest

from pinnacle.venues.coinbase_exchange.serving import KNOWN
from pinnacle.venues.coinbase_exchange.signing import signed
from pinnacle.venues.registry import find
from tests.venues.samples import text
from tests.venues.single_orders import SYMBOLS
from tests.venues.wire import table

ORDER_ID = "00000000-0000-4001-8000-000000000002"


def bitstamp_book(*more):
    return text({"microtimestamp": "5", "bids": [["10", "1", *more]], "asks": []})


#: Of each venue a first book of levels, and one of orders.
FIRSTS = {
    "bitstamp": (bitstamp_book(), bitstamp_book("77")),
    "coinbase_exchange": (
        text({"type": "snapshot", "product_id": "BTC-USD", "bids": [["10", "1"]], "asks": []}),
        text({"sequence": 5, "bids": [["10", "1", ORDER_ID]], "asks": []}),
    ),
}
ORDERS_AT = {
    "bitstamp": "/api/v2/order_book/btcusd/?group=2",
    "coinbase_exchange": "/products/BTC-USD/book?level=3",
}
VENUES = pytest.mark.parametrize("venue", FIRSTS)


def server(venue, *first):
    symbol = SYMBOLS[venue]
    firsts = dict.fromkeys([symbol] * len(first), *first)
    return find(venue).dialect().served({symbol: table([symbol], 2, 2)}, firsts)


def request(venue, by_order):
    if venue == "bitstamp":
        channel = ("live_orders_" if by_order else "diff_order_book_") + "btcusd"
        return text({"event": "bts:subscribe", "data": {"channel": channel}})
    body = {"type": "subscribe", "product_ids": ["BTC-USD"]}
    body["channels"] = ["full" if by_order else "level2", "ticker"]
    return text(body | signed(KNOWN, "5"))


def takes(venue, served, by_order):
    """Whether a client may have a channel of orders, or of levels; what it is told."""
    client = served.client("/")
    (told, *_) = map(json.loads, client.answer(request(venue, by_order)))
    good = told.get("event") == "bts:subscription_succeeded" or told.get("type") == "subscriptions"
    assert good or "error" in (told.get("event", told.get("type")))
    assert client.subscribed == good
    return good


@VENUES
@pytest.mark.parametrize("by_order", [False, True])
def test_a_tape_of_levels_has_no_orders_and_one_of_orders_no_levels(venue, by_order):
    served = server(venue, FIRSTS[venue][by_order])
    assert takes(venue, served, by_order) and not takes(venue, served, not by_order)
    reply = served.reply(ORDERS_AT[venue], False)
    assert reply is None if by_order else reply.status == 404


@VENUES
def test_what_a_tape_does_not_say_is_not_refused(venue):
    for served in (
        server(venue),
        *[server(venue, b'{"bids":[],"asks":[]}')][: venue == "bitstamp"],
    ):
        assert takes(venue, served, False) and takes(venue, served, True)
