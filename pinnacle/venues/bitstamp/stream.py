"""What Bitstamp's parts mean: fetched books, and updates ordered by the venue's clock."""

from collections.abc import Sequence

import numpy as np

from pinnacle.core._native import lib
from pinnacle.venues.market.codec import Codec
from pinnacle.venues.market.orders import OrdersStream
from pinnacle.venues.market.stream import Tell, untold
from pinnacle.venues.port import Sink

#: A fetched book is whole: some thousands of levels, or of orders.
RECORDS_MAX = 1 << 16


class BitstampStream(OrdersStream):
    """orders: live_orders is followed, diff_order_book otherwise."""

    NUMBERED = False
    ORDERS_MAX = RECORDS_MAX

    def __init__(
        self,
        instruments: np.ndarray,
        names: Sequence[str] | None,
        sink: Sink,
        tell: Tell = untold,
        orders: bool | None = None,
    ):
        codec = Codec(lib.PMM_WIRE_BITSTAMP, instruments, names, RECORDS_MAX)
        super().__init__(codec, sink, tell, orders)
