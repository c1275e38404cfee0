"""The market maker's quoting arithmetic: see csrc/trade/quote.h for the model and its sources."""

import struct
from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import FairValue as FairValue
from pinnacle.core.enums import Parameter as Parameter
from pinnacle.core.errors import check


class Maker:
    """Wraps struct pmm_maker: the state of one instrument's quoting."""

    def __init__(self, **params: float):
        """Keyword arguments are the fields of struct pmm_maker_params; all must be given."""
        self.cdata: Any = ffi.new("struct pmm_maker *")
        values = ffi.new("struct pmm_maker_params *", params)
        check(lib.pmm_maker_init(self.cdata, values), "market maker parameters")
        #: All of its state as a writable buffer.
        self.memory = ffi.buffer(self.cdata)
        self._quote = lib.pmm_maker_quote

    def parameter(self, parameter: Parameter) -> float:
        """As it is now; an int where it is a whole number."""
        return getattr(self.cdata.params, parameter.name.lower())

    def set(self, parameter: Parameter, value: float) -> None:
        """What was learnt of the market stays; PinnacleError, and nothing is changed, if it is out
        of its range."""
        bits = parameter_bits(parameter, value)
        check(lib.pmm_maker_set(self.cdata, parameter, bits), f"market maker {parameter.name}")

    def quote(self, book: Any, position: int, clock_ns: int, out: Any) -> bool:
        """Write the ladder to struct pmm_quotes *out; False, and an empty one, without a market."""
        return self._quote(self.cdata, book, position, clock_ns, out) == 0


def parameter_bits(parameter: Parameter, value: float) -> int:
    """As the price of a PARAMETER record says it."""
    if parameter > Parameter.LEVEL_SPACING_TICKS:
        return int(value)
    return int(struct.unpack("<q", struct.pack("<d", value))[0])


def parameter_value(parameter: Parameter, bits: int) -> float:
    """What the price of a PARAMETER record says: an int where the parameter is a whole number."""
    if parameter > Parameter.LEVEL_SPACING_TICKS:
        return bits
    return float(struct.unpack("<d", struct.pack("<q", bits))[0])


def glft(gamma: float, k: float, rate: float, sigma: float) -> tuple[float, float]:
    """(base, skew) in ticks: Guéant, Lehalle, Fernandez-Tapia 2013, stationary closed form."""
    out = ffi.new("double[2]")
    lib.pmm_glft(gamma, k, rate, sigma, out, out + 1)
    return out[0], out[1]
