"""The venue's own best bid and ask against the rebuilt book, wherever both stand at one update id.

bookTicker carries the update id of the book that it shows, and comes before the depth update
(every 100 ms) that contains it: so what it shows waits here until the book has come to its id.
"""

from pinnacle.venues.port import Top

#: A tenth of a second of tops; more wait only while the book is not followed.
_WAITING_MAX = 4096


class TopWatch:
    """Of one book; says when there is something to compare it with."""

    def __init__(self) -> None:
        self._waiting: dict[int, Top] = {}
        self._last_id = 0

    def show(self, update_id: int, shown: Top) -> Top | None:
        """What the venue shows; returned if the book stands at that id now."""
        if update_id == self._last_id:
            return shown
        if update_id > self._last_id:
            if len(self._waiting) >= _WAITING_MAX:
                self._waiting.clear()
            self._waiting[update_id] = shown
        return None

    def advance(self, update_id: int) -> Top | None:
        """The book stands at update_id now; what the venue showed there, if it did."""
        self._last_id = update_id
        found = self._waiting.get(update_id)
        self._waiting = {key: top for key, top in self._waiting.items() if key > update_id}
        return found

    def forget(self) -> None:
        """The book is not followed any more."""
        self._waiting.clear()
        self._last_id = 0
