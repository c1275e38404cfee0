"""How each feed stands with its venue, read from what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from pinnacle.core.counters import Histogram, HistogramSummary
from pinnacle.core.market_state import ConnectionState, MarketState
from pinnacle.core.schema import Reason, in_words

READY = "ready"
#: Counters that say how things stand: those of several feeds together say nothing.
STANDING = frozenset(
    {f"market.{name}" for name in ("state", "reason", "since_ns", "heard_ns", "connected")}
    | {"clock_ahead_ns", "clock_error_ns"}
)


@dataclass(frozen=True)
class VenueView:
    """One feed's venue at one moment.

    name               of the venue, and which of its feeds
    state, reason      ConnectionState in words, and why it is not live; of a feed that is not ready
                       the process's, as ProcessView has it
    state_ms           for how long
    silent_ms          since the newest message; None before the first
    clock_ahead_ms     of the venue's clock, give or take `clock_error_ms`; None: not known yet
    latency            from the venue's stamp to our record, ns, by that estimate; None as well
    """

    name: str
    state: str
    reason: str
    state_ms: float
    silent_ms: float | None
    messages: int
    connected: int
    connections: int
    subscribed: int
    gaps: int
    resyncs: int
    checksum_failures: int
    clock_ahead_ms: float | None
    clock_error_ms: float | None
    latency: HistogramSummary | None

    @property
    def live(self) -> bool:
        return self.state == _words(ConnectionState.LIVE)


def venue_view(
    name: str,
    process_state: str,
    counted: Mapping[str, int],
    histograms: Mapping[str, Histogram],
    now_ns: int,
) -> VenueView | None:
    """Of a feed's counters; None of one that has no venue outside, or has shown nothing yet."""
    own = {name.removeprefix("market."): value for name, value in counted.items()}
    if not own.keys() >= set(MarketState._fields):
        return None
    ready = process_state == READY
    latency = histograms.get("venue_to_record")
    known = "clock_error_ns" in own
    return VenueView(
        name=name,
        state=_words(own["state"]) if ready else process_state,
        reason=in_words(Reason(own["reason"])) if ready and own["reason"] else "",
        state_ms=(now_ns - own["since_ns"]) / 1e6,
        silent_ms=(now_ns - own["heard_ns"]) / 1e6 if own["heard_ns"] else None,
        messages=own["messages"],
        connected=own["connected"] if ready else 0,
        connections=own["connections"],
        subscribed=own["subscribed"],
        gaps=own.get("gaps", 0),
        resyncs=own.get("resyncs", 0),
        checksum_failures=own.get("checksums_bad", 0) + own.get("tops_different", 0),
        clock_ahead_ms=own["clock_ahead_ns"] / 1e6 if known else None,
        clock_error_ms=own["clock_error_ns"] / 1e6 if known else None,
        latency=latency.summary() if known and latency is not None else None,
    )


def _words(state: int) -> str:
    """One that a later version shows is told by its number."""
    known = {member.value: member.name for member in ConnectionState}
    return known.get(state, f"state {state}").lower().replace("_", " ")
