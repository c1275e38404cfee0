"""What requests see of orders and fills: the truth, or what it was where a venue lags."""

import copy
from collections.abc import Sequence

from pinnacle.venues.served.house import HouseFill, HouseOrder, Status

#: How long a new order is not found.
HIDDEN_NS = 3_000_000_000


class Views:
    """`begin` and `end` by the fault's name; those of others are passed over."""

    def __init__(self) -> None:
        self._on: set[str] = set()
        self._accounts: list[tuple[list[HouseOrder], list[HouseFill]]] = []
        self._orders: dict[int, list[HouseOrder]] = {}
        self._fills: dict[int, int] = {}
        self._open: dict[int, list[HouseOrder]] = {}

    def of(self, orders: list[HouseOrder], fills: list[HouseFill]) -> None:
        """One account's, which grow as it trades; what lags is kept from the fault's begin."""
        self._accounts.append((orders, fills))

    def begin(self, name: str) -> None:
        """From now on what is now is seen, or what is new is not."""
        self._on.add(name)
        for orders, fills in self._accounts:
            if name == "rest_lag":
                self._orders[id(orders)] = [copy.copy(order) for order in orders]
                self._fills[id(fills)] = len(fills)
            if name == "open_orders_cached":
                self._open[id(orders)] = [copy.copy(order) for order in _open(orders)]

    def end(self, name: str) -> None:
        """The truth again."""
        self._on.discard(name)
        if name == "rest_lag":
            self._orders.clear()
            self._fills.clear()
        if name == "open_orders_cached":
            self._open.clear()

    def orders(self, true: list[HouseOrder], now_ns: int) -> list[HouseOrder]:
        """Of one account, the oldest first."""
        seen = self._orders.get(id(true), true)
        if "not_found_at_first" in self._on:
            return [order for order in seen if order.created_ns < now_ns - HIDDEN_NS]
        return seen

    def open_orders(self, true: list[HouseOrder], now_ns: int) -> list[HouseOrder]:
        """The same, those that are open."""
        kept = self._open.get(id(true))
        return kept if kept is not None else _open(self.orders(true, now_ns))

    def fills(self, true: list[HouseFill]) -> Sequence[HouseFill]:
        """Of one account."""
        return true[: self._fills[id(true)]] if id(true) in self._fills else true


def _open(orders: list[HouseOrder]) -> list[HouseOrder]:
    return [order for order in orders if order.status is Status.OPEN]
