"""What a recording is of: its venue, its symbols, and the steps of their prices and quantities."""

from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path

import numpy as np

from pinnacle.capture.reading import Recording, read_capture
from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import DataError
from pinnacle.core.schema import INSTRUMENT, STEPS
from pinnacle.venues import registry
from pinnacle.venues.market.codec import NO_ROW, Codec, FrameError, excerpt
from pinnacle.venues.served.dialect import Dialect, Line, LineKind

SYMBOL_BYTES_MAX: int = lib.PMM_SYMBOL_BYTES - 1
#: Of one recording.
SYMBOLS_MAX = 1024
#: Of a row that none has yet: no text of JSON holds a bare quotation mark.
_NO_SYMBOL = b'"'
#: A venue is known by now, or by no line.
_LINES_TO_GUESS = 1000


def known_dialects() -> list[Dialect]:
    """In the order in which they are asked whose a line is."""
    return [registry.find(name).dialect() for name in registry.VENUES]


def guess_dialect(path: Path) -> Dialect:
    """Of the first of the venues that a line of the recording can only be of; DataError if none."""
    dialects = known_dialects()
    for line in islice(read_capture(path), _LINES_TO_GUESS):
        # What was said to a venue is much the same for several of them.
        said = line.kind is LineKind.SENT
        for dialect in dialects:
            if not said and dialect.claims(line):
                return dialect
    names = ", ".join(dialect.venue for dialect in dialects)
    raise DataError(f"{path}: a frame of none of {names}: say with --venue whose they are")


def infer_instruments(path: Path, dialect: Dialect) -> np.ndarray:
    """Those of the recording in a file, as below."""
    return instruments_in(Recording(path), dialect)


def instruments_in(recording: Recording, dialect: Dialect) -> np.ndarray:
    """The table (dtype INSTRUMENT) of a recording, by the venue's own symbols in their order.

    Tick and lot are the coarsest decimal ones that every price and quantity in it is a whole
    number of: exact where the venue's own step is not, as old orders may rest with quantities
    finer than the step of today. DataError if the recording has no frame of any instrument.
    """
    rows = _Rows(dialect)
    recording.several(dialect, rows.take_many, rows.take)
    return rows.table(recording.path)


def _valid(symbol: str) -> str:
    if not symbol or not symbol.isprintable() or any(c.isspace() for c in symbol):
        raise DataError(f"not a symbol: {symbol!r}")
    if len(symbol.encode()) > SYMBOL_BYTES_MAX:
        raise DataError(f"not a symbol: {symbol[:40]!r} has more than {SYMBOL_BYTES_MAX} bytes")
    return symbol


