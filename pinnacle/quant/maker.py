"""The market maker's quoting arithmetic: see csrc/trade/quote.h for the model and its sources."""

from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import FairValue as FairValue
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

    def quote(self, book: Any, position: int, clock_ns: int, out: Any) -> bool:
        """Write the ladder to struct pmm_quotes *out; False, and an empty one, without a market."""
        return self._quote(self.cdata, book, position, clock_ns, out) == 0


def glft(gamma: float, k: float, rate: float, sigma: float) -> tuple[float, float]:
    """(base, skew) in ticks: Guéant, Lehalle, Fernandez-Tapia 2013, stationary closed form."""
    out = ffi.new("double[2]")
    lib.pmm_glft(gamma, k, rate, sigma, out, out + 1)
    return out[0], out[1]
