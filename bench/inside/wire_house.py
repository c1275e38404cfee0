"""The exchange that the wire is measured on: two fixed ladders, and orders that rest until they are
taken back. Nobody trades, so what a client is told of an order is all of the exchange's work.
"""

import itertools
import time
from collections.abc import Iterable, Sequence
from decimal import Decimal

from pinnacle.core.schema import Reason, Side
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.house import (
    Account,
    Event,
    Happening,
    House,
    HouseFill,
    HouseOrder,
    Key,
    NewOrder,
    Refusal,
    Status,
)

#: Levels a side, a tick apart, and what stands at each.
LEVELS, LOTS = 10, 100_000
#: And one more so far behind the best.
FAR = 100_000
#: Best bid and best ask, ticks.
BID, ASK = 6_000_000, 6_000_400


class QuietHouse(House):
    """Of one instrument; `events` are what nobody has been told yet."""

    def __init__(self, terms: Terms, key: Key):
        self.terms = [terms]
        self.events: list[Event] = []
        self._key = key
        self._numbers = itertools.count(1)
        self._open: dict[int, HouseOrder] = {}

    def now_ns(self) -> int:
        return time.time_ns()

    def key(self, name: str) -> Key | None:
        return self._key if name == self._key.name else None

    def place(self, key: Key, order: NewOrder) -> HouseOrder | Refusal:
        number, now = next(self._numbers), self.now_ns()
        made = HouseOrder(
            number,
            key.account,
            order.row,
            Side(order.side),
            order.price,
            order.quantity,
            order.client_id,
            key.name,
            str(number),
            order.is_market,
            order.time_in_force,
            order.post_only,
            created_ns=now,
            updated_ns=now,
        )
        self._open[number] = made
        self._tell(Happening.ACCEPTED, made)
        return made

    def cancel(self, order: HouseOrder) -> Refusal | None:
        return self._end(order, Reason.REQUESTED)

    def expire(self, order: HouseOrder) -> None:
        self._end(order, Reason.EXPIRED)

    def _end(self, order: HouseOrder, reason: Reason) -> Refusal | None:
        if self._open.pop(order.number, None) is None:
            return Refusal.UNKNOWN_ORDER
        order.status, order.reason, order.updated_ns = Status.CANCELLED, reason, self.now_ns()
        self._tell(Happening.CANCELLED, order)
        return None

    def _tell(self, what: Happening, order: HouseOrder) -> None:
        self.events.append(Event(what, order, order.updated_ns, quantity=order.quantity))

    def replace(self, order: HouseOrder, price: int, quantity: int) -> Refusal | None:
        return Refusal.BAD_ORDER

    def orders(self, account: Account) -> Iterable[HouseOrder]:
        return list(reversed(self._open.values()))

    def open_orders(self, account: Account) -> Iterable[HouseOrder]:
        return list(self._open.values())

    def live(self, account: Account) -> Iterable[HouseOrder]:
        return list(self._open.values())

    def fills(self, account: Account) -> Sequence[HouseFill]:
        return ()

    def depth(self, row: int, side: int, levels: int) -> Sequence[tuple[int, int]]:
        best, step = (BID, -1) if side == Side.BID else (ASK, 1)
        found = [(best + step * i, LOTS) for i in range(LEVELS)]
        return [*found, (best + step * FAR, LOTS)][:levels]

    def rates_e8(self, row: int) -> tuple[int, int]:
        return 100_000, 100_000

    def least(self, row: int) -> tuple[int, Decimal]:
        return 1, Decimal(0)

    def dead_man(self, account: Account, after_s: float) -> None:
        """Binance has none."""
