"""An operator's reload: other parameters of a market maker, as records in the strategy's log."""

from collections.abc import Mapping

import msgspec

from pinnacle.core.enums import FairValue, Parameter
from pinnacle.core.errors import ConfigError
from pinnacle.core.instruments import Instrument
from pinnacle.core.schema import Kind
from pinnacle.quant.maker import Maker, parameter_bits
from pinnacle.runtime.commands import Handler, Told
from pinnacle.runtime.runtime import Runtime
from pinnacle.strategy.config import MarketMakerConfig
from pinnacle.strategy.host import StrategyHost
from pinnacle.strategy.market_maker import MarketMaker, maker_params

_LOTS = (Parameter.QUOTE_QUANTITY, Parameter.INVENTORY_MAX)

#: What it was and what it is now, by the parameter.
Changes = dict[Parameter, tuple[float, float]]


class _Reload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All parameters of one instrument, by its label."""

    instrument: str
    market_maker: MarketMakerConfig


class Tuning:
    """Each value that differs becomes a PARAMETER record (csrc/trade/quote.h), each valid alone."""

    def __init__(self, runtime: Runtime, host: StrategyHost):
        self._runtime = runtime
        self._makers: dict[str, tuple[Instrument, Maker]] = {}
        if isinstance(host.strategy, MarketMaker):
            makers = host.strategy.makers()
            self._makers = {
                i.label: (i, makers[i.instrument_id])
                for i in runtime.mine
                if i.instrument_id in makers
            }
        #: By label what was told last: no batch may have brought it yet.
        self._last: dict[str, dict[Parameter, float]] = {}
        #: What a strategy's owner may tell it of this.
        self.handlers: dict[str, Handler] = {"reload": self._reload}

    def _reload(self, about: Told) -> Told:
        """By key, what was and what is; ValueError, and nothing is changed, for what cannot be."""
        asked = msgspec.convert(about, _Reload)
        found = self._makers.get(asked.instrument)
        if found is None:
            raise ValueError(f"{asked.instrument}: no market maker quotes it here")
        instrument, maker = found
        try:
            params = maker_params(instrument, asked.market_maker)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        wanted = {p: params[p.name.lower()] for p in Parameter}
        now_it_is = {p: maker.parameter(p) for p in Parameter}
        changes = changed(self._last.get(asked.instrument, now_it_is), wanted)
        self._last[asked.instrument] = wanted
        for parameter, (was, now) in changes.items():
            told = _texts(instrument, parameter, was, now)
            self._runtime.log.warning(
                "the operator sets a parameter",
                symbol=asked.instrument,
                parameter=parameter.name.lower(),
                was=told[0],
                now=told[1],
            )
            self._runtime.log_told(
                Kind.PARAMETER,
                instrument_id=instrument.instrument_id,
                price=parameter_bits(parameter, now),
                reason=int(parameter),
            )
        return {
            "changed": {
                parameter.name.lower(): _texts(instrument, parameter, *values)
                for parameter, values in changes.items()
            }
        }


def changed(was: Mapping[Parameter, float], wanted: Mapping[Parameter, float]) -> Changes:
    """Those that differ, in an order in which each is valid with those before it."""
    low, high = Parameter.SPREAD_MIN_TICKS, Parameter.SPREAD_MAX_TICKS
    first = high if wanted[high] >= was[low] else low
    return {
        parameter: (was[parameter], wanted[parameter])
        for parameter in sorted(Parameter, key=lambda parameter: parameter is not first)
        if was[parameter] != wanted[parameter]
    }


def _texts(instrument: Instrument, parameter: Parameter, *values: float) -> list[str]:
    if parameter in _LOTS:
        return [instrument.quantity_text(int(value)) for value in values]
    if parameter is Parameter.FAIR_VALUE:
        return [FairValue(int(value)).name.lower() for value in values]
    return [f"{value:.15g}" for value in values]
