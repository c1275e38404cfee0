"""What Coinbase Exchange's parts mean.

level2: each book's snapshot comes first, nothing is numbered. full: every message of a product is
numbered, and its book of orders is fetched.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import lib
from pinnacle.venues.market.codec import Codec, MessageKind
from pinnacle.venues.market.following import Rule
from pinnacle.venues.market.orders import OrdersStream
from pinnacle.venues.market.stream import Tell, untold
from pinnacle.venues.port import Sink

#: A snapshot is of the whole book: some fifty thousand levels of BTC-USD, more orders.
RECORDS_MAX = 1 << 18


class CoinbaseExchangeStream(OrdersStream):
    """orders: full is followed, level2 otherwise."""

    ORDERS_MAX = RECORDS_MAX

    def __init__(
        self,
        instruments: np.ndarray,
        names: Sequence[str] | None,
        sink: Sink,
        tell: Tell = untold,
        orders: bool | None = None,
    ):
        codec = Codec(lib.PMM_WIRE_COINBASE_EXCHANGE, instruments, names, RECORDS_MAX)
        super().__init__(codec, sink, tell, orders)

    def may_repeat(self, row: int) -> bool:
        """Every message of `full` is numbered, and one of an old number has no say."""
        return self.repeated or bool(self.by_order[row])

    def accept(self, part: Any, frame: bytes, recv_ns: int) -> bool:
        row = part.row
        if part.kind == MessageKind.SNAPSHOT and not self.by_order[row]:
            self.tells(row, orders=False)
            self.standing[row].rule = Rule.ANY
            self.syncs[row].reset()
            self.wanted.discard(row)
            self.tallies[row].snapshots += 1
            return True
        if part.kind == MessageKind.DEPTH and not self.by_order[row]:
            self.tallies[row].early += row in self.wanted
            return row not in self.wanted
        return super().accept(part, frame, recv_ns)
