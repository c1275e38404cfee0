"""What a venue lets pass: buckets that fill again, windows of the clock, counters that decay.

One set for a key, whoever asks with it. `wait` says how long a call has to wait for its turn, and
`take` that it goes now. Times are monotonic seconds, but a window's, which is the wall clock's.
"""

import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pinnacle.venues.orders.port import Call


class Limit(Protocol):
    """One rule of a venue's."""

    def wait(self, call: "Call") -> float:
        """Seconds until the call may go; 0: now."""

    def take(self, call: "Call") -> None:
        """It goes now."""

    def full(self, for_s: float) -> None:
        """The venue says that it is used up: for so long, or as long as filling takes if 0."""


class Limits:
    """All that hold at a venue; none: everything passes."""

    def __init__(self, *limits: Limit):
        self._limits = limits

    def wait(self, call: "Call") -> float:
        longest = 0.0
        for limit in self._limits:
            longest = max(longest, limit.wait(call))
        return longest

    def take(self, call: "Call") -> None:
        for limit in self._limits:
            limit.take(call)

    def full(self, for_s: float = 0.0) -> None:
        for limit in self._limits:
            limit.full(for_s)


#: How much of a limit a call uses; 0: it is not concerned.
Cost = Callable[["Call"], float]
_Clock = Callable[[], float]


def nothing(call: "Call") -> float:
    """Of no call."""
    return 0.0


class Bucket:
    """`burst` at once, and `per_s` again each second.

    spare   what a call must leave for others: for cancels, say
    """

    def __init__(
        self,
        per_s: float,
        burst: float,
        cost: Cost,
        clock: _Clock = time.monotonic,
        spare: Cost = nothing,
    ):
        self._per_s, self._burst, self._cost, self._clock = per_s, burst, cost, clock
        self._spare = spare
        self._tokens, self._at = burst, clock()

    def wait(self, call: "Call") -> float:
        self._refill()
        cost = self._cost(call)
        if not cost:
            return 0.0
        return max(0.0, (cost + self._spare(call) - self._tokens) / self._per_s)

    def take(self, call: "Call") -> None:
        self._refill()
        self._tokens -= self._cost(call)

    def full(self, for_s: float) -> None:
        self._refill()
        self._tokens = min(self._tokens, 1.0 - max(for_s * self._per_s, 1.0))

    def _refill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_s)
        self._at = now


class Window:
    """`most` in each stretch of `length_s` of the wall clock, as it is cut there; `spare` as a
    Bucket's."""

    def __init__(
        self,
        length_s: float,
        most: float,
        cost: Cost,
        clock: _Clock = time.time,
        spare: Cost = nothing,
    ):
        self._length_s, self._most, self._cost, self._clock = length_s, most, cost, clock
        self._spare = spare
        self._number, self._used, self._full_until = -1, 0.0, 0.0

    def wait(self, call: "Call") -> float:
        cost = self._cost(call)
        if not cost:
            return 0.0
        now = self._turn()
        is_left = self._used + cost + self._spare(call) <= self._most
        next_s = now if is_left else (self._number + 1) * self._length_s
        return max(next_s, self._full_until, now) - now

    def take(self, call: "Call") -> None:
        cost = self._cost(call)
        if cost:
            self._turn()
            self._used += cost

    def full(self, for_s: float) -> None:
        now = self._turn()
        if for_s > 0:
            self._full_until = max(self._full_until, now + for_s)
        else:
            self._used = max(self._used, self._most)

    def used(self, count: float) -> None:
        """The venue's own count of this window."""
        self._turn()
        self._used = count

    def _turn(self) -> float:
        now = self._clock()
        number = int(now // self._length_s)
        if number != self._number:
            self._number, self._used = number, 0.0
        return now


class Decaying:
    """A counter for each key of `key`, which falls by `per_s` each second and may not pass `most`.

    The cost of a call may depend on how old its order is: `cost` is asked when it goes.
    """

    def __init__(
        self,
        per_s: float,
        most: float,
        cost: Cost,
        key: Callable[["Call"], Hashable],
        clock: _Clock = time.monotonic,
    ):
        self._per_s, self._most, self._cost, self._key = per_s, most, cost, key
        self._clock = clock
        self._counts: dict[Hashable, tuple[float, float]] = {}

    def wait(self, call: "Call") -> float:
        cost = self._cost(call)
        return max(0.0, (self._count(call) + cost - self._most) / self._per_s) if cost else 0.0

    def take(self, call: "Call") -> None:
        self._counts[self._key(call)] = (self._count(call) + self._cost(call), self._clock())

    def full(self, for_s: float) -> None:
        for key in self._counts:
            self._fill(key)

    def fill(self, call: "Call") -> None:
        """The venue says that the counter of the call's key is used up."""
        self._fill(self._key(call))

    def _fill(self, key: Hashable) -> None:
        # What waits for nothing may have brought it above that.
        self._counts[key] = (max(self._most, self._now(key)), self._clock())

    def _count(self, call: "Call") -> float:
        return self._now(self._key(call))

    def _now(self, key: Hashable) -> float:
        count, at = self._counts.get(key, (0.0, 0.0))
        return max(0.0, count - (self._clock() - at) * self._per_s)


def costs(**by_name: float) -> Cost:
    """So much by what is asked, as in `costs(NEW=1)`; nothing for what is not named."""
    by_number: list[float] = []

    def cost(call: "Call") -> float:
        # Names of members are asked for once: it is asked of every call, several times.
        if not by_number:
            by_number.extend(by_name.get(what.name, 0.0) for what in type(call.what))
        return by_number[call.what]

    return cost


def everything(call: "Call") -> float:
    """One for each call."""
    return 1.0
