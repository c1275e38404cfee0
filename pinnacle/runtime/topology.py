"""Which processes a session has, and the rings between them: all that depends on it is from here.

A process is called by its role, with the name of its venue or strategy behind it where the session
has several: "gateway", or "gateway.kraken". A venue may have several feeds, each with a share of
its instruments: "feed.kraken.1", "feed.kraken.2". The gateway and the exchange of a venue share its
number, feeds are counted through all venues; a strategy's number is its place among the strategies,
and its orders carry it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from pinnacle.core.errors import UsageError
from pinnacle.core.instruments import shares
from pinnacle.core.paths import ROLES, role_of
from pinnacle.core.schema import Source, source_of
from pinnacle.runtime.stage import ORDER_KINDS, REPORT_KINDS, Route, kind_mask

#: By what a ring is called, from the market's way in to the reports' way back.
FLOW = (
    "venue.market",
    "market.strategy",
    "market.exchange",
    "intents",
    "orders",
    "venue.orders",
    "venue.reports",
    "reports",
    "fills",
)
_ORDERS, _REPORTS = Route(kind_mask(ORDER_KINDS)), Route(kind_mask(REPORT_KINDS))
#: Those that every venue has its own of.
VENUE_ROLES = ("exchange", "feed", "gateway")
START_ORDER = ("exchange", "feed", "gateway", "risk", "strategy", "monitor")
#: Quotes go first; who carries their cancels and their reports goes after.
STOP_ORDER = ("strategy", "risk", "gateway", "exchange", "feed", "monitor")


@dataclass(frozen=True)
class Process:
    """One process; `instruments`: ids of those that it has to do with, ascending."""

    name: str
    number: int = 0
    instruments: tuple[int, ...] = ()

    @property
    def role(self) -> str:
        return role_of(self.name)

    @property
    def source(self) -> int:
        """What its records carry."""
        return source_of(Source[self.role.upper()], self.number)


@dataclass(frozen=True)
class Ring:
    """From one process to another; decisions go by their `route`.

    Without one it is market data, of the reader's instruments, and sent again when it is lost.
    `resent`: what was decided before a crash is given after it.
    """

    name: str
    writer: Process
    reader: Process
    route: Route | None = None
    resent: bool = True


@dataclass(frozen=True)
class MarketPlace:
    """A venue as a topology needs it; `name` is empty where it is the only one.

    `simulated`: its exchange makes the market; if not, that is read from the venue itself, by as
    many feeds as `shards` says. `live`: orders go to the venue itself, and nobody stands in for it.
    """

    name: str
    simulated: bool
    instruments: tuple[int, ...]
    shards: int = 1
    live: bool = False


class Topology:
    """`processes` in the order of the flow, `rings` too."""

    def __init__(self, venues: Sequence[MarketPlace], strategies: Mapping[str, tuple[int, ...]]):
        """`strategies`: instruments by the strategy's name, which is empty for the only one."""
        everything = tuple(sorted(i for venue in venues for i in venue.instruments))
        self._risk = Process("risk", 0, everything)
        self._monitor = Process("monitor", 0, everything)
        feeds = count()
        self._venues = [_Venue(i, venue, feeds) for i, venue in enumerate(venues)]
        self._strategies = [
            Process(_named("strategy", name), i, instruments)
            for i, (name, instruments) in enumerate(strategies.items())
        ]
        self.processes: tuple[Process, ...] = (
            *(exchange for venue in self._venues for exchange in venue.exchanges),
            *(feed for venue in self._venues for feed in venue.feeds),
            *self._strategies,
            self._risk,
            *(venue.gateway for venue in self._venues),
            self._monitor,
        )
        #: Those that write a journal.
        self.journalled = self.processes[:-1]
        self.rings = tuple(sorted(self._rings(), key=_place_in_flow))
        self._by_name = {process.name: process for process in self.processes}
        self._by_source = {process.source: process for process in self.processes}

    def _rings(self) -> Iterable[Ring]:
        for venue in self._venues:
            yield from venue.rings(self._risk)
            for strategy in self._strategies:
                yield from venue.market("market.strategy", strategy, _tail(strategy))
        for process in self._strategies:
            tail = _tail(process)
            yield Ring(f"intents{tail}", process, self._risk, _ORDERS)
            owner = process.number if len(self._strategies) > 1 else None
            yield Ring(f"fills{tail}", self._risk, process, Route(_REPORTS.kinds, owner=owner))

    def process(self, name: str) -> Process:
        """UsageError lists those that there are."""
        if name not in self._by_name:
            raise UsageError(f"no process {name!r}; there are: {', '.join(self._by_name)}")
        return self._by_name[name]

    def of_source(self, source: int) -> Process:
        """Whose records carry this; UsageError if nobody's do."""
        if source not in self._by_source:
            raise UsageError(f"no process has the source {source}")
        return self._by_source[source]

    def of_role(self, role: str) -> list[Process]:
        return [process for process in self.processes if process.role == role]

    def reads(self, process: Process) -> list[Ring]:
        """Reports first: a fill must count before the next intent is judged."""
        found = [ring for ring in self.rings if ring.reader == process]
        return sorted(found, key=lambda ring: -_flow(ring))

    def gives(self, process: Process) -> list[Ring]:
        """Where its decisions go."""
        return [r for r in self.rings if r.writer == process and r.route is not None]

    def publishes(self, process: Process) -> list[Ring]:
        """Where its market data goes."""
        return [r for r in self.rings if r.writer == process and r.route is None]

    def peers(self, process: Process) -> list[Process]:
        """Those whose loss this process acts on."""
        venues = [v for v in self._venues if _share(v.gateway, process)]
        gateways = [v.gateway for v in venues]
        feeds = [feed for v in venues for feed in v.feeds if _share(feed, process)]
        match process.role:
            case "strategy":
                return [*feeds, self._risk, *gateways]
            case "risk":
                return [*self._strategies, *gateways, *feeds]
            case "gateway":
                return [self._risk, *(e for v in venues for e in v.exchanges)]
            case "exchange":
                return gateways if venues[0].simulated else [*gateways, *feeds]
            case "feed":
                return [e for v in venues if v.simulated for e in v.exchanges]
        return []

    def in_order(self, roles: Sequence[str]) -> list[Process]:
        """All processes, role after role."""
        return [process for role in roles for process in self.of_role(role)]


