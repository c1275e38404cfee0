"""An operator's flatten: records in the strategy's log, and what became of the positions."""

from typing import Annotated

import msgspec
from msgspec import Meta

from pinnacle.core._native import lib
from pinnacle.core.schema import Kind, Reason
from pinnacle.runtime.commands import Handler, Told
from pinnacle.runtime.runtime import Runtime
from pinnacle.strategy.host import StrategyHost


class _Flatten(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one instrument, by its label: lots of an order at most, 1e-8 off the best price at most,
    orders in a row that may fill nothing."""

    instrument: str
    most: Annotated[int, Meta(ge=1, le=(1 << 63) - 1)]
    slippage_e8: Annotated[int, Meta(ge=0, le=100_000_000)]
    tries: Annotated[int, Meta(ge=1, le=lib.PMM_DESK_TRIES_MAX)]


class Closing:
    """See csrc/trade/desk_close.c: quoting ends, and positions are closed until RESUME."""

    def __init__(self, runtime: Runtime, host: StrategyHost):
        self._runtime, self._host = runtime, host
        self._ids = {i.label: i.instrument_id for i in runtime.mine}
        #: What a strategy's owner may tell it of this.
        self.handlers: dict[str, Handler] = {
            "flatten": self._flatten,
            "flattened": self._flattened,
            "resume": self._resume,
        }

    def _flatten(self, about: Told) -> Told:
        """Whether it has the instrument; its position in lots."""
        asked = msgspec.convert(about, _Flatten)
        number = self._ids.get(asked.instrument)
        if number is None:
            return {"position": None}
        self._runtime.log.warning("the operator closes the position", symbol=asked.instrument)
        self._runtime.log_told(
            Kind.FLATTEN,
            instrument_id=number,
            price=asked.slippage_e8,
            quantity=asked.most,
            aux=asked.tries,
            reason=Reason.OPERATOR,
        )
        return {"position": self._position(number)}

    def _flattened(self, about: Told) -> Told:
        """Whether it is still at it, and what is left: lots by instrument."""
        left = {label: self._position(number) for label, number in self._ids.items()}
        closing = bool(lib.pmm_desk_closing(self._host.desk.cdata))
        working = self._host.desk.working()
        return {"closing": closing or working > 0, "left": {k: v for k, v in left.items() if v}}

    def _resume(self, about: Told) -> Told:
        self._runtime.log_told(Kind.RESUME, reason=Reason.NONE)
        return {}

    def _position(self, number: int) -> int:
        desk = self._host.desk
        return int(desk.rows[desk.row_of(number)].position)
