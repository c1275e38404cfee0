"""The market at both ends: what the feed published against what its readers took and saw.

A reader that fell behind gets no changes of a book until the feed begins to send it a snapshot
(csrc/turn/outlet.h). That is in no journal but the reader's; it must be what the feed's journal
makes of the book at each place, and whatever the reader did not get must be covered by one.
"""

from collections.abc import Callable, Sequence

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.book import Book
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import EVENT, Class, Flag, Kind, Reason, Source, Venue, is_of
from pinnacle.replay.evidence import Evidence, is_decision
from pinnacle.replay.links import check_cursors, neighbours, taken_from, words_of
from pinnacle.replay.runs import Finding, finding
from pinnacle.replay.snapshots import Snapshots

#: The place of what is wrong among records, and what it is.
Wrong = tuple[int, str] | None
_LAST = np.uint8(Flag.LAST)
_RING_FLAGS = np.uint8(0xFF & ~int(Flag.DECISION | Flag.BATCH_END))
_LOOK = 4096
#: A TOP record's fields in the order of `_top`.
_TOP_FIELDS = ("price", "quantity", "order_id", "aux", "venue_ns", "reason")


class FeedLog:
    """The market records of the feed's journal from a place on, and the books at that place.

    Of these instruments alone: a reader is sent no others.
    """

    def __init__(self, journal: Evidence, instruments: Sequence[Instrument]):
        self._journal = journal
        self._ids = [instrument.instrument_id for instrument in instruments]
        self._chunks = journal.chunks(journal.given_stop)
        self._starts = [(run.start, run.recv_ns) for run in journal.runs]
        #: Behind how many records the feed has started, and when.
        self._repairs: list[tuple[int, int]] = []
        self._loaded = 0
        self.done = 0
        #: Tops of books as they were before what the feed last did to several, one after the other:
        #: a start empties them, and what came at one time is applied book by book.
        self.before: dict[int, tuple[int, ...]] = {}
        self._time_ns = 0
        self.rows = np.empty(0, EVENT)
        self.words = _without_last(self.rows)
        self.books = {number: Book(number) for number in self._ids}

    def ensure(self, n: int) -> int:
        """Have at least n records if there are so many; how many there are."""
        parts, words = [self.rows], [self.words]
        have = len(self.rows)
        while have < n:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            index, rows = chunk
            market = is_of(rows, Class.MARKET) & ~is_decision(rows)
            market &= np.isin(rows["instrument_id"], self._ids)
            for start, at_ns in self._starts:
                if index <= start < index + len(rows):
                    place = self._loaded + int(np.count_nonzero(market[: start - index]))
                    self._repairs.append((place, at_ns))
            parts.append(rows[market].copy())
            words.append(_without_last(parts[-1]))
            self._loaded += len(parts[-1])
            have += len(parts[-1])
        if len(parts) > 1:
            self.rows, self.words = np.concatenate(parts), np.concatenate(words)
        return have

    def advance(self, n: int) -> None:
        """Apply the next n records to the books, and go behind them."""
        while self._repairs and self._repairs[0][0] < self.done + n:
            part = self._repairs.pop(0)[0] - self.done
            self._apply(part)
            n -= part
            self._start()
        self._apply(n)

    def start_here(self, by_ns: int | None = None) -> bool:
        """Whether a feed has started here, by then; it empties the books that it finds."""
        place, at_ns = self._repairs[0] if self._repairs else (-1, 0)
        here = place == self.done and (by_ns is None or at_ns <= by_ns)
        if here:
            self._repairs.pop(0)
            self._start()
        return here

    def go_to_start(self) -> bool:
        """Go on to the feed's next start; False if there is none."""
        size = _LOOK
        while not self._repairs and self.ensure(size) >= size:
            size *= 8
        if not self._repairs:
            return False
        self._apply(self._repairs[0][0] - self.done)
        return True

    def _start(self) -> None:
        self.before = {number: _top(book) for number, book in self.books.items()}
        self._time_ns = 0
        for book in self.books.values():
            lib.pmm_book_repair(book.cdata)

    def _apply(self, n: int) -> None:
        if not n:
            return
        times = self.rows["recv_ns"][:n]
        together = int(np.argmax(times == times[-1]))
        self._bring(self.rows[:together])
        if times[-1] != self._time_ns:
            self._time_ns = int(times[-1])
            self.before.clear()
        last = self.rows[together:n]
        for number in set(last["instrument_id"].tolist()) - self.before.keys():
            self.before[number] = _top(self.books[number])
        self._bring(last)
        self.rows, self.words = self.rows[n:], self.words[n:]
        self.done += n

    def _bring(self, rows: np.ndarray) -> None:
        rows = np.ascontiguousarray(rows)
        for number in np.unique(rows["instrument_id"]).tolist():
            self.books[number].apply_array(rows)

    def find(self, words: np.ndarray) -> int | None:
        """How far ahead the next record with these words is."""
        return self._ahead(lambda part: (self.words[part] == words).all(axis=1))

    def find_time(self, recv_ns: int, instrument: int) -> int | None:
        """How far ahead the next record of an instrument that was received then is."""

        def same(part: slice) -> np.ndarray:
            rows = self.rows[part]
            return (rows["recv_ns"] == recv_ns) & (rows["instrument_id"] == instrument)

        return self._ahead(same)

    def _ahead(self, same: Callable[[slice], np.ndarray]) -> int | None:
        """The first place where it is the same, looked for in growing parts."""
        begin, size = 0, 256
        while begin < (have := min(self.ensure(size), size)):
            found = np.flatnonzero(same(slice(begin, have)))
            if len(found):
                return begin + int(found[0])
            begin, size = have, size * 8
        return None


