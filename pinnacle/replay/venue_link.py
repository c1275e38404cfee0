"""The simulated venue's market against the feed's journal.

The exchange does not journal its market: running it again makes it again, numbered without a gap
for each instrument. What the feed published is that, but for its own time; a gap, and a feed or an
exchange that started anew, end in a snapshot of the book at its number.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from pinnacle.core.book import Book
from pinnacle.core.instruments import Instrument
from pinnacle.core.run_marks import MARKS
from pinnacle.core.schema import EVENT, Flag, Kind, Reason, Side, Source, Venue
from pinnacle.replay.evidence import Evidence, is_decision
from pinnacle.replay.links import words_of
from pinnacle.replay.runs import Finding, finding

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
        self._markets = [MadeMarket(i.instrument_id) for i in instruments]
        #: The number that an instrument's next delta follows; None: a snapshot comes first.
        self._numbers: list[int | None] = [None] * len(instruments)
        self._snapshots: list[list[np.ndarray]] = [[] for _ in instruments]
        self._place = -1

    def compare(self) -> list[Finding]:
        """The first record of the feed that the venue did not make."""
        for index, rows in self._feed.chunks(self._feed.taken_stop):
            strange = (rows["source"] != Source.FEED) & ~np.isin(rows["kind"], MARKS)
            if (strange | is_decision(rows)).any():
                at = index + int(np.argmax(strange | is_decision(rows)))
                return [self._finding(at, "a record that no feed makes")]
            market = np.flatnonzero(rows["kind"] < Kind.NEW)
            places = np.full(len(rows), -1, np.int64)
            for number in np.unique(rows["instrument_id"][market]).tolist():
                if number >= len(self._markets):
                    return [self._finding(index, "a record of no instrument")]
                mine = market[rows["instrument_id"][market] == number]
                bad = self._follow(number, rows[mine], mine, places)
                if bad is not None:
                    return [self._finding(index + int(mine[bad[0]]), bad[1])]
            places = places[places >= 0]
            if len(places):
                steps = np.diff(places, prepend=self._place)
                if (steps <= 0).any():
                    return [self._finding(index, "its records are not in the venue's order")]
                self._place = int(places[-1])
        return []

    def _follow(
        self, number: int, rows: np.ndarray, mine: np.ndarray, places: np.ndarray
    ) -> tuple[int, str] | None:
        """An instrument's records of one chunk; the place of what is wrong among them."""
        kinds, snapshot = rows["kind"], (rows["flags"] & Flag.SNAPSHOT) != 0
        delta = ((kinds == Kind.DEPTH) | (kinds == Kind.TRADE)) & ~snapshot
        cuts = np.flatnonzero(delta[1:] != delta[:-1]) + 1
        for part in np.split(np.arange(len(rows)), cuts):
            begin, end = int(part[0]), int(part[-1]) + 1
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
        return None

    def _states(self, number: int, rows: np.ndarray) -> tuple[int, str] | None:
        """Snapshots, and what the feed says itself."""
        for i, row in enumerate(rows):
            kind = row["kind"]
            if kind == Kind.BOOK_INVALID:
                self._numbers[number], self._snapshots[number] = None, []
                if row["reason"] not in _OWN_REASONS or row["venue_id"] != Venue.SIMULATED:
                    return i, "no feed says this"
            elif kind == Kind.BOOK_BEGIN:
                self._numbers[number], self._snapshots[number] = None, [row]
            elif kind in (Kind.DEPTH, Kind.BOOK_END) and self._snapshots[number]:
                self._snapshots[number].append(row)
                if kind == Kind.BOOK_END and not self._is_the_book(number):
                    return i, "a snapshot of a book that the venue never had"
            else:
                return i, "part of no snapshot"
        return None

    def _is_the_book(self, number: int) -> bool:
        rows = np.array(self._snapshots[number], EVENT)
        self._snapshots[number] = []
        market, at = self._markets[number], int(rows[0]["aux"])
        self._need(market, at)
        if not market.first - 1 <= at <= market.last:
            return False
        market.go_to(at)
        self._numbers[number] = at
        alike = (rows["aux"] == at).all() and (rows["venue_ns"] == rows["venue_ns"][0]).all()
        flags = np.full(len(rows), Flag.SNAPSHOT, np.uint8)
        flags[-1] |= Flag.LAST
        bare = rows["reason"].any() or rows["order_id"].any() or (rows["flags"] != flags).any()
        levels = rows[1:-1]
        sides = [levels[levels["side"] == side] for side in (Side.BID, Side.ASK)]
        in_order = np.array_equal(np.concatenate(sides)["side"], levels["side"])
        if not alike or bare or not in_order:
            return False
        return all(
            _same_levels(market.book.depth(side, len(mine) + 1), mine)
            for side, mine in zip((Side.BID, Side.ASK), sides, strict=True)
        ) and len(sides[0]) + len(sides[1]) == len(levels)

    def _need(self, market: MadeMarket, number: int) -> None:
        while market.last < number:
            rows = next(self._made, None)
            if rows is None:
                return
            for one in self._markets:
                mine = np.flatnonzero(rows["instrument_id"] == one.instrument_id)
                one.add(rows[mine], mine + self._count)
            self._count += len(rows)

    def _finding(self, index: int, what: str) -> Finding:
        return finding("feed", index, "not given", f"the venue's market: {what}")


def _same_levels(levels: np.ndarray, rows: np.ndarray) -> bool:
    return (
        len(levels) == len(rows)
        and (levels["price"] == rows["price"]).all()
        and (levels["quantity"] == rows["quantity"]).all()
    )


def _comparable(rows: np.ndarray) -> np.ndarray:
    """All but what the feed puts in: its time, and that it made the record."""
    bare = rows.copy()
    bare["recv_ns"] = 0
    bare["source"] = Source.NONE
    return words_of(bare)
