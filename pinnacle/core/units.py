"""Decimal text to and from whole ticks and lots, exactly."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pinnacle.core._native import lib
from pinnacle.core.errors import ConfigError

_E8 = 10_000  # basis points to 1e-8
#: What csrc/base/decimal.h reads, and counts of 63 bits.
DECIMALS_MAX: int = lib.PMM_DECIMAL_DECIMALS_MAX
COUNT_MAX = 2**63 - 1
#: Plain ASCII, and no exponent that would make a number of a million digits.
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?", re.ASCII)


@dataclass(frozen=True)
class Step:
    """A tick or lot size: mantissa x 10^-decimals."""

    mantissa: int
    decimals: int

    @classmethod
    def parse(cls, text: str, what: str) -> "Step":
        """From decimal text such as "0.01"; ConfigError names `what` if it cannot be a step."""
        value = _decimal(text, what)
        if value <= 0:
            raise ConfigError(f"{what}: must be positive, not {text}")
        _, digits, exponent = value.normalize().as_tuple()
        assert isinstance(exponent, int)  # a finite number's
        mantissa = int("".join(map(str, digits)))
        if exponent > 0:
            mantissa, exponent = mantissa * 10**exponent, 0
        if -exponent > DECIMALS_MAX:
            raise ConfigError(f"{what}: must have at most {DECIMALS_MAX} decimals, not {-exponent}")
        if mantissa > COUNT_MAX:
            raise ConfigError(f"{what}: {text} is too large a step")
        return cls(mantissa, -exponent)

    @property
    def size(self) -> Decimal:
        return Decimal(self.mantissa).scaleb(-self.decimals)

    def count(self, text: str | Decimal, what: str) -> int:
        """How many steps a decimal is; ConfigError if it is not a whole number of them."""
        steps = Fraction(_decimal(text, what)) / Fraction(self.mantissa, 10**self.decimals)
        if steps.denominator != 1:
            raise ConfigError(f"{what}: {text} is not a multiple of {self.size}")
        if abs(steps) > COUNT_MAX:
            raise ConfigError(f"{what}: {text} is more than 2^63 steps of {self.size}")
        return int(steps)

    def positive(self, text: str, what: str, most: int = COUNT_MAX) -> int:
        """As `count`, and ConfigError unless it is 1 to `most` steps."""
        steps = self.count(text, what)
        if steps <= 0:
            raise ConfigError(f"{what}: must be positive, not {text}")
        if steps > most:
            raise ConfigError(f"{what}: must be at most {self.text(most)}, not {text}")
        return steps

    def text(self, count: int) -> str:
        """The decimal text of a number of steps, with the step's decimals."""
        return f"{Decimal(int(count) * self.mantissa).scaleb(-self.decimals):f}"


def fee_e8(bps: float | str, what: str) -> int:
    """A fee in basis points as 1e-8 of notional; negative is a rebate."""
    scaled = _decimal(str(bps), what) * _E8
    if scaled != scaled.to_integral_value():
        raise ConfigError(f"{what}: {bps} basis points is finer than 0.0001")
    if abs(scaled) > lib.PMM_FEE_WHOLE_E8:
        raise ConfigError(f"{what}: {bps} basis points is more than the whole price (10000)")
    return int(scaled)


def money(amount: int, tick: Step, lot: Step) -> str:
    """Decimal text of an amount in ticks x lots."""
    product = Step(tick.mantissa * lot.mantissa, tick.decimals + lot.decimals)
    return product.text(amount)


def _decimal(text: str | Decimal, what: str) -> Decimal:
    if not _NUMBER.fullmatch(str(text)):
        raise ConfigError(f"{what}: not a decimal number: {str(text)!r}")
    return Decimal(text)
