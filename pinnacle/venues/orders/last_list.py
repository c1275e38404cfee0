"""The list of open orders that a venue has given last: what it answers, and what it leaves out."""

from collections.abc import Mapping, Sequence

from pinnacle.core.clock import monotonic_ns
from pinnacle.core.schema import Kind
from pinnacle.venues.orders.port import Report

#: What was listed just now need not be asked for one by one.
LISTED_NS = 2_000_000_000
#: An order that was asked for or changed so recently may be missing in a list.
GRACE_NS = 5_000_000_000


class LastList:
    """lag_s: for how long the venue's list may be older than what its stream has said."""

    def __init__(self, lag_s: float):
        self._lag_s = lag_s
        self._listed: dict[int, Report] = {}
        self._listed_ns = 0
        #: Orders of which the list cannot say what became of what was asked.
        self._asked_since: set[int] = set()

    def begin(self) -> None:
        """The next list is of now, whenever it is here."""
        self._listed, self._listed_ns = {}, monotonic_ns()
        self._asked_since = set()

    def asked(self, order_id: int) -> None:
        """Something else than a question went out about this order."""
        self._asked_since.add(order_id)

    def take(self, reports: Sequence[Report]) -> None:
        """It is here."""
        statuses = [report for report in reports if report.kind == Kind.ORDER_STATUS]
        self._listed = {report.order_id: report for report in statuses}

    def just_now(self, order_id: int) -> Report | None:
        """The order as it was listed; None where the list may be older than what is known, or than
        what is asked about."""
        if self._lag_s or order_id in self._asked_since:
            return None
        if monotonic_ns() - self._listed_ns >= LISTED_NS:
            return None
        return self._listed.get(order_id)

    def missing(self, open_orders: Mapping[int, int], begun_ns: int) -> list[int]:
        """Those that it leaves out, of ids and when each was last changed; it was asked for at
        `begun_ns`, session time as the others."""
        lag_ns = GRACE_NS + int(self._lag_s * 1e9)
        return [
            order_id
            for order_id, changed_ns in open_orders.items()
            if order_id not in self._listed and changed_ns <= begun_ns - lag_ns
        ]
