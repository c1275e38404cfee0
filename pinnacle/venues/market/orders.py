"""Books of venues that tell single orders, or levels, whichever they were asked for.

Orders are followed beside the sink (core/l3levels.py), which is told levels: what stands above the
feed need not know how a venue tells its book.
"""

from typing import Any, ClassVar

import numpy as np

from pinnacle.core.l3book import L3Book
from pinnacle.core.l3levels import L3Levels
from pinnacle.core.schema import EventBuffer, Kind
from pinnacle.venues.market.codec import Codec, FrameError, MessageKind
from pinnacle.venues.market.fetched import FetchedStream
from pinnacle.venues.market.stream import Tell, untold
from pinnacle.venues.port import Sink

#: Of the levels of one book: ticks that are found directly, and levels a side.
WINDOW, LEVELS = 1 << 16, 1 << 17


class OrdersStream(FetchedStream):
    """A book of orders begins with a fetched snapshot of them, anew where they do not add up.

    orders: what was subscribed; None where only a recording knows, of which each symbol's first
    snapshot tells. Without numbers several updates may be of one moment: then the venue may tell
    again what a snapshot has.
    """

    #: A snapshot is tens of megabytes, and every order is a message.
    HELD_BYTES_MAX = 1 << 26
    #: Orders of one book.
    ORDERS_MAX: ClassVar[int]

    def __init__(self, codec: Codec, sink: Sink, tell: Tell = untold, orders: bool | None = None):
        super().__init__(codec, self._follow, tell)
        self._deliver = sink
        #: Whether a row's book is one of orders; None: nobody knows yet, and both wait.
        self.by_order: list[bool | None] = [orders for _ in self.rows]
        self._levels: dict[int, L3Levels] = {}
        #: Rows of whose orders was told before anybody knew which they are.
        self._ordered: set[int] = set()
        self._rows = {int(row["instrument_id"]): at for at, row in enumerate(codec.instruments)}
        self._out = EventBuffer(codec.events.capacity)
        if orders:  # Before the session runs: a book of orders is tens of megabytes.
            for row in self.rows:
                self.tells(row, orders=True)

    def book_of(self, row: int) -> L3Book | None:
        """The orders of a row whose book is one of orders."""
        levels = self._levels.get(row)
        return None if levels is None else levels.book

    def updates(self, part: Any) -> bool:
        by_order = self.by_order[part.row]
        if by_order is None:
            if part.kind == MessageKind.ORDER:
                self._ordered.add(part.row)
            return part.kind in (MessageKind.DEPTH, MessageKind.ORDER)
        return bool(part.kind == (MessageKind.ORDER if by_order else MessageKind.DEPTH))

    def fits(self, row: int, records: np.ndarray) -> None:
        kinds = records["kind"]
        has_orders, has_levels = (bool((kinds == k).any()) for k in (Kind.ORDER_ADD, Kind.DEPTH))
        by_order = self.by_order[row]
        if has_levels if by_order else has_orders and (has_levels or by_order is False):
            what = "orders" if by_order else "levels"
            raise FrameError(f"not a snapshot of {what} of {self.codec.symbols[row]}")
        if by_order is None:
            # Of an empty one the updates tell, or that nothing but orders is numbered.
            seen = self.NUMBERED or row in self._ordered
            self.tells(row, has_orders or (seen and not has_levels))

    def tells(self, row: int, orders: bool) -> None:
        """What is told of a row is known from here."""
        self.by_order[row] = orders
        if orders:
            self.standing[row].kinds = 0  # Each part by itself: its orders may not add up.
            number = int(self.codec.instruments["instrument_id"][row])
            book = L3Book(number, self.ORDERS_MAX, WINDOW, LEVELS)
            self._levels[row] = L3Levels(book, again=not self.NUMBERED)

    def _follow(self, events: Any, count: int) -> None:
        """What goes to the sink: levels, whatever came."""
        at = 0
        while at < count:
            row = self._rows[events[at].instrument_id]
            levels = self._levels.get(row)
            if levels is None:
                first, at = at, self._others(events, at, count)
                self._deliver(events + first, at - first)
                continue
            written = levels.take(events + at, count - at, self._out)
            recv_ns = events[at].recv_ns
            at += levels.consumed
            if written:
                self._deliver(self._out.cdata, written)
            self._judge(row, levels, recv_ns)

    def look(self, now_ns: int) -> None:
        for row, levels in self._levels.items():
            levels.look(now_ns)
            self._judge(row, levels, now_ns)

    def _judge(self, row: int, levels: L3Levels, recv_ns: int) -> None:
        """A book whose orders are not followed any more begins anew."""
        if not levels.follows and row not in self.wanted and row not in self.held:
            reason = levels.reason
            self._tell(self.codec.symbols[row], f"its orders do not add up: {reason.name}")
            self.tallies[row].odd += 1
            self.resync(row, reason, recv_ns)

    def _others(self, events: Any, at: int, count: int) -> int:
        """Behind the records from `at` on whose rows have books of levels."""
        if not self._levels:
            return count
        while at < count and self._rows[events[at].instrument_id] not in self._levels:
            at += 1
        return at
