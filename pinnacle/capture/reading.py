"""Raw captures of a venue: a line is `<recv_ns> <frame>`, a file one symbol.

A file may be compressed with gzip. What a frame says is the venue's dialect's to know.
"""

import gzip
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pinnacle.core.errors import DataError, UsageError, is_shortage
from pinnacle.core.kept import open_kept
from pinnacle.core.names import Symbol
from pinnacle.core.schema import INSTRUMENT, Kind
from pinnacle.venues.dialect import Dialect, Reader

#: What a capture may have been packed with, by its first bytes, and is not read here.
_PACKED = {b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zX": "xz", b"BZh9": "bzip2", b"PK\x03\x04": "zip"}
#: Of a frame with its stamp; the largest snapshots of venues have some megabytes.
LINE_MAX = 1 << 24


class Line(NamedTuple):
    """One line: its number from 1, when it was received (UTC ns), the frame's text."""

    number: int
    recv_ns: int
    frame: bytes


def read_capture(path: Path) -> Iterator[Line]:
    """The lines of a capture, in order; DataError naming file and line where it is damaged.

    UsageError if there is no such file.
    """
    number = 0
    try:
        with open_kept(path) as raw:
            magic = raw.read(4)
        if magic in _PACKED:
            raise DataError(f"{path}: packed with {_PACKED[magic]}: unpack it, or use gzip")
        packed = magic[:2] == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LINE_MAX + 1), b""), 1):
                if len(line) > LINE_MAX:
                    raise DataError(f"{path}:{number}: a line of more than {LINE_MAX} bytes")
                stamp, _, frame = line.rstrip().partition(b" ")
                if not stamp.isdigit() or int(stamp[:20]) >= 2**63 or not frame:
                    raise DataError(f"{path}:{number}: not `<recv_ns> <json>`: {line[:60]!r}")
                yield Line(number, int(stamp), frame)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path}:{number + 1}: damaged gzip data: {error}") from None
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except OSError as error:
        if is_shortage(error):
            raise
        raise DataError(f"{path}: {error.strerror or error}") from None
    if number == 0:
        raise DataError(f"{path}: empty capture")


def infer_instrument(path: Path, dialect: Dialect, instrument_id: int = 0) -> np.ndarray:
    """The instrument table, shape (1,), of a capture: its symbol, and the coarsest decimal tick
    and lot that every price and quantity in it is a whole number of.

    A capture carries no table of instruments. The greatest common divisor is exact where the
    venue's own step is not: old orders may rest with quantities finer than the step of today.
    """
    table = np.zeros(1, INSTRUMENT)
    row = table[0]
    row["symbol"] = _symbol(path, dialect)
    row["instrument_id"] = instrument_id
    row["venue_id"] = dialect.venue_id
    row["tick_mantissa"] = row["lot_mantissa"] = row["quantity_min"] = 1
    row["tick_decimals"] = row["lot_decimals"] = dialect.decimals
    tick, lot = _divisors(path, dialect.reader(table))
    row["tick_decimals"] = _decimals(tick, dialect.decimals)
    row["lot_decimals"] = _decimals(lot, dialect.decimals)
    return table


def _symbol(path: Path, dialect: Dialect) -> bytes:
    for line in read_capture(path):
        try:
            found = dialect.symbol(line.frame)
            if found is not None:
                return Symbol(found).encode()
        except ValueError as error:
            raise DataError(f"{path}:{line.number}: not a symbol: {error}") from None
    raise DataError(f"{path}: no frame names a symbol")


def _divisors(path: Path, reader: Reader) -> tuple[int, int]:
    tick = lot = 0
    first = reader.events.cdata[0]
    for line in read_capture(path):
        with placed(path, line):
            count = reader.scan(line.frame, line.recv_ns)
        if count == 1:
            tick = math.gcd(tick, first.price)
            lot = math.gcd(lot, first.quantity)
            if first.kind == Kind.TOP:
                tick = math.gcd(tick, first.order_id)
                lot = math.gcd(lot, first.aux)
        elif count > 1:
            records = reader.events.array[:count]
            tick = math.gcd(tick, int(np.gcd.reduce(records["price"])))
            lot = math.gcd(lot, int(np.gcd.reduce(records["quantity"])))
    return tick, lot


class placed:
    """What is wrong with a line names file and line."""

    def __init__(self, path: Path, line: Line):
        self._where = f"{path}:{line.number}"

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DataError):
            raise DataError(f"{self._where}: {error}") from None


def _decimals(divisor: int, most: int) -> int:
    """Digits after the point of the coarsest power of ten that divides divisor x 10^-most."""
    decimals = most
    while decimals > 0 and divisor and divisor % 10 ** (most - decimals + 1) == 0:
        decimals -= 1
    return decimals
