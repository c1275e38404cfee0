"""Orders to which Kraken has given no name yet: by which lists they are looked for.

Requests are few here, and of such orders there are many at once: whenever an answer is lost, or a
stream. So the list of open orders is asked for all of them, then what has gone since the first of
them left. What that has no room for, or left in another run, is asked for by our name, alone.
"""

from collections.abc import Sequence

from pinnacle.venues.kraken.orders.paths import CLOSED, PATHS
from pinnacle.venues.orders.about import order_of
from pinnacle.venues.orders.port import Call, What

#: The pages of a question behind its first.
GONE, ALONE = "gone", "alone"
#: The venue's clock is known so well, at the least.
OVERLAP_NS = 5_000_000_000
_LEFT_MAX = 4096


class Unnamed:
    def __init__(self) -> None:
        #: By order, the venue's time when it left: how far its clock is ahead may be another since.
        self._left_ns: dict[int, int] = {}

    def left(self, order_id: int, venue_ns: int) -> None:
        """It goes out now."""
        if len(self._left_ns) >= _LEFT_MAX:
            del self._left_ns[next(iter(self._left_ns))]
        self._left_ns[order_id] = venue_ns

    def path(self, call: Call) -> str:
        """Where its question goes."""
        return CLOSED if call.page else PATHS[What.OPEN]

    def params(self, call: Call) -> dict[str, str | int]:
        """What is said with it."""
        order = order_of(call)
        if call.page == GONE:
            start_ns = max(self._left_ns[order.order_id] - OVERLAP_NS, 0)
            return {"start": start_ns // 1_000_000_000}
        return {"cl_ord_id": order.client_id} if call.page else {}

    def list_of(self, call: Call) -> str:
        """As an OrderEntry's."""
        return "" if call.page == ALONE else self.path(call)

    def one_of(self, calls: Sequence[Call]) -> Call:
        """As an OrderEntry's: the order that left first has the longest list."""
        return min(calls, key=self._left)

    def behind(self, call: Call) -> Call:
        """The question that follows one whose list did not have the order."""
        is_known = not call.page and order_of(call).order_id in self._left_ns
        return call._replace(page=GONE if is_known else ALONE)

    def _left(self, call: Call) -> float:
        return 0.0 if call.order is None else self._left_ns.get(call.order.order_id, 0.0)
