"""Sees a book that stays unusable beside a good one, and asks for the market again.

A reader of the market builds its books from the records of its ring. Whatever may have gone wrong
with one, the feed's own is there to compare it with: where that has been valid for a while and the
reader's has not, the ring is asked for the whole state.
"""

from collections.abc import Callable, Sequence

import structlog

from pinnacle.core.book import SharedBookReader
from pinnacle.core.instruments import Instrument
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingReader

LOOK_NS = 500_000_000
#: A resync takes a few of the feed's housekeepings. Each asking doubles it, until all is well.
PATIENCE_NS, PATIENCE_MAX_NS = 2_000_000_000, 120_000_000_000


class BookWatch:
    """`usable(instrument_id)`: whether the process's own book is valid; `asked`: times so far."""

    def __init__(
        self,
        paths: SessionPaths,
        instruments: Sequence[Instrument],
        usable: Callable[[int], bool],
        ring: RingReader,
        log: structlog.stdlib.BoundLogger,
    ):
        self.asked = 0
        self._paths = paths
        self._instruments = instruments
        self._usable = usable
        self._ring = ring
        self._log = log
        self._since: dict[int, int] = {}
        self._look_ns = 0
        self._patience_ns = PATIENCE_NS

    def look(self, now_ns: int) -> None:
        """Now and then: `now_ns` is monotonic."""
        if now_ns < self._look_ns:
            return
        self._look_ns = now_ns + LOOK_NS
        stuck = [i.symbol for i in self._instruments if self._is_stuck(i, now_ns)]
        if stuck:
            self._ask(stuck)
        elif not self._since:
            self._patience_ns = PATIENCE_NS

    def _is_stuck(self, instrument: Instrument, now_ns: int) -> bool:
        number = instrument.instrument_id
        if self._usable(number) or not self._good_elsewhere(instrument.symbol):
            self._since.pop(number, None)
            return False
        return now_ns - self._since.setdefault(number, now_ns) >= self._patience_ns

    def _good_elsewhere(self, symbol: str) -> bool:
        # Opened for a look only: a book that is mapped all the time would be pinned with the rest.
        with SharedBookReader(self._paths.book(symbol)) as book:
            return bool(book.top().valid)

    def _ask(self, symbols: list[str]) -> None:
        self.asked += 1
        self._log.warning(
            "own book unusable beside a valid shared one: asking for the market again",
            symbols=" ".join(symbols),
            after_s=self._patience_ns // 1_000_000_000,
        )
        self._ring.request_resync()
        self._since.clear()
        self._patience_ns = min(2 * self._patience_ns, PATIENCE_MAX_NS)
