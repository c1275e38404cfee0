"""The session against the ledger: positions, fills, fees, orders twice or lost, times."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from pinnacle.core.instruments import Instrument, read_list
from pinnacle.core.paths import SessionPaths
from pinnacle.rehearsal.journals import Believed, believed, positions
from pinnacle.rehearsal.ledger import LedgerFault, LedgerOrder, ReadLedger, read_ledger
from pinnacle.replay.logics import Session
from pinnacle.replay.verify import verify_session
from pinnacle.session.report import build_report
from pinnacle.venues.port import VenueKind
from pinnacle.venues.served.catalogue import currencies

#: While one of these goes on, or right behind it, nobody can know the book or what rests in it.
DISTRUSTED = frozenset({"disconnect", "market_disconnect", "refuse_connections"})


class Rehearsal(msgspec.Struct):
    """What a rehearsal has shown; `problems`: each in a sentence."""

    venue: str
    seed: int
    duration_s: float
    orders: int = 0
    fills: int = 0
    faults: dict[str, int] = {}
    wrong_positions: int = 0
    duplicate_orders: int = 0
    lost_orders: int = 0
    ledger_equal: bool = False
    fees_equal: bool = False
    quotes_gone_ms_max: float = 0.0
    requote_ms_max: float = 0.0
    two_sided: float = 0.0
    verify_identical: bool = False
    problems: list[str] = []

    @property
    def good(self) -> bool:
        """Whether all is as it should be."""
        return not self.problems


def compare(venue: VenueKind[Any], found: Rehearsal, data: Path, ledger_file: Path) -> None:
    """Fill in what the journals in `data` and the ledger say."""
    paths = SessionPaths(Path(), data)
    ledger = read_ledger(ledger_file)
    session = Session(paths.config, read_list(paths.instrument_list))
    instruments = session.instruments
    names = {venue.name_of(i.symbol): i for i in instruments}
    (gateway,) = session.topology.of_role("gateway")
    told = believed(paths, gateway)
    found.orders, found.fills = len(ledger.orders), ledger.fills
    found.faults = _counted(ledger.faults)
    ours = [order for order in ledger.orders.values() if order.client_id]
    _orders(found, ours, told, ledger)
    _fills(found, ours, told, names)
    _positions(found, ledger, positions(session, paths), names)
    _fees(found, ledger, told, names)
    _times(found, ledger, ours)
    report = build_report(paths)
    found.two_sided = min(i["two_sided"] for i in report["instruments"].values())
    found.verify_identical = verify_session(paths).identical
    if not found.verify_identical:
        found.problems.append(f"the journals do not repeat: pinnacle-replay verify {data}")


def _counted(faults: Sequence[LedgerFault]) -> dict[str, int]:
    names = [fault.name for fault in faults]
    return {name: names.count(name) for name in dict.fromkeys(names)}


def _orders(
    found: Rehearsal, ours: Sequence[LedgerOrder], told: Believed, ledger: ReadLedger
) -> None:
    seen: set[str] = set()
    for order in ours:
        if order.client_id in seen:
            found.duplicate_orders += 1
            found.problems.append(f"{order.client_id} is two orders at the exchange")
        if order.client_id not in told.sent:
            found.duplicate_orders += 1
            found.problems.append(f"{order.client_id} was never decided, and is at the exchange")
        seen.add(order.client_id)
    for venue_id in ledger.open_at_end:
        if ledger.orders[venue_id].client_id:
            found.lost_orders += 1
            found.problems.append(f"{venue_id} is open at the exchange, and nobody knows it")


def _fills(
    found: Rehearsal, ours: Sequence[LedgerOrder], told: Believed, names: dict[str, Instrument]
) -> None:
    equal = True
    for order in ours:
        instrument, ours_of = names[order.symbol], told.orders.get(order.client_id)
        lots, notional = (0, 0) if ours_of is None else (ours_of.filled, ours_of.notional)
        filled = instrument.lot.size * lots
        value = instrument.tick.size * instrument.lot.size * notional
        if filled != order.filled or value != order.value:
            equal = False
            found.problems.append(
                f"{order.venue_id}: filled {order.filled} for {order.value} at the exchange, "
                f"{filled} for {value} in the session"
            )
    known = {order.client_id for order in ours}
    for client_id in told.orders.keys() - known:
        equal = False
        found.problems.append(f"{client_id}: filled in the session, unknown at the exchange")
    found.ledger_equal = equal


def _positions(
    found: Rehearsal,
    ledger: ReadLedger,
    here: dict[int, tuple[int, Decimal]],
    names: dict[str, Instrument],
) -> None:
    for symbol, instrument in names.items():
        lots, dust = here[instrument.instrument_id]
        base, _ = currencies(symbol)
        paid = ledger.fees.get((symbol, base), Decimal(0))
        there, mine = ledger.position(symbol) - paid, instrument.lot.size * lots + dust
        if there != mine:
            found.wrong_positions += 1
            found.problems.append(f"{symbol}: {there} at the exchange, {mine} in the session")


def _fees(
    found: Rehearsal, ledger: ReadLedger, told: Believed, names: dict[str, Instrument]
) -> None:
    there: dict[int, Decimal] = {}
    here: dict[int, Decimal] = {}
    for (symbol, _), fee in ledger.fees.items():
        number = names[symbol].instrument_id
        there[number] = there.get(number, Decimal(0)) + fee
    for (number, _), fee in told.fees.items():
        here[number] = here.get(number, Decimal(0)) + fee
    found.fees_equal = all(
        there.get(n, Decimal(0)) == here.get(n, Decimal(0)) for n in {*there, *here}
    )
    if not found.fees_equal:
        found.problems.append(f"fees: {there} at the exchange, {here} in the session")


def _times(found: Rehearsal, ledger: ReadLedger, ours: Sequence[LedgerOrder]) -> None:
    for fault in ledger.faults:
        if fault.name in DISTRUSTED:
            open_then = [
                order
                for order in ours
                if order.accepted_ns <= fault.begin_ns
                and (not order.ended_ns or order.ended_ns > fault.begin_ns)
            ]
            ends = [order.ended_ns - fault.begin_ns for order in open_then if order.ended_ns]
            found.quotes_gone_ms_max = max([found.quotes_gone_ms_max, *[e / 1e6 for e in ends]])
        if fault.end_ns:
            later = [o.accepted_ns for o in ours if o.accepted_ns >= fault.end_ns]
            rests = any(
                o.accepted_ns <= fault.end_ns and (not o.ended_ns or o.ended_ns > fault.end_ns)
                for o in ours
            )
            wait_ms = 0.0 if rests or not later else (min(later) - fault.end_ns) / 1e6
            found.requote_ms_max = max(found.requote_ms_max, wait_ms)
