"""What Binance lets pass: as exchangeInfo says it, and as each reply counts it.

Its windows are cut by its own clock: those of 10 s begin at :00, :10, ..., a day's at 00:00 UTC.
An order counts until it is filled for the first time, so that the venue's own count is the one to
go by; what is on its way is added to it. Cancels are never held back here.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

import msgspec

from pinnacle.venues.orders.limits import Limits, Window, costs, everything
from pinnacle.venues.orders.port import Call, What

ORDERS, WEIGHT, RAW = "ORDERS", "REQUEST_WEIGHT", "RAW_REQUESTS"
#: Of questions; NEW is refunded when it succeeds, and so is a CANCEL, which waits for nothing.
OPEN_ONE, OPEN_ALL = 6.0, 80.0
WEIGHTS = {
    "NEW": 1.0,
    "QUERY": 4.0,
    "FILLS": 20.0,
    "BALANCES": 20.0,
    "FEES": 20.0,
    "NAMES": 20.0,
}
_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400}
_LETTERS = {name[0].lower(): name for name in _SECONDS}
_HEADERS = (("x-mbx-used-weight-", WEIGHT), ("x-mbx-order-count-", ORDERS))

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Number = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class RateLimit(msgspec.Struct, frozen=True):
    """One, as exchangeInfo lists them and the socket's replies count them."""

    rateLimitType: str
    interval: str
    intervalNum: Number
    limit: Count = 0
    count: Count | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        return self.rateLimitType, self.interval, self.intervalNum


class RateLimits(Limits):
    """All of them, by what the venue has said last; none before it has said anything.

    clock          the venue's, s
    open_weight    of a list of open orders
    """

    def __init__(self, clock: Callable[[], float], open_weight: float = OPEN_ONE):
        super().__init__()
        self._clock = clock
        self._costs = {
            ORDERS: costs(NEW=1),
            WEIGHT: costs(**WEIGHTS, OPEN=open_weight),
            RAW: _but_cancels,
        }
        self._windows: dict[tuple[str, str, int], Window] = {}
        self._most: dict[tuple[str, str, int], int] = {}

    def listed(self, limits: Iterable[RateLimit]) -> None:
        """What exchangeInfo says; counts go on."""
        for each in limits:
            if each.interval not in _SECONDS or self._most.get(each.key) == each.limit:
                continue
            seconds = _SECONDS[each.interval] * each.intervalNum
            cost = self._costs.get(each.rateLimitType)
            if cost is not None:
                self._most[each.key] = each.limit
                self._windows[each.key] = Window(seconds, each.limit, cost, self._clock)
        self._limits = tuple(self._windows.values())

    def counted(self, limits: Iterable[RateLimit], flying: int) -> None:
        """What a reply on the socket counts; `flying`: orders that it cannot have counted."""
        for each in limits:
            window = self._windows.get(each.key)
            if window is not None and each.count is not None:
                window.used(each.count + (flying if each.rateLimitType == ORDERS else 0))

    def headed(self, headers: Mapping[str, str], flying: int) -> None:
        """The same of a reply by REST."""
        found = []
        for name, value in headers.items():
            for begin, kind in _HEADERS:
                length = name.removeprefix(begin)
                if length == name or not _is_count(value):
                    continue
                number, interval = length[:-1], _LETTERS.get(length[-1:], "")
                if _is_count(number):
                    found.append(RateLimit(kind, interval, int(number), count=int(value)))
        self.counted(found, flying)

    def orders_full(self) -> None:
        """The venue takes no more orders for now, whatever is counted here: the shortest of its
        windows has to end."""
        keys = [key for key in self._windows if key[0] == ORDERS]
        if keys:
            shortest = min(keys, key=lambda key: _SECONDS[key[1]] * key[2])
            self._windows[shortest].full(0.0)

    def full(self, for_s: float = 0.0) -> None:
        """Whoever sends waits for what the venue asks for: no count of a day is used up by that."""


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def _but_cancels(call: Call) -> float:
    return 0.0 if call.what in (What.CANCEL, What.CANCEL_ALL) else everything(call)
