"""When a book that begins with a fetched snapshot is whole: which updates to keep, drop, apply.

One instrument, the venue's numbers only, no I/O. Updates are kept until a snapshot is there; of
these are dropped what ends at or before it. From then on each update must reach beyond the last
one. Where the venue numbers every change it must begin at the last one's end plus one, or before
it: what begins later is a gap, and the book begins anew. Where the numbers are times there is none,
and several updates may be of one moment: who has the last one's time counts, for levels are told as
they are, and what a snapshot may have already does no harm.
"""

import enum
from collections import deque
from typing import Any, NamedTuple

from pinnacle.core._native import ffi

#: Of one book. Ten seconds of the largest frames, minutes of usual ones: a snapshot takes less, and
#: after a longer wait the newest updates are as good. The oldest go first.
HELD_BYTES_MAX = 1 << 20
#: Updates of one moment that are known again; of more the oldest are taken twice, in their order.
MOMENT_MAX = 16


class Diff(enum.Enum):
    """What to do with a depth update."""

    APPLY = enum.auto()
    DROP = enum.auto()
    #: Of before the snapshot that the book has just begun with.
    EARLY = enum.auto()
    HELD = enum.auto()
    GAP = enum.auto()


class Held(NamedTuple):
    """An update that waits for its snapshot; the frame as it came, so that it is scanned again."""

    first: int
    final: int
    frame: bytes


class BookSync:
    """The state of one book; `row`: where numbers and flags stand that C goes by too (follow.h).

    live          a snapshot is in and every update since is applied
    last_id       the number that the book stands at; 0 before the first snapshot
    gaps          updates that did not join on
    held_bytes    of the frames that are kept for a snapshot to come
    repeated      several connections say the same: of one moment what has the bytes of another
                  was there
    """

    def __init__(
        self, numbered: bool = True, held_bytes_max: int = HELD_BYTES_MAX, row: Any = None
    ) -> None:
        self._row = ffi.new("struct pmm_follow_row *") if row is None else row
        self.repeated = False
        self.live = False
        self.gaps = 0
        self.held_bytes = 0
        self._numbered = numbered
        self._held_bytes_max = held_bytes_max
        self._held: deque[Held] = deque()
        #: The number of the newest update that is not held, of those that a snapshot must have.
        self._let_go = -1
        #: The newest moment of which updates came, and these.
        self._moment, self._of_moment = -1, deque[bytes](maxlen=MOMENT_MAX)

    @property
    def last_id(self) -> int:
        return int(self._row.last_id)

    @property
    def held(self) -> int:
        """How many updates wait."""
        return len(self._held)

    def renew(self) -> None:
        """Another snapshot is wanted of a live book, which stays so: keep what that will need."""
        self._row.renewing = self.live
        self._let_go = max(self._let_go, self.last_id)

    def on_diff(self, first: int, final: int, frame: bytes) -> Diff:
        """Judge an update; HELD and GAP keep the frame for the next snapshot."""
        if self.repeated and not self._numbered and self._was_there(final, frame):
            return Diff.DROP if self.live else Diff.HELD
        if not self.live:
            self._hold(first, final, frame)
            return Diff.HELD
        if not self._is_new(final, self.last_id):
            return Diff.EARLY if self._row.fresh else Diff.DROP
        if first <= self.last_id + 1 or not self._numbered:
            self._row.fresh = False
            self._row.last_id = final
            if self._row.renewing:
                self._hold(first, final, frame)
            return Diff.APPLY
        self.gaps += 1
        self.reset()
        self._hold(first, final, frame)
        return Diff.GAP

    def passes_over(self, snapshot_id: int) -> bool:
        """Whether a snapshot has nothing to say: none is wanted, and the book is as far already."""
        return self.live and not self._row.renewing and snapshot_id <= self.last_id

    def on_snapshot(self, snapshot_id: int) -> list[bytes] | None:
        """The held frames to apply after the snapshot, or None if it is older than they begin.

        None means: fetch another one; what is held stays held.
        """
        kept = [held for held in self._held if self._is_new(held.final, snapshot_id)]
        begins = kept[0].first if kept else self.last_id + 1 if self.live else 0
        if self._let_go > snapshot_id:
            return None
        if self._numbered and begins > snapshot_id + 1:
            return None
        self.live = True
        self._row.fresh = not kept
        self._row.renewing = False
        self._row.last_id = kept[-1].final if kept else snapshot_id
        self._release()
        return [held.frame for held in kept]

    def reset(self) -> None:
        """Forget the book and what is held: the connection is new, or the book is not trusted."""
        self.live = False
        self._row.fresh = self._row.renewing = 0
        self._row.last_id = 0
        self._moment = -1
        self._release()

    def _is_new(self, number: int, last: int) -> bool:
        return number > last or (number == last and not self._numbered)

    def _was_there(self, moment: int, frame: bytes) -> bool:
        if moment > self._moment:
            self._moment = moment
            self._of_moment.clear()
        if moment < self._moment:
            return False  # Older: its number says what becomes of it.
        known = frame in self._of_moment
        if not known:
            self._of_moment.append(frame)
        return known

    def _hold(self, first: int, final: int, frame: bytes) -> None:
        if self._held and not self._is_new(final, self._held[-1].final):
            return
        if self._numbered and self._held and first > self._held[-1].final + 1:
            self._release()
        self._held.append(Held(first, final, frame))
        self.held_bytes += len(frame)
        while self.held_bytes > self._held_bytes_max and len(self._held) > 1:
            oldest = self._held.popleft()
            self._let_go = oldest.final
            self.held_bytes -= len(oldest.frame)

    def _release(self) -> None:
        self._held.clear()
        self._let_go = -1
        self.held_bytes = 0
