"""The risk gate as pure logic: made from configuration, records in, decisions out."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.config import joined
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument, of_instrument, refuse_strangers, table
from pinnacle.core.memory import OneBlock
from pinnacle.core.risk import RiskBook
from pinnacle.core.schema import EventBuffer
from pinnacle.risk.config import RiskConfig

BATCH = 2048
LOTS_MAX: int = lib.PMM_RISK_LOTS_MAX


class RiskGate(OneBlock):
    """A RiskBook with its limits, and the room for its decisions."""

    def __init__(self, instruments: Sequence[Instrument], config: RiskConfig):
        refuse_strangers(config.limits, instruments, "risk.limits")
        self.book = RiskBook(
            table(instruments),
            [_limits(instrument, config) for instrument in instruments],
            {
                "intent_age_max_ns": config.intent_age_max_ms * 1_000_000,
                "messages_per_s": config.messages_per_s,
                "messages_burst": config.messages_burst,
            },
        )
        self.memory = self.book.memory
        self.decisions = EventBuffer(self.book.decisions_max(BATCH))

    def decided(self, events: Any, n: int) -> np.ndarray:
        """Run n records; the decisions as an array that the next call overwrites."""
        if n > BATCH:
            self.decisions = EventBuffer(self.book.decisions_max(n))
        return self.decisions.array[: self.book.run(events, n, self.decisions)]


def _limits(instrument: Instrument, config: RiskConfig) -> dict[str, int]:
    where = joined("risk.limits", instrument.label)
    limits = of_instrument(config.limits, instrument)
    if limits is None:
        raise ConfigError(f"{where}: missing: an instrument without limits cannot trade")
    return {
        "order_quantity_max": instrument.lot.positive(
            limits.order_quantity_max, f"{where}.order_quantity_max", LOTS_MAX
        ),
        "position_max": instrument.lot.positive(
            limits.position_max, f"{where}.position_max", LOTS_MAX
        ),
        "collar_e4": round(limits.collar_percent * 100),
        "open_orders_max": limits.open_orders_max,
    }
