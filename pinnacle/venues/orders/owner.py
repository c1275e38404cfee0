"""Whose orders a link sends, and what it tells him."""

import enum
from collections.abc import Mapping, Sequence
from typing import Protocol

from pinnacle.core.schema import Reason
from pinnacle.venues.orders.port import Balance, Fees, Order, Report


class Trust(enum.IntEnum):
    """How the venue stands."""

    LOST = 0
    COMPARING = 1
    TRUSTED = 2


class Owner(Protocol):
    """Who has the orders: the gateway."""

    def deliver(self, reports: Sequence[Report]) -> None:
        """The venue has said so."""

    def trusted(self, is_so: bool, words: str) -> None:
        """Whether the venue is; told when it changes."""

    def balances(self, balances: Sequence[Balance]) -> None:
        """What is there, by the venue's count."""

    def open_orders(self) -> Mapping[int, int]:
        """Ids of those that rest, and when each was last asked for or changed, session time."""

    def fees(self, fees: Sequence[Fees]) -> None:
        """What is taken of each instrument's trades, by the venue's word."""

    def unnamed(self) -> Sequence[Order]:
        """Those that the venue may have, and has not named."""

    def behind(self) -> Sequence[int]:
        """Orders of which the venue says that more is filled than their fills have told."""

    def permit(self) -> Reason:
        """Why nothing new may leave now."""
