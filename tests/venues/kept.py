"""A sink that keeps what it is given, call by call, and has the books that it makes."""

from typing import Any

import numpy as np

from pinnacle.core._native import ffi
from pinnacle.core.book import Book
from pinnacle.core.schema import EVENT, Kind, Reason, Side

#: Prices of bids and of asks, each with its quantity.
Levels = tuple[dict[int, int], dict[int, int]]


def levels_of(book: Book) -> Levels:
    """All that a book holds."""
    rows = book.snapshot(0)
    bids, asks = (
        {int(row["price"]): int(row["quantity"]) for row in rows if row["side"] == side}
        for side in (Side.BID, Side.ASK)
    )
    return bids, asks


class Kept:
    """Of instruments with ids from 7 on, as tests/venues/wire.py has them in its tables."""

    def __init__(self, instruments: int = 2):
        self.calls: list[np.ndarray] = []
        self.books = [Book(7 + row, 4096, 1024) for row in range(instruments)]

    def __call__(self, events: Any, count: int) -> None:
        self.calls.append(np.frombuffer(bytes(ffi.buffer(events, count * EVENT.itemsize)), EVENT))
        for book in self.books:
            book.apply(events, count)

    @property
    def records(self) -> list[tuple[Kind, int]]:
        """Kind and instrument of all that came."""
        return [(Kind(r["kind"]), int(r["instrument_id"])) for rows in self.calls for r in rows]

    @property
    def losses(self) -> list[tuple[int, Reason]]:
        """Which books were said to be lost, and why."""
        return [
            (int(r["instrument_id"]), Reason(r["reason"]))
            for rows in self.calls
            for r in rows
            if r["kind"] == Kind.BOOK_INVALID
        ]

    def levels(self, row: int = 0) -> Levels | None:
        """None of a book that is not valid."""
        book = self.books[row]
        return levels_of(book) if book.top().valid else None

    def trades(self) -> list[tuple[int, Side]]:
        """Ids and aggressors, in order."""
        return [
            (int(r["order_id"]), Side(r["side"]))
            for rows in self.calls
            for r in rows
            if r["kind"] == Kind.TRADE
        ]


class Watching:
    """Looks at each part that a stream's sink has."""

    def __init__(self, look):
        self._look = look

    def sees(self, part):
        pass

    def took(self, parts, count):
        for i in range(count):
            self._look(parts[i])
