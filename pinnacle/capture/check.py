"""Is a capture whole, and do we rebuild the venue's books from it? At full speed, no sockets.

The same codec, stream and C book as a live session. Besides gaps and crossing there are judges from
outside: the venue's own sequence numbers and checksums, and the best prices that the venue itself
shows, wherever its dialect can tell that they and the rebuilt book are of one moment.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from pinnacle.capture.instruments import guess_dialect, instruments_in, known_dialects
from pinnacle.capture.reading import Recording
from pinnacle.core.book import FAR_CAPACITY, WINDOW, Book
from pinnacle.core.schema import Kind
from pinnacle.venues.codec import NO_SEQUENCE, FrameError, MessageKind
from pinnacle.venues.dialect import Dialect, Line, LineKind
from pinnacle.venues.port import Top
from pinnacle.venues.stream import FetchedStream
from pinnacle.venues.tallies import Tally

#: The counts of what is not whole, in words.
FAULTS = {
    "gaps": "gaps",
    "trades_missing": "trades missing",
    "duplicated": "updates or trades there twice",
    "unordered": "updates out of their order",
    "odd": "messages that cannot be",
    "crossed": "updates that crossed the book",
    "top_different": "best prices that are not the venue's",
    "checksums_bad": "checksums not of the rebuilt book",
}
#: And of what is worth knowing.
NOTED = FAULTS | {"rounded": "quantities finer than the lot, rounded down"}
_NO_BOOK = "no depth snapshot that its updates join on to"


class Checksums(msgspec.Struct):
    """Of venues that send some."""

    good: int = 0
    bad: int = 0


class FileReport(msgspec.Struct, kw_only=True):
    """What one capture holds of one symbol; counts but for `seconds`, of the whole capture's check.

    frames: those that concern the symbol; joined_late: depth updates of before its book began;
    duplicated: depth updates and trades that were there already; unordered: depth updates without a
    number or checksum from before the last one; odd: what cannot be, and was left out; rounded:
    quantities finer than any lot that can be inferred; foreign: lines of other venues, in the whole
    capture; top_unknown: tops that differ where the market had left what the snapshot showed, so
    that nobody can know them.
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
    joined_late: int = 0
    duplicated: int = 0
    unordered: int = 0
    odd: int = 0
    rounded: int = 0
    foreign: int = 0
    levels: int = 0
    snapshots: int = 0
    top_compared: int = 0
    top_different: int = 0
    top_unknown: int = 0
    checksums: Checksums = msgspec.field(default_factory=Checksums)
    seconds: float = 0.0

    @property
    def checksums_bad(self) -> int:
        return self.checksums.bad

    @property
    def good(self) -> bool:
        """A book there was, nothing missing, nothing twice, impossible, or different."""
        faults = self.foreign or any(getattr(self, name) for name in FAULTS)
        return bool(self.snapshots) and not faults


class _Seen(NamedTuple):
    """Where something was first: the line, and what was said of it there."""

    line: int
    words: str


