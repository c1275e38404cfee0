"""What processes show of each instrument (csrc/shared/rows.h): risk its positions, each strategy
its quotes. One call shows all of them; a reader sees each as it was at one moment."""

from collections.abc import Mapping
from os import fsencode
from types import MappingProxyType
from typing import Any, NamedTuple

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import Mode, Reason, SegmentKind
from pinnacle.core.errors import check
from pinnacle.core.risk import RiskBook
from pinnacle.core.segment import Closing, Path, SegmentView

#: Nothing to be read now: never shown, or shown anew faster than it can be copied.
_NOT_NOW = (lib.PMM_ERR_NOT_READY, lib.PMM_ERR_STALE)


class Position(NamedTuple):
    """struct pmm_position in its own order, lots and ticks x lots; and orders refused by reason."""

    position: int = 0
    cash: int = 0
    cost: int = 0
    realised: int = 0
    unrealised: int = 0
    fees: int = 0
    bid_price: int = 0
    ask_price: int = 0
    open_bid: int = 0
    open_ask: int = 0
    open_orders: int = 0
    bought: int = 0
    sold: int = 0
    bid_fills: int = 0
    ask_fills: int = 0
    turnover: int = 0
    unknown_fills: int = 0
    refused_reports: int = 0
    beyond: int = 0
    base_dust_e18: int = 0
    quote_dust_e18: int = 0
    refused: Mapping[str, int] = MappingProxyType({})

    @property
    def total(self) -> int:
        """P&L after fees."""
        return self.realised + self.unrealised - self.fees


_AMOUNTS = len(Position._fields) - 1


class Quote(NamedTuple):
    """The best prices that a strategy wants, ticks, 0 where it wants none; and what it was told of
    orders that it does not have."""

    bid_price: int = 0
    ask_price: int = 0
    unknown_reports: int = 0


def create_positions(path: Path, instruments: int, name: str) -> None:
    """Make the segment, with a row for each instrument of the session."""
    _create(path, SegmentKind.POSITIONS, instruments, name)


def create_quotes(path: Path, instruments: int, name: str) -> None:
    """The same of a strategy's quotes."""
    _create(path, SegmentKind.QUOTES, instruments, name)


def _create(path: Path, kind: int, rows: int, name: str) -> None:
    check(lib.pmm_rows_create(fsencode(path), kind, rows, name.encode()), path)


class _Rows(Closing):
    def __init__(self, path: Path, kind: int, mode: int):
        handle = ffi.gc(ffi.new("struct pmm_rows *"), lib.pmm_rows_close)
        check(lib.pmm_rows_open(handle, fsencode(path), kind, mode), path)
        self.path = path
        self.handle: Any = handle
        self.segment = SegmentView(ffi.addressof(handle, "segment"), handle)

    def close(self) -> None:
        """Unmap; what was shown stays for its readers. Safe to call twice."""
        if self.handle is not None:
            lib.pmm_rows_close(self.handle)
            self.handle = None

    @property
    def _open(self) -> Any:
        if self.handle is None:
            raise ValueError("the rows are closed")
        return self.handle


class PositionsWriter(_Rows):
    """The risk process's."""

    def __init__(self, path: Path):
        super().__init__(path, SegmentKind.POSITIONS, Mode.OWN)

    def publish(self, book: RiskBook) -> int:
        """Show every instrument's position; how many have something that people must hear of."""
        return check(lib.pmm_positions_publish(self._open, book.cdata), self.path)


class QuotesWriter(_Rows):
    """A strategy process's."""

    def __init__(self, path: Path):
        super().__init__(path, SegmentKind.QUOTES, Mode.OWN)

    def publish(self, desk: Any) -> None:
        """Show what a struct pmm_desk * wants of its instruments."""
        check(lib.pmm_quotes_publish(self._open, desk), self.path)


class _Reader(_Rows):
    def __init__(self, path: Path, kind: int, ctype: str):
        super().__init__(path, kind, Mode.READ)
        self._shown = ffi.new(f"{ctype} *")
        self._words = memoryview(ffi.buffer(self._shown)).cast("B").cast("q")

    def _read(self, instrument_id: int) -> list[int] | None:
        code = lib.pmm_rows_read(self._open, instrument_id, self._shown, ffi.sizeof(self._shown[0]))
        if code in _NOT_NOW:
            return None
        check(code, f"{self.path}: instrument {instrument_id}")
        return self._words.tolist()


class PositionsReader(_Reader):
    """Anybody's view of what risk shows, alive or dead."""

    def __init__(self, path: Path):
        super().__init__(path, SegmentKind.POSITIONS, "struct pmm_position_shown")

    def read(self, instrument_id: int) -> Position | None:
        """None before the first was shown."""
        words = self._read(instrument_id)
        if words is None:
            return None
        refused = words[_AMOUNTS : _AMOUNTS + lib.PMM_REASONS]
        by_reason = {Reason(i).name.lower(): count for i, count in enumerate(refused) if count}
        return Position._make([*words[:_AMOUNTS], by_reason])


class QuotesReader(_Reader):
    """Anybody's view of what a strategy wants, alive or dead."""

    def __init__(self, path: Path):
        super().__init__(path, SegmentKind.QUOTES, "struct pmm_quote_shown")

    def read(self, instrument_id: int) -> Quote | None:
        """None of an instrument that it does not quote, and before the first was shown."""
        words = self._read(instrument_id)
        return None if words is None else Quote(*words[: len(Quote._fields)])
