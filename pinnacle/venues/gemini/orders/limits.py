"""What Gemini lets pass: requests by REST, orders on the WebSocket, and nonces in their order."""

import time
from collections.abc import Callable

from pinnacle.venues.orders.limits import Bucket, Limit, Limits, costs
from pinnacle.venues.orders.port import Call, What

#: Of one key: 600 private requests a minute; a few may come together.
REST_PER_S, REST_BURST = 10.0, 20.0
#: 1,000 orders in ten seconds.
ORDERS_PER_S, ORDERS_BURST = 100.0, 1000.0
#: A WebSocket that is not open after so long has failed, or its nonce has been overtaken anyway.
OPENING_S = 2.0
#: What is not held back: whatever takes orders back, and what is on the WebSocket itself.
_AT_ONCE = frozenset({What.NEW, What.CANCEL, What.CANCEL_ALL, What.KEEP_ALIVE, What.NAMES})


class Opening(Limit):
    """A nonce must be greater than all that have arrived. That of an opening is signed first, and
    arrives last: what is only asked waits for it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._until = 0.0

    def begun(self) -> None:
        """An opening was signed."""
        self._until = self._clock() + OPENING_S

    def over(self) -> None:
        """The WebSocket is open."""
        self._until = 0.0

    def wait(self, call: Call) -> float:
        return 0.0 if call.what in _AT_ONCE else max(0.0, self._until - self._clock())

    def take(self, call: Call) -> None:
        """Nothing is used up."""

    def full(self, for_s: float) -> None:
        """It is none that fills."""


class GeminiLimits(Limits):
    """All of one key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.opening = Opening(clock)
        asked = costs(QUERY=1, FILLS=1, OPEN=1, BALANCES=1, FEES=1, KEEP_ALIVE=1)
        self._rest = Bucket(REST_PER_S, REST_BURST, asked, clock)
        orders = Bucket(ORDERS_PER_S, ORDERS_BURST, costs(NEW=1), clock)
        super().__init__(self.opening, self._rest, orders)

    def by_rest(self) -> None:
        """Something went by REST that goes on the WebSocket else: a cancel waits for nothing, and
        what comes behind it does."""
        self._rest.take(Call(What.QUERY))
