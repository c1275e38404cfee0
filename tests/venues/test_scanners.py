"""What each venue's scanner makes of messages at the edges of what the venue sends."""

import json

import pytest

from pinnacle.core._native import lib
from pinnacle.core.schema import Kind, Side
from pinnacle.venues.market.codec import NO_ROW, Codec, FrameError, MessageKind
from tests.venues.messages import FETCHED, SYMBOLS
from tests.venues.samples import SAMPLES, text
from tests.venues.test_incomplete_messages import SPECS, codec_of, parts_of
from tests.venues.wire import only, read, records, said, table

AT = "2026-08-09T21:05:48.505350477Z"
STREAMED = [
    pytest.param(venue, number, id=f"{venue}-{number}")
    for venue, specs in SPECS.items()
    for number, spec in enumerate(specs)
    if spec
]


def renamed(venue, frame, name):
    for symbol in SYMBOLS[venue]:
        frame = frame.replace(symbol.encode(), name(symbol).encode())
    return frame


@pytest.mark.parametrize(("venue", "number"), STREAMED)
def test_what_is_said_of_others_is_a_part_of_the_same_kind_without_records(venue, number):
    codec, frame = codec_of(venue), SAMPLES[venue][number]
    kinds = [part.kind for part in parts_of(codec, frame)]
    parts = parts_of(codec, renamed(venue, frame, lambda symbol: "DOGE" + symbol[3:]))
    single = venue == "COINBASE_EXCHANGE" and len(kinds) == 2
    assert [part.kind for part in parts] == (kinds[:1] if single else kinds)
    assert {(part.row, part.count, part.code) for part in parts} == {(NO_ROW, 0, "")}


@pytest.mark.parametrize("venue", [name for name in SYMBOLS if name not in ("GEMINI", "BITSTAMP")])
def test_a_symbol_in_small_letters_is_another(venue):
    codec = codec_of(venue)
    parts = parts_of(codec, renamed(venue, SAMPLES[venue][0], str.lower))
    assert {part.row for part in parts} == {NO_ROW}


def test_geminis_symbols_are_the_same_in_small_letters():
    codec = codec_of("GEMINI")
    frame = renamed("GEMINI", SAMPLES["GEMINI"][0], str.lower)
    assert [part.row for part in parts_of(codec, frame)] == [0]


@pytest.mark.parametrize("venue", FETCHED)
@pytest.mark.parametrize("symbol", [0, 1])
def test_a_fetched_book_is_of_the_instrument_that_it_was_asked_for(venue, symbol):
    """Whatever is first in it, and whether levels or orders."""
    codec = codec_of(venue)
    number = {"microtimestamp": "77"} if venue == "BITSTAMP" else {"sequence": 77}
    bids, asks = {"bids": [["10", "1"]]}, {"asks": [["11", "2"], ["12", "3"]]}
    for body in (number | bids | asks, asks | number | bids, bids | asks | number):
        part = only(codec, text(body), 5, symbol)
        assert (part.kind, part.row, part.count) == (MessageKind.SNAPSHOT, symbol, 5)
        assert (part.first_id, part.final_id) == (77, 77)
        rows = records(codec)
        assert [row[0] for row in (rows[0], rows[-1])] == [Kind.BOOK_BEGIN, Kind.BOOK_END]
        assert {row[6] for row in rows} == {77}
        sides = sorted(row[2] for row in rows[1:-1])
        assert sides == [Side.BID, Side.ASK, Side.ASK]
        for lacking in body:
            less = text({name: value for name, value in body.items() if name != lacking})
            parts = read(codec, less, 5, symbol)
            assert parts is None or [part.code for part in parts] == ["SYNTAX"]


@pytest.mark.parametrize("venue", FETCHED)
def test_nobody_knows_of_whom_a_book_is_that_was_not_asked_for(venue):
    number = {"microtimestamp": "77"} if venue == "BITSTAMP" else {"sequence": 77}
    parts = read(codec_of(venue), text(number | {"bids": [["10", "1"]], "asks": []}))
    assert parts is None or [(part.row, part.count) for part in parts] == [(NO_ROW, 0)]


@pytest.mark.parametrize("venue", FETCHED)
def test_a_name_behind_the_levels_of_a_fetched_book_makes_it_none(venue):
    body = {"microtimestamp": "77", "sequence": 77, "bids": [["10", "1"]], "asks": []}
    more = {"event": "trade", "channel": "live_trades_btcusd"}
    more |= {"type": "match", "product_id": "BTC-USD"}
    assert only(codec_of(venue), text(body | more), 5, 0).code == "SYNTAX"


