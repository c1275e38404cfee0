"""The last fills of a session, followed in the risk process's journal while it is written."""

from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.errors import NativeError, PinnacleError
from pinnacle.core.instruments import Instrument
from pinnacle.core.journal import JournalReader
from pinnacle.core.schema import Flag, Kind, Side

FILLS_KEPT = 50
#: How far back to look for fills when the monitor starts beside a long journal.
LOOK_BACK = 1 << 20
RETRY_NS = 10_000_000_000


class FillTail:
    """Call `read` now and then; `last` has the fills, newest first, ready for JSON."""

    def __init__(self, directory: Path, instruments: list[Instrument]):
        self._directory = directory
        self._instruments = instruments
        self._reader: JournalReader | None = None
        self._next = 0
        self._retry_ns = 0
        self._kept: deque[dict[str, Any]] = deque(maxlen=FILLS_KEPT)
        #: Why there is nothing to follow, "" while there is.
        self.trouble = ""

    @property
    def last(self) -> list[dict[str, Any]]:
        """Newest first: record (its index), time_ms, symbol, side, price, quantity, maker."""
        return list(self._kept)

    def read(self) -> None:
        """Take in what was written since. A journal that cannot be read is told in `trouble`."""
        if self._reader is None and monotonic_ns() < self._retry_ns:
            return
        try:
            if self._reader is None:
                self._reader = JournalReader(self._directory)
                self._next = max(0, len(self._reader) - LOOK_BACK)
            self._reader.refresh()
            for chunk in self._reader.chunks(self._next):
                self._take(chunk)
                self._next += len(chunk)
            self.trouble = ""
        except PinnacleError as error:
            self._reader = None
            missing = isinstance(error, NativeError) and error.code == lib.PMM_ERR_NOT_FOUND
            self.trouble = "no journal yet" if missing else str(error)
            # Opening reads a journal through: a damaged one not four times a second.
            self._retry_ns = monotonic_ns() + (0 if missing else RETRY_NS)

    def _take(self, chunk: np.ndarray) -> None:
        # What the gateway reported; risk's own copy for the strategy is marked DECISION.
        inputs = (chunk["flags"] & Flag.DECISION) == 0
        for at in np.flatnonzero(inputs & (chunk["kind"] == Kind.FILL)):
            self._add(int(at), chunk[at])

    def _add(self, at: int, row: np.void) -> None:
        if row["instrument_id"] >= len(self._instruments):
            return
        instrument = self._instruments[row["instrument_id"]]
        self._kept.appendleft(
            {
                "record": self._next + at,
                "time_ms": int(row["recv_ns"]) // 1_000_000,
                "symbol": instrument.symbol,
                "side": "bid" if row["side"] == Side.BID else "ask",
                "price": instrument.price_text(int(row["price"])),
                "quantity": instrument.quantity_text(int(row["quantity"])),
                "maker": bool(row["flags"] & Flag.MAKER),
            }
        )
