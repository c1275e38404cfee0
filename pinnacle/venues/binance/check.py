"""Is a capture whole, and do we rebuild the venue's book from it? At full speed, no sockets.

The same codec, synchroniser and C book as a live session. Besides gaps and crossing there is one
judge from outside: bookTicker carries the update id `u` of the book that it shows. Where a depth
update ends at the same id, the rebuilt top must be that very top, price and quantity. Binance
sends a bookTicker before the depth update (every 100 ms) that contains it, so recent ones wait in
`_pending` until the book has passed their id.
"""

import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.book import Book
from pinnacle.core.errors import DataError
from pinnacle.venues.binance.capture import infer_instrument, is_snapshot, read_capture
from pinnacle.venues.binance.codec import FrameError
from pinnacle.venues.binance.stream import MarketStream

WINDOW_TICKS = 65536
FAR_LEVELS = 8192


class Checksums(msgspec.Struct):
    """Binance sends none; the same report serves venues that do."""

    good: int = 0
    bad: int = 0


class FileReport(msgspec.Struct, kw_only=True):
    """What one capture holds; counts but for `seconds`, the time that the check took."""

    file: str
    symbol: str
    venue: str = "binance"
    frames: int = 0
    events: int = 0
    gaps: int = 0
    crossed: int = 0
    trades: int = 0
    levels: int = 0
    top_compared: int = 0
    top_different: int = 0
    checksums: Checksums = msgspec.field(default_factory=Checksums)
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Nothing missing, nothing impossible, nothing different."""
        return not (self.gaps or self.crossed or self.top_different or self.checksums.bad)


class CaptureCheck:
    """One capture, one instrument: `feed` its lines; `book` and `report` are what came of them."""

    def __init__(self, file: str, instrument: np.ndarray):
        self.report = FileReport(file=file, symbol=instrument[0]["symbol"].decode())
        self.book = Book(int(instrument[0]["instrument_id"]), WINDOW_TICKS, FAR_LEVELS)
        self.stream = MarketStream(instrument, self._take)
        self._pending: dict[int, tuple[int, int, int, int]] = {}
        self._last_id = 0

    def feed(self, recv_ns: int, frame: bytes) -> None:
        """One line; FrameError if its frame is damaged or no market data."""
        self.report.frames += 1
        if is_snapshot(frame):
            self.stream.snapshot(0, frame, recv_ns)
        elif self.stream.frame(frame, recv_ns) == lib.PMM_BINANCE_OTHER:
            raise FrameError(f"not a message of the stream: {frame[:60]!r}")
        self.report.gaps = self.stream.gaps

    def _take(self, events: Any, count: int) -> None:
        report = self.report
        report.events += count
        first = events[0]
        kind = first.kind
        if kind == lib.PMM_KIND_TOP:
            shown = (first.price, first.quantity, first.order_id, first.aux)
            self._show(self.stream.message.final_update_id, shown)
            return
        if kind == lib.PMM_KIND_TRADE:
            report.trades += 1
            return
        self.book.apply(events, count)
        if kind != lib.PMM_KIND_BOOK_INVALID:
            report.levels += count - 2 * (kind == lib.PMM_KIND_BOOK_BEGIN)
            self._advance(self.stream.message.final_update_id)

    def _show(self, update_id: int, shown: tuple[int, int, int, int]) -> None:
        if update_id == self._last_id:
            self._compare(shown)
        elif update_id > self._last_id:
            self._pending[update_id] = shown

    def _advance(self, update_id: int) -> None:
        """The book stands at update_id now."""
        self._last_id = update_id
        top = self.book.top()
        if top.bid_quantity and top.ask_quantity and top.bid_price >= top.ask_price:
            self.report.crossed += 1
        shown = self._pending.get(update_id)
        if shown is not None:
            self._compare(shown)
        self._pending = {key: top for key, top in self._pending.items() if key > update_id}

    def _compare(self, shown: tuple[int, int, int, int]) -> None:
        top = self.book.top()
        rebuilt = (top.bid_price, top.bid_quantity, top.ask_price, top.ask_quantity)
        self.report.top_compared += 1
        self.report.top_different += rebuilt != shown


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
