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
from pinnacle.core._native import ffi, lib
from pinnacle.core.book import FAR_CAPACITY, WINDOW, Book
from pinnacle.core.schema import Kind
from pinnacle.venues.market.codec import FRAMES_MAX, NO_ROW, FrameError
from pinnacle.venues.market.fetched import FetchedStream
from pinnacle.venues.market.tallies import Tally
from pinnacle.venues.port import Top
from pinnacle.venues.served.dialect import Dialect, Line, LineKind

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
#: What the judge counts by the same name.
_JUDGED = ("frames", "events", "levels", "trades", "trades_missing", "unordered", "crossed")
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
    """What is counted of one symbol: by its stream, and by the judge of what that let pass. What is
    wrong with the connection (`own`) is so with each."""

    def __init__(self, report: FileReport, tally: Tally, own: Tally, judged: Any):
        self._report = report
        self._tally = tally
        self._own = own
        self._judged = judged

    def faults(self) -> int:
        """How many there are so far: what is asked of each line, so that `count` need not be."""
        judged, tally, own = self._judged, self._tally, self._own
        of_stream = tally.gaps + tally.dropped + tally.odd + tally.bad + tally.rounded
        of_stream += own.gaps + own.dropped + own.odd
        of_market = judged.trades_missing + judged.unordered + judged.crossed + judged.twice
        return int(of_stream + of_market + self._report.top_different)

    def count(self) -> FileReport:
        """The report, with all of it."""
        report, tally, own, judged = self._report, self._tally, self._own, self._judged
        report.gaps = tally.gaps + own.gaps
        report.snapshots = tally.snapshots
        report.joined_late = tally.early
        report.duplicated = tally.dropped + own.dropped + judged.twice
        report.odd = tally.odd + own.odd
        report.rounded = tally.rounded
        report.checksums.good, report.checksums.bad = tally.good, tally.bad
        for name in _JUDGED:
            setattr(report, name, getattr(judged, name))
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
        #: Those that are taken together, and the rows that `_line`, one of them, concerns.
        self._lines = [self._line]
        self._concerned: set[int] = set()
        self._foreign = 0
        #: What the stream says of this line.
        self._told: dict[str, str] = {}
        self._remarks: dict[str, _Seen] = {}
        self._faults: dict[tuple[int, str], _Seen] = {}
        self._faults_of = [0] * len(symbols)
        self.stream = dialect.stream(instruments, self._take, self._told.setdefault, self._top)
        self.stream.watch = self
        self._judge = ffi.new("struct pmm_judge *")
        self._judged = ffi.new("struct pmm_judge_row[]", len(symbols))
        self._cdata = ffi.new("struct pmm_book *[]", [book.cdata for book in self.books])
        self._numbers, self._received, self._texts = (
            ffi.new("int64_t[]", FRAMES_MAX) for _ in range(3)
        )
        self._judge.rows, self._judge.books = self._judged, self._cdata
        self._judge.numbers, self._judge.recv_ns = self._numbers, self._received
        self._judge.texts, self._judge.trades_numbered = self._texts, dialect.trades_numbered
        self._records = ffi.new("uint64_t *")
        #: What the stream has given, and the judge has not seen.
        self._given: tuple[Any, int] = ffi.NULL, 0
        self._symbols = [
            _Symbol(report, tally, self.stream.own, self._judged[row])
            for row, (report, tally) in enumerate(
                zip(self.reports, self.stream.tallies, strict=True)
            )
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

    def feed_many(self, lines: list[Line], frames: list[bytes]) -> int:
        """Take lines as far as their frames are of the market; how many."""
        self._begin(lines)
        try:
            taken = self.stream.take_some(frames, self.recv_ns)
        except FrameError:
            return 0
        self._settle()
        codec = self.stream.codec
        if len(self.reports) == 1:
            self._judged[0].frames += taken
        else:
            lib.pmm_judge_frames(self._judge, codec.parts, codec.part_count)
        return taken

    def _begin(self, lines: list[Line]) -> None:
        self._lines = lines
        count, received = len(lines), [line.recv_ns for line in lines]
        self._numbers[0:count] = [line.number for line in lines]
        self._received[0:count] = received
        self._texts[0:count] = [hash(line.frame) for line in lines]
        self.recv_ns = max(self.recv_ns, *received)

    def feed(self, line: Line) -> None:
        """Take one line; DataError if it is no message of the venue's."""
        self._line = line
        self._begin([line])
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
            self._judged[row].frames += 1
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

    def sees(self, part: Any) -> None:
        """What is wrong from here is wrong with the part's line."""
        line = self._lines[part.frame]
        if line is not self._line:
            self._settle()
            self._line = line
        self._concerned.update((0, part.row))

    def _settle(self) -> None:
        """What concerns a line is noted before the next one is looked at."""
        if self._concerned:
            self._concerned.discard(NO_ROW)
            self._note(self._concerned)
            self._concerned = set()

    def took(self, parts: Any, count: int) -> None:
        """The books take what the stream has given of these parts, and each is judged behind it."""
        (events, left), at = self._given, 0
        self._given = ffi.NULL, 0
        if count > 1 or self._lines[parts.frame] is not self._line:
            self._settle()
        while at < count:
            at += lib.pmm_judge_take(
                self._judge, parts + at, count - at, events, left, self._records
            )
            last = parts[at - 1]
            if at < count or self._symbols[last.row].faults() != self._faults_of[last.row]:
                self.sees(last)
            if at < count:
                self._settle()
                events, left = events + self._records[0], left - self._records[0]

    def _take(self, events: Any, count: int) -> None:
        """Records of parts of which `took` will be told; or of some, with more to come; or notices
        of several books."""
        earlier, left = self._given
        is_notice = events[0].kind == Kind.BOOK_INVALID
        self._given = (ffi.NULL, 0) if is_notice else (events, count)
        for records, n in ((earlier, left), (events, count if is_notice else 0)):
            for book in self.books if n else ():
                book.apply(records, n)

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
    recording.several(dialect, check.feed_many, check.feed)
    check.finish(time.perf_counter() - begin)
    return check