@pytest.mark.parametrize("more", [28, 29, 30])
@pytest.mark.parametrize("venue", ["BITSTAMP", "COINBASE_EXCHANGE", "BINANCE"])
def test_what_stands_behind_a_level_may_nest_as_deep_as_anything(venue, more):
    """Three levels are open around it, and 32 may be in all."""
    nested = json.loads("[" * more + "]" * more)
    body = {"microtimestamp": "77", "sequence": 77, "lastUpdateId": 77}
    bids = [["10", "1", 5, nested]] if venue == "BITSTAMP" else [["10", "1", nested]]
    frame, codec = text(body | {"bids": bids, "asks": []}), codec_of(venue)
    if more > 29:
        with pytest.raises(FrameError, match="out of range"):
            read(codec, frame, 5, 0)
    else:
        assert only(codec, frame, 5, 0).count == 3


@pytest.mark.parametrize(("venue", "number"), STREAMED)
def test_a_member_of_the_whole_that_comes_twice_costs_the_whole(venue, number):
    """Of messages with an element each nobody can tell whom."""
    codec, frame = codec_of(venue), SAMPLES[venue][number]
    whole, message = parts_of(codec, frame), json.loads(frame)
    name = next(name for name in message if name != "data")
    part = only(codec, frame[:-1] + text({name: message[name]}).replace(b"{", b","))
    row = NO_ROW if venue in ("KRAKEN", "COINBASE") else whole[0].row
    assert (part.code, part.row, part.count, codec.count) == ("SYNTAX", row, 0, 0)


class TestKraken:
    def frame(self, channel, kind, **row):
        data = [{"symbol": "BTC/USD"} | row]
        return text({"channel": channel, "type": kind, "data": data})

    @pytest.mark.parametrize(
        ("checksum", "code"), [(2**32 - 1, ""), (2**32, "RANGE"), (-1, "RANGE"), ("5", "SYNTAX")]
    )
    def test_a_checksum_has_32_bits(self, checksum, code):
        codec = codec_of("KRAKEN")
        frame = self.frame("book", "update", bids=[], asks=[], checksum=checksum, timestamp=AT)
        assert only(codec, frame).code == code
        assert code or codec.parts[0].checksum == checksum

    @pytest.mark.parametrize(
        ("bids", "asks", "places"),
        [
            (b'{"price":10,"qty":1.250}', b"", (0, 3)),
            (b'{"price":10.00,"qty":7}', b"", (2, 0)),
            (b"", b'{"price":10.5,"qty":7.1}', (1, 1)),
            (b'{"price":10.5,"qty":7.1},{"price":10.50,"qty":7.10}', b"", (2, 2)),
            (b"", b"", (0, 0)),
        ],
    )
    @pytest.mark.parametrize("turned", [False, True])
    def test_places_are_those_of_the_last_level(self, bids, asks, places, turned):
        sides = [b'"bids":[%s]' % bids, b'"asks":[%s]' % asks]
        inside = b",".join(reversed(sides) if turned else sides)
        row = b'{"symbol":"BTC/USD",%s,"checksum":5,"timestamp":"%s"}' % (inside, AT.encode())
        codec = codec_of("KRAKEN")
        only(codec, b'{"channel":"book","type":"update","data":[%s]}' % row)
        part = codec.parts[0]
        assert (part.price_decimals, part.quantity_decimals) == places

    def test_a_ticker_may_say_when_it_was_so(self):
        prices = {"bid": 10, "bid_qty": 1, "ask": 11, "ask_qty": 2}
        codec = codec_of("KRAKEN")
        assert only(codec, self.frame("ticker", "update", **prices)).event_ns == 0
        part = only(codec, self.frame("ticker", "snapshot", **prices, timestamp=AT))
        assert part.event_ns == 1786309548505350477
        part = only(codec, self.frame("ticker", "update", **prices, timestamp="now"))
        assert part.code == "SYNTAX"

    @pytest.mark.parametrize(
        ("channel", "body"),
        [
            ("book", {"bids": [], "asks": [], "checksum": 5}),
            ("ticker", {"bid": 10, "bid_qty": 1, "ask": 11, "ask_qty": 2}),
        ],
    )
    def test_times_of_one_element_are_not_the_next_ones(self, channel, body):
        rows = [{"symbol": "BTC/USD", "timestamp": AT} | body, {"symbol": "ETH/USD"} | body]
        codec = codec_of("KRAKEN")
        codec.scan((text({"channel": channel, "type": "update", "data": rows}),), 3)
        assert [part.event_ns for part in codec.last_parts()] == [1786309548505350477, 0]

    @pytest.mark.parametrize(
        ("channel", "kind"),
        [("trade", "snapshot"), ("book", "other"), ("ticker", "other"), ("status", "update")],
    )
    def test_what_is_of_no_use_is_left_alone(self, channel, kind):
        assert read(codec_of("KRAKEN"), self.frame(channel, kind)) is None

    def test_a_message_without_elements_says_nothing(self):
        empty = text({"channel": "book", "type": "update", "data": []})
        codec = codec_of("KRAKEN")
        assert read(codec, empty) is None
        codec.scan((SAMPLES["KRAKEN"][0], empty), 3)
        assert codec.part_count == 2 and codec.ended


