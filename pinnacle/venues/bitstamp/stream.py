"""What Bitstamp's parts mean: fetched books, and updates ordered by the venue's clock."""

from collections.abc import Sequence

import numpy as np

from pinnacle.core._native import lib
from pinnacle.venues.codec import Codec
from pinnacle.venues.port import Sink
from pinnacle.venues.stream import FetchedStream, Tell, untold

#: A fetched book is whole: some thousands of levels.
RECORDS_MAX = 1 << 16


class BitstampStream(FetchedStream):
    NUMBERED = False

    def __init__(
        self,
        instruments: np.ndarray,
        names: Sequence[str] | None,
        sink: Sink,
        tell: Tell = untold,
    ):
        super().__init__(Codec(lib.PMM_WIRE_BITSTAMP, instruments, names, RECORDS_MAX), sink, tell)
