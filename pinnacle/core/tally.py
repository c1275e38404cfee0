"""What happened to a session's orders, counted in one pass: see csrc/report/tally.h."""

from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import check
from pinnacle.core.schema import Reason


class Tally:
    """Wraps struct pmm_tally: give it the risk process's journal in order, then read it.

    `orders`: how many may be open at once. Quotes are asked for after `warm_up_ns` of running.
    """

    def __init__(self, instrument_count: int, orders: int, warm_up_ns: int):
        size = lib.pmm_tally_memsize(orders, instrument_count)
        self._memory = ffi.new("char[]", max(size, 8))
        self._cdata = ffi.cast("struct pmm_tally *", self._memory)
        check(lib.pmm_tally_init(self._cdata, size, orders, instrument_count, warm_up_ns), "tally")

    def run(self, events: Any, n: int) -> None:
        """The journal's next n records (struct pmm_event *), inputs and decisions."""
        check(lib.pmm_tally_run(self._cdata, events, n), "tally")

    def instrument(self, instrument_id: int) -> dict[str, Any]:
        """The counts of one instrument; `rejected` by reason, `spread` in ticks x lots."""
        row = lib.pmm_tally_of(self._cdata, instrument_id)
        if row == ffi.NULL:
            raise IndexError(instrument_id)
        names = [name for name, _ in ffi.typeof("struct pmm_tally_instrument").fields]
        counts = {name: getattr(row, name) for name in names if name != "rejected"}
        twice = counts.pop("spread_twice_high") << 64 | counts.pop("spread_twice_low")
        counts["spread"] = twice // 2
        refused = {reason.name: row.rejected[reason] for reason in Reason}
        counts["rejected"] = {name: count for name, count in refused.items() if count}
        return counts

    def times(self) -> dict[str, int]:
        """The fields of struct pmm_tally_times."""
        out = ffi.new("struct pmm_tally_times *")
        lib.pmm_tally_read_times(self._cdata, out)
        return {name: getattr(out, name) for name, _ in ffi.typeof(out).item.fields}
