"""One message through a codec, and what it said of its only part."""

from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import INSTRUMENT, Kind
from pinnacle.venues.market.codec import Codec
from tests.venues.messages import SYMBOLS

FIELDS = ("kind", "instrument_id", "side", "price", "quantity", "order_id", "aux", "venue_ns")


class Said(NamedTuple):
    """A part without the scanner's memory; `code` by its name, "" for none."""

    kind: int
    row: int
    first: int
    count: int
    first_id: int
    final_id: int
    event_ns: int
    rounded: int
    code: str
    offset: int


def codec_of(venue: str) -> Codec:
    """Of two instruments, in units of eight decimals."""
    return Codec(getattr(lib, f"PMM_WIRE_{venue}"), table(SYMBOLS[venue], 8, 8), records_max=64)


def read(codec: Codec, frame: bytes, recv_ns: int = 0, row: int = -1) -> list[Said] | None:
    """The parts of a frame; None if it is not hot. `row`: of what does not say."""
    taken = codec.scan_snapshot(frame, recv_ns, row) if row >= 0 else codec.scan((frame,), recv_ns)
    return [said(part) for part in codec.last_parts()] if taken else None


def said(part: Any) -> Said:
    return Said(
        part.kind,
        part.row,
        part.first,
        part.count,
        part.first_id,
        part.final_id,
        part.event_ns,
        part.rounded,
        name_of(part.code),
        part.offset,
    )


def name_of(code: int) -> str:
    """`RANGE` of PMM_ERR_RANGE."""
    if code == 0:
        return ""
    names = (name for name in dir(lib) if name.startswith("PMM_ERR_"))
    return next(name[8:] for name in names if getattr(lib, name) == code)


def only(codec: Codec, frame: bytes, recv_ns: int = 0, row: int = -1) -> Said:
    """The one part of a hot frame."""
    parts = read(codec, frame, recv_ns, row)
    assert parts is not None and len(parts) == 1
    return parts[0]


def records(codec: Codec, part: Said | None = None) -> list[tuple]:
    """What the scanner wrote: FIELDS of each record, of a part or of all."""
    first, count = (0, codec.count) if part is None else (part.first, part.count)
    rows = codec.events.array[first : first + count]
    return list(zip(*(rows[name].tolist() for name in FIELDS), strict=True))


def decoded(codec: Codec) -> list[tuple]:
    """The parts of the last scan as tests/venues/plain.py has them, in decimals."""
    return [_plain(codec, part) for part in codec.last_parts()]


def _plain(codec: Codec, part: Any) -> tuple:
    row = codec.instruments[part.row]
    tick = Decimal(int(row["tick_mantissa"])).scaleb(-int(row["tick_decimals"]))
    lot = Decimal(int(row["lot_mantissa"])).scaleb(-int(row["lot_decimals"]))
    found = []
    for record in codec.events.array[part.first : part.first + part.count].tolist():
        values = dict(zip(codec.events.array.dtype.names, record, strict=True))
        ids = [values["order_id"], values["aux"]]
        if values["kind"] == Kind.TOP:
            ids = [ids[0] * tick, ids[1] * lot]
        price, quantity = values["price"] * tick, values["quantity"] * lot
        assert values["instrument_id"] == row["instrument_id"]
        found.append((values["kind"], values["side"], price, quantity, *ids, values["venue_ns"]))
    checksum = part.checksum if part.checked else None
    symbol = row["symbol"].decode()
    return symbol, part.kind, part.first_id, part.final_id, checksum, found


def table(symbols: list[str], tick: int = 10, lot: int = 8) -> np.ndarray:
    """Instruments by their venue's symbols, ids from 7, in units of that many decimals."""
    rows = np.zeros(len(symbols), INSTRUMENT)
    rows["symbol"] = [symbol.encode() for symbol in symbols]
    rows["instrument_id"] = range(7, 7 + len(symbols))
    rows["tick_mantissa"] = rows["lot_mantissa"] = rows["quantity_min"] = 1
    rows["tick_decimals"], rows["lot_decimals"] = tick, lot
    return rows
