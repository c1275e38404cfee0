"""Points in time as people write them, to nanoseconds since 1970 UTC and back."""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import numpy as np

from pinnacle.core.errors import UsageError

_FRACTION = re.compile(r"[.,](\d+)")
_SECOND = 1_000_000_000


def parse_time(text: str, start_ns: int) -> int:
    """ISO 8601 (UTC unless it says otherwise), ns since 1970, or +seconds after `start_ns`.

    Exact to the nanosecond. UsageError if the text is none of them.
    """
    try:
        if text.startswith("+"):
            return start_ns + int(Decimal(text[1:]) * _SECOND)
        if text.isdigit():
            return int(text)
        return _parse_iso(text)
    except (ValueError, InvalidOperation, OverflowError):
        raise UsageError(
            f"{text!r} is not a time: ISO 8601, nanoseconds since 1970, or +seconds"
        ) from None


def _parse_iso(text: str) -> int:
    # datetime drops what is finer than a microsecond: the fraction is read apart.
    fraction = _FRACTION.search(text)
    whole = datetime.fromisoformat(_FRACTION.sub("", text, count=1))
    if whole.tzinfo is None:
        whole = whole.replace(tzinfo=UTC)
    since = whole - datetime(1970, 1, 1, tzinfo=UTC)
    seconds = since.days * 86_400 + since.seconds
    return seconds * _SECOND + (int(fraction[1].ljust(9, "0")[:9]) if fraction else 0)


def format_time(ns: int) -> str:
    """ISO 8601 in UTC with nine digits after the second."""
    return f"{np.datetime64(int(ns), 'ns')}Z"
