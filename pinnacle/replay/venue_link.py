"""The simulated venue's market against the feed's journal.

The exchange does not journal its market: running it again makes it again, numbered without a gap
for each instrument. What the feed published is that, but for its own time; a gap, and a feed or an
exchange that started anew, end in a snapshot of the book at its number.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from pinnacle.core.book import Book
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import EVENT, Class, Flag, Kind, Reason, Source, Venue, is_of
from pinnacle.replay.evidence import Evidence
from pinnacle.replay.links import neighbours, words_of
from pinnacle.replay.runs import Finding, finding
from pinnacle.replay.snapshots import Snapshots

#: Why a feed says of itself that a book is of no use.
_OWN_REASONS = (Reason.STARTING, Reason.DISCONNECTED, Reason.SEQUENCE_GAP, Reason.RESYNC)


class MadeMarket:
    """What the exchange makes when it runs again, of one instrument: records by their number."""

    def __init__(self, instrument_id: int):
        self.instrument_id = instrument_id
        self.rows = np.empty(0, EVENT)
        self.places = np.empty(0, np.int64)
        #: The number of rows[0]; the book is as the record before it left it.
        self.first = 1
        self.book = Book(instrument_id)

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    def add(self, rows: np.ndarray, places: np.ndarray) -> None:
        self.rows = np.concatenate([self.rows, rows])
        self.places = np.concatenate([self.places, places])

    def go_to(self, number: int) -> None:
        """Let the book be as it was behind a number."""
        n = number - self.first + 1
        if n > 0:
            self.book.apply_array(np.ascontiguousarray(self.rows[:n]))
            self.rows, self.places = self.rows[n:], self.places[n:]
            self.first += n


class VenueLink:
    """The feed of a simulated venue against the market that `made` gives, chunk by chunk."""

    def __init__(
        self, feed: Evidence, instruments: Sequence[Instrument], made: Iterator[np.ndarray]
    ):
        self._feed = feed
        self._made = made
        self._count = 0
        ids = [instrument.instrument_id for instrument in instruments]
        self._markets = {number: MadeMarket(number) for number in ids}
        #: The number that an instrument's next delta follows; None: a snapshot comes first.
        self._numbers: dict[int, int | None] = dict.fromkeys(ids)
        self._snapshots = Snapshots()
        self._place = -1

    def compare(self) -> list[Finding]:
        """The first record of the feed that the venue did not make."""
        for index, rows in self._feed.chunks(self._feed.taken_stop):
            market = np.flatnonzero(is_of(rows, Class.MARKET))
            places = np.full(len(rows), -1, np.int64)
            for number in np.unique(rows["instrument_id"][market]).tolist():
                if number not in self._markets:
                    return []  # check_published says it
                mine = market[rows["instrument_id"][market] == number]
                bad = self._follow(number, rows[mine], mine, places)
                if bad is not None:
                    return [self._finding(index + int(mine[bad[0]]), bad[1])]
            of_the_venue = np.flatnonzero(places >= 0)
            if len(of_the_venue):
                back = np.diff(places[of_the_venue], prepend=self._place) <= 0
                if back.any():
                    at = index + int(of_the_venue[np.argmax(back)])
                    return [self._finding(at, "its records are not in the venue's order")]
                self._place = int(places[of_the_venue[-1]])
        return []

    def _follow(
        self, number: int, rows: np.ndarray, mine: np.ndarray, places: np.ndarray
    ) -> tuple[int, str] | None:
        """An instrument's records of one chunk; the place of what is wrong among them."""
        kinds, snapshot = rows["kind"], (rows["flags"] & Flag.SNAPSHOT) != 0
        delta = ((kinds == Kind.DEPTH) | (kinds == Kind.TRADE)) & ~snapshot
        for begin, end in neighbours(delta):
            if delta[begin]:
                bad = self._deltas(number, rows[begin:end], places, mine[begin:end])
            else:
                bad = self._states(number, rows[begin:end])
            if bad is not None:
                return begin + bad[0], bad[1]
        return None

    def _deltas(
        self, number: int, rows: np.ndarray, places: np.ndarray, mine: np.ndarray
    ) -> tuple[int, str] | None:
        last, market = self._numbers[number], self._markets[number]
        if last is None:
            return 0, "a change of a book that is not known"
        off = np.flatnonzero(rows["aux"] != np.arange(last + 1, last + 1 + len(rows)))
        if len(off):
            return int(off[0]), "its number does not follow"
        self._need(market, last + len(rows))
        at = last + 1 - market.first
        made = market.rows[at : at + len(rows)]
        n = len(made)
        other = np.flatnonzero((_comparable(made) != _comparable(rows[:n])).any(axis=1))
        if len(other) or n < len(rows):
            return int(other[0]) if len(other) else n, "the venue did not make it"
        places[mine] = market.places[at : at + n]
        self._numbers[number] = last + n
        market.go_to(last + n)
        self._snapshots.change(rows)
        return None

    def _states(self, number: int, rows: np.ndarray) -> tuple[int, str] | None:
        """Records of snapshots, and what the feed and its venue say of a book."""
        for begin, end in neighbours(rows["kind"]):
            part, kind = rows[begin:end], rows["kind"][begin]
            if kind == Kind.BOOK_INVALID:
                self._numbers[number] = None
                self._snapshots.drop(number)
                own = np.isin(part["reason"], _OWN_REASONS) & (part["venue_id"] == Venue.SIMULATED)
                if not own.all():
                    return begin + int(np.argmin(own)), "no feed says this"
            elif kind == Kind.BOOK_BEGIN:
                self._numbers[number] = int(part[-1]["aux"])
                self._snapshots.begin(number, part[-1:])
            elif kind not in (Kind.DEPTH, Kind.BOOK_END) or not self._snapshots.has(number):
                return begin, "part of no snapshot"
            bad = None if kind == Kind.BOOK_INVALID else self._piece(number, part)
            if bad is not None:
                return begin + bad, "a snapshot of a book that the venue never had"
        return None

    def _piece(self, number: int, rows: np.ndarray) -> int | None:
        """The place of what is wrong in neighbours of one kind; they are of one number."""
        market, at, kind = self._markets[number], self._numbers[number], rows["kind"][0]
        if at is None:
            return 0
        plain = np.zeros(len(rows), EVENT)
        for name in ("recv_ns", "venue_ns", "instrument_id", "kind"):
            plain[name] = rows[name]
        if kind == Kind.DEPTH:
            for name in ("side", "price", "quantity"):
                plain[name] = rows[name]
        plain["aux"], plain["venue_id"], plain["source"] = at, Venue.SIMULATED, self._feed.source
        plain["flags"] = Flag.SNAPSHOT | (Flag.LAST if kind == Kind.BOOK_END else 0)
        other = np.flatnonzero((words_of(plain) != words_of(rows)).any(axis=1))
        if len(other):
            return int(other[0])
        self._need(market, at)
        if not market.first - 1 <= at <= market.last:
            return 0
        market.go_to(at)
        if kind == Kind.DEPTH:
            return self._snapshots.wrong_level(number, rows, market.book)
        if kind == Kind.BOOK_END:
            whole = len(rows) == 1 and self._snapshots.is_whole(number, market.book)
            self._snapshots.drop(number)
            return None if whole else 0
        return None

    def _need(self, market: MadeMarket, number: int) -> None:
        while market.last < number:
            rows = next(self._made, None)
            if rows is None:
                return
            for one in self._markets.values():
                mine = np.flatnonzero(rows["instrument_id"] == one.instrument_id)
                one.add(rows[mine], mine + self._count)
            self._count += len(rows)

    def _finding(self, index: int, what: str) -> Finding:
        return finding(self._feed.name, index, "not given", f"the venue's market: {what}")


def _comparable(rows: np.ndarray) -> np.ndarray:
    """All but what the feed puts in: its time, and that it made the record."""
    bare = rows.copy()
    bare["recv_ns"] = 0
    bare["source"] = Source.NONE
    return words_of(bare)
