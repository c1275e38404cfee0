"""What Coinbase Exchange's parts mean: each book's snapshot comes first, nothing is numbered."""

from collections.abc import Sequence

import numpy as np

from pinnacle.core._native import lib
from pinnacle.venues.codec import Codec
from pinnacle.venues.port import Sink
from pinnacle.venues.stream import InlineStream, Tell, untold

#: A snapshot is of the whole book: some fifty thousand levels of BTC-USD.
RECORDS_MAX = 1 << 18


class CoinbaseExchangeStream(InlineStream):
    def __init__(
        self,
        instruments: np.ndarray,
        names: Sequence[str] | None,
        sink: Sink,
        tell: Tell = untold,
    ):
        codec = Codec(lib.PMM_WIRE_COINBASE_EXCHANGE, instruments, names, RECORDS_MAX)
        super().__init__(codec, sink, tell)
