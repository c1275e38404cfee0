"""The market at both ends: what the feed published against what its readers took and saw.

A reader that fell behind gets no deltas until the feed sends it the state of each book again. That
snapshot is in no journal but the reader's; it must be what the feed's journal makes of the book at
that place, and what the reader did not get must be covered by one.
"""

from collections.abc import Sequence

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.book import Book
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import EVENT, Flag, Kind, Reason, Source, Venue
from pinnacle.replay.evidence import Evidence, is_decision
from pinnacle.replay.links import check_cursors, taken_from, words_of
from pinnacle.replay.runs import Finding, finding

#: A TOP record's fields in the order of `_top`.
_TOP_FIELDS = ("price", "quantity", "order_id", "aux", "venue_ns", "reason")


class FeedLog:
    """The market records of the feed's journal from a place on, and the books at that place."""

    def __init__(self, journal: Evidence, instruments: Sequence[Instrument]):
        self._journal = journal
        self._instruments = instruments
        self._chunks = journal.chunks(journal.given_stop)
        self._starts = {run.start for run in journal.runs}
        self._repairs: list[int] = []
        self._loaded = 0
        self.done = 0
        self.rows = np.empty(0, EVENT)
        self.words = words_of(self.rows)
        self.books = self._new_books()

    def _new_books(self) -> list[Book]:
        return [Book(instrument.instrument_id) for instrument in self._instruments]

    def ensure(self, n: int) -> int:
        """Have at least n records if there are so many; how many there are."""
        parts, words = [self.rows], [self.words]
        have = len(self.rows)
        while have < n:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            index, rows = chunk
            market = (rows["kind"] < Kind.NEW) & ~is_decision(rows)
            for start in (s for s in self._starts if index <= s < index + len(rows)):
                place = self._loaded + int(np.count_nonzero(market[: start - index]))
                self._repairs.append(place)
            parts.append(rows[market].copy())
            words.append(words_of(parts[-1]))
            self._loaded += len(parts[-1])
            have += len(parts[-1])
        if len(parts) > 1:
            self.rows, self.words = np.concatenate(parts), np.concatenate(words)
        return have

    def advance(self, n: int) -> None:
        """Apply the next n records to the books, and go behind them."""
        while self._repairs and self._repairs[0] < self.done + n:
            part = self._repairs.pop(0) - self.done
            self._apply(part)
            n -= part
            self._start()
        self._apply(n)

    def start_here(self) -> bool:
        """Whether a feed has started here; it empties the books that it finds."""
        here = bool(self._repairs) and self._repairs[0] == self.done
        if here:
            self._repairs.pop(0)
            self._start()
        return here

    def _start(self) -> None:
        for book in self.books:
            lib.pmm_book_repair(book.cdata)

    def _apply(self, n: int) -> None:
        if not n:
            return
        rows = np.ascontiguousarray(self.rows[:n])
        for number in np.unique(rows["instrument_id"]).tolist():
            if number < len(self.books):
                self.books[number].apply_array(rows)
        self.rows, self.words = self.rows[n:], self.words[n:]
        self.done += n

    def find(self, words: np.ndarray) -> int | None:
        """How far ahead the next record with these words is."""
        begin, size = 0, 256
        while begin < (have := self.ensure(size)):
            same = np.flatnonzero((self.words[begin:have] == words).all(axis=1))
            if len(same):
                return begin + int(same[0])
            begin, size = have, size * 8
        return None

    def find_time(self, recv_ns: int, instrument: int) -> int | None:
        """How far ahead the next record of an instrument that was received then is."""
        begin, size = 0, 256
        while begin < (have := self.ensure(size)):
            rows = self.rows[begin:have]
            same = np.flatnonzero(
                (rows["recv_ns"] == recv_ns) & (rows["instrument_id"] == instrument)
            )
            if len(same):
                return begin + int(same[0])
            begin, size = have, size * 8
        return None

    def state(self, instrument: int, recv_ns: int) -> np.ndarray:
        """What the feed sends a reader of a book (csrc/turn_feed.c)."""
        top = self.books[instrument].top()
        invalid = np.zeros(1, EVENT)
        invalid["kind"] = Kind.BOOK_INVALID
        invalid["recv_ns"] = recv_ns
        invalid["instrument_id"] = instrument
        invalid["reason"] = Reason.RESYNC if top.valid else top.reason
        parts = [invalid]
        if top.valid:
            parts.append(self.books[instrument].snapshot(recv_ns))
        rows = np.concatenate(parts)
        rows["source"] = Source.FEED
        return rows


