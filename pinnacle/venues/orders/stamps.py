"""Stamps of signed requests: what a venue's clock shows, as far as anybody can tell. No I/O.

A venue refuses a stamp that is ahead of its clock by too much, and one that is too old. Ahead is
the worse of the two: no patience of the venue cures it, and the way there only adds age. So a
stamp is the best estimate, held back where the estimate may be wrong by more than the venue lets
pass.
"""

from collections.abc import Callable
from typing import NamedTuple

from pinnacle.venues.reference.offset import DRIFT_PPM, SECOND_NS, Offset


class Window(NamedTuple):
    """Which stamps a venue takes. They count `unit_ns`, and so does the clock that it compares.

    ahead_ns   a stamp is less than that ahead of the venue's clock; one unit at least
    late_ns    and no more than that behind it
    """

    unit_ns: int
    ahead_ns: int
    late_ns: int

    def is_ahead(self, stamp: int, venue_ns: int) -> bool:
        """Whether the venue refuses it for that, when its clock is at `venue_ns`."""
        return (stamp - venue_ns // self.unit_ns) * self.unit_ns >= self.ahead_ns

    def is_late(self, stamp: int, venue_ns: int) -> bool:
        """Whether the venue refuses it for that, when its clock is at `venue_ns`."""
        return (venue_ns // self.unit_ns - stamp) * self.unit_ns > self.late_ns


class Stamps:
    """Of one venue.

    clock    ours, ns, the one that the offset was measured by: session time, which never steps
    offset   the venue's clock against ours, as it was measured last; `follow` takes each new one
    """

    def __init__(self, clock: Callable[[], int], offset: Offset, window: Window):
        self._clock = clock
        self._window = window
        self.follow(offset)

    def follow(self, offset: Offset) -> None:
        """Stamps go by this measurement from now on, back too: a later stamp may be smaller."""
        self._offset = offset
        self._measured_ns = self._clock()

    def next(self) -> int:
        """For a request that is sent now, in the venue's unit."""
        return self.venue_ns() // self._window.unit_ns

    def venue_ns(self) -> int:
        """What the venue's clock shows, UTC ns: an estimate that is never too far ahead."""
        now_ns = self._clock()
        return now_ns + self._offset.ahead_ns - self._held_back_ns(self._error_ns(now_ns))

    def doubt(self) -> str:
        """Why a stamp of now might be refused; empty when it cannot be for what we know."""
        error_ns = self._error_ns(self._clock())
        late_ns = error_ns + self._held_back_ns(error_ns)
        if late_ns <= self._window.late_ns:
            return ""
        return (
            f"its clock is known to {error_ns / SECOND_NS:.3f} s only: "
            f"a request may be refused as older than {self._window.late_ns / SECOND_NS:g} s"
        )

    def _error_ns(self, now_ns: int) -> int:
        """Wider than it was measured by what two clocks may have come apart since."""
        return self._offset.error_ns + abs(now_ns - self._measured_ns) * DRIFT_PPM // 1_000_000

    def _held_back_ns(self, error_ns: int) -> int:
        # The venue's clock may have just moved on, and shows up to one unit less than it is.
        return max(0, error_ns - self._window.ahead_ns + self._window.unit_ns)
