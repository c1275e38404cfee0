"""A message that lacks a member, or has another thing in its place, costs what that was said of."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from pinnacle.venues.market.codec import NO_ROW, Codec, MessageKind
from tests.venues.odd_messages import other
from tests.venues.plain import DECODERS
from tests.venues.samples import SAMPLES, text
from tests.venues.wire import Said, codec_of, decoded, read


class Members(NamedTuple):
    """Of one of a venue's samples, what its members are for; the others are for nothing here.

    known_by: what makes it a message of the market. named: what the records need, of an element
    that says whose it is. unnamed: the same where nobody can tell whose. present: what must be
    there, whatever it is.
    """

    known_by: set[str]
    named: set[str]
    unnamed: set[str]
    present: set[str]


def of(known_by: str = "", named: str = "", unnamed: str = "", present: str = "") -> Members:
    """Words, each a member's place; `(a b).` before some is where they stand."""
    return Members(*(set(_places(words)) for words in (known_by, named, unnamed, present)))


def _places(words: str) -> Iterator[str]:
    for outer, names in re.findall(r"([\w.]*)\(([^)]*)\)|", words):
        yield from (f"{outer}.{name}" for name in names.split())
    yield from re.sub(r"[\w.]*\([^)]*\)", "", words).split()


_TOP_OF_BINANCE = of("u s b B a A")
_BINANCE = [
    of("e", "E U u b a", "s"),
    of("data data.e", "data(E U u b a)", present="data.s"),
    of("e", "E t p q m", "s"),
    _TOP_OF_BINANCE,
    None,
]
_BOOK = of("channel event", "data data(microtimestamp bids asks)")
_ORDER = of("channel event", "data data(id order_type amount_str price_str microtimestamp)")
_LEVEL2 = of(
    "channel",
    "events(type updates) events.updates(side price_level new_quantity)",
    "timestamp sequence_num events events.product_id",
)
_SOLD = of("type", "trade_id side size price time", "product_id")
_KRAKEN_BOOK = "data(bids asks) data.bids(price qty) data.asks(price qty)"
#: None: a book that is fetched.
SPECS: dict[str, list[Members | None]] = {
    "BINANCE": _BINANCE,
    "GEMINI": _BINANCE,
    "BITSTAMP": [
        _BOOK,
        _BOOK,
        None,
        of("channel event", "data data(id amount_str price_str type microtimestamp)"),
        _ORDER,
        _ORDER,
        _ORDER,
        None,
    ],
    "COINBASE": [
        _LEVEL2,
        _LEVEL2,
        of(
            "channel",
            "events.trades(trade_id price size time side)",
            "timestamp sequence_num events events(type trades) events.trades.product_id",
        ),
        of(
            "channel",
            "events.tickers(best_bid best_ask best_bid_quantity best_ask_quantity)",
            "timestamp sequence_num events events(type tickers) events.tickers.product_id",
        ),
    ],
    "COINBASE_EXCHANGE": [
        of("type", "bids asks", "product_id"),
        of("type", "changes", "product_id"),
        _SOLD,
        _SOLD,
        of("type", "sequence", "product_id", "order_id side"),
        of("type", "order_id side sequence price remaining_size", "product_id"),
        of("type", "order_id side sequence", "product_id"),
        of("type", "order_id side sequence", "product_id"),
        None,
        of("type best_bid best_bid_size best_ask best_ask_size", "", "product_id"),
    ],
    "GEMINI_V2": [
        of("type", "changes", "symbol"),
        of("type", "changes", "symbol"),
        of("type", "price quantity tid side timestamp", "symbol"),
    ],
    "KRAKEN": [
        of("channel type", _KRAKEN_BOOK, "data data.symbol"),
        of("channel type", f"{_KRAKEN_BOOK} data.checksum", "data data.symbol"),
        of("channel type", "data(side price qty trade_id timestamp)", "data data.symbol"),
        of("channel type", "data(bid bid_qty ask ask_qty)", "data data.symbol"),
    ],
}
CASES = [
    pytest.param(venue, number, id=f"{venue}-{number}")
    for venue, specs in SPECS.items()
    for number, spec in enumerate(specs)
    if spec
]


def members(value: Any, at: tuple = ()) -> Iterator[tuple]:
    """Where each member of each object stands."""
    if isinstance(value, dict):
        for name, inside in value.items():
            yield (*at, name)
            yield from members(inside, (*at, name))
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            yield from members(inside, (*at, number))


def place(at: tuple) -> str:
    return ".".join(step for step in at if isinstance(step, str))


def costs_one(codec: Codec, frame: bytes, whole: list[Said], named: bool) -> tuple[str, int]:
    """One element is refused, and says whose it is; every other is as it was. Why, and where."""
    parts = read(codec, frame)
    assert parts is not None
    (bad,) = [number for number, part in enumerate(parts) if part.code]
    assert parts[bad].count == 0
    assert parts[bad].row == (whole[bad].row if named else NO_ROW)
    # Of a snapshot it may be seen too late that it is one.
    assert parts[bad].kind in {whole[bad].kind, MessageKind.DEPTH}
    assert codec.count == sum(part.count for part in parts)
    if len(parts) > 1:
        for number, (part, before) in enumerate(zip(parts, whole, strict=True)):
            assert number == bad or part._replace(first=0) == before._replace(first=0)
    return parts[bad].code, parts[bad].offset


def case(venue: str, number: int) -> tuple[Codec, Any, Members, list[Said]]:
    codec, frame, spec = codec_of(venue), SAMPLES[venue][number], SPECS[venue][number]
    whole = read(codec, frame)
    assert spec and whole and not any(part.code for part in whole)
    message = json.loads(frame)
    there = {place(at) for at in members(message)}
    assert set().union(*spec) <= there
    return codec, message, spec, whole


@pytest.mark.parametrize(("venue", "number"), CASES)
def test_without_a_member_it_is_no_message_or_costs_what_it_was_said_of(venue, number):
    codec, message, spec, whole = case(venue, number)
    for at in members(message):
        frame = text(other(message, at))
        if place(at) in spec.known_by:
            assert read(codec, frame) is None, at
        elif place(at) in spec.named | spec.unnamed | spec.present:
            found = costs_one(codec, frame, whole, place(at) not in spec.unnamed)
            assert found == ("SYNTAX", len(frame)), at
        else:
            assert read(codec, frame) is not None, at
            assert decoded(codec) == DECODERS[venue](frame), at


@pytest.mark.parametrize("value", [{}, [[]], None, "x", -1, True, 10**30, "9" * 30])
@pytest.mark.parametrize(("venue", "number"), CASES)
def test_another_thing_in_its_place_costs_no_more(venue, number, value):
    codec, message, spec, whole = case(venue, number)
    for at in members(message):
        if place(at) in spec.named and not is_there(message, at, value):
            frame = text(other(message, at, value))
            code, offset = costs_one(codec, frame, whole, True)
            begin = text(other(message, at, "here it is")).index(b'"here it is"')
            assert code in ("SYNTAX", "RANGE"), at
            # Of all that should be inside, the lack is seen at the end.
            lacks = venue == "BITSTAMP" and place(at) == "data" and offset == len(frame)
            assert lacks or begin <= offset <= begin + len(text(value)), at


def is_there(message: Any, at: tuple, value: Any) -> bool:
    """Whether a member may be that: what is a word or a flag in all messages of its kind."""
    for step in at:
        message = message[step]
    return type(message) is type(value) is bool