class _Symbol:
    """What the lines of one symbol must keep to, besides what its stream and its book judge."""

    def __init__(self, report: FileReport, tally: Tally, trades_numbered: bool):
        self._report = report
        self._tally = tally
        self._trades_numbered = trades_numbered
        self._trade_id = self._twice = self._event_ns = 0
        self._line: Line | None = None

    def trade(self, trade_id: int) -> None:
        report, last = self._report, self._trade_id
        report.trades += 1
        if self._trades_numbered and last and trade_id > last:
            report.trades_missing += trade_id - last - 1
        if last and (trade_id == last or (trade_id < last and self._trades_numbered)):
            self._twice += 1
        self._trade_id = max(last, trade_id)

    def change(self, part: Any, line: Line) -> None:
        """A depth update or snapshot that the stream let pass: nothing but its time may tell that
        it was there already, or is older than the last one."""
        last, last_ns, event_ns = self._line, self._event_ns, part.event_ns
        self._line, self._event_ns = line, event_ns
        if last is None or last.number == line.number or part.final_id:
            return
        by_event = event_ns and last_ns and event_ns != last_ns
        now, before = (event_ns, last_ns) if by_event else (line.recv_ns, last.recv_ns)
        told = part.checked or part.sequence != NO_SEQUENCE
        if (event_ns or now) and now == before and line.frame == last.frame:
            self._twice += 1
        elif now and now < before and (part.kind == MessageKind.SNAPSHOT or not told):
            self._report.unordered += 1

    def faults(self) -> int:
        """How many there are so far: what is asked of each line, so that `count` need not be."""
        report, tally = self._report, self._tally
        of_stream = tally.gaps + tally.dropped + tally.odd + tally.bad + tally.rounded
        of_market = report.trades_missing + report.unordered + report.crossed
        return of_stream + of_market + report.top_different + self._twice

    def count(self) -> FileReport:
        """The report, with what the stream has counted."""
        report, tally = self._report, self._tally
        report.gaps = tally.gaps
        report.snapshots = tally.snapshots
        report.joined_late = tally.early
        report.duplicated = tally.dropped + self._twice
        report.odd = tally.odd
        report.rounded = tally.rounded
        report.checksums.good, report.checksums.bad = tally.good, tally.bad
        return report


