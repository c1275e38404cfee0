"""The venue's own best bid and ask against the rebuilt book, wherever both stand at one update id.

bookTicker carries the update id of the book that it shows, and comes before the depth update
(every 100 ms) that contains it: so what it shows waits here until the book has come to its id.
"""

from pinnacle.core._native import ffi, lib
from pinnacle.core.memory import aligned_memory
from pinnacle.venues.port import Top

#: More wait only while the book is not followed.
WAITING_MAX: int = lib.PMM_TOPS_MAX


class TopWatch:
    """Of one book; says when there is something to compare it with. `cdata`: struct pmm_tops."""

    def __init__(self) -> None:
        self._memory = aligned_memory(ffi.sizeof("struct pmm_tops"))
        self.cdata = ffi.cast("struct pmm_tops *", self._memory)
        self._shown = ffi.new("struct pmm_shown *")

    def show(self, update_id: int, shown: Top) -> Top | None:
        """What the venue shows; returned if the book stands at that id now."""
        if update_id == self.cdata.last_id:
            return shown
        if update_id > self.cdata.last_id:
            self._shown[0] = (update_id, *shown)
            lib.pmm_tops_wait(self.cdata, self._shown)
        return None

    def advance(self, update_id: int) -> Top | None:
        """The book stands at update_id now; what the venue showed there, if it did."""
        at = lib.pmm_tops_at(self.cdata, update_id)
        found = (at.bid_price, at.bid_quantity, at.ask_price, at.ask_quantity) if at else None
        lib.pmm_tops_advance(self.cdata, update_id)
        return found

    def forget(self) -> None:
        """The book is not followed any more."""
        self.cdata.count = self.cdata.last_id = 0