class _Rows:
    """The symbols so far, and a codec with rows for them and for more to come.

    Its last row is of books that do not say whose they are, which the last of the steps are of.
    """

    def __init__(self, dialect: Dialect):
        self._dialect = dialect
        self._symbols: dict[str, int] = {}
        self._steps = np.zeros(SYMBOLS_MAX + 1, STEPS)
        self._cdata = ffi.from_buffer("struct pmm_steps[]", self._steps)
        self._lots = np.full(SYMBOLS_MAX + 1, dialect.decimals[1], np.int64)
        self._codec = self._of(2)

    def take_many(self, lines: list[Line], frames: list[bytes]) -> int:
        """How many there are ahead of the first that is odd. Some steps of those behind may be in:
        no step is changed by coming twice."""
        try:
            taken = self._codec.scan(frames, 1)
            if self._plain() < self._codec.part_count and self._unknown():
                parts = self._codec.last_parts()
                unknown = [frames[p.frame] for p in parts if p.row == NO_ROW and not p.code]
                for frame in unknown:
                    self._rows_of(frame)
                taken = self._codec.scan(frames, 1)
        except DataError:
            return 0
        self._add()
        plain = self._plain()
        return taken if plain == self._codec.part_count else self._codec.parts[plain].frame

    def _plain(self) -> int:
        return int(lib.pmm_wire_plain(self._codec.wire))

    def _rows_of(self, frame: bytes) -> None:
        for symbol in self._dialect.symbols(frame):
            self._row(symbol)

    def take(self, line: Line) -> None:
        dialect = self._dialect
        if line.kind is LineKind.FRAME:
            frame = dialect.reads(line.frame)
            symbol = dialect.book_of(line)
            if symbol is None:
                self._scan(frame, line.recv_ns)
            else:
                self._book(frame, symbol, line.recv_ns)
        elif line.kind is LineKind.REPLY:
            symbol = dialect.book_of(line)
            # A request that was refused is answered with anything.
            with suppress(FrameError):
                if symbol is not None:
                    self._book(line.frame, symbol, line.recv_ns)

    def _scan(self, frame: bytes, recv_ns: int) -> None:
        self._codec.scan((frame,), recv_ns)
        if self._unknown():
            self._rows_of(frame)
            self._codec.scan((frame,), recv_ns)
            if self._unknown():
                raise FrameError(f"of a symbol that cannot be read: {excerpt(frame)}")
        for row in self._odd():
            self._fit(row, lambda: self._codec.scan((frame,), recv_ns))
        self._add()

    def _unknown(self) -> bool:
        """Whether the last scan has a whole part of a symbol that has no row."""
        return any(part.row == NO_ROW and not part.code for part in self._codec.last_parts())

    def _odd(self) -> set[int]:
        """Rows of which the last scan has a number that does not fit."""
        parts = self._codec.last_parts()
        return {part.row for part in parts if part.code == lib.PMM_ERR_RANGE} - {NO_ROW}

    def _book(self, body: bytes, symbol: str, recv_ns: int) -> None:
        row = self._row(symbol) if symbol else len(self._codec.instruments) - 1
        with suppress(FrameError):
            self._codec.scan_snapshot(body, recv_ns, row)
            if row not in self._odd():
                self._add()
                return
        self._fit(row, lambda: self._codec.scan_snapshot(body, recv_ns, row))
        self._add()

    def _fit(self, row: int, scan: Callable[[], object]) -> None:
        """Quantities of nearly worthless coins may overflow the finest unit, as one of the last
        scan has: such a row gets a coarser one. FrameError if none helps."""
        table = self._codec.instruments
        finest = int(table["lot_decimals"][row])
        for decimals in range(finest - 4, -1, -4):
            table["lot_decimals"][row] = decimals
            with suppress(FrameError):
                scan()
                if row not in self._odd():
                    self._coarsen(int(table["instrument_id"][row]), decimals)
                    return
        table["lot_decimals"][row] = finest
        scan()

    def _add(self) -> None:
        codec = self._codec
        lib.pmm_steps_take(self._cdata, len(self._steps), codec.events.cdata, codec.count)

    def _coarsen(self, at: int, decimals: int) -> None:
        step = int(self._steps["quantity"][at])
        coarse, rest = divmod(step, 10 ** (int(self._lots[at]) - decimals))
        self._steps["quantity"][at] = 1 if rest else coarse
        self._lots[at] = decimals

    def _row(self, symbol: str) -> int:
        row = self._symbols.get(symbol)
        if row is None:
            row = len(self._symbols)
            if row == SYMBOLS_MAX:
                raise DataError(f"more than {SYMBOLS_MAX} symbols")
            self._symbols[_valid(symbol)] = row
            if row + 1 == len(self._codec.instruments):
                self._codec = self._of(min(2 * row + 2, SYMBOLS_MAX + 1))
            self._codec.instruments["symbol"][row] = symbol.encode()
        return row

    def _of(self, rows: int) -> Codec:
        table = self._raw(rows)
        table["instrument_id"][-1] = SYMBOLS_MAX
        table["lot_decimals"][-1] = self._lots[-1]
        return Codec(self._dialect.messages, table, records_max=self._dialect.records_max)

    def _raw(self, rows: int) -> np.ndarray:
        """In the finest units that the venue writes, or that its quantities fit into."""
        table = np.zeros(rows, INSTRUMENT)
        table["symbol"] = _NO_SYMBOL
        table["symbol"][: len(self._symbols)] = [symbol.encode() for symbol in self._symbols]
        table["instrument_id"] = range(rows)
        table["venue_id"] = self._dialect.venue_id
        table["tick_mantissa"] = table["lot_mantissa"] = table["quantity_min"] = 1
        table["tick_decimals"] = self._dialect.decimals[0]
        table["lot_decimals"] = self._lots[:rows]
        return table

    def table(self, path: Path) -> np.ndarray:
        if not self._symbols:
            raise DataError(f"{path}: no frame in it is of a market of {self._dialect.venue}")
        steps, count = self._steps, len(self._symbols)
        if count == 1:
            most = min(self._lots[0], self._lots[-1])
            for at in (0, SYMBOLS_MAX):
                self._coarsen(at, most)
            for name in ("price", "quantity"):
                steps[name][0] = np.gcd(steps[name][0], steps[name][-1])
        table = self._raw(count)
        for name, decimals in (("price", "tick_decimals"), ("quantity", "lot_decimals")):
            units = zip(steps[name][:count].tolist(), table[decimals].tolist(), strict=True)
            table[decimals] = [_decimals(step, most) for step, most in units]
        return table


def _decimals(step: int, most: int) -> int:
    """Digits after the point of the coarsest power of ten that divides step x 10^-most."""
    decimals = most
    while decimals > 0 and step and step % 10 ** (most - decimals + 1) == 0:
        decimals -= 1
    return decimals
