"""The strategy's desk: own books, working orders, positions, and the least set of orders."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import Book
from pinnacle.core.errors import check
from pinnacle.core.instruments import Instrument, table
from pinnacle.core.schema import (
    EventBuffer,
    Flag,
    OrderType,
    Side,
    TimeInForce,
    dtype_of,
)

INSTRUMENTS_MAX: int = lib.PMM_DESK_INSTRUMENTS_MAX
DECISIONS_MAX: int = lib.PMM_DESK_DECISIONS_MAX


class Desk:
    """Wraps struct pmm_desk; `cdata` is the C struct, `rows[i]` that of `instruments[i]`.

    `books` has one of each instrument; `owner` is the number of the strategy that sits here.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        books: list[Book],
        *,
        stale_ns: int,
        reject_rest_ns: int,
        requote_ticks: int,
        replace: bool = True,
        owner: int = 0,
    ):
        self.books = books
        self.cdata: Any = ffi.new("struct pmm_desk *")
        pointers = ffi.new("struct pmm_book *[]", [book.cdata for book in books])
        rows = table(instruments)
        terms = ffi.from_buffer("struct pmm_instrument[]", rows)
        check(lib.pmm_desk_init(self.cdata, pointers, terms, len(rows), owner), "desk")
        self.cdata.stale_ns = stale_ns
        self.cdata.reject_rest_ns = reject_rest_ns
        self.cdata.requote_ticks = requote_ticks
        self.cdata.replace = replace
        self.rows = self.cdata.instruments
        self.decisions = EventBuffer(DECISIONS_MAX)
        #: The slots of orders beside the quotes; an id stays there when its order is gone.
        self.sent = np.frombuffer(
            ffi.buffer(ffi.addressof(self.cdata, "sent")), dtype_of(ffi.typeof("struct pmm_sent"))
        )
        self._apply = lib.pmm_desk_apply
        self._decide = lib.pmm_desk_decide

    def freeze(self) -> list[Any]:
        """Working orders, positions and books where they are, for `thaw` of an equal desk."""
        used = ffi.offsetof("struct pmm_desk", "instruments", len(self.books))
        return [ffi.buffer(self.cdata, used), *(book.memory for book in self.books)]

    def fits(self, parts: list[bytes]) -> bool:
        """Whether `thaw` can take these: they are of a desk of this shape."""
        return [len(part) for part in parts] == [len(place) for place in self.freeze()]

    def thaw(self, parts: list[bytes]) -> None:
        """Take what `freeze` gave."""
        for place, part in zip(self.freeze(), parts, strict=True):
            place[:] = part
        # The one thing in there that is not a value.
        for i, book in enumerate(self.books):
            self.rows[i].book = book.cdata

    def row_of(self, instrument_id: int) -> int:
        """In which row an instrument of this desk is."""
        return self.cdata.row_of[instrument_id]

    def apply(self, events: Any, n: int) -> None:
        """Take a batch of n records (struct pmm_event *)."""
        self._apply(self.cdata, events, n)

    def decide(self) -> int:
        """Write the decisions into `decisions`; how many there are."""
        return self._decide(self.cdata, self.decisions.cdata, DECISIONS_MAX)

    def look(self, instrument_id: int) -> None:
        """`wanted` of the instrument was written: the next `decide` is to look at it."""
        lib.pmm_desk_look(self.cdata, instrument_id)

    def send(
        self,
        instrument_id: int,
        side: Side,
        quantity: int,
        price: int | None,
        time_in_force: TimeInForce,
        post_only: bool,
    ) -> int:
        """Put an order beside the quotes in line, a market order without a price.

        Its id, or 0 if none can be sent now: see pmm_desk_send in csrc/trade/desk.h. ValueError
        for what no order of the instrument can be.
        """
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        flags = Flag.POST_ONLY if post_only else 0
        about = instrument_id, side, price or 0, quantity, kind, time_in_force, flags
        code = lib.pmm_desk_send(self.cdata, *about)
        if code == lib.PMM_ERR_ARGUMENT:
            raise ValueError(
                f"no order that can be sent: side {side}, quantity {quantity}, price {price}, "
                f"time in force {time_in_force}{', post-only' if post_only else ''}"
            )
        return max(code, 0)

    def cancel(self, order_id: int) -> bool:
        """Take back what `send` sent. False if there is none (any more)."""
        return lib.pmm_desk_cancel(self.cdata, order_id) == 0

    def quotable(self, instrument_id: int) -> bool:
        """Whether the instrument may be quoted now: see csrc/trade/desk.h."""
        return bool(lib.pmm_desk_quotable(self.cdata, instrument_id))

    def working(self) -> int:
        """Orders that are out, over all instruments."""
        return lib.pmm_desk_working(self.cdata)
