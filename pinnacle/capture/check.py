"""Is a capture whole, and do we rebuild the venue's book from it? At full speed, no sockets.

The same codec, synchroniser and C book as a live session. Besides gaps and crossing there is one
judge from outside: the best prices that the venue itself shows must be those of the rebuilt book,
wherever its dialect can tell that both are of one moment.
"""

import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from pinnacle.capture.reading import infer_instrument, placed, read_capture
from pinnacle.core.book import FAR_CAPACITY, WINDOW, Book
from pinnacle.core.errors import DataError
from pinnacle.core.schema import Kind
from pinnacle.venues.dialect import Dialect
from pinnacle.venues.port import Top


class Checksums(msgspec.Struct):
    """Of venues that send some."""

    good: int = 0
    bad: int = 0


class FileReport(msgspec.Struct, kw_only=True):
    """What one capture holds; counts but for `seconds`, the time that the check took.

    duplicated: depth updates and trades that were there already; top_unknown: tops that differ
    where the market had left what the snapshot showed, so that nobody can know them.
    """

    file: str
    symbol: str
    venue: str
    frames: int = 0
    events: int = 0
    gaps: int = 0
    crossed: int = 0
    trades: int = 0
    trades_missing: int = 0
    duplicated: int = 0
    levels: int = 0
    top_compared: int = 0
    top_different: int = 0
    top_unknown: int = 0
    checksums: Checksums = msgspec.field(default_factory=Checksums)
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Nothing missing, nothing twice, nothing impossible, nothing different."""
        missing = self.gaps or self.trades_missing or self.duplicated
        return not (missing or self.crossed or self.top_different or self.checksums.bad)


class CaptureCheck:
    """One capture, one instrument: `feed` its lines; `book` and `report` are what came of them."""

    def __init__(self, file: str, instruments: np.ndarray, dialect: Dialect):
        symbol = instruments[0]["symbol"].decode()
        self.report = FileReport(file=file, symbol=symbol, venue=dialect.venue)
        self.instruments = instruments
        self.book = Book(int(instruments[0]["instrument_id"]), WINDOW, FAR_CAPACITY)
        self._numbered = dialect.trades_numbered
        self._follower = dialect.follower(instruments, self._take, self._compare)
        self._last_trade = 0
        self._trades_twice = 0

    @property
    def snapshots(self) -> int:
        """How many the book began with."""
        return self._follower.snapshots

    def feed(self, recv_ns: int, frame: bytes) -> None:
        """Take one line; DataError if it is no message of the venue's."""
        self.report.frames += 1
        self._follower.take(frame, recv_ns)
        self.report.gaps = self._follower.gaps
        self.report.duplicated = self._trades_twice + self._follower.dropped

    def _take(self, events: Any, count: int) -> None:
        report, kind = self.report, events[0].kind
        report.events += count
        if kind == Kind.TRADE:
            for i in range(count):
                self._trade(events[i].order_id)
        elif kind != Kind.TOP:
            self.book.apply(events, count)
            if kind != Kind.BOOK_INVALID:
                report.levels += count - 2 * (kind == Kind.BOOK_BEGIN)
                top = self.book.top()
                both = top.bid_quantity and top.ask_quantity
                report.crossed += bool(both and top.bid_price >= top.ask_price)

    def _trade(self, trade_id: int) -> None:
        report, last = self.report, self._last_trade
        report.trades += 1
        if not self._numbered:
            return
        if last and trade_id <= last:
            self._trades_twice += 1
        elif last:
            report.trades_missing += trade_id - last - 1
        self._last_trade = max(last, trade_id)

    def _compare(self, shown: Top, beyond: bool) -> None:
        top, report = self.book.top(), self.report
        report.top_compared += 1
        if (top.bid_price, top.bid_quantity, top.ask_price, top.ask_quantity) != shown:
            report.top_unknown += beyond
            report.top_different += not beyond


def check_capture(path: Path, dialect: Dialect) -> CaptureCheck:
    """Run a whole capture; DataError naming file and line if it is damaged or has no snapshot."""
    begin = time.perf_counter()
    check = CaptureCheck(str(path), infer_instrument(path, dialect), dialect)
    for line in read_capture(path):
        with placed(path, line):
            check.feed(line.recv_ns, line.frame)
    if not check.snapshots:
        raise DataError(f"{path}: no depth snapshot that its updates join on to")
    check.report.seconds = round(time.perf_counter() - begin, 3)
    return check
