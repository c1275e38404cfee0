"""Kraken's book messages, digit for digit, with checksums that are true unless told otherwise."""

import zlib
from decimal import Decimal

from pinnacle.core.schema import Side
from tests.venues.kraken.kraken_oracle import Shown

TICK, LOT = Decimal("0.01"), Decimal("0.00000001")
PLACES = (2, 8)
_AT = "2026-08-09T21:05:48.505350Z"


def true_sum(shown: Shown) -> int:
    return zlib.crc32(shown.text(TICK, LOT, PLACES))


def element(symbol: str, levels: list[tuple], checksum: int | None) -> str:
    """Of levels (side, ticks, lots)."""
    sides = {
        name: ",".join(
            f'{{"price":{price * TICK:.2f},"qty":{quantity * LOT:.8f}}}'
            for where, price, quantity in levels
            if where is side
        )
        for name, side in (("bids", Side.BID), ("asks", Side.ASK))
    }
    text = f'"symbol":"{symbol}","bids":[{sides["bids"]}],"asks":[{sides["asks"]}]'
    if checksum is not None:
        text += f',"checksum":{checksum}'
    return f'{{{text},"timestamp":"{_AT}"}}'


def frame(kind: str, *elements: str) -> bytes:
    return f'{{"channel":"book","type":"{kind}","data":[{",".join(elements)}]}}'.encode()


class Venue:
    """Books of a venue, and the messages by which they come about."""

    def __init__(self, *symbols: str, depth: int = 10):
        self.books = {symbol: Shown(depth) for symbol in symbols}

    def element(self, symbol: str, snapshot: bool, levels: list[tuple], wrong: int = 0) -> str:
        book = self.books[symbol]
        book.take(snapshot, levels)
        return element(symbol, levels, true_sum(book) ^ wrong)

    def snapshot(self, symbol: str, levels: list[tuple], wrong: int = 0) -> bytes:
        return frame("snapshot", self.element(symbol, True, levels, wrong))

    def update(self, symbol: str, levels: list[tuple], wrong: int = 0) -> bytes:
        return frame("update", self.element(symbol, False, levels, wrong))

    def levels(self, symbol: str) -> tuple[dict, dict]:
        sides = self.books[symbol].sides
        return sides[Side.BID], sides[Side.ASK]
