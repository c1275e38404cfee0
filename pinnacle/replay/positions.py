"""What a session holds of each instrument, and each of its strategies of it: risk's own arithmetic
over risk's own journal."""

from decimal import Decimal
from pathlib import Path
from typing import cast

import msgspec
import numpy as np

from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import Kind, events_pointer, owner_of
from pinnacle.replay.logics import Session
from pinnacle.replay.open_orders import strategy_name
from pinnacle.replay.present import STEP, journal_of, logic_now, taken
from pinnacle.risk.gate import RiskGate

#: What moves a ledger: fills and their costs, and what it is worth.
_MOVES = (Kind.FILL, Kind.FILL_BUSTED, Kind.FEE, Kind.TOP)
#: Of a price that is an average: digits behind a tick's.
_AVERAGE_DIGITS = 4


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Of one instrument, by one strategy, or by all of them (`strategy` "*"); decimal text.

    `average` is what the position cost a unit, null without one; P&L in the quote currency, total =
    realised + unrealised - fees. `dust` is what fees in the base currency leave of the position
    below a lot, in units of the base currency; `open_orders` is of "*" alone.
    """

    strategy: str
    venue: str
    instrument: str
    position: str
    average: str | None
    mark: str | None
    realised: str
    unrealised: str
    fees: str
    total: str
    dust: str
    fills: int
    open_orders: int | None


def holdings(session: Session, data: Path) -> list[Holding]:
    """By instrument: all strategies together, then each where there are several.

    One strategy costs what the journal holds behind the last checkpoint, several all of it. Errors
    as `present.logic_now`.
    """
    risk = session.topology.of_role("risk")[0]
    logic, _ = logic_now(session, data, risk)
    books = {"*": cast(RiskGate, logic)}
    if len(session.topology.of_role("strategy")) > 1:
        books |= _by_strategy(session, data)
    return [
        _told(name, instrument, gate, name == "*")
        for instrument in session.instruments
        for name, gate in books.items()
        if name == "*" or _has_any(gate, instrument)
    ]


def _by_strategy(session: Session, data: Path) -> dict[str, RiskGate]:
    """The ledgers of each, as if the others had traded elsewhere."""
    risk = session.topology.of_role("risk")[0]
    gates: dict[int, RiskGate] = {}
    for chunk in journal_of(data, risk.name).chunks(size=STEP):
        rows = taken(chunk)
        rows = rows[np.isin(rows["kind"], _MOVES)]
        is_top = rows["kind"] == Kind.TOP
        owners = owner_of(rows["order_id"])
        for owner in np.unique(owners[~is_top]).tolist():
            if owner not in gates:
                gates[owner] = cast(RiskGate, session.decider(risk).logic)
        for owner, gate in gates.items():
            mine = np.ascontiguousarray(rows[is_top | (owners == owner)])
            if len(mine):
                gate.decided(events_pointer(mine), len(mine))
    return {strategy_name(session, owner): gates[owner] for owner in sorted(gates)}


def _has_any(gate: RiskGate, instrument: Instrument) -> bool:
    found = gate.book.position(instrument.instrument_id)
    return bool(found["bid_fills"] or found["ask_fills"])


def _told(name: str, instrument: Instrument, gate: RiskGate, whole: bool) -> Holding:
    found = gate.book.position(instrument.instrument_id)
    money, lots = instrument.money_text, found["position"]
    bid, ask = found["bid_price"], found["ask_price"]
    dust = Decimal(found["base_dust_e18"]).scaleb(-18)
    return Holding(
        strategy=name,
        venue=str(instrument.venue_name),
        instrument=str(instrument.label),
        position=instrument.quantity_text(lots),
        average=_price(instrument, Decimal(found["cost"]) / lots) if lots else None,
        mark=_price(instrument, Decimal(bid + ask) / 2) if bid and ask else None,
        realised=money(found["realised"]),
        unrealised=money(found["unrealised"]),
        fees=money(found["fees"]),
        total=money(found["realised"] + found["unrealised"] - found["fees"]),
        dust=f"{dust.normalize():f}",
        fills=found["bid_fills"] + found["ask_fills"],
        open_orders=found["open_orders"] if whole else None,
    )


def _price(instrument: Instrument, ticks: Decimal) -> str:
    """Decimal text of a price between ticks."""
    size = instrument.tick.size
    digits = instrument.tick.decimals + _AVERAGE_DIGITS
    text = f"{ticks * size:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