class CaptureCheck:
    """One capture: `feed` its lines; `books` and `reports` are what came of them, a row each."""

    def __init__(self, file: str, instruments: np.ndarray, dialect: Dialect):
        self.instruments = instruments
        symbols = [row["symbol"].decode() for row in instruments]
        self.reports = [
            FileReport(file=file, symbol=symbol, venue=dialect.venue) for symbol in symbols
        ]
        self.books = [Book(int(row["instrument_id"]), WINDOW, FAR_CAPACITY) for row in instruments]
        self.recv_ns = 0
        self._file = file
        self._dialect = dialect
        self._others = [other for other in known_dialects() if other.venue != dialect.venue]
        self._rows = {symbol: row for row, symbol in enumerate(symbols)}
        self._line = Line(0, 0, b"")
        self._foreign = 0
        #: What the stream says of this line.
        self._told: dict[str, str] = {}
        self._remarks: dict[str, _Seen] = {}
        self._faults: dict[tuple[int, str], _Seen] = {}
        self._faults_of = [0] * len(symbols)
        self.stream = dialect.stream(instruments, self._take, self._told.setdefault, self._top)
        self.stream.watch = self._watch
        self._symbols = [
            _Symbol(report, tally, dialect.trades_numbered)
            for report, tally in zip(self.reports, self.stream.tallies, strict=True)
        ]

    @property
    def words(self) -> Iterator[str]:
        """What is wrong, and what is worth knowing: each with the file and where it was first."""
        for about, (line, words) in self._remarks.items():
            yield f"{self._file}:{line}: {about}: {words}"
        for (row, name), (line, words) in self._faults.items():
            report, what = self.reports[row], NOTED[name]
            first = f"the first here{words and ': '}{words}"
            where = f"{self._file}:{line}: {report.symbol}"
            yield f"{where}: {what}: {getattr(report, name)}, {first}"
        for report in self.reports:
            if not report.snapshots:
                yield f"{self._file}: {report.symbol}: {_NO_BOOK}"

    def feed(self, line: Line) -> None:
        """Take one line; DataError if it is no message of the venue's."""
        self.recv_ns = max(self.recv_ns, line.recv_ns)
        self._line = line
        rows: set[int] = set()
        if line.kind is LineKind.CONNECTED:
            if not self._is_foreign(line):
                self.stream.begin()
        elif line.kind in (LineKind.FRAME, LineKind.REPLY):
            rows = self._message(line)
        self._note(rows)

    def finish(self, seconds: float) -> None:
        """The reports are whole from here."""
        self._note(set(self._rows.values()))
        for report, symbol in zip(self.reports, self._symbols, strict=True):
            symbol.count()
            report.foreign = self._foreign
            report.seconds = round(seconds, 3)

    def _message(self, line: Line) -> set[int]:
        """Take a frame or a reply; the rows that it concerns."""
        symbol = self._dialect.book_of(line)
        if symbol is not None:
            self._snapshot(symbol, line)
        elif line.kind is LineKind.REPLY:
            return set()
        elif self.stream.take((self._dialect.reads(line.frame),), self.recv_ns):
            self._is_foreign(line)
        # A recording of one symbol is of that in all that it holds.
        codec = self.stream.codec
        rows = {0} if len(self.reports) == 1 else codec.last_rows()
        for row in rows:
            self.reports[row].frames += 1
        return rows

    def _snapshot(self, symbol: str, line: Line) -> None:
        row = self._rows.get(symbol) if symbol or len(self._rows) > 1 else 0
        if row is None or not isinstance(self.stream, FetchedStream):
            self._remark("a snapshot", "it does not say of which of the symbols it is")
            return
        try:
            self.stream.snapshot(row, line.frame, self.recv_ns)
        except FrameError as error:
            if line.kind is not LineKind.REPLY:
                raise
            self._remark(self.reports[row].symbol, f"a request was refused: {error}")

    def _is_foreign(self, line: Line) -> bool:
        """Whether a line that says nothing of this market is of another venue."""
        if self._dialect.claims(line):
            return False
        venue = next((d.venue for d in self._others if d.claims(line)), None)
        if venue is not None:
            self._foreign += 1
            self._remark(f"lines of {venue}", "not looked at: they need a file of their own")
        return venue is not None

    def _remark(self, about: str, words: str) -> None:
        self._remarks.setdefault(about, _Seen(self._line.number, words))

    def _note(self, rows: set[int]) -> None:
        """Where each fault is first. What costs all rows costs the first one."""
        if self._faulty(0):
            rows = set(self._rows.values())
        for row in rows - {0}:
            self._faulty(row)
        self._told.clear()

    def _faulty(self, row: int) -> bool:
        """Whether something is wrong with a row that was not so far."""
        faults = self._symbols[row].faults()
        if faults == self._faults_of[row]:
            return False
        self._faults_of[row] = faults
        report, found = self._symbols[row].count(), False
        for name in NOTED:
            if getattr(report, name) and (row, name) not in self._faults:
                found = True
                words = self._told.get(report.symbol) or self._told.get("the stream", "")
                self._faults[row, name] = _Seen(self._line.number, words)
        return found

    def _watch(self, part: Any) -> None:
        """What of a part the books have."""
        report, kind = self.reports[part.row], part.kind
        report.events += part.count
        if kind == MessageKind.TRADE:
            self._symbols[part.row].trade(part.final_id)
        elif kind != MessageKind.TOP:
            self._symbols[part.row].change(part, self._line)
            report.levels += part.count - 2 * (kind == MessageKind.SNAPSHOT)
            top = self.books[part.row].top()
            both = top.bid_quantity and top.ask_quantity
            report.crossed += bool(both and top.bid_price >= top.ask_price)

    def _take(self, events: Any, count: int) -> None:
        """One part's records, or notices of several books."""
        if events[0].kind == Kind.BOOK_INVALID:
            for book in self.books:
                book.apply(events, count)
        elif events[0].kind not in (Kind.TRADE, Kind.TOP):
            self.books[events[0].instrument_id].apply(events, count)

    def _top(self, row: int, shown: Top, beyond: bool) -> None:
        top, report = self.books[row].top(), self.reports[row]
        report.top_compared += 1
        if (top.bid_price, top.bid_quantity, top.ask_price, top.ask_quantity) != shown:
            report.top_unknown += beyond
            report.top_different += not beyond


def check_capture(path: Path, dialect: Dialect | None = None) -> CaptureCheck:
    """Run a whole capture, of the venue that it shows if none is given.

    DataError naming file and line if it is damaged.
    """
    begin = time.perf_counter()
    dialect = dialect or guess_dialect(path)
    recording = Recording(path)
    check = CaptureCheck(str(path), instruments_in(recording, dialect), dialect)
    recording.each(check.feed)
    check.finish(time.perf_counter() - begin)
    return check