class TakenMarket:
    """A reader of the feed against the feed."""

    def __init__(self, reader: Evidence, feed: Evidence, instruments: Sequence[Instrument]):
        self._reader = reader
        self._feed = FeedLog(feed, instruments)
        self._count = len(instruments)
        self._skipped: set[int] = set()
        self._group: list[np.ndarray] = []
        self._group_at = 0

    def compare(self) -> list[Finding]:
        """The first thing that is not as it was published."""
        problems = check_cursors(self._reader, Source.FEED)
        return problems or self._compare()

    def _compare(self) -> list[Finding]:
        for index, rows in self._reader.chunks(self._reader.taken_stop):
            at = np.flatnonzero(taken_from(rows, Source.FEED))
            taken = rows[at]
            # Only the state that a reader is sent has no venue.
            sent = taken["venue_id"] == Venue.NONE
            cuts = np.flatnonzero(sent[1:] != sent[:-1]) + 1
            for part in np.split(np.arange(len(taken)), cuts):
                if not len(part):
                    continue
                run, where = taken[part[0] : part[-1] + 1], at[part] + index
                found = (self._sent if sent[part[0]] else self._deltas)(run, where)
                if found:
                    return found
        return self._close_group()

    def _deltas(self, rows: np.ndarray, where: np.ndarray) -> list[Finding]:
        problems = self._close_group()
        words, numbers = words_of(rows), rows["instrument_id"]
        feed, a = self._feed, 0
        while a < len(rows) and not problems:
            n = min(feed.ensure(len(rows) - a), len(rows) - a)
            other = (words[a : a + n] != feed.words[:n]).any(axis=1)
            same = int(np.argmax(other)) if other.any() else n
            if same:
                missed = self._skipped & set(np.unique(numbers[a : a + same]).tolist())
                if missed:
                    return [self._finding(where[a], "records before it were not taken")]
                feed.advance(same)
                a += same
                continue
            ahead = feed.find(words[a])
            if ahead is None:
                return [self._finding(where[a], "the feed did not publish it, or not here")]
            self._skip(ahead)
        return problems

    def _skip(self, n: int) -> None:
        self._skipped |= set(np.unique(self._feed.rows["instrument_id"][:n]).tolist())
        self._feed.advance(n)

    def _sent(self, rows: np.ndarray, where: np.ndarray) -> list[Finding]:
        begins = np.flatnonzero(rows["kind"] == Kind.BOOK_INVALID).tolist()
        if not self._group and (not begins or begins[0]):
            return [self._finding(where[0], "a book's state without its beginning")]
        for begin, end in zip([0, *begins], [*begins, len(rows)], strict=True):
            if begin == end:
                continue
            if begin in begins:
                problems = self._close_group()
                if problems:
                    return problems
                self._group_at = int(where[begin])
            self._group.append(rows[begin:end])
        return []

    def _close_group(self) -> list[Finding]:
        """What was sent of a book must be the book; where, its time tells."""
        if not self._group:
            return []
        rows, self._group = np.concatenate(self._group), []
        number, now = int(rows[0]["instrument_id"]), int(rows[0]["recv_ns"])
        if number >= self._count:
            return [self._finding(self._group_at, "a book of no instrument")]
        feed, words = self._feed, words_of(rows)
        self._skip(self._before(now))
        while True:
            state = feed.state(number, now)
            if len(words) <= len(state) and (words_of(state)[: len(words)] == words).all():
                break
            if not feed.ensure(1):
                return [self._finding(self._group_at, "a book's state that it never had")]
            self._skip(1)
        # A feed that was killed while it sent leaves the beginning.
        (self._skipped.discard if len(words) == len(state) else self._skipped.add)(number)
        return []

    def _before(self, now: int) -> int:
        n, size = 0, 256
        while n < (have := self._feed.ensure(size)):
            later = self._feed.rows["recv_ns"][n:have] > now
            if later.any():
                return n + int(np.argmax(later))
            n, size = have, size * 8
        return n

    def _finding(self, index: int, what: str) -> Finding:
        detail = f"market data: {what}"
        return finding(self._reader.name, int(index), "not given", detail)


def compare_tops(
    risk: Evidence, feed: Evidence, instruments: Sequence[Instrument]
) -> list[Finding]:
    """Every top of a book that risk judged by was one that the feed's records made."""
    log = FeedLog(feed, instruments)
    for index, rows in risk.chunks(risk.taken_stop):
        looked = (rows["kind"] == Kind.TOP) & (rows["source"] == Source.RISK) & ~is_decision(rows)
        # A reading that was torn holds nothing that ever was.
        looked &= rows["reason"] != Reason.STALE
        for at in np.flatnonzero(looked).tolist():
            row = rows[at]
            number = int(row["instrument_id"])
            if number >= len(log.books) or not _reaches(log, number, row):
                detail = "a top that the feed's book never had, or not here"
                return [finding("risk", index + at, "not given", detail)]
    return []


def _reaches(log: FeedLog, number: int, row: np.void) -> bool:
    if row["side"] or row["venue_id"]:
        return False
    wanted = tuple(int(row[name]) for name in _TOP_FIELDS)
    wanted += (not row["flags"] & Flag.STALE,)
    while _top(log.books[number]) != wanted:
        if log.start_here():
            continue
        ahead = log.find_time(int(row["venue_ns"]), number)
        if ahead is None:
            return False
        log.advance(ahead + 1)
    return True


def _top(book: Book) -> tuple[int, ...]:
    top = book.top()
    prices = (top.bid_price, top.bid_quantity, top.ask_price, top.ask_quantity)
    return (*prices, top.recv_ns, top.reason, bool(top.valid))
