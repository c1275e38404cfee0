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
    """One order that the venue may know."""

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


class Orders(Mapping[int, Order]):
    """The orders of a table by id, in the order in which they came; as they are when one looks."""

    def __init__(self, table: Any):
        self._table = table

    def __getitem__(self, order_id: int) -> Order:
        found = lib.pmm_orders_find(self._table, order_id)
        if found == ffi.NULL:
            raise KeyError(order_id)
        fields = {name: getattr(found, name) for name in Order.__struct_fields__}
        return msgspec.convert(fields, Order, strict=False)

    def __iter__(self) -> Iterator[int]:
        order = ffi.NULL
        while (order := lib.pmm_orders_next(self._table, order)) != ffi.NULL:
            yield order.order_id

    def __len__(self) -> int:
        return self._table.count


class OrderTable(OneBlock):
    """Decides on batches of the gateway's input log: wraps struct pmm_orders, which is `cdata`.

    An order decided longer ago than `order_age_max_ns` is not sent; one unanswered for
    `answer_timeout_ns` is queried; one beyond `orders_max` open ones is refused.
    """

    def __init__(
        self,
        order_age_max_ns: int,
        answer_timeout_ns: int,
        orders_max: int,
        decisions_max: int = 8192,
    ):
        size = lib.pmm_orders_memsize(orders_max)
        self.memory = ffi.buffer(aligned_memory(size))
        # Not a cast: whoever holds it, `orders` too, holds the memory.
        self.cdata: Any = ffi.from_buffer("struct pmm_orders *", self.memory)
        made = lib.pmm_orders_init(
            self.cdata, size, orders_max, order_age_max_ns, answer_timeout_ns
        )
        check(made, "order table")
        self.orders = Orders(self.cdata)
        self.decisions = EventBuffer(decisions_max)

    @property
    def halted(self) -> bool:
        return bool(self.cdata.halted)

    @property
    def stopping(self) -> bool:
        return bool(self.cdata.stopping)

    @property
    def duplicates(self) -> int:
        """Fills that came twice."""
        return self.cdata.duplicates

    @property
    def unknown_fills(self) -> int:
        """Fills of orders that are not in the table."""
        return self.cdata.unknown_fills

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
