"""Reports and balances as records of the gateway's log; words and names in them as TEXT."""

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import BalanceOf, TextOf
from pinnacle.core.errors import DataError
from pinnacle.core.schema import EVENT, INSTRUMENT_ALL, Flag, Kind
from pinnacle.venues.orders.port import Balance, Report
from pinnacle.venues.orders.terms import amount
from pinnacle.venues.reference.offset import LATEST_NS

TEXT_BYTES: int = lib.PMM_TEXT_BYTES
#: Of a venue's words: a line, not a page.
WORDS_BYTES_MAX = 128
#: Where a TEXT has it.
_TEXT_AT = 16
_TEXT, _LAST, _BALANCE = int(Kind.TEXT), int(Flag.LAST), int(Kind.BALANCE)


class _Text(NamedTuple):
    """A part of something in words; `number` counts from 0."""

    what: int
    number: int
    is_last: bool
    data: bytes


def execution_number(name: str | int) -> int:
    """A venue's name of an execution as a positive number of 63 bits: itself, where it is one."""
    text = str(name)
    # No longer than such a number is: Python reads none of thousands of digits.
    if len(text) < 20 and text.isascii() and text.isdigit() and 0 < int(text) < 2**63:
        return int(text)
    return (int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1) or 1


def records(
    reports: Sequence[Report], instruments: Sequence[int], recv_ns: int, source: int, venue_id: int
) -> np.ndarray:
    """The records of these, in order. `instruments`: ids by row."""
    texts = [_texts_of(report) for report in reports]
    made = np.zeros(len(reports) + sum(map(len, texts)), EVENT)
    if not len(made):
        return made
    rows, at = ffi.from_buffer("struct pmm_event[]", made), 0
    for report, parts in zip(reports, texts, strict=True):
        _write(rows[at], report)
        for i, text in enumerate(parts, at + 1):
            _write_text(rows[i], text)
        for i in range(at, at + 1 + len(parts)):
            e = rows[i]
            e.recv_ns, e.instrument_id = recv_ns, instruments[report.row]
            e.venue_id, e.source = venue_id, source
        at += 1 + len(parts)
    return made


def balance_records(
    balances: Sequence[Balance], recv_ns: int, source: int, venue_id: int
) -> np.ndarray:
    """Two records and their texts of each; DataError of an amount that no record holds."""
    texts = [_texts(TextOf.CURRENCY, balance.currency) for balance in balances]
    made = np.zeros(sum(2 * (1 + len(parts)) for parts in texts), EVENT)
    if not len(made):
        return made
    made["recv_ns"], made["instrument_id"] = recv_ns, INSTRUMENT_ALL
    made["source"], made["venue_id"] = source, venue_id
    rows, at = ffi.from_buffer("struct pmm_event[]", made), 0
    for balance, parts in zip(balances, texts, strict=True):
        told = ((BalanceOf.TOTAL, balance.total), (BalanceOf.AVAILABLE, balance.available))
        for of, held in told:
            e = rows[at]
            e.kind, e.side = _BALANCE, of
            e.quantity, e.aux = balance_parts(held)
            for i, text in enumerate(parts, at + 1):
                _write_text(rows[i], text)
            at += 1 + len(parts)
    return made


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


def _write(e: Any, report: Report) -> None:
    """Into a blank struct pmm_event."""
    e.venue_ns = _time_of(report.venue_ns)
    e.price, e.quantity = report.price, report.quantity
    e.order_id, e.aux = report.order_id, report.aux
    e.reason, e.kind, e.side = report.reason, report.kind, report.side
    e.flags = report.flags


def _time_of(venue_ns: int) -> int:
    """It is for people: one that no clock shows is none, and the rest of the record counts."""
    return venue_ns if 0 <= venue_ns < LATEST_NS else 0


def _write_text(e: Any, text: _Text) -> None:
    e.kind, e.reason, e.side = _TEXT, text.what, text.number
    e.flags = _LAST if text.is_last else 0
    ffi.memmove(ffi.cast("char *", ffi.addressof(e)) + _TEXT_AT, text.data, len(text.data))


def _texts_of(report: Report) -> list[_Text]:
    """What it says in words, in parts."""
    made: list[_Text] = []
    for what, said in (
        (TextOf.VENUE_ID, report.venue_id),
        (TextOf.WORDS, report.words),
        (TextOf.CURRENCY, report.currency),
    ):
        if said:
            made += _texts(what, said)
    return made


def _texts(what: int, said: str) -> list[_Text]:
    data = said.encode()[:WORDS_BYTES_MAX]
    starts = range(0, len(data), TEXT_BYTES)
    return [
        _Text(what, number, at + TEXT_BYTES >= len(data), data[at : at + TEXT_BYTES])
        for number, at in enumerate(starts)
    ]
