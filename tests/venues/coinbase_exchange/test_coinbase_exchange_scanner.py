"""Coinbase Exchange's scanner at the edges of what the venue sends: ids, sides, changes."""

import json

import pytest

from tests.venues.samples import text
from tests.venues.wire import codec_of, only, read, records

AT = "2026-08-09T21:05:48.505350477Z"


ID = "ac928c66-ca53-498f-9c13-a110027a60e8"
OPEN = {"type": "open", "product_id": "BTC-USD", "sequence": 6, "side": "buy"}
OPEN |= {"price": "10", "remaining_size": "1", "time": AT}


@pytest.mark.parametrize("letter", "gG/:@`-é z")
@pytest.mark.parametrize("at", [0, 7, 9, 35])
def test_an_id_is_made_of_digits_and_dashes_in_their_places(letter, at):
    name = ID[:at] + letter + ID[at + 1 :]
    frame = json.dumps(OPEN | {"order_id": name}, ensure_ascii=False).encode()
    part = only(codec_of("COINBASE_EXCHANGE"), frame)
    assert (part.code, part.count) == ("SYNTAX", 0)


@pytest.mark.parametrize("at", [8, 13, 18, 23])
def test_a_dash_is_not_a_digit(at):
    name = ID[:at] + "0" + ID[at + 1 :]
    part = only(codec_of("COINBASE_EXCHANGE"), text(OPEN | {"order_id": name}))
    assert part.code == "SYNTAX"


@pytest.mark.parametrize("length", [35, 37])
def test_an_id_has_36_letters(length):
    name = (ID + "0")[:length]
    part = only(codec_of("COINBASE_EXCHANGE"), text(OPEN | {"order_id": name}))
    assert part.code == "SYNTAX"


def test_small_and_capital_digits_are_the_same():
    codec, found = codec_of("COINBASE_EXCHANGE"), set()
    for name in (
        "abcdef00-1234-5678-9abc-def012345678",
        "0" * 8 + "-0000-0000-0000-" + "f" * 12,
    ):
        for text_of in (str.lower, str.upper):
            only(codec, text(OPEN | {"order_id": text_of(name)}))
            found.add(records(codec)[0][5])
    half = 0xABCDEF0012345678 ^ 0x9ABCDEF012345678
    assert found == {half, 0x0000FFFFFFFFFFFF}


@pytest.mark.parametrize("kind", ["match", "ticker"])
@pytest.mark.parametrize("number", [None, 50])
def test_a_number_that_is_not_said_is_none(kind, number):
    row = {"type": kind, "product_id": "BTC-USD", "time": AT, "trade_id": 3, "side": "buy"}
    row |= {"price": "10", "size": "1", "best_bid": "10", "best_bid_size": "1"}
    row |= {"best_ask": "11", "best_ask_size": "1"}
    part = only(codec_of("COINBASE_EXCHANGE"), text(row | ({"sequence": number} if number else {})))
    assert part.first_id == (number or 0)


@pytest.mark.parametrize(
    ("members", "count", "code"),
    [
        ({"price": "10", "new_size": "1"}, 1, ""),
        ({"price": None, "new_size": "1"}, 0, ""),
        ({"new_size": "1"}, 0, ""),
        ({"price": "10", "new_size": None}, 0, ""),
        ({"price": "10", "new_funds": "5"}, 0, ""),
        ({"price": "10", "new_price": "11", "new_size": "1"}, 1, ""),
        ({"price": "10", "new_price": None, "new_size": "1"}, 1, ""),
        ({"price": 10, "new_size": "1"}, 0, "SYNTAX"),
        ({"price": "10", "new_size": 1}, 0, "SYNTAX"),
        ({"price": "10", "new_price": 11, "new_size": "1"}, 0, "SYNTAX"),
    ],
)
def test_a_change_is_of_an_order_that_rests_if_it_says_price_and_size(members, count, code):
    row = OPEN | {"type": "change", "order_id": ID}
    row.pop("price")
    codec = codec_of("COINBASE_EXCHANGE")
    part = only(codec, text(row | members))
    assert (part.count, part.code) == (count, code)
    if count:
        expected = 11 if members.get("new_price") else 10
        assert records(codec)[0][3] == expected * 10**8


def test_a_side_is_buy_or_sell():
    codec = codec_of("COINBASE_EXCHANGE")
    for row in (OPEN, {**OPEN, "type": "done"}, {**OPEN, "type": "match"}):
        row = row | {"order_id": ID, "side": "Buy", "trade_id": 5, "size": "1"}
        part = only(codec, text(row))
        assert part.code == "SYNTAX"


@pytest.mark.parametrize("kind", ["activate", "subscriptions", "last_match", "auction"])
def test_what_is_of_no_use_is_left_alone(kind):
    row = OPEN | {"type": kind, "order_id": ID}
    assert read(codec_of("COINBASE_EXCHANGE"), text(row)) is None
