"""The report of a session: computed from its folder, while it ends or at any time after.

What its journals hold is counted from them: orders, fills, positions, P&L, time. What only the
live session knew (latency, restarts, memory, what was left unread) stands beside them in
`ending.json`, written at its end; where that is missing, because nobody lived to write it, the
report says null.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pinnacle.core.errors import (
    ConfigError,
    DataError,
    LayoutError,
    NativeError,
    UsageError,
    is_shortage,
)
from pinnacle.core.instruments import Instrument, read_list
from pinnacle.core.journal_reader import JournalReader, JournalReport, is_written, scan
from pinnacle.core.output import output
from pinnacle.core.paths import SessionPaths, role_of
from pinnacle.core.risk import beyond_names
from pinnacle.core.schema import EVENT, Flag, Kind, events_pointer
from pinnacle.core.tally import Tally
from pinnacle.plan.config import read_session
from pinnacle.risk.gate import RiskGate
from pinnacle.runtime.origin import origin_of
from pinnacle.runtime.run_marks import refuse_others
from pinnacle.session.ending import Ending, read_ending

TWO_SIDED_AFTER_NS = 2_000_000_000
#: More than any risk table holds: an order that it let pass has room here.
OPEN_ORDERS = 1 << 16

Progress = Callable[[int], None]


def records_to_read(paths: SessionPaths) -> int:
    """How many records `build_report` goes through: the whole of its progress."""
    return scan(_risk_journal(paths), end_only=True).records


def build_report(paths: SessionPaths, progress: Progress = lambda n: None) -> dict[str, Any]:
    """The report as JSON-ready data: numbers as numbers, decimals as strings.

    Fees are what was paid: negative where rebates were earned. total = realised + unrealised -
    fees. Of a damaged journal what stands before the damage is counted, and `journals` says where
    that is. UsageError, DataError, LayoutError, UnreadableError or ConfigError name what else of
    the folder is missing or odd.
    """
    config = read_session(paths.config, kept=True)
    instruments = read_list(paths.instrument_list)
    try:
        names = [process.name for process in config.topology().journalled]
        gate = RiskGate(config.instrument_list(), config.risk)
    except ConfigError as error:
        raise ConfigError(f"{paths.config}: {error}") from None
    if config.instrument_list() != instruments:
        raise DataError(
            f"{paths.config}: its instruments are not those of {paths.instrument_list.name}; "
            "restore the one that was changed"
        )
    directory = _risk_journal(paths)
    goes_on = is_written(directory)  # before the look at its end, or an end between hides
    reader = JournalReader(directory, damaged_ok=True)
    if reader.report.corrupt and not len(reader):
        JournalReader(directory)  # nothing is good: that is an error, and no result of zeros
    # Other steps, fees or limits would make another result of the same records.
    places = {"configuration": f"{paths.config} [risk]", "instruments": paths.instrument_list}
    origin = origin_of(config.risk, instruments)
    tally = Tally(len(instruments), OPEN_ORDERS, TWO_SIDED_AFTER_NS)
    for chunk in reader.chunks():
        refuse_others(chunk[chunk["kind"] == Kind.START], directory, origin, places)
        tally.run(events_pointer(chunk), len(chunk))
        inputs = np.ascontiguousarray(chunk[(chunk["flags"] & Flag.DECISION) == 0])
        gate.decided(events_pointer(inputs), len(inputs))
        progress(len(chunk))
    times = tally.times()
    ending = read_ending(paths)
    journals = _journals(paths, names)
    seconds = times["running_ns"] / 1e9
    events = _market_events(journals)
    rate = None if events is None else round(events / max(seconds, 1e-9), 1)
    return {
        "session": str(paths.data),
        "runs": times["runs"],
        "ended": _ended(reader, goes_on),
        "duration_s": round(seconds, 3),
        "instruments": {i.label: _instrument(i, gate, tally, times) for i in instruments},
        "market": {"events": events, "events_per_s": rate},
        "tick_to_order_us": _latency(ending),
        "journals": list(journals.values()),
        "missing": [name for name in names if name not in journals],
        "processes": ending.processes if ending else None,
        "venues": ending.venues if ending else None,
        "lost_records": ending.lost_records if ending else None,
    }


def _risk_journal(paths: SessionPaths) -> Path:
    journal = paths.journal("risk")
    if not paths.data.is_dir():
        raise UsageError(f"{paths.data}: no such directory")
    if not journal.is_dir():
        raise DataError(f"{journal}: missing: not a session's folder, or it never traded")
    return journal


def _ended(reader: JournalReader, goes_on: bool) -> str:
    if len(reader) and reader[-1]["kind"] == Kind.END:
        return "in order"
    return "not yet" if goes_on else "early"


def _market_events(journals: dict[str, dict[str, Any]]) -> int | None:
    """Records of all feeds; None if one of them cannot tell."""
    feeds = [found for name, found in journals.items() if role_of(name) == "feed"]
    known = [found["records"] for found in feeds if found["records"] or not found["damage"]]
    return sum(known) if feeds and len(known) == len(feeds) else None


def _journals(paths: SessionPaths, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Every process's journal: path, records, bytes of them, and where damage ends it, if any."""
    return {name: _journal(paths.journal(name)) for name in names if paths.journal(name).is_dir()}


