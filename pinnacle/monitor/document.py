"""The parts of the state document that speak of one thing each: JSON-ready, decimals as text."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from pinnacle.core.counters import BUCKET_FLOORS, Histogram
from pinnacle.core.instruments import Instrument
from pinnacle.core.notices import Notice
from pinnacle.core.risk import beyond_names
from pinnacle.core.rows import Quote
from pinnacle.runtime.observer import Observer, ProcessView
from pinnacle.runtime.venue_view import VenueView

BOOK_LEVELS = 10
#: The page's histogram has so many buckets to the power of two; the segment's has 32.
BUCKETS_PER_OCTAVE = 8
#: log2 of the edges in ns; what is below 1 ns stands in the octave below it.
_EDGES_NS = np.append(BUCKET_FLOORS, 2 * BUCKET_FLOORS[-32])
_NARROW = np.log2(np.maximum(_EDGES_NS, 0.5))
_WIDE = np.arange(-BUCKETS_PER_OCTAVE, _NARROW[-1] * BUCKETS_PER_OCTAVE + 1) / BUCKETS_PER_OCTAVE
_QUANTILES = {"p50_us": "p50", "p99_us": "p99", "p999_us": "p999", "max_us": "max"}


class Row:
    """One instrument, read once."""

    def __init__(self, observer: Observer, instrument: Instrument):
        self.instrument = instrument
        self.money = instrument.money_text
        self.position = observer.position(instrument)
        listing = observer.listing(instrument)
        self.listed = listing.listed
        #: Of the currencies, what the venue says or the symbol shows; empty if neither does.
        self.base, self.quote = listing.base, listing.quote
        if not self.quote:
            self.base, self.quote = symbol_currencies(instrument.symbol)
        self._quote = observer.quote(instrument)
        self._book = observer.book(instrument, BOOK_LEVELS)

    def json(self) -> dict[str, Any]:
        """The instrument's part of the document; our orders in its book are the caller's to add."""
        instrument, money, position = self.instrument, self.money, self.position
        return {
            "symbol": instrument.label,
            "tick_size": f"{instrument.tick.size:f}",
            "lot_size": f"{instrument.lot.size:f}",
            "listed": self.listed.name.lower(),
            "base": self.base or None,
            "quote": self.quote or None,
            "book": book_json(instrument, self._book),
            "quotes": quotes_json(instrument, self._quote),
            "position": instrument.quantity_text(position.position),
            "pnl": {
                "realised": money(position.realised),
                "unrealised": money(position.unrealised),
                "fees": money(position.fees),
                "total": money(position.total),
            },
            "turnover": money(position.turnover),
            "open_orders": position.open_orders,
            "fills": {"bid": position.bid_fills, "ask": position.ask_fills},
            "unknown_fills": position.unknown_fills,
            "refused_reports": position.refused_reports,
            "not_exact": beyond_names(position.beyond),
            "refusals": dict(position.refused),
        }


def process_json(process: ProcessView) -> dict[str, Any]:
    """One process, with its heartbeat's age in ms."""
    return {
        "name": process.name,
        "role": process.role,
        "state": process.state,
        "alive": process.alive,
        "pid": process.pid,
        "restarts": process.restarts,
        "heartbeat_age_ms": round(process.heartbeat_age_ms, 1),
        "rss_mb": process.rss_mb,
    }


