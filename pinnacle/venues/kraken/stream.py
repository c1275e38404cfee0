"""What Kraken's parts mean: books of so many levels a side, held by the venue's own checksums."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import check
from pinnacle.core.schema import EventBuffer, Reason
from pinnacle.venues.market.codec import Codec, MessageKind
from pinnacle.venues.market.inline import InlineStream
from pinnacle.venues.market.stream import Tell, untold
from pinnacle.venues.port import Sink

#: What the venue may be asked for.
DEPTHS = (10, 25, 100, 500, 1000)
#: A snapshot of the largest depth, both sides, and what a message may add and push out.
RECORDS_MAX = 6 * DEPTHS[-1] + 2
_OTHER = "not the book that the venue's checksum is of"
_COARSE = "its quantities are finer than the lot: no checksum can be made of them"


def least_depth(levels: int) -> int:
    """Of the venue's depths the least that holds so many levels a side."""
    return next((depth for depth in DEPTHS if depth >= levels), DEPTHS[-1])


class KrakenStream(InlineStream):
    """Each book is followed beside the sink: a part whose checksum is not that of the book behind
    it is not delivered, and the book begins anew. What falls out of the depth is removed.

    depth: what was subscribed; None where only a recording knows, of which snapshots tell: the
    least of the venue's depths that holds all so far.
    """

    COUNTED = InlineStream.COUNTED | {"checksums_good": "good", "checksums_bad": "bad"}

    def __init__(
        self,
        instruments: np.ndarray,
        names: Sequence[str] | None,
        sink: Sink,
        tell: Tell = untold,
        depth: int | None = None,
    ):
        codec = Codec(lib.PMM_WIRE_KRAKEN, instruments, names, RECORDS_MAX)
        super().__init__(codec, sink, tell)
        self._depth = depth
        self._least = DEPTHS[0]
        #: struct pmm_kraken_row of each.
        self._books = ffi.new("struct pmm_kraken_row[]", len(self.rows))
        self._crc32 = ffi.new("struct pmm_crc32 *")
        lib.pmm_crc32_init(self._crc32)
        self._coarse: set[int] = set()
        self._kept: list[tuple[int, Any] | None] = [None for _ in self.rows]
        self._out = EventBuffer(RECORDS_MAX, blank=False)
        self._records = ffi.new("uint64_t *")
        self._text = ffi.new("char[]", lib.PMM_KRAKEN_TEXT_BYTES)

    def run(self, first: int, count: int) -> int:
        out, records = self._out, self._records
        taken: int = lib.pmm_kraken_follow(
            self._books,
            self.codec.wire,
            first,
            count,
            self._crc32,
            out.cdata,
            out.capacity,
            records,
        )
        for row in self.following.touched():
            self.tallies[row].good += self._books[row].good
            self._books[row].good = 0
        if taken:
            self.deliver(out.cdata, records[0])
            self._watched(self.codec.parts + first, taken)
        return taken

    def accept(self, part: Any, frame: bytes, recv_ns: int) -> bool:
        if part.kind not in (MessageKind.SNAPSHOT, MessageKind.DEPTH):
            return True
        if super().accept(part, frame, recv_ns) and self._follow(part, recv_ns):
            self.taken(part, recv_ns)
        return False

    def _follow(self, part: Any, recv_ns: int) -> bool:
        """Deliver a part by way of its book; whether it was what the venue says."""
        row, out = part.row, self._out
        if part.kind == MessageKind.SNAPSHOT:
            self._books[row].book = self._begun(part)
            self._coarse.discard(row)
        if part.rounded:
            self._coarse.add(row)
        if part.count > (part.kind == MessageKind.SNAPSHOT) * 2:
            self._books[row].price_decimals = part.price_decimals
            self._books[row].quantity_decimals = part.quantity_decimals
        events = self.codec.events.cdata + part.first
        taken = lib.pmm_kraken_book_take(
            self._books[row].book, events, part.count, out.cdata, out.capacity
        )
        if taken < 0:
            return self._fault(part, "more levels than were asked for", recv_ns)
        if part.checked:
            if self.checksum_of(row) != part.checksum:
                return self._fault(part, _COARSE if row in self._coarse else _OTHER, recv_ns)
            self.tallies[row].good += 1
        self.deliver(out.cdata, taken)
        return True

    def decimals_of(self, row: int) -> tuple[int, int]:
        """Of prices and quantities, as the venue last wrote them."""
        book = self._books[row]
        return book.price_decimals, book.quantity_decimals

    def checksum_of(self, row: int) -> int | None:
        """What the venue's would be of a book that has begun; None if its steps are too coarse."""
        length = lib.pmm_kraken_book_text(
            self._books[row].book, self.codec.row(row), *self.decimals_of(row), self._text
        )
        return lib.pmm_crc32(self._crc32, 0, self._text, length) if length >= 0 else None

    def _fault(self, part: Any, words: str, recv_ns: int) -> bool:
        self.tallies[part.row].bad += 1
        self._tell(self.codec.symbols[part.row], words)
        self.resync(part.row, Reason.CHECKSUM, recv_ns)
        return False

    def _begun(self, part: Any) -> Any:
        """A book of the depth that was subscribed."""
        depth = self._depth
        if depth is None:
            sides = self.codec.events.array["side"][part.first : part.first + part.count]
            most = int(np.bincount(sides, minlength=3)[1:].max())
            depth = self._least = max(self._least, least_depth(most))
        kept = self._kept[part.row]
        if kept is None or kept[0] != depth:
            size = lib.pmm_kraken_book_memsize(depth)
            memory = ffi.new("int64_t[]", size // 8 + 1)
            check(lib.pmm_kraken_book_init(memory, size, depth), "book of a venue's depth")
            kept = self._kept[part.row] = depth, memory
        return ffi.cast("struct pmm_kraken_book *", kept[1])