class TakenMarket:
    """A reader of the feed against the feed."""

    def __init__(self, reader: Evidence, feed: Evidence, instruments: Sequence[Instrument]):
        self._reader = reader
        self._feed = FeedLog(feed, instruments)
        self._source = feed.source
        self._known = {instrument.instrument_id for instrument in instruments}
        #: Instruments whose changes are kept back until their snapshot begins.
        self._stale = set(self._known)
        self._snapshots = Snapshots()
        self._sent_ns = 0

    def compare(self) -> list[Finding]:
        """The first thing that is not as it was published."""
        problems = check_cursors(self._reader, self._source)
        return problems or self._compare()

    def _compare(self) -> list[Finding]:
        for index, rows in self._reader.chunks(self._reader.taken_stop):
            at = np.flatnonzero(taken_from(rows, self._source))
            taken = rows[at].copy()
            taken["flags"] &= _RING_FLAGS
            # Only a snapshot that a reader is sent has no venue.
            sent = taken["venue_id"] == Venue.NONE
            for begin, end in neighbours(sent):
                follow = self._sent if sent[begin] else self._changes
                bad = follow(taken[begin:end])
                if bad is not None:
                    detail = f"market data: {bad[1]}"
                    where = int(at[begin + bad[0]]) + index
                    return [finding(self._reader.name, where, "not given", detail)]
        return []

    def _changes(self, rows: np.ndarray) -> Wrong:
        """Published records, and notices that a book is stale."""
        feed, words, a = self._feed, _without_last(rows), 0
        while a < len(rows):
            n = min(feed.ensure(len(rows) - a), len(rows) - a)
            other = (words[a : a + n] != feed.words[:n]).any(axis=1)
            same = int(np.argmax(other)) if other.any() else n
            if same:
                part, bad = rows[a : a + same], self._wrong_flags(rows[a : a + same])
                if bad is not None:
                    return a + bad, "it does not end a message where the feed did"
                known = np.unique(part["instrument_id"]).tolist()
                if self._stale & set(known):
                    return a, "a change of a book whose snapshot has not begun"
                self._end_by_states(part)
                self._snapshots.change(part)
                feed.advance(same)
                a += same
            elif self._is_notice(rows[a]):
                self._stale.add(int(rows[a]["instrument_id"]))
                self._snapshots.drop(int(rows[a]["instrument_id"]))
                a += 1
            else:
                ahead = feed.find(words[a])
                if ahead is None:
                    return a, "the feed did not publish it, or not here"
                missed = set(np.unique(feed.rows["instrument_id"][:ahead]).tolist())
                if missed - self._stale:
                    return a, "records before it were not taken"
                feed.advance(ahead)
        return None

    def _wrong_flags(self, rows: np.ndarray) -> int | None:
        """Where FLAG_LAST is another; one may be added where the rest of a message is kept back."""
        ours, theirs = rows["flags"] & Flag.LAST, self._feed.rows["flags"][: len(rows)] & Flag.LAST
        other = np.flatnonzero(ours != theirs).tolist()
        if other and other[-1] == len(rows) - 1 and ours[-1]:
            other.pop()
        return other[0] if other else None

    def _end_by_states(self, rows: np.ndarray) -> None:
        states = rows[np.isin(rows["kind"], (Kind.BOOK_BEGIN, Kind.BOOK_INVALID))]
        for number in states["instrument_id"].tolist():
            self._snapshots.drop(number)

    def _is_notice(self, row: np.void) -> bool:
        notice = np.zeros(1, EVENT)[0]
        for name in ("recv_ns", "instrument_id", "venue_id"):
            notice[name] = row[name]
        notice["kind"], notice["reason"] = Kind.BOOK_INVALID, Reason.RESYNC
        notice["flags"], notice["source"] = Flag.LAST, self._source
        return _same(row, notice) and int(row["instrument_id"]) in self._known

    def _sent(self, rows: np.ndarray) -> Wrong:
        """Records of snapshots, piece by piece."""
        for begin, end in neighbours(rows["recv_ns"], rows["instrument_id"], rows["kind"]):
            bad = self._piece(rows[begin:end])
            if bad is not None:
                return begin + bad[0], bad[1]
        return None

    def _piece(self, rows: np.ndarray) -> Wrong:
        number, now, kind = (int(rows[0][name]) for name in ("instrument_id", "recv_ns", "kind"))
        if number not in self._known or now < self._sent_ns:
            return 0, "a snapshot of no book, or not here"
        self._sent_ns = now
        self._go_to(now)
        sender = self._feed.books[number]
        if kind == Kind.BOOK_BEGIN:
            begin = sender.snapshot(now)[0]
            begin["source"] = self._source
            if len(rows) > 1 or not _same(rows[0], begin):
                return 0, "a snapshot that does not begin so"
            self._snapshots.begin(number, rows)
            self._stale.discard(number)
            return None
        if not self._snapshots.has(number):
            return 0, "a part of a snapshot that has not begun"
        if kind == Kind.DEPTH:
            bad = _unlike_levels(rows, self._source)
            if bad is None:
                bad = self._snapshots.wrong_level(number, rows, sender)
            return None if bad is None else (bad, "a level that the book never had")
        top = sender.top()
        end = np.zeros(1, EVENT)[0]
        end["recv_ns"], end["instrument_id"], end["source"] = now, number, self._source
        end["kind"] = Kind.BOOK_END if top.valid else Kind.BOOK_INVALID
        end["flags"], end["reason"] = Flag.SNAPSHOT | Flag.LAST, top.reason
        if not _same(rows[0], end) or not self._snapshots.is_whole(number, sender):
            return 0, "a book that it never had"
        self._snapshots.drop(number)
        return None

    def _go_to(self, now: int) -> None:
        """Behind what was published and kept back before a piece was sent.

        A feed that starts may send what it finds before it publishes anything.
        """
        feed = self._feed
        while feed.ensure(_LOOK) or feed.start_here(now):
            rows = feed.rows[:_LOOK]
            kept = np.isin(rows["instrument_id"], list(self._stale)) & (rows["recv_ns"] <= now)
            n = len(rows) if kept.all() else int(np.argmin(kept))
            feed.advance(n)
            if n < len(rows) and not feed.start_here(now):
                return


