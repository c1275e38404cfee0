"""What Binance's parts mean: its numbered updates, its own tops, how far its snapshots know."""

from collections.abc import Collection
from typing import Any

import numpy as np

from pinnacle.core._native import lib
from pinnacle.core.schema import Reason, Side
from pinnacle.venues.binance.top import TopWatch
from pinnacle.venues.market.codec import Codec, MessageKind
from pinnacle.venues.market.fetched import FetchedStream
from pinnacle.venues.market.stream import Tell, TopOf, untold
from pinnacle.venues.port import Sink, Top

#: A snapshot of the largest depth that Binance serves, both sides, with its begin and end.
RECORDS_MAX = 2 * 5000 + 2
#: What the venue may be asked for: a side of a snapshot that is just as long has more behind it.
DEPTH_LIMITS = frozenset({5, 10, 20, 50, 100, 500, 1000, 5000})
#: Of a book that no bound ends.
_WHOLE = (-(2**63), 2**63 - 1)


class BinanceStream(FetchedStream):
    """A FetchedStream; a row that is near the end of what its snapshot knew is renewed.

    depth_limit is how many levels a side the snapshots were asked for: a side that is as long is
    known so far and no further. None: they are taken for whole, as they must be where no other
    can be had. `top_of` is how a row's book stands after what `sink` was given:
    with it, a book that differs from what the venue shows begins anew.
    """

    COUNTED = FetchedStream.COUNTED | {"tops_compared": "compared", "tops_different": "different"}

    def __init__(
        self,
        instruments: np.ndarray,
        sink: Sink,
        tell: Tell = untold,
        depth_limit: int | None = None,
        top_of: TopOf | None = None,
    ):
        codec = Codec(lib.PMM_WIRE_BINANCE, instruments, records_max=RECORDS_MAX)
        super().__init__(codec, sink, tell)
        self._depth_limit = depth_limit
        self._top_of = top_of
        self._watches = [TopWatch() for _ in self.rows]
        if top_of is not None:
            self.watches()

    def watches(self) -> None:
        """The venue's best prices are looked at."""
        for row, watch in enumerate(self._watches):
            self.standing[row].tops = watch.cdata

    def taken(self, part: Any, recv_ns: int) -> None:
        super().taken(part, recv_ns)
        if part.kind == MessageKind.TOP:
            self._top(part, recv_ns)
        elif part.kind == MessageKind.DEPTH and self._top_of is not None:
            self._compare(part.row, self._watches[part.row].advance(part.final_id), recv_ns)

    def _top(self, part: Any, recv_ns: int) -> None:
        """The venue's best bid and ask."""
        row, event = part.row, self.codec.events.cdata[part.first]
        if not self.syncs[row].live:
            return
        shown = (event.price, event.quantity, event.order_id, event.aux)
        beyond = shown[0] < self.standing[row].low or shown[2] > self.standing[row].high
        if beyond and row not in self.renewing:
            self.renew(row)
        if self._top_of is not None:
            self._compare(row, self._watches[row].show(part.final_id, shown), recv_ns)

    def _compare(self, row: int, shown: Top | None, recv_ns: int) -> None:
        if shown is None or self._top_of is None:
            return
        self.flush()
        rebuilt = self._top_of(row)
        if rebuilt is None:
            return
        self.tallies[row].compared += 1
        if rebuilt != shown:
            self.differs(row, shown, recv_ns)

    def differs(self, row: int, shown: Top, recv_ns: int) -> None:
        """The venue shows other best prices than the rebuilt book has."""
        tally = self.tallies[row]
        tally.different += 1
        self._tell(self.codec.symbols[row], f"{tally.different} times not the venue's best prices")
        self.resync(row, Reason.CHECKSUM, recv_ns)

    def begins(self, row: int, records: np.ndarray) -> None:
        if self._depth_limit is not None:
            bound(records, {self._depth_limit})
            self.standing[row].low, self.standing[row].high = _range(records)

    def begun(self, row: int, recv_ns: int) -> None:
        watch = self._watches[row]
        watch.forget()
        if self._top_of is not None:
            self._compare(row, watch.advance(self.syncs[row].last_id), recv_ns)

    def forget(self, row: int) -> None:
        super().forget(row)
        self._watches[row].forget()


def _range(snapshot: np.ndarray) -> tuple[int, int]:
    """Best bid and best ask beyond which most of what a bounded snapshot knows is used up."""
    low, high = _WHOLE
    bounded = int(snapshot[0]["quantity"])
    if bounded & lib.PMM_BOUND_BIDS:
        best = int(snapshot["price"][snapshot["side"] == Side.BID].max())
        worst = int(snapshot[0]["price"])
        low = worst + (best - worst) // 4
    if bounded & lib.PMM_BOUND_ASKS:
        best = int(snapshot["price"][snapshot["side"] == Side.ASK].min())
        worst = int(snapshot[0]["order_id"])
        high = worst - (worst - best) // 4
    return low, high


def bound(snapshot: np.ndarray, limits: Collection[int]) -> None:
    """Say in a snapshot's BOOK_BEGIN how far it knows: see PMM_BOUND_* in csrc/base/event.h.

    A side with just one of the `limits` of levels has more behind it.
    """
    begin = snapshot[:1]
    for side, flag, field in (
        (Side.BID, lib.PMM_BOUND_BIDS, "price"),
        (Side.ASK, lib.PMM_BOUND_ASKS, "order_id"),
    ):
        prices = snapshot["price"][snapshot["side"] == side]
        if len(prices) in limits:
            begin["quantity"] |= flag
            begin[field] = prices.min() if side == Side.BID else prices.max()