class TestCoinbase:
    def trades(self, count, **head):
        row = {"product_id": "BTC-USD", "price": "10.5", "size": "2", "time": AT, "side": "BUY"}
        rows = [row | {"trade_id": str(number)} for number in range(count, 0, -1)]
        head = {"channel": "market_trades", "timestamp": AT, "sequence_num": 5} | head
        return text(head | {"events": [{"type": "update", "trades": rows}]})

    @pytest.mark.parametrize("count", range(1, 8))
    def test_trades_stand_from_the_newest_and_are_told_from_the_oldest(self, count):
        codec = codec_of("COINBASE")
        codec.scan((SAMPLES["COINBASE"][2], self.trades(count)), 3)
        parts = [said(part) for part in codec.last_parts()][2:]
        assert [part.final_id for part in parts] == list(range(1, count + 1))
        assert [part.first for part in parts] == list(range(count + 1, 1, -1))

    @pytest.mark.parametrize(
        ("number", "code"), [("x", "SYNTAX"), (-1, "RANGE"), (2**63, "RANGE"), (None, "SYNTAX")]
    )
    @pytest.mark.parametrize("last", [False, True])
    def test_a_message_whose_number_cannot_be_is_refused(self, number, code, last):
        message = json.loads(SAMPLES["COINBASE"][0])
        message.pop("sequence_num")
        numbered = {"sequence_num": number}
        frame = text(message | numbered if last else numbered | message)
        part = only(codec_of("COINBASE"), frame)
        assert (part.code, part.count) == (code, 0)

    def test_a_message_that_is_not_hot_is_counted_too(self):
        codec = codec_of("COINBASE")
        head = {"channel": "heartbeats", "timestamp": AT, "sequence_num": 7}
        assert codec.scan((text(head | {"events": [{"counter": 5}]}),), 3) == 0
        assert codec.sequence == 7

    def test_a_snapshot_of_trades_is_of_the_past(self):
        frame = self.trades(3).replace(b'"update"', b'"snapshot"')
        assert read(codec_of("COINBASE"), frame) is None

    @pytest.mark.parametrize("channel", ["l2_data", "market_trades", "ticker"])
    def test_an_event_of_another_type_is_refused_at_its_type(self, channel):
        number = ["l2_data", "l2_data", "market_trades", "ticker"].index(channel)
        frame = SAMPLES["COINBASE"][number].replace(b'"snapshot"', b'"update"')
        frame = frame.replace(b'"update"', b'"strange"')
        part = only(codec_of("COINBASE"), frame)
        assert (part.code, part.offset) == ("SYNTAX", frame.index(b'"strange"'))


