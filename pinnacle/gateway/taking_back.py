"""An operator's cancel-all: a record in the gateway's log, and what became of it."""

from collections import Counter
from collections.abc import Callable

from pinnacle.core.schema import Kind, Reason
from pinnacle.execution.orders import OrderTable
from pinnacle.runtime.commands import Told
from pinnacle.runtime.runtime import Runtime


class TakingBack:
    """Every order that is open when it is asked for, and no other.

    `more` begins what there is to be done at the venue besides, and says `ended` of it.
    """

    def __init__(self, runtime: Runtime, table: OrderTable, more: Callable[[], None] | None = None):
        self._runtime, self._table, self._more = runtime, table, more
        self._asked: set[int] = set()
        self._fault, self._going_on = "", 0
        self._labels = {i.instrument_id: i.label for i in runtime.mine}
        runtime.listen({"cancel_all": self._cancel_all, "cancelled": self._cancelled})

    def _cancel_all(self, about: Told) -> Told:
        """How many there were, by instrument."""
        orders = list(self._table.orders.values())
        self._asked = {order.order_id for order in orders}
        self._runtime.log.warning("the operator takes all orders back", orders=len(orders))
        self._runtime.log_told(Kind.CANCEL_ALL, reason=Reason.OPERATOR)
        if self._more is not None:
            self._going_on += 1
            self._more()
        counts = Counter(self._labels[order.instrument_id] for order in orders)
        return {"had": dict(counts), "open": len(orders)}

    def ended(self, fault: str) -> None:
        """What was to be done at the venue is done, or why it is not, in words."""
        self._going_on -= 1
        self._fault = fault

    def _cancelled(self, about: Told) -> Told:
        """How many of them are still there, and what came of the rest at the venue."""
        left = sum(1 for order_id in self._asked if self._table.find(order_id) is not None)
        return {"open": left, "going_on": self._going_on > 0, "fault": self._fault}
