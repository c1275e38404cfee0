"""The state of every order at the venue, and what follows from it: see csrc/trade/orders.h."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import OrderState as OrderState
from pinnacle.core.errors import check
from pinnacle.core.memory import OneBlock, aligned_memory
from pinnacle.core.schema import EventBuffer


class Order(msgspec.Struct, frozen=True):
    """One order that the venue may know; of one that is gone `asked_ns` is when it went.

    `filled` is in lots, `inferred` of these no FILL has told of; `total` is what the venue says.
    """

    order_id: int
    instrument_id: int
    side: int
    price: int
    quantity: int
    filled: int
    acknowledged: bool
    replacing: bool
    state: OrderState
    asked_ns: int
    total: int
    inferred: int
    leaving: bool
    missed: bool
    venue_id: str


def _order(found: Any) -> Order:
    fields = {name: getattr(found, name) for name in Order.__struct_fields__}
    fields["venue_id"] = ffi.string(found.venue_id).decode(errors="replace")
    return msgspec.convert(fields, Order, strict=False)


class Orders(Mapping[int, Order]):
    """The orders of a table by id, in the order in which they came; as they are when one looks."""

    def __init__(self, table: Any):
        self._table = table

    def __getitem__(self, order_id: int) -> Order:
        found = lib.pmm_orders_find(self._table, order_id)
        if found == ffi.NULL:
            raise KeyError(order_id)
        return _order(found)

    def __iter__(self) -> Iterator[int]:
        order = ffi.NULL
        while (order := lib.pmm_orders_next(self._table, order)) != ffi.NULL:
            yield order.order_id

    def __len__(self) -> int:
        return self._table.count


class OrderTable(OneBlock):
    """Decides on batches of the gateway's input log: wraps struct pmm_orders, which is `cdata`.

    An order decided longer ago than `order_age_max_ns` is not sent; one unanswered for
    `answer_timeout_ns` is queried; one beyond `orders_max` open ones is refused. The venue must say
    `misses` times, and for `miss_spread_ns`, that it does not have an order. `seen`: its executions
    have names in any order, not numbers that rise.
    """

    def __init__(
        self,
        order_age_max_ns: int,
        answer_timeout_ns: int,
        orders_max: int,
        decisions_max: int = 8192,
        *,
        misses: int = 1,
        miss_spread_ns: int = 0,
        seen: bool = False,
    ):
        terms = ffi.new("struct pmm_orders_terms *")
        terms.order_age_max_ns, terms.answer_timeout_ns = order_age_max_ns, answer_timeout_ns
        terms.misses, terms.miss_spread_ns, terms.capacity = misses, miss_spread_ns, orders_max
        terms.executions = lib.PMM_EXECUTIONS_SEEN if seen else lib.PMM_EXECUTIONS_RISING
        size = lib.pmm_orders_memsize(terms)
        self.memory = ffi.buffer(aligned_memory(size))
        # Not a cast: whoever holds it, `orders` too, holds the memory.
        self.cdata: Any = ffi.from_buffer("struct pmm_orders *", self.memory)
        check(lib.pmm_orders_init(self.cdata, size, terms), "order table")
        self.orders = Orders(self.cdata)
        self.decisions = EventBuffer(decisions_max)

    @property
    def halted(self) -> bool:
        return bool(self.cdata.halted)

    @property
    def stopping(self) -> bool:
        return bool(self.cdata.stopping)

    def gone(self) -> Iterator[Order]:
        """Those that have gone, the last one first, as far as they are known."""
        back = 0
        while (order := lib.pmm_orders_gone(self.cdata, back)) != ffi.NULL:
            yield _order(order)
            back += 1

    @property
    def duplicates(self) -> int:
        """Fills, their ends and their fees that came twice."""
        return self.cdata.duplicates

    @property
    def unknown_fills(self) -> int:
        """Fills of orders that are not in the table."""
        return self.cdata.unknown_fills

    def find(self, order_id: int) -> Any:
        """struct pmm_order * until the next run; None if it is not there."""
        found = lib.pmm_orders_find(self.cdata, order_id)
        return None if found == ffi.NULL else found

    @property
    def behind(self) -> list[int]:
        """Orders of which the venue says that more is filled than their fills have told."""
        return [o.order_id for o in self._each() if o.total > o.filled - o.inferred]

    @property
    def is_sure(self) -> bool:
        """Whether nothing is open of what the venue has done: it is known of every order whether
        it is there, and all that is filled has been told."""
        unsure = (lib.PMM_ORDER_UNKNOWN, lib.PMM_ORDER_CLOSING)
        return not any(o.state in unsure or o.total > o.filled - o.inferred for o in self._each())

    def _each(self) -> Iterator[Any]:
        order = ffi.NULL
        while (order := lib.pmm_orders_next(self.cdata, order)) != ffi.NULL:
            yield order

    @property
    def inferred(self) -> int:
        """How often a fill was inferred because none came."""
        return self.cdata.inferred

    @property
    def unconfirmed(self) -> int:
        """Orders that are gone with fills that nothing has told of."""
        return self.cdata.unconfirmed

    @property
    def adopted(self) -> int:
        """Orders that the venue had and the table had not, or had given up."""
        return self.cdata.adopted

    @property
    def overfilled(self) -> int:
        """Fills beyond their order's total."""
        return self.cdata.overfilled

    @property
    def unsure(self) -> int:
        """Answers that said nothing of what became of an order."""
        return self.cdata.unsure

    @property
    def misses(self) -> int:
        """Orders that are gone because the venue did not have them."""
        return self.cdata.misses

    @property
    def clock_ns(self) -> int:
        """The log's clock, as far as it has been decided on."""
        return self.cdata.clock_ns

    def decided(self, events: Any, n: int) -> np.ndarray:
        """Run n records; the decisions as an array that the next call overwrites."""
        count = self.decide(events, n)
        return self.decisions.array[:count]

    def decide(self, events: Any, n: int) -> int:
        """Run n records (struct pmm_event *); the decisions are in `decisions`, their count."""
        out = self.decisions
        count = lib.pmm_orders_run(self.cdata, events, n, out.cdata, out.capacity)
        if count == lib.PMM_ERR_FULL:
            # A HALT cancels every open order, and several records may concern them all.
            out = self.decisions = EventBuffer(lib.pmm_orders_room(self.cdata, events, n))
            count = lib.pmm_orders_run(self.cdata, events, n, out.cdata, out.capacity)
        return check(count, "order table")
