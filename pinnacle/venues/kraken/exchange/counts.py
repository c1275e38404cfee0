"""What Kraken's server counts of its accounts, pair by pair and request by request, and when it
takes no more."""

from collections.abc import Callable, Hashable

from pinnacle.venues.kraken.counter import FIXED, REQUESTS, TIERS, cancelled, changed
from pinnacle.venues.kraken.exchange.words import REQUESTS_FULL, TROUBLES, Refused
from pinnacle.venues.served.exchange_side import Trouble
from pinnacle.venues.served.house import Account, HouseOrder, Key

#: Every account is verified as far as can be.
TIER = TIERS["pro"]


class _Falling:
    """Counters by whose they are. `now_ns` as of Counts."""

    def __init__(self, per_s: float, now_ns: Callable[[], int]):
        self._per_s, self._now_ns = per_s, now_ns
        #: How much, and when it was that.
        self._counts: dict[Hashable, tuple[float, int]] = {}

    def count(self, whose: Hashable) -> float:
        count, at_ns = self._counts.get(whose, (0.0, 0))
        # Its clock may have been set back.
        passed_s = max(self._now_ns() - at_ns, 0) / 1e9
        return max(count - passed_s * self._per_s, 0.0)

    def add(self, whose: Hashable, cost: float) -> None:
        self._counts[whose] = self.count(whose) + cost, self._now_ns()


class Counts:
    """Of all accounts. `now_ns`: the venue's clock."""

    def __init__(self, now_ns: Callable[[], int]):
        self._now_ns = now_ns
        self._pairs = _Falling(TIER.pair_per_s, now_ns)
        self._requests = _Falling(TIER.rest_per_s, now_ns)
        #: By order, when it was changed last.
        self._changed_ns: dict[int, int] = {}

    def new(self, account: Account, row: int) -> None:
        """An order, whatever becomes of it. Refused if it is one too many."""
        self._check(account, row, FIXED)
        self._add(account, row, FIXED)

    def change(self, order: HouseOrder) -> None:
        """Of an order, whatever becomes of that. Refused if it is one too many."""
        self._check(order.account, order.row, changed(self._age_s(order)))
        self._add(order.account, order.row, FIXED)

    def changed(self, order: HouseOrder) -> None:
        """It was done."""
        self._add(order.account, order.row, changed(self._age_s(order)) - FIXED)
        self._changed_ns[order.number] = self._now_ns()

    def cancelled(self, order: HouseOrder) -> None:
        """No cancel is one too many: what comes behind it is."""
        self._add(order.account, order.row, cancelled(self._age_s(order)))
        self._changed_ns.pop(order.number, None)

    def asked(self, key: Key, method: str) -> None:
        """By REST. Refused if it is one too many."""
        cost = REQUESTS.get(method, 0.0)
        if cost and self._requests.count(key.name) + cost > TIER.rest_most:
            raise Refused(REQUESTS_FULL)
        self._requests.add(key.name, cost)

    def _age_s(self, order: HouseOrder) -> float:
        since_ns = self._changed_ns.get(order.number, order.created_ns)
        return (self._now_ns() - since_ns) / 1e9

    def _check(self, account: Account, row: int, cost: float) -> None:
        if self._pairs.count((id(account), row)) + cost > TIER.pair_most:
            raise Refused(TROUBLES[Trouble.RATE_LIMIT])

    def _add(self, account: Account, row: int, cost: float) -> None:
        self._pairs.add((id(account), row), cost)
