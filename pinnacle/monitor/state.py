"""The state of a session as one JSON document, sampled a few times a second.

Decimals (prices, quantities, money) are strings, exact; what is only drawn (the P&L's history,
latencies in microseconds, rates) is numbers. The document's shape is in docs/monitor.md.
"""

import hashlib
from collections import defaultdict, deque
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from pinnacle.core.clock import monotonic_ns
from pinnacle.core.schema import Reason
from pinnacle.monitor.document import (
    Row,
    common_currency,
    latency_json,
    notice_json,
    process_json,
    venue_json,
)
from pinnacle.monitor.tail import RiskTail
from pinnacle.runtime.fitness import unfit
from pinnacle.runtime.observer import Observer, ProcessView
from pinnacle.runtime.rate import Rate
from pinnacle.runtime.venue_view import STANDING

HISTORY_STEP_NS = 1_000_000_000
#: The latest, of all processes together.
NOTICES = 50


@dataclass(frozen=True)
class Sample:
    """One state: its JSON, the tag that is the JSON's, and why the session is not fit to trade."""

    body: bytes
    etag: str
    taken_ns: int
    not_ready: dict[str, str]


class State:
    """Samples a session through an Observer. `sample` is for one thread; `latest` for any."""

    def __init__(self, observer: Observer, history_s: int):
        self._observer = observer
        self._instruments = observer.instruments
        self._tail = RiskTail(observer.paths.journal("risk"), self._instruments)
        self._history: deque[tuple[float, list[float]]] = deque(maxlen=history_s)
        self._history_ns = 0
        self._rate = Rate()
        self._venue_rates: dict[str, Rate] = defaultdict(Rate)
        self.latest = Sample(b"{}", '"none"', monotonic_ns(), {"monitor": "starting"})

    def sample(self) -> Sample:
        """Read everything once, and make it the latest."""
        self._tail.read()
        now = monotonic_ns()
        processes = self._observer.processes()
        not_ready = unfit(self._observer, processes)
        document = self._document(now, processes, not_ready)
        body = msgspec.json.encode(document)
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        self.latest = Sample(body, etag, now, not_ready)
        return self.latest

    def _document(
        self, now: int, processes: list[ProcessView], not_ready: dict[str, str]
    ) -> dict[str, Any]:
        observer = self._observer
        rows = [Row(observer, instrument) for instrument in self._instruments]
        time_ms = observer.now_ns() // 1_000_000
        self._remember(now, time_ms / 1000, rows)
        killed = observer.killed()
        feed = observer.summed("feed")
        records = feed.get("published", 0)
        return {
            "session": observer.paths.data.name,
            "venue": ", ".join(dict.fromkeys(i.venue_name for i in self._instruments)),
            "time_ms": time_ms,
            "ready": not not_ready,
            "not_ready": not_ready,
            "kill": {"set": killed != Reason.NONE, "reason": killed.name.lower()},
            "notices": [notice_json(notice) for notice in observer.notices()[: -NOTICES - 1 : -1]],
            "notice_count": observer.notice_count(),
            "lost_log_lines": observer.lost_log_lines(),
            "processes": [process_json(process) for process in processes],
            "venues": [
                venue_json(view, self._venue_rates[view.name].of(now, view.messages))
                for view in observer.venues()
            ],
            "totals": self._totals(rows, records, self._rate.of(now, records)),
            "instruments": [
                row.json() | {"resting": self._tail.resting(row.instrument)} for row in rows
            ],
            "fills": self._tail.fills,
            "journal_trouble": self._tail.trouble,
            "pnl_history": self._history_json(),
            "latency": latency_json(observer.histograms("risk").get("tick_to_order")),
            "feed": {name: count for name, count in feed.items() if name not in STANDING},
        }

    def _totals(self, rows: list[Row], records: int, rate: float) -> dict[str, Any]:
        bids = sum(row.position.bid_fills for row in rows)
        asks = sum(row.position.ask_fills for row in rows)
        currency = common_currency(row.quote for row in rows)
        total = sum((Decimal(row.money(row.position.total)) for row in rows), start=Decimal(0))
        return {
            "currency": currency,
            "pnl": f"{total:f}" if currency else None,
            "fills": bids + asks,
            "bid_fills": bids,
            "ask_fills": asks,
            "open_orders": sum(row.position.open_orders for row in rows),
            "refusals": sum(sum(row.position.refused.values()) for row in rows),
            "records": records,
            "records_per_s": round(rate, 1),
        }

    def _remember(self, now: int, time_s: float, rows: list[Row]) -> None:
        if self._history and now - self._history_ns < HISTORY_STEP_NS:
            return
        # In step with the clock, not with the last sample: no drift to longer steps.
        late = now - self._history_ns
        self._history_ns = now if late > 2 * HISTORY_STEP_NS else now - late % HISTORY_STEP_NS
        self._history.append(
            (round(time_s, 1), [float(row.money(row.position.total)) for row in rows])
        )

    def _history_json(self) -> dict[str, Any]:
        columns = list(zip(*(values for _, values in self._history), strict=True))
        return {
            "time_s": [at for at, _ in self._history],
            "series": {
                instrument.label: columns[i] for i, instrument in enumerate(self._instruments)
            },
        }
