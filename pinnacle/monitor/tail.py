"""The risk process's journal, followed while it is written: the last fills, the resting orders."""

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.errors import NativeError, PinnacleError
from pinnacle.core.instruments import Instrument
from pinnacle.core.journal_reader import JournalReader, scan
from pinnacle.core.schema import Flag, Kind, Side

FILLS_KEPT = 50
#: How many records back to begin when the monitor starts beside a long journal.
LOOK_BACK = 1 << 18
RETRY_NS = 10_000_000_000
_REPORTS = np.zeros(256, bool)
_REPORTS[[Kind.ACK, Kind.REPLACED, Kind.CANCELLED, Kind.FILL, Kind.REJECTED]] = True


class _Report(NamedTuple):
    """The fields of a record that matter here."""

    kind: int
    order_id: int
    instrument_id: int
    side: int
    price: int
    quantity: int
    flags: int
    recv_ns: int


@dataclass
class _Resting:
    instrument_id: int
    side: int
    price: int
    total: int
    filled: int = 0


class RiskTail:
    """Call `read` now and then; it takes in what was written since."""

    def __init__(self, directory: Path, instruments: list[Instrument]):
        self._directory = directory
        self._instruments = instruments
        self._reader: JournalReader | None = None
        self._next = 0
        self._retry_ns = 0
        self._fills: deque[dict[str, Any]] = deque(maxlen=FILLS_KEPT)
        self._resting: dict[int, _Resting] = {}
        #: Why there is nothing to follow, "" while there is.
        self.trouble = ""

    @property
    def fills(self) -> list[dict[str, Any]]:
        """Newest first: record (its index), time_ms, symbol, side, price, quantity, maker."""
        return list(self._fills)

    def resting(self, instrument: Instrument) -> dict[str, list[list[str]]]:
        """Our orders at the venue as {"bids", "asks"} of [price, quantity left], best first."""
        left: dict[int, dict[int, int]] = {Side.BID: {}, Side.ASK: {}}
        for order in self._resting.values():
            if order.instrument_id == instrument.instrument_id:
                levels = left[order.side]
                levels[order.price] = levels.get(order.price, 0) + order.total - order.filled
        price, quantity = instrument.price_text, instrument.quantity_text
        return {
            "bids": [[price(p), quantity(q)] for p, q in sorted(left[Side.BID].items())[::-1]],
            "asks": [[price(p), quantity(q)] for p, q in sorted(left[Side.ASK].items())],
        }

    def read(self) -> None:
        """A journal that cannot be read is told in `trouble`, and tried again later."""
        if self._reader is None and monotonic_ns() < self._retry_ns:
            return
        try:
            if self._reader is None:
                self._reader = JournalReader(
                    self._directory, report=scan(self._directory, end_only=True)
                )
                self._next = max(self._next, len(self._reader) - LOOK_BACK)
            self._reader.refresh()
            for chunk in self._reader.chunks(self._next):
                self._take(chunk)
                self._next += len(chunk)
            self.trouble = ""
        except (PinnacleError, OSError) as error:
            self._reader = None
            missing = isinstance(error, NativeError) and error.code == lib.PMM_ERR_NOT_FOUND
            self.trouble = "no journal yet" if missing else str(error)
            # Opening looks at every file: a damaged journal not four times a second.
            self._retry_ns = monotonic_ns() + (0 if missing else RETRY_NS)

    def _take(self, chunk: np.ndarray) -> None:
        # What the gateway reported; risk's own copy for the strategy is marked DECISION.
        reported = ((chunk["flags"] & Flag.DECISION) == 0) & _REPORTS[chunk["kind"]]
        known = chunk["instrument_id"] < len(self._instruments)
        rows = np.flatnonzero(reported & known)
        columns = [chunk[name][rows].tolist() for name in _Report._fields]
        for at, fields in zip(rows.tolist(), zip(*columns, strict=True), strict=True):
            self._report(self._next + at, _Report._make(fields))

    def _report(self, index: int, row: _Report) -> None:
        order = self._resting.get(row.order_id)
        if row.kind == Kind.ACK:
            self._resting[row.order_id] = _Resting(
                row.instrument_id, row.side, row.price, row.quantity
            )
        elif row.kind == Kind.REPLACED and order is not None:
            order.price, order.total = row.price, row.quantity
        elif row.kind == Kind.FILL:
            self._fill(index, row)
            if order is not None:
                order.filled += row.quantity
        elif row.kind in (Kind.CANCELLED, Kind.REJECTED):
            self._resting.pop(row.order_id, None)
        if order is not None and order.filled >= order.total:
            self._resting.pop(row.order_id, None)

    def _fill(self, index: int, row: _Report) -> None:
        instrument = self._instruments[row.instrument_id]
        self._fills.appendleft(
            {
                "record": index,
                "time_ms": row.recv_ns // 1_000_000,
                "symbol": instrument.label,
                "side": "bid" if row.side == Side.BID else "ask",
                "price": instrument.price_text(row.price),
                "quantity": instrument.quantity_text(row.quantity),
                "maker": bool(row.flags & Flag.MAKER),
            }
        )
