"""The report of a session: computed from what it left behind, not from what it said."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pinnacle.core.instruments import Instrument
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import ROLES, SessionPaths
from pinnacle.core.schema import EVENT, Flag, Kind, Reason, Side

TWO_SIDED_AFTER_NS = 2_000_000_000


@dataclass
class _Order:
    side: int
    quantity: int
    filled: int = 0
    live_ns: int = 0


@dataclass
class _Tally:
    """What happened to one instrument's orders."""

    sent: int = 0
    acknowledged: int = 0
    filled: int = 0
    cancelled: int = 0
    rejected: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    fills: dict[int, int] = field(default_factory=lambda: {Side.BID: 0, Side.ASK: 0})
    #: ticks x lots x 2: the middle is half a tick.
    spread_twice: int = 0
    orders: dict[int, _Order] = field(default_factory=dict)
    #: Per side, (from, to) while an order rested.
    live: dict[int, list[tuple[int, int]]] = field(
        default_factory=lambda: {Side.BID: [], Side.ASK: []}
    )
    twice_mid: int = 0

    def record(self, row: np.void) -> None:
        """One record of the risk process's journal."""
        kind, decision = row["kind"], row["flags"] & Flag.DECISION
        order_id = int(row["order_id"])
        if kind == Kind.TOP:
            if not row["flags"] & Flag.STALE:
                self.twice_mid = int(row["price"]) + order_id
        elif kind == Kind.NEW and decision:
            self.sent += 1
            self.orders[order_id] = _Order(int(row["side"]), int(row["quantity"]))
        elif kind == Kind.REJECTED and decision:
            self.rejected[Reason(int(row["reason"])).name] += 1
            self.orders.pop(order_id, None)
        elif decision:
            return
        elif kind == Kind.ACK:
            self.acknowledged += 1
            if order_id in self.orders:
                self.orders[order_id].live_ns = int(row["recv_ns"])
        elif kind == Kind.REPLACED and order_id in self.orders:
            self.orders[order_id].quantity = int(row["quantity"])
        elif kind == Kind.CANCELLED:
            self.cancelled += 1
            self._end(order_id, int(row["recv_ns"]))
        elif kind == Kind.FILL:
            self._fill(row, order_id)

    def _fill(self, row: np.void, order_id: int) -> None:
        side, quantity = int(row["side"]), int(row["quantity"])
        self.fills[side] += 1
        if self.twice_mid:
            edge = self.twice_mid - 2 * int(row["price"])
            self.spread_twice += (edge if side == Side.BID else -edge) * quantity
        order = self.orders.get(order_id)
        if order is not None:
            self.filled += order.filled == 0
            order.filled += quantity
            if order.filled >= order.quantity:
                self._end(order_id, int(row["recv_ns"]))

    def _end(self, order_id: int, now_ns: int) -> None:
        order = self.orders.pop(order_id, None)
        if order is not None and order.live_ns:
            self.live[order.side].append((order.live_ns, now_ns))

    def finish(self, now_ns: int) -> None:
        for order_id in list(self.orders):
            self._end(order_id, now_ns)

    def two_sided(self, begin_ns: int, end_ns: int) -> float:
        """The fraction of the time with an order resting on both sides."""
        edges: list[tuple[int, int, int]] = []
        for side, spans in self.live.items():
            for start, stop in spans:
                start, stop = max(start, begin_ns), min(stop, end_ns)
                if start < stop:
                    edges += [(start, side, 1), (stop, side, -1)]
        resting = {Side.BID: 0, Side.ASK: 0}
        both_ns, last = 0, begin_ns
        for at, side, change in sorted(edges):
            if resting[Side.BID] and resting[Side.ASK]:
                both_ns += at - last
            resting[side] += change
            last = at
        return both_ns / max(end_ns - begin_ns, 1)


def tally_orders(paths: SessionPaths, count: int) -> list[_Tally]:
    """Per instrument, from the risk process's journal."""
    tallies = [_Tally() for _ in range(count)]
    wanted = np.zeros(256, bool)
    wanted[
        [
            Kind.TOP,
            Kind.NEW,
            Kind.ACK,
            Kind.REPLACED,
            Kind.CANCELLED,
            Kind.REJECTED,
            Kind.FILL,
        ]
    ] = True
    last_ns = 0
    for chunk in JournalReader(paths.journal("risk")).chunks():
        last_ns = max(last_ns, int(chunk["recv_ns"].max()))
        for row in chunk[wanted[chunk["kind"]]]:
            if row["instrument_id"] < count:
                tallies[row["instrument_id"]].record(row)
    for tally in tallies:
        tally.finish(last_ns)
    return tallies


def journal_list(paths: SessionPaths) -> list[dict[str, Any]]:
    """Every process's journal: path, records, bytes of them."""
    rows = []
    for role in ROLES:
        directory = paths.journal(role)
        if directory.is_dir():
            records = len(JournalReader(directory))
            size = records * EVENT.itemsize
            rows.append({"path": str(directory), "records": records, "bytes": size})
    return rows


@dataclass(frozen=True)
class Observed:
    """What only a live session shows; taken at its end, before the segments go."""

    positions: list[dict[str, int]]
    tick_to_order: dict[str, Any]
    processes: dict[str, dict[str, Any]]
    lost_records: int
    begin_ns: int
    end_ns: int


def build_report(
    paths: SessionPaths, instruments: list[Instrument], observed: Observed
) -> dict[str, Any]:
    """The report as JSON-ready data: numbers as numbers, decimals as strings."""
    tallies = tally_orders(paths, len(instruments))
    events = len(JournalReader(paths.journal("feed")))
    seconds = (observed.end_ns - observed.begin_ns) / 1e9
    latency = observed.tick_to_order
    return {
        "session": str(paths.data),
        "duration_s": round(seconds, 3),
        "instruments": {
            i.symbol: _instrument(i, tallies[i.instrument_id], observed) for i in instruments
        },
        "market": {"events": events, "events_per_s": round(events / max(seconds, 1e-9), 1)},
        "tick_to_order_us": {
            "count": latency.get("count", 0),
            **{key: round(latency.get(key, 0) / 1000, 1) for key in ("p50", "p99", "p999")},
        },
        "journals": journal_list(paths),
        "processes": observed.processes,
        "lost_records": observed.lost_records,
    }


def _instrument(instrument: Instrument, tally: _Tally, observed: Observed) -> dict[str, Any]:
    position = observed.positions[instrument.instrument_id]
    money = instrument.money_text
    begin = observed.begin_ns + TWO_SIDED_AFTER_NS
    return {
        "orders": {
            "sent": tally.sent,
            "acknowledged": tally.acknowledged,
            "filled": tally.filled,
            "cancelled": tally.cancelled,
            "rejected": dict(tally.rejected),
        },
        "fills": {"bid": tally.fills[Side.BID], "ask": tally.fills[Side.ASK]},
        "position": instrument.quantity_text(position["position"]),
        "pnl": {
            "realised": money(position["realised"]),
            "unrealised": money(position["unrealised"]),
            "fees": money(position["fees"]),
        },
        "spread_captured": money(tally.spread_twice // 2),
        "two_sided": round(tally.two_sided(begin, observed.end_ns), 4),
    }


def write_report(path: Path, report: dict[str, Any]) -> None:
    """As JSON, whole or not at all."""
    import json

    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(report, indent=1) + "\n")
    temporary.replace(path)
