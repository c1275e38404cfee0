"""A session as an outsider sees it: every segment mapped read-only, nothing owned or slowed."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import psutil

from pinnacle.core.bell import Bell, Control, ProcessState
from pinnacle.core.book import SharedBookReader
from pinnacle.core.clock import monotonic_ns
from pinnacle.core.counters import CountersReader, Histogram
from pinnacle.core.instruments import Instrument, read_table
from pinnacle.core.listings import Listing, ListingTable
from pinnacle.core.notices import Notice, NoticesReader
from pinnacle.core.paths import SUPERVISOR, SessionPaths, role_of
from pinnacle.core.rows import Position, PositionsReader, Quote, QuotesReader
from pinnacle.core.schema import Reason, Side
from pinnacle.runtime.venue_view import VenueView, venue_view

#: A process whose heart has not beaten for so long is hung: every loop beats each 20 ms.
HEART_SILENT_NS = 2_000_000_000


@dataclass(frozen=True)
class ProcessView:
    """One process: its state, and what the kernel says of it.

    `absent` if it is not alive, `hung` if it was ready and its heart does not beat.
    """

    name: str
    state: str
    alive: bool
    pid: int
    restarts: int
    heartbeat_age_ms: float
    rss_mb: float

    @property
    def role(self) -> str:
        return role_of(self.name)


class Observer:
    """Reads a live session. Values are single words read while others write: approximately now."""

    def __init__(self, paths: SessionPaths):
        self.paths = paths
        self.instruments: list[Instrument] = read_table(paths.instruments)
        names = paths.processes()
        self._bells = {name: Bell(paths.process(name)) for name in names}
        self._counters = {name: CountersReader(paths.counters(name)) for name in names}
        self._books = [SharedBookReader(paths.book(i.label)) for i in self.instruments]
        tellers = (*names, SUPERVISOR)
        self._notices = [NoticesReader(paths.notices(teller)) for teller in tellers]
        self._positions = PositionsReader(paths.positions)
        self._quotes = {name: QuotesReader(paths.quotes(name)) for name in self.of_role("strategy")}
        self._control = Control(paths.control)
        self._listings = ListingTable(paths.instruments)

    def close(self) -> None:
        by_process = (self._bells, self._counters, self._quotes)
        opened = [segment for mapped in by_process for segment in mapped.values()]
        alone = (self._positions, self._control, self._listings)
        for segment in (*opened, *self._books, *self._notices, *alone):
            segment.close()

    def processes(self) -> list[ProcessView]:
        return [self._process(name) for name in self._bells]

    def of_role(self, role: str) -> list[str]:
        """The names of its processes."""
        return [name for name in self._bells if role_of(name) == role]

    def _process(self, name: str) -> ProcessView:
        bell = self._bells[name]
        header = bell.segment.header
        alive = bell.segment.owner_alive()
        state = self._state(bell)
        rss = 0.0
        if alive:
            try:
                rss = psutil.Process(header.owner_pid).memory_info().rss / 1e6
            except psutil.Error:
                rss = 0.0
        silent_ns = monotonic_ns() - header.heartbeat_ns
        return ProcessView(
            name=name,
            state=state,
            alive=alive,
            pid=header.owner_pid,
            restarts=max(header.epoch - 1, 0),
            heartbeat_age_ms=round(silent_ns / 1e6, 1),
            rss_mb=round(rss, 1),
        )

    def _state(self, bell: Bell) -> str:
        state = ProcessState(bell.state) if bell.segment.owner_alive() else ProcessState.ABSENT
        silent_ns = monotonic_ns() - bell.segment.header.heartbeat_ns
        hung = state == ProcessState.READY and silent_ns > HEART_SILENT_NS
        return "hung" if hung else state.name.lower()

    def counters(self, process: str) -> dict[str, int]:
        """Every counter of a process by its label."""
        return self._counters[process].values()

    def summed(self, role: str) -> dict[str, int]:
        """The counters of all its processes together, by their labels."""
        found = Counter[str]()
        for name in self.of_role(role):
            found.update(self.counters(name))
        return dict(found)

    def histograms(self, process: str) -> dict[str, Histogram]:
        """Every histogram of a process by its label."""
        return self._counters[process].histograms()

    def venues(self) -> list[VenueView]:
        """How each feed of a venue outside stands with it."""
        now_ns, names = self.now_ns(), self.of_role("feed")
        found = (
            venue_view(
                self._venue_of(name),
                self._state(self._bells[name]),
                self.counters(name),
                self.histograms(name),
                now_ns,
            )
            for name in names
        )
        return [view for view in found if view is not None]

    def _venue_of(self, feed: str) -> str:
        """The venue's name, and which of its feeds; an only venue's may be called `feed` alone."""
        tail = feed.removeprefix("feed").removeprefix(".")
        if tail and not tail.isdecimal():
            return tail
        return ".".join(filter(None, (self.instruments[0].venue_name, tail)))

    def notices(self) -> list[Notice]:
        """The latest warnings and errors of every process, dead ones too, in order of time."""
        found = [notice for reader in self._notices for notice in reader.since(0)]
        return sorted(found, key=lambda notice: notice.at_ns)

    def notice_count(self) -> int:
        """How many there ever were."""
        return sum(reader.count for reader in self._notices)

    def lost_log_lines(self) -> int:
        """How many lines of logs could not be written."""
        return sum(reader.lost_lines for reader in self._notices)

    def killed(self) -> Reason:
        """NONE while trading is allowed."""
        return Reason(self._control.killed())

    def book(self, instrument: Instrument, levels: int = 10) -> dict[str, Any]:
        """{"valid", "reason", "bids", "asks"}: levels as [price, quantity] integers, best first."""
        shared = self._books[instrument.instrument_id]
        bids, asks = shared.depth(Side.BID, levels), shared.depth(Side.ASK, levels)
        if bids is None or asks is None:
            reason = Reason(shared.top().reason).name.lower()
            return {"valid": False, "reason": reason, "bids": [], "asks": []}
        return {"valid": True, "reason": "", "bids": bids.tolist(), "asks": asks.tolist()}

    def listing(self, instrument: Instrument) -> Listing:
        """What the venue said last of one instrument."""
        return self._listings.read(instrument.instrument_id)

    def position(self, instrument: Instrument) -> Position:
        """Position, P&L, fills and refusals of one instrument, as risk showed them last."""
        return self._positions.read(instrument.instrument_id) or Position()

    def quote(self, instrument: Instrument) -> Quote:
        """What the strategies want of it, the better prices of two that quote it; nothing of one
        that is silent."""
        found = Quote()
        for name, quotes in self._quotes.items():
            strategy = self._bells[name].segment
            silent = monotonic_ns() - strategy.heartbeat_ns > HEART_SILENT_NS
            if not silent and strategy.owner_pid:
                found = _better(found, quotes.read(instrument.instrument_id) or Quote())
        return found

    def now_ns(self) -> int:
        """Session time: what the records of this session are stamped with."""
        return self._control.now_ns()


def _better(one: Quote, other: Quote) -> Quote:
    """The quotes of two strategies as one; 0 is no quote."""
    asks = [price for price in (one.ask_price, other.ask_price) if price]
    return Quote(
        max(one.bid_price, other.bid_price),
        min(asks, default=0),
        one.unknown_reports + other.unknown_reports,
    )
