"""Decimal text to whole ticks or lots and back, exactly (csrc/base/decimal.h)."""

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import check

_parse = lib.pmm_decimal_parse
_format = lib.pmm_decimal_format


def parse_units(text: str, mantissa: int, decimals: int) -> int:
    """How many units of mantissa x 10^-decimals the text is; NativeError if not a whole number."""
    raw = text.encode()
    units = ffi.new("int64_t *")
    check(_parse(raw, len(raw), mantissa, decimals, units), f"decimal {text!r}")
    return units[0]


def format_units(units: int, mantissa: int, decimals: int) -> str:
    """units x mantissa x 10^-decimals as text with exactly `decimals` digits after the point."""
    out = ffi.new("char[]", lib.PMM_DECIMAL_TEXT_BYTES)
    length = check(_format(units, mantissa, decimals, out, len(out)), "decimal")
    return ffi.unpack(out, length).decode()
