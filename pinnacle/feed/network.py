"""The feed of a venue outside: its connection, and what the venue is asked for beside it.

The same loop keeps the house: without that the process would be dead to its peers.
"""

import asyncio
from typing import Any

from pinnacle.core.clock import monotonic_ns
from pinnacle.core.config import Section
from pinnacle.core.credentials import Credentials
from pinnacle.core.errors import UsageError
from pinnacle.core.instruments import table
from pinnacle.core.listings import ListingTable
from pinnacle.core.schema import Reason
from pinnacle.core.segment import Mode
from pinnacle.feed.listing_watch import ListingWatch
from pinnacle.feed.publisher import Publisher
from pinnacle.runtime.runtime import Runtime
from pinnacle.venues.port import VenueKind
from pinnacle.venues.reference.listing import Reference
from pinnacle.venues.reference.offset import Offset
from pinnacle.venues.reference.venue_clock import VenueClock
from pinnacle.venues.spread import market_of
from pinnacle.venues.transport.config import RestConfig
from pinnacle.venues.transport.loop import run
from pinnacle.venues.transport.troubles import Troubles

TURN_S, SHOW_NS = 0.005, 50_000_000


def run_network(
    runtime: Runtime,
    kind: VenueKind[Any],
    section: Section,
    publisher: Publisher,
    credentials: Credentials | None,
) -> None:
    """Until SIGTERM, or what no attempt could mend."""
    with ListingTable(runtime.seat.paths.instruments, Mode.SHARED) as listings:
        feed = _NetworkFeed(runtime, kind, section, publisher, listings, credentials)
        run(feed.run())


class _NetworkFeed:
    def __init__(
        self,
        runtime: Runtime,
        kind: VenueKind[Any],
        section: Section,
        publisher: Publisher,
        listings: ListingTable,
        credentials: Credentials | None,
    ):
        rows, now = table(runtime.mine), runtime.clock.session_ns
        self._runtime = runtime
        self._publisher = publisher
        given = (publisher.publish, now, publisher.top_of, credentials)
        self._market = market_of(kind, section, rows, *given)
        self._troubles = Troubles(kind.name)
        self._names = kind.names(rows)
        self._listings = listings
        self._watch: ListingWatch | None = None
        self._asking = self._asked(_reference(kind), section)
        self._doubts = self._show_ns = 0
        self._suspensions = runtime.suspensions

    def _asked(
        self, reference: Reference | None, section: Section
    ) -> list[ListingWatch | VenueClock]:
        """What the venue is asked for beside the connection; nothing of one of one's own that
        says nothing of itself, or nowhere."""
        if reference is None or not isinstance(section, RestConfig):
            return []
        self._watch = ListingWatch(
            reference,
            section,
            self._runtime.mine,
            self._names,
            self._market,
            self._listings,
            self._troubles,
        )
        now, symbol = self._runtime.clock.session_ns, self._names[0]
        clock = VenueClock(reference, section, symbol, now, self._troubles, self._knows_clock)
        return [self._watch, clock]

    async def run(self) -> None:
        """Until the process is to stop, or one of the tasks has failed."""
        tasks = [asyncio.create_task(each.run()) for each in (self._market, *self._asking)]
        self._runtime.ready("connecting")
        while not self._runtime.stopping and not any(task.done() for task in tasks):
            self._turn()
            await asyncio.sleep(TURN_S)
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, BaseException) and not isinstance(ended, asyncio.CancelledError):
                raise ended

    def _turn(self) -> None:
        market, runtime = self._market, self._runtime
        self._publisher.tend(runtime)
        if monotonic_ns() >= self._show_ns:
            self._show_ns = monotonic_ns() + SHOW_NS
            self._show()
        for instrument, reason in self._publisher.broken():
            market.resync(instrument, reason)
        if runtime.suspensions != self._suspensions:
            # The market went on, and no clock of this session can tell how old the books are.
            self._suspensions = runtime.suspensions
            for row in self._publisher.instruments:
                market.resync(row.instrument_id, Reason.STALE)

    def _show(self) -> None:
        """How the market stands, for people: not at every turn, for it costs with each book."""
        counts = self._market.counts()
        shown = {**counts, **self._market.state()._asdict()}
        self._runtime.counters.show(**{f"market.{name}": value for name, value in shown.items()})
        doubts = counts.get("off_grid", 0)
        if doubts != self._doubts and self._watch is not None:
            self._doubts = doubts
            self._watch.doubt()

    def _knows_clock(self, offset: Offset) -> None:
        counters = self._runtime.counters
        counters.show(clock_ahead_ns=offset.ahead_ns, clock_error_ns=offset.error_ns)
        self._publisher.venue_clock(counters.histogram("venue_to_record"), offset.ahead_ns)


def _reference(kind: VenueKind[Any]) -> Reference | None:
    try:
        return kind.reference()
    except UsageError:
        return None
