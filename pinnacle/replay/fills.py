"""The last fills of a session, with what they cost: read from the end of risk's journal."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.instruments import Instrument
from pinnacle.core.journal_reader import CHUNK_RECORDS, JournalReader
from pinnacle.core.schema import FeeOf, Flag, Kind, Reason, Side, TextOf, owner_of
from pinnacle.monitor.document import symbol_currencies
from pinnacle.replay.logics import Session
from pinnacle.replay.open_orders import strategy_name
from pinnacle.replay.present import journal_of, taken
from pinnacle.replay.readable import text_of
from pinnacle.replay.times import format_time

_KINDS = (Kind.FILL, Kind.FILL_BUSTED, Kind.FEE, Kind.TEXT)


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One of them; amounts are decimal text. A negative fee was earned.

    `state` is empty, "inferred" (known by the venue's totals alone) or "busted" (taken back).
    """

    time: str
    recv_ns: int
    order_id: int
    execution: int
    strategy: str
    venue: str
    instrument: str
    side: str
    price: str
    quantity: str
    liquidity: str
    fee: str
    fee_currency: str
    state: str


def last_fills(session: Session, data: Path, count: int) -> list[Fill]:
    """The last `count`, oldest first. Errors as `present.journal_of`."""
    if count < 1:
        return []
    journal = journal_of(data, session.journal_of("risk"))
    rows = _rows(journal, count)
    fees = _Fees(rows)
    fills = np.flatnonzero(rows["kind"] == Kind.FILL)[-count:]
    return [_told(session, fees, rows[at]) for at in fills.tolist()]


def _rows(journal: JournalReader, count: int) -> np.ndarray:
    """The records of reports from before the last `count` fills to the end."""
    parts: list[np.ndarray] = []
    fills = 0
    for records in _backwards(journal):
        part = taken(records)
        parts.append(part[np.isin(part["kind"], _KINDS)])
        fills += int(np.count_nonzero(parts[-1]["kind"] == Kind.FILL))
        if fills >= count:
            break
    parts.reverse()
    return np.concatenate(parts) if parts else np.empty(0, journal.array(0, 0).dtype)


def _backwards(journal: JournalReader) -> Iterator[np.ndarray]:
    stop = len(journal)
    while stop:
        start = max(stop - CHUNK_RECORDS, 0)
        yield journal.array(start, stop)
        stop = start


class _Fees:
    """What the records say of each fill's cost, by order and execution."""

    def __init__(self, rows: np.ndarray):
        self._paid: dict[tuple[int, int], dict[tuple[int, str], Decimal]] = defaultdict(dict)
        self.busted: set[tuple[int, int]] = set()
        for at, row in enumerate(rows):
            key = (int(row["order_id"]), int(row["aux"]))
            if row["kind"] == Kind.FILL_BUSTED:
                self.busted.add(key)
            elif row["kind"] == Kind.FEE:
                self._add(key, row, rows[at + 1] if at + 1 < len(rows) else None)

    def _add(self, key: tuple[int, int], fee: np.void, behind: np.void | None) -> None:
        named = behind is not None and behind["kind"] == Kind.TEXT
        named = named and behind["reason"] == TextOf.CURRENCY  # type: ignore[index]
        third = text_of(behind) if named else ""  # type: ignore[arg-type]
        decimals = min(max(int(fee["price"]), 0), lib.PMM_FEE_DECIMALS_MAX)
        amounts, of = self._paid[key], (int(fee["side"]), third)
        paid = Decimal(int(fee["quantity"])).scaleb(-decimals)
        amounts[of] = amounts.get(of, Decimal(0)) + paid

    def of(self, fill: np.void, instrument: Instrument) -> tuple[str, str]:
        """Amount and currency; several of them with a + between."""
        base, quote = symbol_currencies(instrument.symbol)
        if not fill["flags"] & Flag.FEE_TOLD:
            maker = fill["flags"] & Flag.MAKER
            rate = instrument.maker_fee_e8 if maker else instrument.taker_fee_e8
            paid = lib.pmm_fee(int(fill["price"]), int(fill["quantity"]), rate)
            return instrument.money_text(paid), quote
        told = self._paid.get((int(fill["order_id"]), int(fill["aux"])), {})
        names = {FeeOf.BASE: base, FeeOf.QUOTE: quote}
        amounts = [f"{amount:f}" for amount in told.values()]
        currencies = [names.get(FeeOf(side), third) or "?" for side, third in told]
        return " + ".join(amounts) or "0", " + ".join(currencies)


def _told(session: Session, fees: _Fees, row: np.void) -> Fill:
    instrument = session.instruments[int(row["instrument_id"])]
    fee, currency = fees.of(row, instrument)
    order_id, execution = int(row["order_id"]), int(row["aux"])
    busted = (order_id, execution) in fees.busted
    inferred = row["reason"] == Reason.INFERRED
    return Fill(
        time=format_time(int(row["recv_ns"])),
        recv_ns=int(row["recv_ns"]),
        order_id=order_id,
        execution=execution,
        strategy=strategy_name(session, owner_of(order_id)),
        venue=str(instrument.venue_name),
        instrument=str(instrument.label),
        side="buy" if row["side"] == Side.BID else "sell",
        price=instrument.price_text(int(row["price"])),
        quantity=instrument.quantity_text(int(row["quantity"])),
        liquidity="maker" if row["flags"] & Flag.MAKER else "taker",
        fee=fee,
        fee_currency=currency,
        state="busted" if busted else "inferred" if inferred else "",
    )
