"""An instrument's numbers between decimal text and whole ticks and lots, exactly."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import numpy as np

from pinnacle.core.enums import FeeOf
from pinnacle.core.errors import DataError
from pinnacle.core.units import Step
from pinnacle.venues.reference.currencies import currencies

_DECIMALS_MAX = 18
#: No amount has so many digits before or behind its point; written out, they would fill memory.
_EXPONENT_MAX = 40
_MANTISSA_MAX = 2**63 - 1


class Terms:
    """Of one row of the instrument table. `name`: what the venue calls it."""

    OTHER = FeeOf.OTHER

    def __init__(self, row: np.void, name: str, base: str, quote: str):
        self.instrument_id = int(row["instrument_id"])
        self.name, self.base, self.quote = name, base, quote
        self.tick = Step(int(row["tick_mantissa"]), int(row["tick_decimals"]))
        self.lot = Step(int(row["lot_mantissa"]), int(row["lot_decimals"]))
        self._notional = self.tick.size * self.lot.size

    def price(self, ticks: int) -> str:
        """Decimal text, with the tick's digits."""
        return self.tick.text(ticks)

    def quantity(self, lots: int) -> str:
        """Decimal text, with the lot's digits."""
        return self.lot.text(lots)

    def ticks(self, price: str | Decimal) -> int:
        """DataError if the price is no whole number of ticks."""
        return _count(price, self.tick.size, self.name, "price")

    def lots(self, quantity: str | Decimal) -> int:
        """DataError if the quantity is no whole number of lots."""
        return _count(quantity, self.lot.size, self.name, "quantity")

    def size(self, quantity: str | Decimal) -> int:
        """The same of what cannot be negative; DataError if it is."""
        lots = self.lots(quantity)
        if lots < 0:
            raise DataError(f"{self.name}: a quantity of {quantity}")
        return lots

    def fee_of(self, currency: str) -> FeeOf:
        """Whose currency a fee is paid in."""
        if currency == self.quote:
            return FeeOf.QUOTE
        return FeeOf.BASE if currency == self.base else FeeOf.OTHER

    def notional(self, value: str | Decimal) -> int:
        """An amount of the quote currency in ticks x lots, what is less than one left out; 0 of
        what does not fit."""
        found = int(amount(value) / self._notional)
        return found if abs(found) <= _MANTISSA_MAX else 0


def all_terms(rows: np.ndarray, names: Sequence[str]) -> list[Terms]:
    """Of each row, by what the venue calls it; of its currencies the venue may say more."""
    named = zip(rows, names, strict=True)
    return [Terms(row, name, *currencies(name)) for row, name in named]


def amount(text: str | Decimal) -> Decimal:
    """A number that a venue wrote; DataError if it is none."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise DataError(f"not a number: {text!r:.60}") from None
    exponent = found.as_tuple().exponent
    if isinstance(exponent, int) and max(found.adjusted(), -exponent) <= _EXPONENT_MAX:
        return found
    if found.is_finite() and not found:
        return Decimal(0)  # a zero's digits fill memory as any others do
    raise DataError(f"not an amount: {text!r:.60}")


def fee_parts(text: str | Decimal) -> tuple[int, int]:
    """An amount as (mantissa, digits behind the point), for a FEE; DataError if 63 bits and 18
    digits do not hold it."""
    sign, digits, exponent = amount(text).normalize().as_tuple()
    assert isinstance(exponent, int)  # a finite number's
    mantissa = int("".join(map(str, digits)) or "0")
    if exponent > 0:
        mantissa, exponent = mantissa * 10**exponent, 0
    if -exponent > _DECIMALS_MAX or mantissa > _MANTISSA_MAX:
        raise DataError(f"not an amount that can be counted: {text!r:.60}")
    return (-mantissa if sign else mantissa), -exponent


def _count(text: str | Decimal, size: Decimal, name: str, what: str) -> int:
    steps = amount(text) / size
    found = int(steps)
    if found != steps or abs(found) > _MANTISSA_MAX:
        raise DataError(f"{name}: the {what} {text} is no whole number of steps of {size}")
    return found
