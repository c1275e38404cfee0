"""The session against the ledger: positions, fills, fees, orders twice or lost, times."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from pinnacle.core.enums import FeeOf
from pinnacle.core.instruments import Instrument, read_list
from pinnacle.core.paths import SessionPaths
from pinnacle.rehearsal.journals import Believed, believed, positions
from pinnacle.rehearsal.kills import Kill
from pinnacle.rehearsal.ledger import LedgerFault, LedgerOrder, ReadLedger, read_ledger
from pinnacle.rehearsal.returns import Returns, compare_returns
from pinnacle.replay.logics import Session
from pinnacle.replay.verify import verify_session
from pinnacle.session.report import build_report
from pinnacle.venues import registry
from pinnacle.venues.reference.currencies import currencies

#: So long may quotes rest that nobody can answer for.
QUOTES_GONE_MS = 1000.0
#: So soon behind a fault something rests again.
REQUOTE_MS = 10_000.0
#: So long may an instrument be without quotes of both sides while nothing is done to the session:
#: one that has all that it may have of it quotes one side.
HOLE_S = 10.0
#: While one of these goes on, or right behind it, nobody can know the book or what rests in it.
DISTRUSTED = frozenset({"disconnect", "market_disconnect", "refuse_connections"})
#: While one of these goes on nobody can begin to quote again.
HINDERING = DISTRUSTED | {"ban", "rate_limit", "bad_gateway", "nonce_refused", "stream_ended"}
HINDERING |= {"session_expired", "clock_ahead", "clock_behind", "stream_silent"}

#: What a kill of the gateway is called among the faults.
KILLED = "gateway_killed"


class Rehearsal(msgspec.Struct):
    """What a rehearsal has shown of one venue; `problems`: each in a sentence.

    kills_with_orders   while any order of ours rested
    returns             of the gateway that was killed: so often it knew the venue again
    unlike_returns      what it then knew otherwise than the exchange had it
    """

    venue: str
    seed: int
    duration_s: float
    orders: int = 0
    fills: int = 0
    faults: dict[str, int] = {}
    kills_with_orders: int = 0
    returns: int = 0
    unlike_returns: int = 0
    wrong_positions: int = 0
    duplicate_orders: int = 0
    lost_orders: int = 0
    ledger_equal: bool = False
    fees_equal: bool = False
    quotes_gone_ms_max: float = 0.0
    requote_ms_max: float = 0.0
    two_sided: float = 0.0
    hole_s_max: float = 0.0
    verify_identical: bool = False
    problems: list[str] = []

    @property
    def good(self) -> bool:
        """Whether all is as it should be."""
        return not self.problems


def compare(
    found: Rehearsal,
    paths: SessionPaths,
    venue_name: str,
    ledger_file: Path,
    kills: Sequence[Kill] = (),
) -> None:
    """Fill in what the session's journals and the venue's ledger say; `venue_name`: empty where it
    is the only one."""
    ledger = read_ledger(ledger_file)
    if not paths.config.exists():
        found.problems.append(f"{paths.data}: the session has left nothing: it never began")
        return
    session = Session(paths.config, read_list(paths.instrument_list))
    gateway = session.topology.process(f"gateway.{venue_name}" if venue_name else "gateway")
    instruments = session.of(gateway.instruments)
    kind = registry.find(found.venue)
    names = {kind.name_of(i.symbol): i for i in instruments}
    told = believed(paths, gateway)
    mine = [kill for kill in kills if kill.process == gateway.name]
    if mine:
        returns = compare_returns(mine, session, paths, gateway, ledger, names)
        _returns(found, returns)
        ledger.faults += [LedgerFault(KILLED, *times) for times in returns.away]
    hold(found, ledger, told, positions(session, paths), names)
    rows = build_report(paths)["instruments"]
    labels = {i.label for i in instruments}
    found.two_sided = min(row["two_sided"] for label, row in rows.items() if label in labels)
    found.verify_identical = verify_session(paths).identical
    if not found.verify_identical:
        found.problems.append(f"the journals do not repeat: pinnacle-replay verify {paths.data}")


def _returns(found: Rehearsal, returns: Returns) -> None:
    found.kills_with_orders, found.returns = returns.with_orders, returns.compared
    found.unlike_returns = len(returns.problems)
    found.problems += returns.problems


def hold(
    found: Rehearsal,
    ledger: ReadLedger,
    told: Believed,
    here: dict[int, tuple[int, Decimal]],
    names: dict[str, Instrument],
) -> None:
    """What the session believes against the ledger. `here`: lots and what is below one, by
    instrument; `names`: instruments as the venue calls them."""
    found.orders, found.fills = len(ledger.orders), ledger.fills
    found.faults = _counted(ledger.faults)
    ours = [order for order in ledger.orders.values() if order.client_id]
    _orders(found, ours, told, ledger)
    _fills(found, ours, told, names)
    _positions(found, ledger, here, names)
    _fees(found, ledger, told, names)
    _times(found, ledger, ours)
    _holes(found, ledger, ours)


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
    there: defaultdict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for (symbol, currency), fee in ledger.fees.items():
        there[names[symbol].instrument_id, _fee_of(symbol, currency)] += fee
    symbols = {instrument.instrument_id: symbol for symbol, instrument in names.items()}
    wrong = [each for each in sorted({*there, *told.fees}) if there[each] != told.fees[each]]
    found.fees_equal = not wrong
    for number, of in wrong:
        found.problems.append(
            f"{symbols[number]}: fees in {of}: {there[number, of]} at the exchange, "
            f"{told.fees[number, of]} in the session"
        )


def _fee_of(symbol: str, currency: str) -> str:
    """As FEE records call it."""
    base, quote = currencies(symbol)
    return {base: FeeOf.BASE, quote: FeeOf.QUOTE}.get(currency, FeeOf.OTHER).name.lower()


def _times(found: Rehearsal, ledger: ReadLedger, ours: Sequence[LedgerOrder]) -> None:
    hindering = [fault for fault in ledger.faults if fault.name in HINDERING]
    kills = [fault for fault in ledger.faults if fault.name == KILLED]
    for fault in ledger.faults:
        due_ns = fault.begin_ns + int(QUOTES_GONE_MS * 1e6)
        # A gateway that is not there takes nothing back: its second begins when it is back.
        away = [_over_ns(k) for k in kills if k.begin_ns < due_ns and _over_ns(k) > fault.begin_ns]
        since_ns = max([fault.begin_ns, *away])
        if fault.name in DISTRUSTED:
            open_then = [
                order
                for order in ours
                if order.accepted_ns <= fault.begin_ns
                and (not order.ended_ns or order.ended_ns > fault.begin_ns)
            ]
            ends = [order.ended_ns - since_ns for order in open_then if order.ended_ns]
            gone_ms = max([0.0, *[e / 1e6 for e in ends]])
            found.quotes_gone_ms_max = max(found.quotes_gone_ms_max, gone_ms)
            if gone_ms > QUOTES_GONE_MS:
                found.problems.append(
                    f"{fault.name}: quotes stayed for {gone_ms:.0f} ms after it began"
                )
        if not fault.end_ns or not (later := [o for o in ours if o.accepted_ns >= fault.end_ns]):
            continue
        if any(order.is_open_at(fault.end_ns) for order in ours):
            continue
        again_ns = min(order.accepted_ns for order in later)
        if any(
            other is not fault and other.begin_ns < again_ns and _over_ns(other) > fault.end_ns
            for other in hindering
        ):
            continue  # how long it takes behind that one counts
        wait_ms = (again_ns - fault.end_ns) / 1e6
        found.requote_ms_max = max(found.requote_ms_max, wait_ms)
        if wait_ms > REQUOTE_MS:
            found.problems.append(
                f"{fault.name}: nothing rested for {wait_ms / 1000:.1f} s after it ended"
            )


def _holes(found: Rehearsal, ledger: ReadLedger, ours: Sequence[LedgerOrder]) -> None:
    for symbol in sorted({order.symbol for order in ours}):
        mine = [order for order in ours if order.symbol == symbol]
        for begin_ns, end_ns in _one_sided(mine):
            if any(f.begin_ns < end_ns and _over_ns(f) > begin_ns for f in ledger.faults):
                continue
            hole_s = (end_ns - begin_ns) / 1e9
            found.hole_s_max = max(found.hole_s_max, hole_s)
            if hole_s > HOLE_S:
                found.problems.append(
                    f"{symbol}: no quotes of both sides for {hole_s:.1f} s, and nothing was done"
                )


def _over_ns(fault: LedgerFault) -> float:
    return fault.end_ns or float("inf")


def _one_sided(orders: Sequence[LedgerOrder]) -> Iterator[tuple[int, int]]:
    """From when to when a side was missing, between the first time that none was and the last."""
    changes = [(order.accepted_ns, order.side, 1) for order in orders]
    changes += [(order.ended_ns, order.side, -1) for order in orders if order.ended_ns]
    resting, since = {"buy": 0, "sell": 0}, 0
    was_whole = False
    for at_ns, side, change in sorted(changes):
        resting[side] += change
        is_whole = all(resting.values())
        if is_whole and not was_whole and since:
            yield since, at_ns
        if was_whole and not is_whole:
            since = at_ns
        was_whole = is_whole
