"""Decimal text to and from whole ticks and lots, exactly."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pinnacle.core._native import lib
from pinnacle.core.errors import ConfigError

_E8 = 10_000  # basis points to 1e-8


@dataclass(frozen=True)
class Step:
    """A tick or lot size: mantissa x 10^-decimals."""

    mantissa: int
    decimals: int

    @classmethod
    def parse(cls, text: str, what: str) -> "Step":
        """From decimal text such as "0.01"; ConfigError names `what` if it is not positive."""
        value = _decimal(text, what)
        if value <= 0:
            raise ConfigError(f"{what}: must be positive, not {text}")
        _, digits, exponent = value.normalize().as_tuple()
        mantissa = int("".join(map(str, digits)))
        if exponent > 0:
            mantissa, exponent = mantissa * 10**exponent, 0
        return cls(mantissa, -exponent)

    @property
    def size(self) -> Decimal:
        return Decimal(self.mantissa).scaleb(-self.decimals)

    def count(self, text: str | Decimal, what: str) -> int:
        """How many steps a decimal is; ConfigError if it is not a whole number of them."""
        value = _decimal(text, what)
        steps = value / self.size
        if steps != steps.to_integral_value():
            raise ConfigError(f"{what}: {text} is not a multiple of {self.size}")
        return int(steps)

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
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ConfigError(f"{what}: not a decimal number: {text!r}") from None
    if not value.is_finite():
        raise ConfigError(f"{what}: not a finite number: {text!r}")
    return value