def _journal(directory: Path) -> dict[str, Any]:
    goes_on = is_written(directory)  # before the look at its end, which may be half a record
    records, damage = 0, None
    try:
        found = scan(directory)
        records, damage = found.records, _damage(found, goes_on)
    except (LayoutError, NativeError) as error:
        if is_shortage(error):
            raise
        damage = f"unreadable: {error}"
    size = records * EVENT.itemsize
    return {"path": str(directory), "records": records, "bytes": size, "damage": damage}


def _damage(found: JournalReport, goes_on: bool) -> str | None:
    if found.corrupt:
        return f"damaged at {found.place}"
    if (found.torn_bytes or found.missing_bytes) and not goes_on:
        return f"cut short at record {found.records}"
    return None


def _latency(ending: Ending | None) -> dict[str, float] | None:
    if ending is None:
        return None
    found = ending.tick_to_order
    parts = {"p50": found.p50, "p99": found.p99, "p999": found.p999}
    return {"count": found.count} | {name: round(ns / 1000, 1) for name, ns in parts.items()}


def _instrument(
    instrument: Instrument, gate: RiskGate, tally: Tally, times: dict[str, int]
) -> dict[str, Any]:
    position = gate.book.position(instrument.instrument_id)
    counts = tally.instrument(instrument.instrument_id)
    money = instrument.money_text
    total = position["realised"] + position["unrealised"] - position["fees"]
    return {
        "orders": {
            "sent": counts["sent"],
            "acknowledged": counts["acknowledged"],
            "filled": counts["filled"],
            "cancelled": counts["cancelled"],
            "rejected": counts["rejected"],
        },
        "fills": {"bid": counts["bid_fills"], "ask": counts["ask_fills"]},
        "position": instrument.quantity_text(position["position"]),
        "pnl": {
            "total": money(total),
            "realised": money(position["realised"]),
            "unrealised": money(position["unrealised"]),
            "fees": money(position["fees"]),
        },
        "not_exact": beyond_names(position["beyond"]),
        "spread_captured": money(counts["spread"]),
        "two_sided": round(counts["both_sides_ns"] / max(times["asked_ns"], 1), 4),
    }


def report_text(report: dict[str, Any]) -> str:
    """The report as JSON text."""
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


def write_report(path: Path, report: dict[str, Any]) -> None:
    """As JSON, whole or not at all; UsageError if `path` cannot be written."""
    with output(path) as file:
        file.write(report_text(report).encode())


def summary(report: dict[str, Any]) -> str:
    """The report in a few lines for people: what was earned, from what."""
    runs = f" in {report['runs']} runs of risk" if report["runs"] > 1 else ""
    events = report["market"]["events"]
    lines = [f"{report['duration_s']:.0f} s{runs}"]
    lines[0] += f", {'an unknown number of' if events is None else events} market records"
    lines[0] += f", tick to order {_latency_text(report)}"
    for symbol, row in report["instruments"].items():
        orders, pnl = row["orders"], row["pnl"]
        lines.append(
            f"  {symbol}: P&L {_signed(pnl['total'])} = {_signed(pnl['realised'])} realised "
            f"{_signed(pnl['unrealised'])} on the open position {_fees(pnl['fees'])}"
        )
        lines.append(
            f"    position {row['position']}, {orders['sent']} orders, fills "
            f"{row['fills']['bid']} bid {row['fills']['ask']} ask, two-sided {row['two_sided']:.1%}"
        )
    lines += [
        f"  {name}: {seen['messages']} messages, subscribed {seen['subscribed']} times, "
        f"gaps {seen['gaps']}, books begun anew {seen['resyncs']}, "
        f"checksum failures {seen['checksum_failures']}"
        for name, seen in (report["venues"] or {}).items()
    ]
    lines += [
        f"  {row['path']}: {row['damage']}: {row['records']} records are told"
        for row in report["journals"]
        if row["damage"]
    ]
    lines += [f"  {name}: no journal: what it recorded is missing" for name in report["missing"]]
    return "\n".join(lines)


def _latency_text(report: dict[str, Any]) -> str:
    latency = report["tick_to_order_us"]
    if latency is None:
        why = {
            "not yet": "the session is not over",
            "early": "the session had no orderly end",
            "in order": "ending.json is missing",
        }
        return f"not recorded: {why[report['ended']]}"
    if not latency["count"]:
        return "not recorded: no order followed a tick"
    return f"p50 {latency['p50']} us, p99 {latency['p99']} us"


def _signed(amount: str) -> str:
    return amount if amount.startswith("-") else f"+{amount}"


def _fees(paid: str) -> str:
    """Rebates earned and fees paid as what they do to the P&L."""
    if not paid.strip("0."):
        return f"+{paid} fees"
    return f"+{paid[1:]} rebates" if paid.startswith("-") else f"-{paid} fees"
