"""The exchange's ledger, read: orders, fills, ends, faults."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from pinnacle.core.errors import DataError


@dataclass
class LedgerOrder:
    """One order of the exchange's. `ended_ns`: 0 while it is open."""

    venue_id: str
    client_id: str
    symbol: str
    side: str
    quantity: Decimal
    accepted_ns: int
    ended_ns: int = 0
    filled: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    fills: int = 0
    #: When each execution was, and of how much.
    trades: list[tuple[int, Decimal]] = field(default_factory=list)

    def is_open_at(self, at_ns: int) -> bool:
        """Whether it rested then."""
        return self.accepted_ns <= at_ns and not 0 < self.ended_ns <= at_ns

    def filled_at(self, at_ns: int) -> Decimal:
        """How much of it was filled by then."""
        return sum((quantity for when, quantity in self.trades if when <= at_ns), Decimal(0))


@dataclass
class LedgerFault:
    """From when to when something was done to the clients."""

    name: str
    begin_ns: int
    end_ns: int = 0


@dataclass
class ReadLedger:
    """All of it. `fees`: by symbol and currency; `open_at_end`: venue ids."""

    orders: dict[str, LedgerOrder] = field(default_factory=dict)
    fills: int = 0
    fees: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    faults: list[LedgerFault] = field(default_factory=list)
    open_at_end: list[str] = field(default_factory=list)

    def position(self, symbol: str) -> Decimal:
        """What was bought less what was sold."""
        return sum(
            (o.filled if o.side == "buy" else -o.filled)
            for o in self.orders.values()
            if o.symbol == symbol
        ) or Decimal(0)


def read_ledger(path: Path) -> ReadLedger:
    """DataError names the line that is none of a ledger's."""
    found = ReadLedger()
    for number, row in _rows(path):
        try:
            _take(found, row)
        except (KeyError, TypeError, ArithmeticError, ValueError) as error:
            raise DataError(f"{path}: line {number}: not a ledger's: {error!r}") from None
    return found


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                yield number, json.loads(line)
            except ValueError:
                raise DataError(f"{path}: line {number}: not JSON") from None


def _take(found: ReadLedger, row: dict[str, Any]) -> None:
    match row["what"]:
        case "order":
            quantity, at_ns = Decimal(row["quantity"]), int(row["at_ns"])
            made = LedgerOrder(
                row["order"], row["client_id"], row["symbol"], row["side"], quantity, at_ns
            )
            found.orders[made.venue_id] = made
        case "replace":
            found.orders[row["order"]].quantity = Decimal(row["quantity"])
        case "fill":
            _fill(found, row)
        case "cancel":
            found.orders[row["order"]].ended_ns = int(row["at_ns"])
        case "fault" if row["phase"] == "begin":
            found.faults.append(LedgerFault(row["name"], int(row["at_ns"])))
        case "fault":
            begun = [f for f in found.faults if f.name == row["name"] and not f.end_ns]
            for fault in begun[-1:]:
                fault.end_ns = int(row["at_ns"])
        case "open":
            found.open_at_end.append(row["order"])


def _fill(found: ReadLedger, row: dict[str, Any]) -> None:
    order, quantity = found.orders[row["order"]], Decimal(row["quantity"])
    order.filled += quantity
    order.value += quantity * Decimal(row["price"])
    order.fills += 1
    order.trades.append((int(row["at_ns"]), quantity))
    if order.filled >= order.quantity:
        order.ended_ns = int(row["at_ns"])
    found.fills += 1
    found.fees[row["symbol"], row["currency"]] += Decimal(row["fee"])
