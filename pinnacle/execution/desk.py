"""The strategy's desk: own books, working orders, positions, and the least set of orders."""

from typing import Any

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import Book
from pinnacle.core.errors import check
from pinnacle.core.schema import EventBuffer

DECISIONS_MAX = 2 * lib.PMM_QUOTE_LEVELS_MAX * lib.PMM_INSTRUMENTS_MAX


class Desk:
    """Wraps struct pmm_desk; `cdata` is the C struct, `instruments[i]` its rows."""

    def __init__(
        self,
        books: list[Book],
        *,
        stale_ns: int,
        reject_rest_ns: int,
        requote_ticks: int,
        replace: bool = True,
        first_order_id: int = 1,
    ):
        self.books = books
        self.cdata: Any = ffi.new("struct pmm_desk *")
        pointers = ffi.new("struct pmm_book *[]", [book.cdata for book in books])
        check(lib.pmm_desk_init(self.cdata, pointers, len(books), first_order_id), "desk")
        self.cdata.stale_ns = stale_ns
        self.cdata.reject_rest_ns = reject_rest_ns
        self.cdata.requote_ticks = requote_ticks
        self.cdata.replace = replace
        self.instruments = self.cdata.instruments
        self.decisions = EventBuffer(DECISIONS_MAX)
        self._apply = lib.pmm_desk_apply
        self._decide = lib.pmm_desk_decide

    def freeze(self) -> list[Any]:
        """Working orders, positions and books where they are, for `thaw` of an equal desk."""
        return [ffi.buffer(self.cdata), *(book.memory for book in self.books)]

    def fits(self, parts: list[bytes]) -> bool:
        """Whether `thaw` can take these: they are of a desk of this shape."""
        return [len(part) for part in parts] == [len(place) for place in self.freeze()]

    def thaw(self, parts: list[bytes]) -> None:
        """Take what `freeze` gave."""
        for place, part in zip(self.freeze(), parts, strict=True):
            place[:] = part
        # The one thing in there that is not a value.
        for i, book in enumerate(self.books):
            self.instruments[i].book = book.cdata

    def apply(self, events: Any, n: int) -> None:
        """Take a batch of n records (struct pmm_event *)."""
        self._apply(self.cdata, events, n)

    def decide(self) -> int:
        """Write the decisions into `decisions`; how many there are."""
        return self._decide(self.cdata, self.decisions.cdata, DECISIONS_MAX)

    def quotable(self, instrument: int) -> bool:
        """Whether the instrument may be quoted now: see csrc/trade/desk.h."""
        return bool(lib.pmm_desk_quotable(self.cdata, instrument))

    def working(self) -> int:
        """Orders that are out, over all instruments."""
        return lib.pmm_desk_working(self.cdata)