class TestCoinbaseExchange:
    ID = "ac928c66-ca53-498f-9c13-a110027a60e8"
    OPEN = {"type": "open", "product_id": "BTC-USD", "sequence": 6, "side": "buy"}
    OPEN |= {"price": "10", "remaining_size": "1", "time": AT}

    @pytest.mark.parametrize("letter", "gG/:@`-é z")
    @pytest.mark.parametrize("at", [0, 7, 9, 35])
    def test_an_id_is_made_of_digits_and_dashes_in_their_places(self, letter, at):
        name = self.ID[:at] + letter + self.ID[at + 1 :]
        frame = json.dumps(self.OPEN | {"order_id": name}, ensure_ascii=False).encode()
        part = only(codec_of("COINBASE_EXCHANGE"), frame)
        assert (part.code, part.count) == ("SYNTAX", 0)

    @pytest.mark.parametrize("at", [8, 13, 18, 23])
    def test_a_dash_is_not_a_digit(self, at):
        name = self.ID[:at] + "0" + self.ID[at + 1 :]
        part = only(codec_of("COINBASE_EXCHANGE"), text(self.OPEN | {"order_id": name}))
        assert part.code == "SYNTAX"

    @pytest.mark.parametrize("length", [35, 37])
    def test_an_id_has_36_letters(self, length):
        name = (self.ID + "0")[:length]
        part = only(codec_of("COINBASE_EXCHANGE"), text(self.OPEN | {"order_id": name}))
        assert part.code == "SYNTAX"

    def test_small_and_capital_digits_are_the_same(self):
        codec, found = codec_of("COINBASE_EXCHANGE"), set()
        for name in (
            "abcdef00-1234-5678-9abc-def012345678",
            "0" * 8 + "-0000-0000-0000-" + "f" * 12,
        ):
            for text_of in (str.lower, str.upper):
                only(codec, text(self.OPEN | {"order_id": text_of(name)}))
                found.add(records(codec)[0][5])
        half = 0xABCDEF0012345678 ^ 0x9ABCDEF012345678
        assert found == {half, 0x0000FFFFFFFFFFFF}

    @pytest.mark.parametrize("kind", ["match", "ticker"])
    @pytest.mark.parametrize("number", [None, 50])
    def test_a_number_that_is_not_said_is_none(self, kind, number):
        row = {"type": kind, "product_id": "BTC-USD", "time": AT, "trade_id": 3, "side": "buy"}
        row |= {"price": "10", "size": "1", "best_bid": "10", "best_bid_size": "1"}
        row |= {"best_ask": "11", "best_ask_size": "1"}
        part = only(
            codec_of("COINBASE_EXCHANGE"), text(row | ({"sequence": number} if number else {}))
        )
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
    def test_a_change_is_of_an_order_that_rests_if_it_says_price_and_size(
        self, members, count, code
    ):
        row = self.OPEN | {"type": "change", "order_id": self.ID}
        row.pop("price")
        codec = codec_of("COINBASE_EXCHANGE")
        part = only(codec, text(row | members))
        assert (part.count, part.code) == (count, code)
        if count:
            expected = 11 if members.get("new_price") else 10
            assert records(codec)[0][3] == expected * 10**8

    def test_a_side_is_buy_or_sell(self):
        codec = codec_of("COINBASE_EXCHANGE")
        for row in (self.OPEN, {**self.OPEN, "type": "done"}, {**self.OPEN, "type": "match"}):
            row = row | {"order_id": self.ID, "side": "Buy", "trade_id": 5, "size": "1"}
            part = only(codec, text(row))
            assert part.code == "SYNTAX"

    @pytest.mark.parametrize("kind", ["activate", "subscriptions", "last_match", "auction"])
    def test_what_is_of_no_use_is_left_alone(self, kind):
        row = self.OPEN | {"type": kind, "order_id": self.ID}
        assert read(codec_of("COINBASE_EXCHANGE"), text(row)) is None


