"""Captures as one tape, and the state of the venue's books at the moment that it has reached.

No I/O but reading the files, no clock: who plays the tape decides when. Several files run on the
common clock of their receive times.
"""

import heapq
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from pinnacle.capture.check import FAR_LEVELS, WINDOW_TICKS
from pinnacle.capture.reading import (
    TEXT_DECIMALS,
    infer_instrument,
    is_snapshot,
    read_capture,
)
from pinnacle.core.book import Book
from pinnacle.core.errors import DataError, UsageError
from pinnacle.core.schema import Side
from pinnacle.venues.binance.stream import MarketStream

_STREAM = re.compile(rb'\{"stream":"([^"@]+@([^"@]+)[^"]*)","data":')


class Entry(NamedTuple):
    """One frame of the tape. `stream` is None for the inline snapshot, else its stream's name;
    `wrapped` is the frame as the combined endpoint sends it, `bare` its data alone."""

    recv_ns: int
    symbol: str
    stream: str | None
    kind: bytes
    wrapped: bytes
    bare: bytes


class VenueBook:
    """The venue's book of one symbol, as the tape has made it so far."""

    def __init__(self, instrument: np.ndarray):
        self._instrument = instrument[0]
        self._book = Book(int(instrument[0]["instrument_id"]), WINDOW_TICKS, FAR_LEVELS)
        self._stream = MarketStream(instrument, self._book.apply)

    @property
    def known(self) -> bool:
        """Whether the tape has come to the inline snapshot."""
        return self._stream.live

    def take(self, entry: Entry) -> None:
        """Follow an entry of the tape; all but depth leaves the book as it is."""
        if entry.stream is None:
            self._stream.snapshot(0, entry.wrapped, entry.recv_ns)
        elif entry.kind == b"depth":
            self._stream.frame(entry.wrapped, entry.recv_ns)

    def reply(self, limit: int) -> bytes:
        """The JSON of GET /api/v3/depth: up to `limit` levels a side, best first."""
        return msgspec.json.encode(
            {
                "lastUpdateId": self._stream.syncs[0].last_id,
                "bids": self._levels(Side.BID, limit),
                "asks": self._levels(Side.ASK, limit),
            }
        )

    def _levels(self, side: int, limit: int) -> list[tuple[str, str]]:
        row, levels = self._instrument, self._book.depth(side, limit)
        prices = _texts(levels["price"], int(row["tick_decimals"]))
        return list(zip(prices, _texts(levels["quantity"], int(row["lot_decimals"])), strict=True))


def _texts(units: np.ndarray, decimals: int) -> list[str]:
    """Units of 10^-decimals as Binance writes them, with eight decimals."""
    one = 10**TEXT_DECIMALS
    scaled = units * 10 ** (TEXT_DECIMALS - decimals)
    return [f"{value // one}.{value % one:08d}" for value in scaled.tolist()]


class Tape:
    """The captures of several symbols; DataError or UsageError if they cannot be played."""

    def __init__(self, paths: tuple[Path, ...]):
        self._files: dict[str, Path] = {}
        self.instruments: dict[str, np.ndarray] = {}
        for path in paths:
            instrument = infer_instrument(path, len(self._files))
            if not any(is_snapshot(line.frame) for line in read_capture(path)):
                raise DataError(f"{path}: no depth snapshot in it: no client could make a book")
            symbol = instrument[0]["symbol"].decode()
            if symbol in self._files:
                raise UsageError(f"{path}: {symbol} is already on the tape: {self._files[symbol]}")
            self._files[symbol] = path
            self.instruments[symbol] = instrument

    def books(self) -> dict[str, VenueBook]:
        """A fresh book a symbol."""
        return {symbol: VenueBook(table) for symbol, table in self.instruments.items()}

    def play(self) -> Iterator[Entry]:
        """Every entry in the order of receive time."""
        runs = [_entries(symbol, path) for symbol, path in self._files.items()]
        return heapq.merge(*runs, key=lambda entry: entry.recv_ns)

    def exchange_info(self, symbols: list[str]) -> list[dict[str, Any]]:
        """The `symbols` of GET /api/v3/exchangeInfo, with the filters that the data bears out."""
        return [_symbol_info(self.instruments[symbol][0]) for symbol in symbols]


def _entries(symbol: str, path: Path) -> Iterator[Entry]:
    for line in read_capture(path):
        if is_snapshot(line.frame):
            yield Entry(line.recv_ns, symbol, None, b"", line.frame, b"")
            continue
        head = _STREAM.match(line.frame)
        if head is None:
            raise DataError(f"{path}:{line.number}: not a frame of a combined stream")
        bare = line.frame[head.end() : -1]
        yield Entry(line.recv_ns, symbol, head[1].decode(), head[2], line.frame, bare)


def _symbol_info(row: np.void) -> dict[str, Any]:
    def step(decimals: int) -> str:
        return _texts(np.array([1]), decimals)[0]

    tick, lot = step(int(row["tick_decimals"])), step(int(row["lot_decimals"]))
    return {
        "symbol": row["symbol"].decode(),
        "status": "TRADING",
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "isSpotTradingAllowed": True,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "0", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "0", "stepSize": lot},
        ],
    }
