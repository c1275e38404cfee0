"""Is a capture whole, and do we rebuild the venue's book from it? At full speed, no sockets.

The same codec, synchroniser and C book as a live session. Besides gaps and crossing there is one
judge from outside: bookTicker carries the update id of the book that it shows. Where a depth update
ends at the same id, the rebuilt top must be that very top, price and quantity: see top.py.
"""

import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from pinnacle.capture.reading import infer_instrument, is_snapshot, read_capture
from pinnacle.core._native import ffi, lib
from pinnacle.core.book import Book
from pinnacle.core.errors import DataError
from pinnacle.core.schema import EVENT
from pinnacle.venues.binance.codec import FrameError
from pinnacle.venues.binance.stream import MarketStream, bound
from pinnacle.venues.binance.top import TopWatch
from pinnacle.venues.port import Top

WINDOW_TICKS = 65536
FAR_LEVELS = 8192
# What the venue may be asked for: a side of a snapshot that is just as long has more behind it.
DEPTH_LIMITS = frozenset({5, 10, 20, 50, 100, 500, 1000, 5000})


class Checksums(msgspec.Struct):
    """Binance sends none; the same report serves venues that do."""

    good: int = 0
    bad: int = 0


class FileReport(msgspec.Struct, kw_only=True):
    """What one capture holds; counts but for `seconds`, the time that the check took.

    duplicated: depth updates and trades that were there already; top_unknown: tops that differ
    where the market had left what the snapshot showed, so that nobody can know them.
    """

    file: str
    symbol: str
    venue: str = "binance"
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

    def __init__(self, file: str, instrument: np.ndarray):
        self.report = FileReport(file=file, symbol=instrument[0]["symbol"].decode())
        self.book = Book(int(instrument[0]["instrument_id"]), WINDOW_TICKS, FAR_LEVELS)
        self.stream = MarketStream(instrument, self._take)
        self._watch = TopWatch()
        self._last_trade = 0
        self._trades_twice = 0
        self._known_bid, self._known_ask = -(2**63), 2**63

    def feed(self, recv_ns: int, frame: bytes) -> None:
        """One line; FrameError if its frame is damaged or no market data."""
        self.report.frames += 1
        if is_snapshot(frame):
            self.stream.snapshot(0, frame, recv_ns)
        elif self.stream.frame(frame, recv_ns) == lib.PMM_WIRE_OTHER:
            raise FrameError(f"not a message of the stream: {frame[:60]!r}")
        self.report.gaps = self.stream.gaps
        self.report.duplicated = self._trades_twice + self.stream.dropped

    def _take(self, events: Any, count: int) -> None:
        report = self.report
        report.events += count
        first = events[0]
        kind = first.kind
        if kind == lib.PMM_KIND_TOP:
            shown = (first.price, first.quantity, first.order_id, first.aux)
            self._compare(self._watch.show(self.stream.message.final_id, shown))
            return
        if kind == lib.PMM_KIND_TRADE:
            self._trade(first.order_id)
            return
        self.book.apply(events, count)
        if kind == lib.PMM_KIND_BOOK_BEGIN:
            self._know(events, count)
        if kind != lib.PMM_KIND_BOOK_INVALID:
            report.levels += count - 2 * (kind == lib.PMM_KIND_BOOK_BEGIN)
            self._advance(self.stream.message.final_id)

    def _trade(self, trade_id: int) -> None:
        """The venue numbers a symbol's trades without a hole."""
        report, last = self.report, self._last_trade
        report.trades += 1
        if last and trade_id <= last:
            self._trades_twice += 1
        elif last:
            report.trades_missing += trade_id - last - 1
        self._last_trade = max(last, trade_id)

    def _advance(self, update_id: int) -> None:
        """The book stands at update_id now."""
        top = self.book.top()
        if top.bid_quantity and top.ask_quantity and top.bid_price >= top.ask_price:
            self.report.crossed += 1
        self._compare(self._watch.advance(update_id))

    def _compare(self, shown: Top | None) -> None:
        if shown is None:
            return
        top, report = self.book.top(), self.report
        rebuilt = (top.bid_price, top.bid_quantity, top.ask_price, top.ask_quantity)
        report.top_compared += 1
        if rebuilt != shown:
            bid, _, ask, _ = shown
            beyond = bid < self._known_bid or ask > self._known_ask
            report.top_unknown += beyond
            report.top_different += not beyond

    def _know(self, events: Any, count: int) -> None:
        """How far the snapshot shows each side."""
        records = np.frombuffer(bytes(ffi.buffer(events, count * EVENT.itemsize)), EVENT).copy()
        bound(records, DEPTH_LIMITS)
        begin = records[0]
        if begin["quantity"] & lib.PMM_BOUND_BIDS:
            self._known_bid = int(begin["price"])
        if begin["quantity"] & lib.PMM_BOUND_ASKS:
            self._known_ask = int(begin["order_id"])


def check_capture(path: Path) -> CaptureCheck:
    """Run a whole capture; DataError naming file and line if it is damaged or has no snapshot."""
    begin = time.perf_counter()
    check = CaptureCheck(str(path), infer_instrument(path))
    for line in read_capture(path):
        try:
            check.feed(line.recv_ns, line.frame)
        except FrameError as error:
            raise DataError(f"{path}:{line.number}: {error}") from None
    if not check.stream.snapshots:
        raise DataError(f"{path}: no depth snapshot that its updates join on to")
    check.report.seconds = round(time.perf_counter() - begin, 3)
    return check