class TestBitstamp:
    ORDER = {"id": 5, "order_type": 0, "amount_str": "0.80", "price_str": "10.50"}
    ORDER |= {"microtimestamp": "1641343691244908"}
    SOLD = ORDER | {"type": 0}

    def frame(self, channel, event, data):
        return text({"data": data, "channel": channel, "event": event})

    @pytest.mark.parametrize(("side", "code"), [(0, ""), (1, ""), (2, "RANGE"), (3, "RANGE")])
    def test_a_side_is_0_or_1(self, side, code):
        codec = codec_of("BITSTAMP")
        sides = [Side.BID, Side.ASK]
        for frame in (
            self.frame("live_trades_btcusd", "trade", self.SOLD | {"type": side}),
            self.frame("live_orders_btcusd", "order_created", self.ORDER | {"order_type": side}),
        ):
            part = only(codec, frame)
            assert (part.code, part.count) == (code, 0 if code else 1)
            assert code or records(codec)[0][2] == sides[side]
            if code:
                assert frame[part.offset :].startswith(str(side).encode())

    @pytest.mark.parametrize("event", ["order_", "order_moved", "order_created2"])
    def test_another_event_of_an_order_is_refused(self, event):
        frame = self.frame("live_orders_btcusd", event, self.ORDER)
        part = only(codec_of("BITSTAMP"), frame)
        assert (part.code, part.offset) == ("SYNTAX", frame.rindex(b'"order_'))

    @pytest.mark.parametrize(
        "message",
        [
            {"x": 1},
            {"event": "data", "channel": "other_btcusd", "data": {"bids": [], "asks": []}},
            {"event": "other", "channel": "order_book_btcusd", "data": {"bids": [], "asks": []}},
            {"event": "data", "data": {"bids": [], "asks": []}},
            {"channel": "order_book_btcusd", "data": {"bids": [], "asks": []}},
            {"event": "trade", "channel": "live_orders_btcusd", "data": {}},
            {"event": "data", "channel": "live_trades_btcusd", "data": {}},
        ],
    )
    def test_what_is_of_no_use_is_left_alone(self, message):
        assert read(codec_of("BITSTAMP"), text(message)) is None

    def test_a_name_of_nothing_is_of_no_instrument(self):
        frame = self.frame("live_trades_", "trade", self.SOLD)
        assert only(codec_of("BITSTAMP"), frame).row == NO_ROW

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("5", ""),
            (5, ""),
            ("0", ""),
            (2**64 - 1, ""),
            (str(2**64), "RANGE"),
            (2**64 * 10, "RANGE"),
            ("", "SYNTAX"),
            ("5x", "SYNTAX"),
            ("x", "SYNTAX"),
            (-5, "SYNTAX"),
            (None, "SYNTAX"),
            (1.5, "SYNTAX"),
        ],
    )
    def test_the_id_of_an_order_in_a_book_is_a_whole_number_of_64_bits(self, name, code):
        codec = codec_of("BITSTAMP")
        body = text({"microtimestamp": "77", "bids": [["10", "1", name]], "asks": []})
        part = only(codec, body, 5, 0)
        assert (part.code, part.count) == (code, 0 if code else 3)
        if not code:
            row = records(codec)[1]
            assert (row[0], row[5] % 2**64) == (Kind.ORDER_ADD, int(name))


class TestBinance:
    def test_a_stream_names_its_instrument_where_the_data_does_not(self):
        codec = codec_of("BINANCE")
        body = {"lastUpdateId": 7, "bids": [["10", "1"]], "asks": []}
        for stream, row in (
            ("btcusdt@depth20", 0),
            ("ethusdt", 1),
            ("dogeusdt@x", NO_ROW),
            ("@x", NO_ROW),
        ):
            assert only(codec, text({"stream": stream, "data": body})).row == row

    @pytest.mark.parametrize("first", [4, 5, 6])
    def test_an_update_begins_where_it_ends_or_before(self, first):
        row = {"e": "depthUpdate", "E": 1, "s": "BTCUSDT", "U": first, "u": 5, "b": [], "a": []}
        frame = text(row)
        part = only(codec_of("BINANCE"), frame)
        assert part.code == ("RANGE" if first > 5 else "")
        if part.code:
            assert part.offset == frame.index(b'"U":') + 4

    def test_a_top_that_says_when_it_was_so_may_not_say_so_wrongly(self):
        row = {"u": 9, "s": "BTCUSDT", "b": "10", "B": "1", "a": "11", "A": "2"}
        codec = codec_of("BINANCE")
        assert only(codec, text(row | {"E": 5})).event_ns == 5 * 10**6
        assert only(codec, text(row | {"E": "x"})).code == "SYNTAX"
        assert only(codec, text(row | {"e": "bookTicker"})).kind == MessageKind.TOP
        assert read(codec, text(row | {"e": "other"})) is None

    @pytest.mark.parametrize("kind", ["depthUpdate", "trade"])
    def test_levels_of_a_fetched_book_make_no_other_message(self, kind):
        """They were taken at first sight; what the message was comes behind them."""
        body = {"lastUpdateId": 5, "bids": [["1.00", "1"]], "asks": []}
        row = {"e": kind, "E": 1, "s": "BTCUSDT", "U": 5, "u": 6, "b": [], "a": []}
        row |= {"t": 5, "p": "10", "q": "1", "m": True}
        part = only(codec_of("BINANCE"), text(body | row), 0, 1)
        assert (part.code, part.count) == ("SYNTAX", 0)


def test_a_table_without_the_instrument_of_a_book_is_refused():
    codec = Codec(lib.PMM_WIRE_KRAKEN, table(["BTC/USD"], 8, 8), records_max=64)
    parts = parts_of(codec, SAMPLES["KRAKEN"][0])
    assert [part.row for part in parts] == [0, NO_ROW]
