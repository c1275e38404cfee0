"""What Kraken lets pass: a counter for each pair, where young orders cost more, and REST's own."""

import time
from collections.abc import Callable

from pinnacle.venues.kraken.counter import FIXED, REQUESTS, TIERS, YOUNG_S, cancelled, changed
from pinnacle.venues.kraken.orders.errors import LIMIT_WAIT_S
from pinnacle.venues.kraken.orders.paths import PATHS
from pinnacle.venues.orders.limits import Bucket, Decaying, Limits, costs
from pinnacle.venues.orders.port import Call, What


class KrakenLimits(Limits):
    """All of one key. A cancel counts and waits for none of it: what may be traded against goes."""

    def __init__(self, tier: str, clock: Callable[[], float] = time.monotonic):
        counts = TIERS[tier]
        self._clock, self._begun_s = clock, clock()
        #: By order, since when it stands as it is, the oldest first; what is left out is no
        #: younger than this.
        self._since: dict[int, float] = {}
        #: By order, when it was asked to be cancelled: the venue counts the one that does it.
        self._cancelled: dict[int, float] = {}
        #: By order, when a cancel goes again that the venue itself has refused for the rate.
        self._again: dict[int, float] = {}
        self._pairs = Decaying(counts.pair_per_s, counts.pair_most, self._cost, _pair, clock)
        asked = costs(
            **{
                what.name: REQUESTS.get(path.rpartition("/")[2], 0.0)
                for what, path in PATHS.items()
            }
        )
        # Orders in doubt are asked about again and again, before all lists: without these the venue
        # would never be trusted again.
        spare = costs(QUERY=2)
        self._rest = Bucket(counts.rest_per_s, counts.rest_most, asked, clock, spare)
        super().__init__(self._pairs, self._rest)

    def wait(self, call: Call) -> float:
        if call.what is What.CANCEL:
            return max(0.0, self._again.get(_order_id(call), 0.0) - self._clock())
        return super().wait(call)

    def take(self, call: Call) -> None:
        super().take(call)
        order_id = _order_id(call)
        if call.what is What.CANCEL:
            self._again.pop(order_id, None)
            self._note(self._cancelled, order_id)
        elif call.what in (What.NEW, What.REPLACE):
            self._cancelled.pop(order_id, None)
            self._note(self._since, order_id)

    def refused(self, call: Call) -> None:
        """The venue says that the counter of the call's pair is full: nobody else is concerned."""
        self._pairs.fill(call)
        if call.what is What.CANCEL:
            now = self._clock()
            self._again = {of: at for of, at in self._again.items() if at > now}
            self._again[_order_id(call)] = now + LIMIT_WAIT_S

    def requests_full(self) -> None:
        """The venue says so of the counter of requests."""
        self._rest.full(0.0)

    def full(self, for_s: float = 0.0) -> None:
        """Whoever sends keeps still for so long; of no counter does that say anything: these fall
        all the while."""

    def _note(self, times: dict[int, float], order_id: int) -> None:
        now = self._clock()
        times.pop(order_id, None)
        times[order_id] = now
        while now - times[oldest := next(iter(times))] >= YOUNG_S:
            del times[oldest]

    def _cost(self, call: Call) -> float:
        if call.what is What.NEW:
            return FIXED
        if call.what not in (What.REPLACE, What.CANCEL):
            return 0.0
        age_s = self._clock() - self._since.get(_order_id(call), self._begun_s)
        if call.what is What.REPLACE:
            return changed(age_s)
        return 0.0 if _order_id(call) in self._cancelled else cancelled(age_s)


def _pair(call: Call) -> int:
    return -1 if call.order is None else call.order.row


def _order_id(call: Call) -> int:
    return 0 if call.order is None else call.order.order_id
