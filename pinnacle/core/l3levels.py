"""Levels from single orders (csrc/book/l3levels.h): DEPTH records of what venues tell by order."""

from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import check
from pinnacle.core.l3book import L3Book
from pinnacle.core.schema import EventBuffer, Reason


class L3Levels:
    """Follows the orders of one instrument into `book`.

    again: the venue may tell again what a snapshot has. `consumed`: records that the last call of
    `take` took.
    """

    def __init__(self, book: L3Book, again: bool = False):
        self.book = book
        self._levels = ffi.new("struct pmm_l3levels *")
        lib.pmm_l3levels_init(self._levels, lib.PMM_L3LEVELS_AGAIN if again else 0)

    @property
    def reason(self) -> Reason:
        """Why orders are not followed; NONE: they are."""
        return Reason(self._levels.reason)

    @property
    def follows(self) -> bool:
        """The same, for who asks after every message."""
        return not self._levels.reason

    @property
    def consumed(self) -> int:
        return self._levels.consumed

    @property
    def passed_over(self) -> int:
        """Records of orders that do not rest."""
        return self._levels.passed_over

    def take(self, events: Any, count: int, out: EventBuffer) -> int:
        """How many records were written of `count` at a struct pmm_event *; FULL raises."""
        taken = lib.pmm_l3levels_take(
            self._levels, self.book.cdata, events, count, out.cdata, out.capacity
        )
        return taken if taken >= 0 else check(taken, "levels of single orders")

    def look(self, now_ns: int) -> None:
        """At this time: a book that is crossed for too long is not followed any more."""
        lib.pmm_l3levels_look(self._levels, now_ns)
