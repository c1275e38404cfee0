"""The gateway process towards a venue that is reached through rings (simulated, paper)."""

from typing import Any

from pinnacle.core._native import ffi
from pinnacle.core.schema import EventBuffer, Kind
from pinnacle.execution.orders import OrderTable
from pinnacle.gateway.config import GatewayConfig
from pinnacle.runtime.frame import act
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.runtime.stage import Stage, kind_mask

#: Records that a turn takes from the rings: so many of them may come back withheld in the next one.
BATCH = 1024
#: Room for what a turn itself puts into the log: HALT, STOP, peers, the timer.
OWN_MAX = 64
#: What a turn takes at most: what was withheld, its own records, what the rings hold.
BATCH_MAX = BATCH + OWN_MAX + BATCH
#: The ring to the venue.
VENUE_OUTPUT = 0
SENDS = kind_mask((Kind.NEW, Kind.REPLACE))


def make_table(config: GatewayConfig) -> OrderTable:
    """The gateway's logic."""
    ms = 1_000_000
    return OrderTable(
        config.order_age_max_ms * ms, config.answer_timeout_ms * ms, config.orders_max
    )


def run(seat: Seat, config: GatewayConfig) -> int:
    """Until SIGTERM: then everything is cancelled at the venue and waited for. The exit code."""
    return act(seat, config, lambda instruments: make_table(config), Gateway)


class Gateway:
    """Turns with the kill word read before every send."""

    stop_wait_ns = 3_000_000_000

    def __init__(self, runtime: Runtime, stage: Stage, table: OrderTable):
        self._runtime = runtime
        self._stage = stage
        self._table = table
        self._batch = EventBuffer(BATCH_MAX)
        self.events = self._batch.cdata
        self._withheld: list[bytes] = []

    @property
    def words(self) -> str:
        return f"connected to the simulated venue, {len(self._table.orders)} open orders"

    def turn(self) -> int:
        n = self.take()
        if n:
            self.give(self._table.decide(self.events, n))
        else:
            self._runtime.wait()
        return n

    def take(self) -> int:
        """The next batch into `events`, journalled."""
        return self._stage.take(self._batch, self._own_inputs(), BATCH)

    def _own_inputs(self) -> int:
        # What was withheld comes before the HALT, which would cancel what was never sent.
        for n, record in enumerate(self._withheld):
            row = self._batch.cdata[n]
            ffi.memmove(ffi.addressof(row), record, len(record))
            row.kind = Kind.REJECTED if row.kind == Kind.NEW else Kind.REPLACE_REJECTED
            row.reason = self._runtime.control.killed()
            row.recv_ns = self._runtime.clock.session_ns()
            row.source = self._runtime.source
            row.flags = 0
        withheld = len(self._withheld)
        self._withheld.clear()
        return self._runtime.own_inputs(self._batch, withheld)

    def give(self, n: int) -> None:
        """Journal and hand on n decisions; orders are withheld if the kill switch was just set.

        Cancels go out whatever the switch says. What is withheld comes back in the next batch as
        refused, so the log tells what happened.
        """
        decisions = self._table.decisions.cdata
        if n and self._runtime.control.killed() and not self._table.halted:
            output: Any = self._stage.cdata.outputs[VENUE_OUTPUT]
            wanted = output.kinds
            output.kinds = wanted & ~SENDS
            for i in range(n):
                if SENDS >> decisions[i].kind & 1:
                    self._withheld.append(bytes(ffi.buffer(ffi.addressof(decisions[i]))))
            self._stage.give(decisions, n)
            output.kinds = wanted
        else:
            self._stage.give(decisions, n)

    def publish(self, now_ns: int) -> None:
        self._runtime.counters.show(
            open_orders=len(self._table.orders),
            duplicate_fills=self._table.duplicates,
            unknown_fills=self._table.unknown_fills,
        )

    @property
    def settled(self) -> bool:
        return not self._withheld

    @property
    def idle(self) -> bool:
        return not self._table.orders