def venue_json(view: VenueView, messages_per_s: float) -> dict[str, Any]:
    """How a feed stands with its venue; what is not known yet is null."""
    latency = view.latency
    return {
        "name": view.name,
        "state": view.state,
        "reason": view.reason,
        "live": view.live,
        "state_ms": round(view.state_ms),
        "silent_ms": None if view.silent_ms is None else round(view.silent_ms, 1),
        "messages": view.messages,
        "messages_per_s": round(messages_per_s, 1),
        "connected": view.connected,
        "connections": view.connections,
        "subscribed": view.subscribed,
        "gaps": view.gaps,
        "resyncs": view.resyncs,
        "checksum_failures": view.checksum_failures,
        "clock_ahead_ms": _rounded(view.clock_ahead_ms),
        "clock_error_ms": _rounded(view.clock_error_ms),
        "latency_p50_us": latency.p50 / 1000 if latency is not None and latency.count else None,
        "latency_p99_us": latency.p99 / 1000 if latency is not None and latency.count else None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def notice_json(notice: Notice) -> dict[str, Any]:
    """What a process said: a warning or an error in its own words."""
    return {
        "time_ms": notice.at_ns // 1_000_000,
        "process": notice.process,
        "number": notice.number,
        "level": notice.level,
        "times": notice.times,
        "text": notice.text,
    }


def book_json(instrument: Instrument, book: dict[str, Any]) -> dict[str, Any]:
    """Levels as [price, quantity] text, best first; mid and spread where both sides are."""
    price, quantity = instrument.price_text, instrument.quantity_text
    bids, asks = book["bids"], book["asks"]
    two_sided = len(bids) > 0 and len(asks) > 0
    return {
        "valid": book["valid"],
        "reason": book["reason"],
        "bids": [[price(int(level[0])), quantity(int(level[1]))] for level in bids],
        "asks": [[price(int(level[0])), quantity(int(level[1]))] for level in asks],
        "mid": half_ticks_text(instrument, int(bids[0][0] + asks[0][0])) if two_sided else None,
        "spread": price(int(asks[0][0] - bids[0][0])) if two_sided else None,
    }


def half_ticks_text(instrument: Instrument, halves: int) -> str:
    """The decimal text of a number of half ticks, with no more digits than it needs."""
    if halves % 2 == 0:
        return instrument.price_text(halves // 2)
    return f"{instrument.tick.size * halves / 2:f}"


def quotes_json(instrument: Instrument, quote: Quote) -> dict[str, str | None]:
    """Our best wanted prices and their distance; None where nothing is wanted."""
    bid, ask = quote.bid_price, quote.ask_price
    return {
        "bid": instrument.price_text(bid) if bid else None,
        "ask": instrument.price_text(ask) if ask else None,
        "width": instrument.price_text(ask - bid) if bid and ask else None,
    }


def latency_json(histogram: Histogram | None) -> dict[str, Any]:
    """Quantiles in microseconds, and buckets [from_us, count] from the first used to a last 0."""
    if histogram is None or not (seen := histogram.summary()).count:
        return {"count": 0, **dict.fromkeys(_QUANTILES, 0.0), "buckets": []}
    times = {name: round(getattr(seen, key) / 1000, 2) for name, key in _QUANTILES.items()}
    return {"count": seen.count, **times, "buckets": coarse(histogram.buckets())}


def coarse(buckets: np.ndarray) -> list[list[float]]:
    """The segment's buckets as [from_us, count], fewer and wider, closed by an empty one.

    A bucket that lies in two wide ones is shared between them, so counts have fractions.
    """
    cumulated = np.concatenate(([0.0], np.cumsum(buckets, dtype=float)))
    counts = np.diff(np.interp(_WIDE, _NARROW, cumulated))
    used = np.flatnonzero(counts)
    if not len(used):
        return []
    span = range(int(used[0]), int(used[-1]) + 1)
    made = [[_from_us(i), round(float(counts[i]), 3)] for i in span]
    return [*made, [_from_us(span.stop), 0.0]]


def _from_us(wide: int) -> float:
    return float(f"{2.0 ** _WIDE[wide] / 1000:.6g}")


def symbol_currencies(symbol: str) -> tuple[str, str]:
    """What stands on both sides of a symbol's separator; nothing where there is none."""
    base, _, quote = symbol.replace("/", "-").rpartition("-")
    return (base, quote) if base and quote else ("", "")


def common_currency(quotes: Iterable[str]) -> str | None:
    """What all are quoted in, if it is one and known: then money adds up."""
    found = set(quotes)
    return found.pop() or None if len(found) == 1 else None
