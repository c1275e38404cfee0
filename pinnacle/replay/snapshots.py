"""A book that a reader is sent in pieces (csrc/turn/outlet.h), held against the sender's at each.

Each level is as it stands in the sender's book when its piece is sent; changes go on between the
pieces. When all have come the two books are the same.
"""

import numpy as np

from pinnacle.core.book import Book
from pinnacle.core.schema import Side


class Snapshots:
    """The books under way to one reader, by instrument."""

    def __init__(self) -> None:
        self._books: dict[int, Book] = {}
        #: The last level of each: bids from the best down, then asks from the best up.
        self._last: dict[int, tuple[int, int]] = {}

    def begin(self, number: int, row: np.ndarray) -> None:
        """BOOK_BEGIN, an array of one record."""
        self._books[number] = Book(number)
        self._last[number] = (Side.NONE, 0)
        self._books[number].apply_array(np.ascontiguousarray(row))

    def has(self, number: int) -> bool:
        return number in self._books

    def drop(self, number: int) -> None:
        """It ends here, whole or not."""
        self._books.pop(number, None)

    def change(self, rows: np.ndarray) -> None:
        """Changes that the reader got in between."""
        if self._books:
            rows = np.ascontiguousarray(rows)
            for book in self._books.values():
                book.apply_array(rows)

    def wrong_level(self, number: int, rows: np.ndarray, sender: Book) -> int | None:
        """The first of a piece's levels that is not the sender's."""
        for i, (side, price, quantity) in enumerate(
            zip(
                rows["side"].tolist(),
                rows["price"].tolist(),
                rows["quantity"].tolist(),
                strict=True,
            )
        ):
            place = (side, -price if side == Side.BID else price)
            if side not in (Side.BID, Side.ASK) or place <= self._last[number]:
                return i
            self._last[number] = place
            if quantity <= 0 or sender.quantity(side, price) != quantity:
                return i
        self._books[number].apply_array(np.ascontiguousarray(rows))
        return None

    def is_whole(self, number: int, sender: Book) -> bool:
        """Whether what the reader has now is the sender's book."""
        return all(
            np.array_equal(_levels(sender, side), _levels(self._books[number], side))
            for side in (Side.BID, Side.ASK)
        )


def _levels(book: Book, side: int) -> np.ndarray:
    stats = book.stats()
    return book.depth(side, max(stats.bid_levels, stats.ask_levels, 1))
