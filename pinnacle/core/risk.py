"""Pre-trade checks, positions and P&L: see csrc/risk/risk.h for the checks and their order."""

from typing import Any

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import Beyond
from pinnacle.core.errors import check
from pinnacle.core.schema import EventBuffer, Reason

#: A quarter of the order table stays empty: csrc/risk/risk_orders.c.
_TABLE_LEAST = 1024


def _table_size(open_orders: int) -> int:
    """The least power of two that holds so many with a quarter to spare."""
    return max(_TABLE_LEAST, 1 << (open_orders + open_orders // 3 + 1).bit_length())


def beyond_names(bits: int) -> list[str]:
    """The amounts of a position that its `beyond` says are not exact."""
    return [amount.name.lower() for amount in sorted(Beyond) if bits & amount]


class RiskBook:
    """Wraps struct pmm_risk.

    `instruments`: array of dtype INSTRUMENT; `limits`: one dict a row, the fields of struct
    pmm_risk_limits; `session`: the fields of struct pmm_risk_session. The order table
    has room for whatever the limits allow.
    """

    def __init__(
        self,
        instruments: np.ndarray,
        limits: list[dict[str, int]],
        session: dict[str, int],
    ):
        orders = _table_size(sum(row["open_orders_max"] for row in limits))
        size = lib.pmm_risk_memsize(orders, len(instruments))
        self._memory = ffi.new("char[]", size)
        self.cdata = ffi.cast("struct pmm_risk *", self._memory)
        self.orders = orders
        self.instrument_count = len(instruments)
        table = ffi.from_buffer("struct pmm_instrument[]", instruments)
        rows = ffi.new("struct pmm_risk_limits[]", limits)
        terms = ffi.new("struct pmm_risk_session *", session)
        check(
            lib.pmm_risk_init(self.cdata, size, orders, table, rows, len(limits), terms),
            "risk limits",
        )
        #: All of its state as a writable buffer; there is no pointer in it.
        self.memory = ffi.buffer(self._memory, size)
        self._position = ffi.new("struct pmm_position *")

    def decisions_max(self, batch_max: int) -> int:
        """Room that a batch's decisions may need."""
        return 2 * batch_max + self.orders

    def run(self, events: Any, n: int, out: EventBuffer) -> int:
        """Run n records; the decisions are in `out`, their count is returned."""
        return check(lib.pmm_risk_run(self.cdata, events, n, out.cdata, out.capacity), "risk")

    def position(self, instrument: int) -> dict[str, int]:
        """The fields of struct pmm_position; ticks x lots and lots."""
        check(lib.pmm_risk_position(self.cdata, instrument, self._position), "position")
        p = self._position
        return {name: getattr(p, name) for name, _ in ffi.typeof("struct pmm_position").fields}

    def refused(self, instrument: int) -> dict[str, int]:
        """Refusals so far, by reason."""
        counts = ffi.new("int64_t[]", lib.PMM_REASONS)
        check(lib.pmm_risk_refused(self.cdata, instrument, counts), "refused")
        return {Reason(i).name: count for i, count in enumerate(counts) if count}

    def open_orders(self) -> int:
        return lib.pmm_risk_open_orders(self.cdata)
