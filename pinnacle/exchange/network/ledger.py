"""The truth: every order that the exchange has taken, and all that became of it, line by line.

JSON, one object a line, in the order of happening: `order`, `fill`, `cancel`, `replace`, and at the
end `balance` for each currency and `open` for each order that still rests. Amounts are decimal
text. The file is whole up to its last line at every moment.
"""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from pinnacle.core.schema import Side
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.house import Account, Event, Happening, HouseOrder


class Ledger:
    """Written as it happens; closed, it is finished."""

    def __init__(self, path: Path, terms: Sequence[Terms]):
        self._terms = terms
        self._file: TextIO = path.open("w", encoding="utf-8", buffering=1)

    def take(self, event: Event) -> None:
        """Something happened to an order."""
        order, terms = event.order, self._terms[event.order.row]
        head: dict[str, Any] = {"at_ns": event.at_ns, "order": order.venue_id}
        match event.what:
            case Happening.ACCEPTED:
                self._write("order", head | self._order(order))
            case Happening.REPLACED:
                new = {
                    "price": terms.price(order.price),
                    "quantity": terms.quantity(order.quantity),
                }
                self._write("replace", head | new)
            case Happening.CANCELLED:
                why = {"filled": terms.quantity(event.filled), "reason": order.reason.name.lower()}
                self._write("cancel", head | why)
            case Happening.FILLED if event.fill is not None:
                fill = event.fill
                self._write(
                    "fill",
                    head
                    | {
                        "number": fill.number,
                        "client_id": order.client_id,
                        "symbol": terms.name,
                        "side": _side(order),
                        "price": terms.price(fill.price),
                        "quantity": terms.quantity(fill.quantity),
                        "fee": _plain(fill.fee),
                        "currency": fill.currency,
                        "maker": fill.is_maker,
                    },
                )

    def fault(self, at_ns: int, name: str, **fields: Any) -> None:
        """Something was done to a client on purpose."""
        self._write("fault", {"at_ns": at_ns, "name": name} | fields)

    def close(self, accounts: Sequence[Account], open_orders: Sequence[HouseOrder]) -> None:
        """What there is at the end."""
        for account in accounts:
            for currency, total in sorted(account.total.items()):
                row = {"account": account.name, "currency": currency, "total": _plain(total)}
                self._write("balance", row)
        for order in open_orders:
            self._write("open", {"order": order.venue_id} | self._order(order))
        self._file.close()

    def _order(self, order: HouseOrder) -> dict[str, Any]:
        terms = self._terms[order.row]
        return {
            "client_id": order.client_id,
            "account": order.account.name,
            "symbol": terms.name,
            "side": _side(order),
            "price": terms.price(order.price),
            "quantity": terms.quantity(order.quantity),
        }

    def _write(self, what: str, row: dict[str, Any]) -> None:
        self._file.write(json.dumps({"what": what} | row) + "\n")


def _side(order: HouseOrder) -> str:
    return "buy" if order.side == Side.BID else "sell"


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
