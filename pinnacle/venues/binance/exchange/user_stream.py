"""Binance's user stream: what one connection hears of its account."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pinnacle.venues.binance.exchange.words import (
    EXPIRED,
    NAMES,
    TIF_NAMES,
    ended_as,
    given_name,
    milliseconds,
    text,
    type_of,
)
from pinnacle.venues.served.house import Account, Event, Happening, House, HouseOrder
from pinnacle.venues.served.serving import encode

_ZERO = text(Decimal(0))


class UserStream:
    """`account`: whose; None while nobody has subscribed. `cancels` as the desk has them."""

    def __init__(self, house: House, cancels: Mapping[int, str]):
        self._house, self._cancels = house, cancels
        self.account: Account | None = None

    def event(self, event: Event) -> Sequence[bytes]:
        """Frames of something that happened."""
        if event.order.account is not self.account:
            return ()
        return [self._frame(self._report(event)), self._frame(self._position(event))]

    def terminated(self) -> bytes:
        """It ends."""
        now = milliseconds(self._house.now_ns())
        return self._frame({"e": "eventStreamTerminated", "E": now})

    def _frame(self, event: dict[str, Any]) -> bytes:
        return encode({"subscriptionId": 0, "event": event})

    def _report(self, event: Event) -> dict[str, Any]:
        order, at_ms = event.order, milliseconds(event.at_ns)
        terms = self._house.terms[order.row]
        what, state = self._happened(event)
        is_resting = not order.is_market and what == "NEW"
        row: dict[str, Any] = {
            "e": "executionReport",
            "E": milliseconds(self._house.now_ns()),
            "s": terms.name,
            "c": order.client_id,
            "S": NAMES[order.side],
            "o": type_of(order),
            "f": TIF_NAMES.get(order.time_in_force, "GTC"),
            "q": text(terms.lot.size * event.quantity),
            "p": text(terms.tick.size * order.price),
            "P": _ZERO,
            "F": _ZERO,
            "g": -1,
            "C": "",
            "x": what,
            "X": state,
            "r": "NONE",
            "i": int(order.venue_id),
            "l": _ZERO,
            "z": text(terms.lot.size * event.filled),
            "L": _ZERO,
            "n": "0",
            "N": None,
            "T": at_ms,
            "t": -1,
            "I": _execution_id(event),
            "w": is_resting or state in ("NEW", "PARTIALLY_FILLED"),
            "m": False,
            "M": False,
            "O": milliseconds(order.created_ns),
            "Z": text(terms.tick.size * terms.lot.size * event.notional),
            "Y": _ZERO,
            "Q": _ZERO,
            "W": milliseconds(order.created_ns),
            "V": "EXPIRE_MAKER",
        }
        if event.fill is not None:
            row |= self._fill(event)
        if what == "CANCELED":
            row |= {"c": self._cancel_name(order), "C": order.client_id}
        if what == "EXPIRED" and order.reason in EXPIRED:
            row["eR"] = EXPIRED[order.reason]
        return row

    def _happened(self, event: Event) -> tuple[str, str]:
        """What, and how the order stands then."""
        if event.what is Happening.FILLED:
            return "TRADE", "FILLED" if event.filled >= event.quantity else "PARTIALLY_FILLED"
        if event.what is Happening.CANCELLED:
            state = ended_as(event.order.reason)
            return ("CANCELED" if state == "CANCELED" else "EXPIRED"), state
        what = "NEW" if event.what is Happening.ACCEPTED else "REPLACED"
        return what, "PARTIALLY_FILLED" if event.filled else "NEW"

    def _fill(self, event: Event) -> dict[str, Any]:
        fill = event.fill
        assert fill is not None
        terms = self._house.terms[fill.order.row]
        worth = terms.tick.size * terms.lot.size * fill.price * fill.quantity
        return {
            "l": text(terms.lot.size * fill.quantity),
            "L": text(terms.tick.size * fill.price),
            "n": f"{fill.fee:f}",
            "N": fill.currency,
            "t": fill.number,
            "m": fill.is_maker,
            "M": True,
            "Y": text(worth),
        }

    def _cancel_name(self, order: HouseOrder) -> str:
        return self._cancels.get(order.number) or given_name(order.number)

    def _position(self, event: Event) -> dict[str, Any]:
        """What is there of the currencies that it concerns."""
        account, terms = event.order.account, self._house.terms[event.order.row]
        names = {terms.base, terms.quote}
        if event.fill is not None:
            names.add(event.fill.currency)
        at_ms = milliseconds(event.at_ns)
        held = account.held
        rows = [
            {
                "a": name,
                "f": text(account.available(name)),
                "l": text(held.get(name, Decimal(0))),
            }
            for name in sorted(names)
        ]
        return {"e": "outboundAccountPosition", "E": at_ms, "u": at_ms, "B": rows}


def _execution_id(event: Event) -> int:
    """One for each report of an instrument."""
    if event.fill is not None:
        return 2 * event.fill.number + 1
    kinds = list(Happening)
    return 2 * (event.order.number * len(kinds) + kinds.index(event.what))
