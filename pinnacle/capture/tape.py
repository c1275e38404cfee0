"""Captures as one tape: several files on the common clock of their receive times.

No I/O but reading the files, no clock: who plays the tape decides when.
"""

import heapq
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from pinnacle.capture.instruments import infer_instruments
from pinnacle.capture.reading import read_capture
from pinnacle.core.errors import DataError, UsageError
from pinnacle.venues.market.codec import Codec, FrameError
from pinnacle.venues.served.dialect import Dialect, Entry, LineKind, Parts

#: What goes back more often is played as it stands: it may have no order at all.
RUNS_MAX = 16


class Tape:
    """The captures of several symbols; DataError or UsageError if they cannot be played."""

    def __init__(self, paths: tuple[Path, ...], dialect: Dialect):
        self.dialect = dialect
        self._files: dict[Path, list[str]] = {}
        self._codecs: dict[Path, Codec] = {}
        self.instruments: dict[str, np.ndarray] = {}
        #: The first lines of runs whose time does not go back, and the end.
        self._runs: dict[Path, list[int]] = {}
        #: Of each symbol the first frame or reply that is a whole book.
        self.firsts: dict[str, bytes] = {}
        #: Files that do not say when their lines came.
        self.timeless: list[Path] = []
        #: Replies that are no book, by the path that they are to.
        self.replies: dict[str, bytes] = {}
        for path in paths:
            table = infer_instruments(path, dialect)
            symbols = [row["symbol"].decode() for row in table]
            for symbol, row in zip(symbols, table, strict=True):
                if symbol in self.instruments:
                    (other,) = (p for p, names in self._files.items() if symbol in names)
                    raise UsageError(f"{path}: {symbol} is already on the tape: {other}")
                row["instrument_id"] = len(self.instruments)
                self.instruments[symbol] = np.array([row])
            self._files[path] = symbols
            self._codecs[path] = Codec(dialect.messages, table, records_max=dialect.records_max)
            self._look_through(path, symbols)
            if self.firsts.keys().isdisjoint(symbols):
                raise DataError(f"{path}: no depth snapshot in it: no client could make a book")

    def play(self) -> Iterator[Entry]:
        """Every entry in the order of receive time."""
        runs = [
            self._entries(path, symbols, first, end)
            for path, symbols in self._files.items()
            for first, end in pairwise(self._runs[path])
        ]
        return heapq.merge(*runs, key=lambda entry: entry.recv_ns)

    def _is_book(self, path: Path, symbol: str, body: bytes) -> bool:
        """A request may have been refused."""
        codec, symbols = self._codecs[path], self._files[path]
        try:
            codec.scan_snapshot(body, 0, symbols.index(symbol) if symbol in symbols else 0)
        except FrameError:
            return False
        return any(not part.code for part in codec.last_parts())

    def _look_through(self, path: Path, symbols: list[str]) -> None:
        """Find each symbol's first book, and where the file's time goes back: a recorder may write
        one connection behind the other."""
        self._runs[path], last_ns = [0], 0
        for entry in self._entries(path, symbols, 0, sys.maxsize):
            whole = entry.parts.channel is None or self.dialect.begins_book(entry.frame)
            if whole and entry.symbol in symbols:
                self.firsts.setdefault(entry.symbol, entry.frame)
            if entry.recv_ns < last_ns and len(self._runs[path]) < RUNS_MAX:
                self._runs[path].append(entry.number)
            last_ns = entry.recv_ns
        self._runs[path].append(sys.maxsize)
        if not last_ns:
            self.timeless.append(path)

    def _entries(self, path: Path, symbols: list[str], first: int, end: int) -> Iterator[Entry]:
        """Those of the lines from `first` to before `end`."""
        for line in read_capture(path):
            if line.number < first:
                continue
            if line.number >= end:
                return
            recv_ns = line.recv_ns
            symbol = self.dialect.book_of(line)
            if symbol is not None:
                symbol = symbol or (symbols[0] if len(symbols) == 1 else "")
                if line.kind is LineKind.REPLY and not self._is_book(path, symbol, line.frame):
                    continue
                parts = Parts(None, "snapshot", line.frame, symbol)
                yield Entry(recv_ns, symbol, line.frame, parts, line.number)
            elif line.kind is LineKind.REPLY:
                self.replies.setdefault(urlsplit(line.where).path, line.frame)
            elif line.kind is LineKind.FRAME:
                try:
                    frame = self.dialect.reads(line.frame)
                    parts = self.dialect.parts(frame)
                except DataError as error:
                    raise DataError(f"{path}:{line.number}: {error}") from None
                yield Entry(recv_ns, parts.symbol, frame, parts, line.number)
