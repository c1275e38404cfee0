"""Captures of Binance spot, recorded and made: what the scanner reads, the book that it makes."""

import json
import subprocess
import sys
from decimal import Decimal

import pytest

from pinnacle.capture.instruments import infer_instruments
from pinnacle.capture.reading import read_capture
from pinnacle.core._native import lib
from pinnacle.core.schema import Kind, Side
from pinnacle.venues.binance.dialect import BinanceDialect
from pinnacle.venues.binance.stream import RECORDS_MAX
from pinnacle.venues.market.codec import Codec
from tests.beside import CAPTURES, needs_captures
from tests.venues.wire import only

BINANCE = BinanceDialect()


@pytest.fixture(params=["made", pytest.param("recorded", marks=needs_captures)])
def source(request):
    return request.param


@pytest.fixture
def files(source, made_captures):
    return made_captures if source == "made" else CAPTURES


def checked(files):
    """The report of `pinnacle capture check` on both files, by symbol."""
    command = [sys.executable, "-c", "from pinnacle.cli.main import main; main()"]
    command += ["capture", "check", *map(str, files.values()), "--venue", "binance", "--json"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return {file["symbol"]: file for file in json.loads(done.stdout)["files"]}


def test_the_rebuilt_book_has_no_gap_never_crosses_and_equals_book_ticker(files):
    report = checked(files)
    assert set(report) == {"BTCUSDT", "ETHUSDT"}
    for file in report.values():
        assert file["frames"] > 4000 and file["trades"] > 1000 and file["top_compared"] > 50
        assert (file["gaps"], file["crossed"], file["top_different"]) == (0, 0, 0)
        assert (file["venue"], file["checksums"]) == ("binance", {"good": 0, "bad": 0})


@needs_captures
def test_every_frame_of_the_recorded_captures_is_counted():
    report = checked(CAPTURES)
    for symbol, depths, tops, trades, compared in [
        ("BTCUSDT", 3451, 28040, 9757, 564),
        ("ETHUSDT", 3434, 24077, 6106, 577),
    ]:
        file = report[symbol]
        assert (file["frames"], file["trades"]) == (depths + tops + trades + 1, trades)
        assert file["top_compared"] == compared


def test_tick_and_lot_come_from_the_data_itself(files, source):
    # Old orders rest on the recorded book that are finer than the venue's step of that day.
    decimals = {"made": [(2, 5), (2, 4)], "recorded": [(2, 6), (2, 5)]}[source]
    for (symbol, path), expected in zip(files.items(), decimals, strict=True):
        row = infer_instruments(path, BINANCE)[0]
        assert row["symbol"].decode() == symbol
        assert (row["tick_decimals"], row["lot_decimals"]) == expected


def _plain(message: dict, tick: int, lot: int) -> list[tuple]:
    """The records of a message by the standard library: (kind, side, price, quantity, ...)."""

    def units(text: str, decimals: int) -> int:
        scaled = Decimal(text).scaleb(decimals)
        assert scaled == int(scaled)
        return int(scaled)

    def depth(bids: list, asks: list, update_id: int) -> list[tuple]:
        return [
            (Kind.DEPTH, side, units(p, tick), units(q, lot), 0, update_id)
            for side, levels in ((Side.BID, bids), (Side.ASK, asks))
            for p, q in levels
        ]

    if "lastUpdateId" in message:
        update_id = message["lastUpdateId"]
        inside = depth(message["bids"], message["asks"], update_id)
        ends = [(kind, 0, 0, 0, 0, update_id) for kind in (Kind.BOOK_BEGIN, Kind.BOOK_END)]
        return [ends[0], *inside, ends[1]]
    if "e" not in message:
        bid, ask = units(message["b"], tick), units(message["a"], tick)
        return [(Kind.TOP, 0, bid, units(message["B"], lot), ask, units(message["A"], lot))]
    if message["e"] == "trade":
        price, quantity = units(message["p"], tick), units(message["q"], lot)
        side = Side.ASK if message["m"] else Side.BID
        return [(Kind.TRADE, side, price, quantity, message["t"], message["t"])]
    return depth(message["b"], message["a"], message["u"])


@pytest.mark.parametrize("symbol", CAPTURES)
def test_every_frame_scans_to_what_json_and_decimal_make_of_it(files, symbol):
    instrument = infer_instruments(files[symbol], BINANCE)
    codec = Codec(lib.PMM_WIRE_BINANCE, instrument, records_max=RECORDS_MAX)
    tick, lot = (int(instrument[0][name]) for name in ("tick_decimals", "lot_decimals"))
    names = ("kind", "side", "price", "quantity", "order_id", "aux")
    for line in read_capture(files[symbol]):
        part = only(codec, line.frame, line.recv_ns, 0 if BINANCE.book_of(line) is not None else -1)
        records = codec.events.array[: codec.count]
        message = json.loads(line.frame)
        message = message.get("data", message)
        columns = (records[name].tolist() for name in names)
        assert list(zip(*columns, strict=True)) == _plain(message, tick, lot), line.number
        event_ns = message.get("E", 0) * 1_000_000
        assert part.event_ns == event_ns
        assert (records["venue_ns"] == event_ns).all()
        assert (records["recv_ns"] == line.recv_ns).all()
        assert part.first_id == message.get("U", 0)
        assert part.rounded == 0
