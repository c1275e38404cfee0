"""Instruments, and a slow plain decoder of Binance's messages to compare the scanner with."""

import json
from decimal import Decimal

import numpy as np

from pinnacle.core.schema import INSTRUMENT, Kind, Side, Venue


def instruments(**decimals: tuple[int, int]) -> np.ndarray:
    """A table; BTCUSDT=(2, 6) means tick 10^-2 and lot 10^-6. Ids begin at 7."""
    table = np.zeros(len(decimals), INSTRUMENT)
    for row, (symbol, (tick, lot)) in enumerate(decimals.items()):
        table[row]["symbol"] = symbol
        table[row]["tick_mantissa"] = table[row]["lot_mantissa"] = 1
        table[row]["tick_decimals"], table[row]["lot_decimals"] = tick, lot
        table[row]["instrument_id"] = 7 + row
        table[row]["venue_id"] = Venue.BINANCE
    return table


def reference(text: bytes, table: np.ndarray, snapshot_row: int) -> list[tuple]:
    """(kind, instrument id, side, price, quantity, order id, aux, venue_ns) of each record."""
    message = json.loads(text, parse_float=str)
    message = message.get("data", message)
    if "lastUpdateId" in message:
        return _snapshot(message, table[snapshot_row])
    row = next(row for row in table if row["symbol"].decode() == message["s"])
    instrument = int(row["instrument_id"])
    time_ns = message.get("E", 0) * 1_000_000
    if "e" not in message:
        bid, ask = ([_units(message[p], row, "tick"), _units(message[q], row, "lot")] for p, q in
                    (("b", "B"), ("a", "A")))  # fmt: skip
        return [(Kind.TOP, instrument, Side.NONE, *bid, *ask, 0)]
    if message["e"] == "trade":
        price, quantity = _units(message["p"], row, "tick"), _units(message["q"], row, "lot")
        side = Side.ASK if message["m"] else Side.BID
        trade_id = message["t"]
        return [(Kind.TRADE, instrument, side, price, quantity, trade_id, trade_id, time_ns)]
    return [
        (Kind.DEPTH, instrument, side, price, quantity, 0, message["u"], time_ns)
        for side, price, quantity in _levels(message["b"], message["a"], row)
    ]


def _snapshot(message: dict, row: np.void) -> list[tuple]:
    instrument, last = int(row["instrument_id"]), message["lastUpdateId"]
    levels = [
        (Kind.DEPTH, instrument, side, price, quantity, 0, last, 0)
        for side, price, quantity in _levels(message["bids"], message["asks"], row)
    ]
    begin, end = ((kind, instrument, Side.NONE, 0, 0, 0, last, 0) for kind in
                  (Kind.BOOK_BEGIN, Kind.BOOK_END))  # fmt: skip
    return [begin, *levels, end]


def _levels(bids: list, asks: list, row: np.void):
    for side, levels in ((Side.BID, bids), (Side.ASK, asks)):
        for price, quantity in levels:
            yield side, _units(price, row, "tick"), _units(quantity, row, "lot")


def _units(text: str, row: np.void, unit: str) -> int:
    scaled = Decimal(text).scaleb(int(row[f"{unit}_decimals"]))
    assert scaled == int(scaled)
    return int(scaled)
