"""Two real captures of Binance spot: what the scanner reads, and the book that it makes."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from pinnacle.core.schema import Kind, Side
from pinnacle.venues.binance.capture import infer_instrument, is_snapshot, read_capture
from pinnacle.venues.binance.codec import Codec

CAPTURES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "captures"
FILES = {
    "BTCUSDT": CAPTURES / "binance_btcusdt_20240808.gz",
    "ETHUSDT": CAPTURES / "binance_ethusdt_20240808.gz",
}


@pytest.fixture(scope="module")
def report():
    command = [sys.executable, "-c", "from pinnacle.cli.main import main; main()"]
    command += ["capture", "check", *map(str, FILES.values()), "--venue", "binance", "--json"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return {file["symbol"]: file for file in json.loads(done.stdout)["files"]}


@pytest.mark.parametrize(
    ("symbol", "depths", "tops", "trades", "compared"),
    [("BTCUSDT", 3451, 28040, 9757, 564), ("ETHUSDT", 3434, 24077, 6106, 577)],
)
def test_the_rebuilt_book_has_no_gap_never_crosses_and_equals_book_ticker(
    report, symbol, depths, tops, trades, compared
):
    file = report[symbol]
    assert (file["frames"], file["trades"]) == (depths + tops + trades + 1, trades)
    assert (file["gaps"], file["crossed"]) == (0, 0)
    assert (file["top_compared"], file["top_different"]) == (compared, 0)
    assert (file["venue"], file["checksums"]) == ("binance", {"good": 0, "bad": 0})


@pytest.mark.parametrize(("symbol", "decimals"), [("BTCUSDT", (2, 6)), ("ETHUSDT", (2, 5))])
def test_tick_and_lot_come_from_the_data_itself(symbol, decimals):
    row = infer_instrument(FILES[symbol])[0]
    assert row["symbol"].decode() == symbol
    assert (row["tick_decimals"], row["lot_decimals"]) == decimals


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


@pytest.mark.parametrize("symbol", FILES)
def test_every_frame_scans_to_what_json_and_decimal_make_of_it(symbol):
    instrument = infer_instrument(FILES[symbol])
    codec = Codec(instrument)
    tick, lot = (int(instrument[0][name]) for name in ("tick_decimals", "lot_decimals"))
    names = ("kind", "side", "price", "quantity", "order_id", "aux")
    for line in read_capture(FILES[symbol]):
        count = codec.scan(line.frame, line.recv_ns, 0 if is_snapshot(line.frame) else -1)
        records = codec.events.array[:count]
        message = json.loads(line.frame)
        message = message.get("data", message)
        columns = (records[name].tolist() for name in names)
        assert list(zip(*columns, strict=True)) == _plain(message, tick, lot), line.number
        event_ns = message.get("E", 0) * 1_000_000
        assert codec.message.event_ns == event_ns
        assert (records["venue_ns"] == event_ns).all()
        assert (records["recv_ns"] == line.recv_ns).all()
        assert codec.message.first_update_id == message.get("U", 0)
        assert codec.message.rounded == 0
