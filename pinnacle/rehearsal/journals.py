"""A live session's journals, read: what it believes that became of its orders."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from pinnacle.core.enums import FeeOf
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.paths import SessionPaths
from pinnacle.core.schema import Flag, Kind
from pinnacle.replay.logics import Session
from pinnacle.risk.gate import RiskGate
from pinnacle.runtime.decision_log import LogReplay
from pinnacle.runtime.topology import Process
from pinnacle.venues.orders.ids import ClientIds, session_tag

_CHUNK = 4096


@dataclass
class BelievedOrder:
    """What the gateway has passed on of one order."""

    instrument_id: int
    side: int
    filled: int = 0
    notional: int = 0


@dataclass
class Believed:
    """Of one gateway. `sent`: client ids of NEWs; `orders` by client id; `fees` by instrument and
    currency."""

    sent: set[str] = field(default_factory=set)
    orders: dict[str, BelievedOrder] = field(default_factory=dict)
    fees: dict[tuple[int, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def believed(paths: SessionPaths, gateway: Process) -> Believed:
    """From the gateway's decisions, the very ones that risk has got."""
    reader = JournalReader(paths.journal(gateway.name))
    ids = ClientIds(session_tag(paths.data.name, reader.identity))
    found = Believed()
    for row in _interesting(reader):
        kind, is_decision = int(row["kind"]), bool(int(row["flags"]) & Flag.DECISION)
        client_id = ids.text(int(row["order_id"]))
        if kind == Kind.NEW and is_decision:
            found.sent.add(client_id)
        if kind in (Kind.FILL, Kind.FILL_BUSTED) and is_decision:
            _fill(found, client_id, row, 1 if kind == Kind.FILL else -1)
        if kind == Kind.FEE and is_decision:
            _fee(found, row, FeeOf(int(row["side"])).name.lower())
    return found


def _interesting(reader: JournalReader) -> Iterator[np.void]:
    wanted = [Kind.NEW, Kind.FILL, Kind.FILL_BUSTED, Kind.FEE]
    for rows in reader.checked(0, _CHUNK):
        yield from rows[np.isin(rows["kind"], wanted)]


def _fill(found: Believed, client_id: str, row: np.void, way: int) -> None:
    made = BelievedOrder(int(row["instrument_id"]), int(row["side"]))
    order = found.orders.setdefault(client_id, made)
    quantity = int(row["quantity"]) * way
    order.filled += quantity
    order.notional += quantity * int(row["price"])


def _fee(found: Believed, row: np.void, currency: str) -> None:
    paid = Decimal(int(row["quantity"])).scaleb(-int(row["price"]))
    found.fees[int(row["instrument_id"]), currency] += paid


def positions(session: Session, paths: SessionPaths) -> dict[int, tuple[int, Decimal]]:
    """Lots of each instrument as risk counts them at the end, and what it has below a lot."""
    process = session.topology.process("risk")
    logic = session.decider(process).logic
    assert isinstance(logic, RiskGate), "it is risk's"
    replay, at = LogReplay(logic.decided, process.source), 0
    for chunk in JournalReader(paths.journal("risk")).checked(0, _CHUNK):
        replay.feed(chunk, at)
        at += len(chunk)
    found = {}
    for instrument in session.instruments:
        position = logic.book.position(instrument.instrument_id)
        dust = Decimal(position["base_dust_e18"]).scaleb(-18)
        found[instrument.instrument_id] = position["position"], dust
    return found
