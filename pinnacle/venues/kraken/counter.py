"""What Kraken counts: orders of a pair, which cost more the younger they are, and requests."""

from typing import NamedTuple

#: Of a new order, and of a change besides what the order's age makes it.
FIXED = 1.0
#: An order that has stood for less than so many seconds, since it was made or changed, costs so
#: much.
_CHANGED = ((5.0, 3.0), (10.0, 2.0), (15.0, 1.0))
_CANCELLED = ((5.0, 8.0), (10.0, 6.0), (15.0, 5.0), (45.0, 4.0), (90.0, 2.0), (300.0, 1.0))
#: From then on an order's age costs nothing.
YOUNG_S = 300.0
#: Of the counter of requests, by method; what enters and cancels orders it does not count.
REQUESTS = {
    "GetWebSocketsToken": 1.0,
    "OpenOrders": 1.0,
    "ClosedOrders": 1.0,
    "QueryOrders": 1.0,
    "TradesHistory": 2.0,
    "BalanceEx": 1.0,
    "TradeVolume": 1.0,
}


class Counts(NamedTuple):
    """What a verified account may do: counts a pair, REST's own, what they fall by each second."""

    pair_most: float
    pair_per_s: float
    rest_most: float
    rest_per_s: float


TIERS = {
    "starter": Counts(60, 1, 15, 0.33),
    "intermediate": Counts(125, 2.34, 20, 0.5),
    "pro": Counts(180, 3.75, 20, 1),
}


def changed(age_s: float) -> float:
    """Of an order so old."""
    return FIXED + _of(_CHANGED, age_s)


def cancelled(age_s: float) -> float:
    """Of an order so old."""
    return _of(_CANCELLED, age_s)


def _of(table: tuple[tuple[float, float], ...], age_s: float) -> float:
    return next((cost for until_s, cost in table if age_s < until_s), 0.0)
