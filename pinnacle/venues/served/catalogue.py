"""What a served venue says of itself: its instruments, their last prices, its time. No I/O.

A recording does not have it. Steps are as fine as its numbers; all is traded.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec
import numpy as np

from pinnacle.venues.reference.currencies import currencies
from pinnacle.venues.reference.listing import Reference, step

#: What an instrument was traded at last, as decimal text; None before there is anything.
PriceOf = Callable[[str], str | None]


class Traded(NamedTuple):
    """One instrument; the steps are one unit of so many decimals."""

    symbol: str
    base: str
    quote: str
    tick_decimals: int
    lot_decimals: int

    @property
    def tick(self) -> str:
        return step(self.tick_decimals)

    @property
    def lot(self) -> str:
        return step(self.lot_decimals)


def traded(row: np.void) -> Traded:
    """Of a row of dtype INSTRUMENT."""
    symbol = row["symbol"].decode()
    base, quote = currencies(symbol)
    return Traded(symbol, base, quote, int(row["tick_decimals"]), int(row["lot_decimals"]))


class Catalogue(ABC):
    """One venue's words; where they stand is what its Reference asks for."""

    REFERENCE: ClassVar[Reference]

    def __init__(self, instruments: Mapping[str, np.ndarray]):
        self._traded = [traded(table[0]) for table in instruments.values()]

    def answer(self, path: str, now_ns: int, price_of: PriceOf) -> bytes | None:
        """The body at a path with its query; None: nothing stands there."""
        url, reference = urlsplit(path), self.REFERENCE
        asked = url.path, dict(parse_qsl(url.query))
        if url.path == reference.path():
            return msgspec.json.encode(self.listing(self._traded))
        for instrument in self._traded:
            price = price_of(instrument.symbol)
            if asked == reference.price_request(instrument.symbol) and price is not None:
                return msgspec.json.encode(self.price(instrument, price))
            if asked == reference.clock_request(instrument.symbol):
                return msgspec.json.encode(self.clock(now_ns))
        return None

    @abstractmethod
    def listing(self, instruments: Sequence[Traded]) -> Any:
        """What stands where the list is."""

    @abstractmethod
    def price(self, instrument: Traded, price: str) -> Any:
        """What stands where the last price of an instrument is."""

    def clock(self, now_ns: int) -> Any:
        """What stands where the time is; of a venue that only dates its replies, any."""
        return {}
