"""Sees a book that stays unusable beside a good one, and asks for the market again.

A reader of the market builds its books from the records of its ring. Whatever may have gone wrong
with one, the feed's own is there to compare it with: where that has been valid for a while and the
reader's has not, the ring is asked for the whole state.
"""

from collections.abc import Callable, Mapping, Sequence

import structlog

from pinnacle.core.book import SharedBookReader
from pinnacle.core.instruments import Instrument
from pinnacle.core.paths import SessionPaths
from pinnacle.core.ring import RingReader
from pinnacle.core.schema import Source, number_of, role_of
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.stage import Stage

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
        rings: Mapping[int, RingReader],
        log: structlog.stdlib.BoundLogger,
    ):
        """`rings`: of the market, by the number of the feed."""
        self.asked = 0
        self._paths = paths
        self._instruments = instruments
        self._usable = usable
        self._rings = rings
        self._log = log
        self._since: dict[int, int] = {}
        self._look_ns = 0
        self._patience_ns = PATIENCE_NS

    @classmethod
    def of(cls, runtime: Runtime, stage: Stage, usable: Callable[[int], bool]) -> "BookWatch":
        """Of all the instruments that the process has."""
        rings = {
            number_of(given.source): given.ring
            for given in stage.inputs
            if role_of(given.source) == Source.FEED
        }
        return cls(runtime.paths, runtime.mine, usable, rings, runtime.log)

    def ask_all(self) -> None:
        """For the whole market, as it is now."""
        for ring in self._rings.values():
            ring.request_resync()

    def look(self, now_ns: int) -> None:
        """Now and then: `now_ns` is monotonic."""
        if now_ns < self._look_ns:
            return
        self._look_ns = now_ns + LOOK_NS
        stuck = [i for i in self._instruments if self._is_stuck(i, now_ns)]
        if stuck:
            self._ask(stuck)
        elif not self._since:
            self._patience_ns = PATIENCE_NS

    def _is_stuck(self, instrument: Instrument, now_ns: int) -> bool:
        number = instrument.instrument_id
        if self._usable(number) or not self._good_elsewhere(instrument):
            self._since.pop(number, None)
            return False
        return now_ns - self._since.setdefault(number, now_ns) >= self._patience_ns

    def _good_elsewhere(self, instrument: Instrument) -> bool:
        # Opened for a look only: a book that is mapped all the time would be pinned with the rest.
        with SharedBookReader(self._paths.book(instrument.label)) as book:
            return bool(book.top().valid)

    def _ask(self, stuck: Sequence[Instrument]) -> None:
        self.asked += 1
        self._log.warning(
            "own book unusable beside a valid shared one: asking for the market again",
            instruments=" ".join(i.label for i in stuck),
            after_s=self._patience_ns // 1_000_000_000,
        )
        for number in {i.feed_number for i in stuck}:
            self._rings[number].request_resync()
        self._since.clear()
        self._patience_ns = min(2 * self._patience_ns, PATIENCE_MAX_NS)
