"""Captures as one tape: several files on the common clock of their receive times.

No I/O but reading the files, no clock: who plays the tape decides when.
"""

import heapq
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pinnacle.capture.reading import infer_instrument, placed, read_capture
from pinnacle.core.errors import DataError, UsageError
from pinnacle.venues.dialect import Dialect, Entry


class Tape:
    """The captures of several symbols; DataError or UsageError if they cannot be played."""

    def __init__(self, paths: tuple[Path, ...], dialect: Dialect):
        self.dialect = dialect
        self._files: dict[str, Path] = {}
        self.instruments: dict[str, np.ndarray] = {}
        for path in paths:
            instrument = infer_instrument(path, dialect, len(self._files))
            if not any(dialect.begins_book(line.frame) for line in read_capture(path)):
                raise DataError(f"{path}: no depth snapshot in it: no client could make a book")
            symbol = instrument[0]["symbol"].decode()
            if symbol in self._files:
                raise UsageError(f"{path}: {symbol} is already on the tape: {self._files[symbol]}")
            self._files[symbol] = path
            self.instruments[symbol] = instrument

    def play(self) -> Iterator[Entry]:
        """Every entry in the order of receive time."""
        runs = [self._entries(symbol, path) for symbol, path in self._files.items()]
        return heapq.merge(*runs, key=lambda entry: entry.recv_ns)

    def _entries(self, symbol: str, path: Path) -> Iterator[Entry]:
        for line in read_capture(path):
            with placed(path, line):
                parts = self.dialect.parts(line.frame)
            yield Entry(line.recv_ns, symbol, line.frame, parts)