class _Venue:
    """A venue's processes, and the rings around them; `feed_numbers` gives the next feed's."""

    def __init__(self, number: int, place: MarketPlace, feed_numbers: Iterator[int]):
        self.simulated = place.simulated
        exchange, self.gateway = (
            Process(_named(role, place.name), number, place.instruments)
            for role in ("exchange", "gateway")
        )
        #: None, where orders go to the venue itself.
        self.exchanges = () if place.live else (exchange,)
        names = feed_names(_named("feed", place.name), place.shards)
        dealt = shares(place.instruments, place.shards)
        self.feeds = [
            Process(name, next(feed_numbers), tuple(share))
            for name, share in zip(names, dealt, strict=True)
        ]
        self._tail = f".{place.name}" if place.name else ""

    def market(self, stem: str, reader: Process, tail: str = "") -> Iterable[Ring]:
        """From each feed that has something for this reader."""
        for feed in self.feeds:
            if _share(feed, reader):
                yield Ring(f"{stem}{_tail(feed)}{tail}", feed, reader)

    def rings(self, risk: Process) -> Iterable[Ring]:
        tail, gateway = self._tail, self.gateway
        for exchange in self.exchanges:
            if self.simulated:
                yield Ring(f"venue.market{tail}", exchange, self.feeds[0])
            else:
                # Paper trading rests its orders in the real market: its exchange reads it too.
                yield from self.market("market.exchange", exchange)
            # What was not sent to a venue before a crash is old after it.
            yield Ring(f"venue.orders{tail}", gateway, exchange, _ORDERS, resent=False)
            yield Ring(f"venue.reports{tail}", exchange, gateway, _REPORTS)
        mine = frozenset(gateway.instruments) if tail else None
        yield Ring(f"orders{tail}", risk, gateway, Route(_ORDERS.kinds, mine))
        yield Ring(f"reports{tail}", gateway, risk, _REPORTS)


def _named(role: str, name: str) -> str:
    return f"{role}.{name}" if name else role


def feed_names(stem: str, shards: int) -> list[str]:
    """Of a venue's feeds. `stem`: "feed", with the venue's name behind it where it has one."""
    return [stem] if shards == 1 else [f"{stem}.{shard}" for shard in range(1, shards + 1)]


def _share(one: Process, other: Process) -> bool:
    """Whether they have an instrument in common."""
    return not set(one.instruments).isdisjoint(other.instruments)


def _tail(process: Process) -> str:
    return process.name.removeprefix(process.role)


def _flow(ring: Ring) -> int:
    """The place of a ring's name in FLOW, whatever stands behind it."""
    return next(i for i, stem in enumerate(FLOW) if f"{ring.name}.".startswith(f"{stem}."))


def _place_in_flow(ring: Ring) -> tuple[int, int, int]:
    return _flow(ring), ring.writer.number, ring.reader.number


assert set(START_ORDER) == set(STOP_ORDER) == set(ROLES)
