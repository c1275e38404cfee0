"""The gateway process towards a venue that is reached through rings (simulated, paper)."""

import numpy as np

from pinnacle.core.schema import EVENT, EventBuffer, Kind
from pinnacle.execution.orders import OrderTable
from pinnacle.gateway.config import GatewayConfig, LiveConfig
from pinnacle.gateway.table import BATCH, BATCH_MAX, counts, make_table
from pinnacle.gateway.taking_back import TakingBack
from pinnacle.runtime.frame import act
from pinnacle.runtime.runtime import Runtime
from pinnacle.runtime.seat import Seat
from pinnacle.runtime.stage import Stage, kind_mask

#: What is not sent once the kill switch is set.
SENDS = (Kind.NEW, Kind.REPLACE)
NOTHING = np.empty(0, EVENT)


def run(seat: Seat, config: GatewayConfig | LiveConfig) -> int:
    """Until SIGTERM: then everything is cancelled at the venue and waited for. The exit code."""
    if isinstance(config, LiveConfig):
        # What speaks to venues is much, and rings need none of it.
        from pinnacle.gateway.network import run_live
        from pinnacle.vault.signer import credentials_of

        return run_live(seat, config, credentials_of(config.vault, config.key, config.venue))
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
        self._withheld = NOTHING
        TakingBack(runtime, table)
        # The one whose old records are worth nothing: the ring to the venue.
        resent = [ring.resent for ring in runtime.seat.topology.gives(runtime.seat.process)]
        self._to_venue = stage.cdata.outputs[resent.index(False)]

    @property
    def words(self) -> str:
        return f"connected to the venue, {len(self._table.orders)} open orders"

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
        n = len(self._withheld)
        self._batch.array[:n] = self._withheld
        self._withheld = NOTHING
        return self._runtime.own_inputs(self._batch, n)

    def give(self, n: int) -> None:
        """Journal and hand on n decisions; orders are withheld if the kill switch was just set.

        Cancels go out whatever the switch says. What is withheld comes back in the next batch as
        refused, so the log tells what happened.
        """
        decisions = self._table.decisions
        killed = self._runtime.control.killed() if n and not self._table.halted else 0
        if killed:
            self._withheld = self._refused(decisions.array[:n], killed)
            self._to_venue.kinds &= ~kind_mask(SENDS)
        self._stage.give(decisions.cdata, n)
        if killed:
            self._to_venue.kinds |= kind_mask(SENDS)

    def _refused(self, decisions: np.ndarray, killed: int) -> np.ndarray:
        rows = decisions[np.isin(decisions["kind"], SENDS)]
        is_new = rows["kind"] == Kind.NEW
        rows["kind"] = np.where(is_new, Kind.REJECTED, Kind.REPLACE_REJECTED)
        rows["reason"], rows["flags"] = killed, 0
        rows["recv_ns"], rows["source"] = self._runtime.clock.session_ns(), self._runtime.source
        return rows

    def publish(self, now_ns: int) -> None:
        self._runtime.counters.show(**counts(self._table))

    @property
    def settled(self) -> bool:
        return len(self._withheld) == 0

    @property
    def idle(self) -> bool:
        return not self._table.orders