def _without_last(rows: np.ndarray) -> np.ndarray:
    bare = rows.copy()
    bare["flags"] &= ~_LAST
    return words_of(bare)


def _same(row: np.void, other: np.void) -> bool:
    return bool((words_of(np.array([row], EVENT)) == words_of(np.array([other], EVENT))).all())


def _unlike_levels(rows: np.ndarray, source: int) -> int | None:
    """The first that is more than a level of a snapshot."""
    plain = np.zeros(len(rows), EVENT)
    for name in ("recv_ns", "instrument_id", "kind", "side", "price", "quantity"):
        plain[name] = rows[name]
    plain["flags"], plain["source"] = Flag.SNAPSHOT, source
    other = np.flatnonzero((words_of(plain) != words_of(rows)).any(axis=1))
    return int(other[0]) if len(other) else None


def compare_tops(
    risk: Evidence, feed: Evidence, instruments: Sequence[Instrument]
) -> list[Finding]:
    """Every top of a book of this feed that risk judged by was one that the feed's records made."""
    log = FeedLog(feed, instruments)
    for index, rows in risk.chunks(risk.taken_stop):
        looked = (rows["kind"] == Kind.TOP) & (rows["source"] == Source.RISK) & ~is_decision(rows)
        # A reading that was torn holds nothing that ever was.
        looked &= rows["reason"] != Reason.STALE
        looked &= np.isin(rows["instrument_id"], list(log.books))
        for at in np.flatnonzero(looked).tolist():
            row = rows[at]
            number = int(row["instrument_id"])
            if not _reaches(log, number, row):
                detail = "a top that the feed's book never had, or not here"
                return [finding("risk", index + at, "not given", detail)]
    return []


def _reaches(log: FeedLog, number: int, row: np.void) -> bool:
    if row["side"] or row["venue_id"]:
        return False
    wanted = tuple(int(row[name]) for name in _TOP_FIELDS)
    wanted += (not row["flags"] & Flag.STALE,)
    while not (_is(log.books[number], wanted) or wanted == log.before.get(number)):
        if log.start_here():
            continue
        ahead = log.find_time(int(row["venue_ns"]), number)
        if ahead is not None:
            log.advance(ahead + 1)
        elif not log.go_to_start():
            return False
    return True


def _is(book: Book, wanted: tuple[int, ...]) -> bool:
    """One that a start emptied may lack what the feed had journalled and not applied."""
    top = _top(book)
    *prices, recv_ns, reason, valid = top
    emptied = reason == Reason.STARTING and not valid and not any(prices)
    same_but_time = (*prices, wanted[4], reason, valid) == wanted
    return top == wanted or (emptied and same_but_time and wanted[4] <= recv_ns)


def _top(book: Book) -> tuple[int, ...]:
    top = book.top()
    prices = (top.bid_price, top.bid_quantity, top.ask_price, top.ask_quantity)
    return (*prices, top.recv_ns, top.reason, bool(top.valid))
