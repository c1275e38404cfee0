"""What Gemini lets pass: requests by REST, and orders on the WebSocket."""

import time
from collections.abc import Callable

from pinnacle.venues.orders.limits import Bucket, Limits, costs
from pinnacle.venues.orders.port import Call, What

#: Of one key: 600 private requests a minute; a few may come together.
REST_PER_S, REST_BURST = 10.0, 20.0
#: 1,000 orders in ten seconds.
ORDERS_PER_S, ORDERS_BURST = 100.0, 1000.0


class GeminiLimits(Limits):
    """All of one key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        asked = costs(QUERY=1, FILLS=1, OPEN=1, BALANCES=1, FEES=1, KEEP_ALIVE=1)
        self._rest = Bucket(REST_PER_S, REST_BURST, asked, clock)
        orders = Bucket(ORDERS_PER_S, ORDERS_BURST, costs(NEW=1), clock)
        super().__init__(self._rest, orders)

    def by_rest(self) -> None:
        """Something went by REST that goes on the WebSocket else: a cancel waits for nothing, and
        what comes behind it does."""
        self._rest.take(Call(What.QUERY))
