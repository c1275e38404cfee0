"""What Coinbase Advanced Trade's parts mean: one number for all frames of a connection."""

from collections.abc import Sequence

import numpy as np

from pinnacle.core._native import lib
from pinnacle.venues.market.codec import Codec
from pinnacle.venues.market.inline import SequencedStream
from pinnacle.venues.market.stream import Tell, untold
from pinnacle.venues.port import Sink

#: A snapshot is of the whole book: some fifty thousand levels of BTC-USD.
RECORDS_MAX = 1 << 18


class CoinbaseStream(SequencedStream):
    def __init__(
        self,
        instruments: np.ndarray,
        names: Sequence[str] | None,
        sink: Sink,
        tell: Tell = untold,
    ):
        super().__init__(Codec(lib.PMM_WIRE_COINBASE, instruments, names, RECORDS_MAX), sink, tell)
