"""Reports and balances as records of the gateway's log; words and names in them as TEXT."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.enums import BalanceOf, TextOf
from pinnacle.core.errors import DataError
from pinnacle.core.schema import EVENT, INSTRUMENT_ALL, Flag, Kind
from pinnacle.venues.orders.port import Balance, Report
from pinnacle.venues.orders.terms import amount
from pinnacle.venues.reference.offset import LATEST_NS

TEXT_BYTES: int = lib.PMM_TEXT_BYTES
#: Of a venue's words: a line, not a page.
WORDS_BYTES_MAX = 128
_TEXT = np.dtype(
    {"names": ["text"], "formats": [f"S{TEXT_BYTES}"], "offsets": [16], "itemsize": 64}
)


def execution_number(name: str | int) -> int:
    """A venue's name of an execution as a positive number of 63 bits: itself, where it is one."""
    text = str(name)
    if text.isascii() and text.isdigit() and 0 < int(text) < 2**63:
        return int(text)
    return (int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1) or 1


def records(
    reports: Sequence[Report], instruments: Sequence[int], recv_ns: int, source: int, venue_id: int
) -> np.ndarray:
    """The records of these, in order. `instruments`: ids by row."""
    made: list[np.ndarray] = []
    for report in reports:
        row = np.zeros(1, EVENT)
        row["recv_ns"], row["venue_ns"] = recv_ns, _time_of(report.venue_ns)
        row["price"], row["quantity"] = report.price, report.quantity
        row["order_id"], row["aux"] = report.order_id, report.aux
        row["instrument_id"] = instruments[report.row]
        row["reason"], row["kind"], row["side"] = report.reason, report.kind, report.side
        row["flags"], row["venue_id"], row["source"] = report.flags, venue_id, source
        made.append(row)
        for what, text in (
            (TextOf.VENUE_ID, report.venue_id),
            (TextOf.WORDS, report.words),
            (TextOf.CURRENCY, report.currency),
        ):
            if text:
                made += _texts(row, what, text)
    return np.concatenate(made) if made else np.empty(0, EVENT)


def balance_records(
    balances: Sequence[Balance], recv_ns: int, source: int, venue_id: int
) -> np.ndarray:
    """Two records and their texts of each; DataError of an amount that no record holds."""
    made: list[np.ndarray] = []
    for balance in balances:
        told = ((BalanceOf.TOTAL, balance.total), (BalanceOf.AVAILABLE, balance.available))
        for of, held in told:
            row = np.zeros(1, EVENT)
            row["kind"], row["side"] = Kind.BALANCE, of
            row["quantity"], row["aux"] = balance_parts(held)
            row["recv_ns"], row["instrument_id"] = recv_ns, INSTRUMENT_ALL
            row["source"], row["venue_id"] = source, venue_id
            made += [row, *_texts(row, TextOf.CURRENCY, balance.currency)]
    return np.concatenate(made) if made else np.empty(0, EVENT)


def balance_parts(held: Decimal) -> tuple[int, int]:
    """Whole units, and what is behind the point in 1e-18; DataError if that is not all of it."""
    sign, digits, exponent = amount(held).as_tuple()
    assert isinstance(exponent, int)  # a finite number's
    count = int("".join(map(str, digits)))
    count, rest = divmod(count * 10 ** max(exponent + 18, 0), 10 ** max(-exponent - 18, 0))
    whole, part = divmod(count, 10**18)
    if rest or whole >= 2**63:
        raise DataError(f"not a balance that can be counted: {held}")
    return (-whole, -part) if sign else (whole, part)


def _time_of(venue_ns: int) -> int:
    """It is for people: one that no clock shows is none, and the rest of the record counts."""
    return venue_ns if 0 <= venue_ns < LATEST_NS else 0


def _texts(of: np.ndarray, what: int, text: str) -> list[np.ndarray]:
    data = text.encode()[:WORDS_BYTES_MAX]
    parts = [data[at : at + TEXT_BYTES] for at in range(0, len(data), TEXT_BYTES)]
    made = []
    for number, part in enumerate(parts):
        row = np.zeros(1, EVENT)
        for name in ("recv_ns", "instrument_id", "source", "venue_id"):
            row[name] = of[name]
        row["kind"], row["reason"], row["side"] = Kind.TEXT, what, number
        row["flags"] = Flag.LAST if number == len(parts) - 1 else 0
        row.view(_TEXT)["text"] = part
        made.append(row)
    return made
