"""The L2 order book (csrc/book/book.h): in private memory, or in a segment that others read.

    Book               one process writes and reads it
    SharedBookWriter   the same book in a segment file, written by its owner
    SharedBookReader   another process's view of it: never half a batch, never an unusable price

Prices are ticks and quantities lots of the book's instrument.
"""

import os
import struct
from typing import Any, NamedTuple, Self

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.errors import check
from pinnacle.core.memory import aligned_memory
from pinnacle.core.schema import EVENT, dtype_of, events_pointer
from pinnacle.core.segment import Mode, Path, SegmentView

LEVEL = dtype_of(ffi.typeof("struct pmm_level"))

#: Every book of a session, shared or private: a tick of a cent and the depth of a real venue fit.
WINDOW = 65536
FAR_CAPACITY = 8192

_CODES = {"int64_t": "q", "uint64_t": "Q", "uint32_t": "I"}


class Top(NamedTuple):
    """The best level of each side; a price means something only where its quantity is not 0."""

    bid_price: int
    bid_quantity: int
    ask_price: int
    ask_quantity: int
    recv_ns: int
    version: int
    valid: int
    reason: int


class BookStats(NamedTuple):
    """What has happened to a book since it was made, and how many levels it holds."""

    applied: int
    rejected: int
    recentred: int
    dropped: int
    invalidated: int
    bid_levels: int
    ask_levels: int


class _Out:
    """One C struct that calls fill in again and again, read as a tuple of its own type."""

    def __init__(self, ctype: str, row: type[Top] | type[BookStats]):
        kind = ffi.typeof(f"struct {ctype}")
        self.cdata = ffi.new(f"struct {ctype} *")
        self._unpack = struct.Struct("<" + "".join(_CODES[f.type.cname] for _, f in kind.fields))
        self._bytes = ffi.buffer(self.cdata)
        self._make = row._make

    def read(self) -> Any:
        return self._make(self._unpack.unpack(self._bytes))


class _View:
    """What every holder of a book has: the pointer for C, and buffers that calls fill in."""

    def __init__(self, cdata: Any):
        self.cdata = cdata
        self._top = _Out("pmm_top", Top)
        self._stats = _Out("pmm_book_stats", BookStats)
        self._grow(32)

    def _grow(self, levels: int) -> None:
        self._levels = np.zeros(levels, dtype=LEVEL)
        self._levels_cdata = ffi.from_buffer("struct pmm_level[]", self._levels)

    def _depth(self, call: Any, side: int, levels: int) -> tuple[int, np.ndarray]:
        if levels > len(self._levels):
            self._grow(levels)
        count = call(self.cdata, side, self._levels_cdata, levels)
        return count, self._levels[: max(count, 0)].copy()

    def stats(self) -> BookStats:
        """Counters, each whole, the set approximate while another process writes."""
        lib.pmm_book_get_stats(self.cdata, self._stats.cdata)
        return self._stats.read()


class Book(_View):
    """A book that this process writes and reads; see csrc/book/book.h for its states.

    `window` is ticks per side (a power of two, 4096 to 262144), `far_capacity` how many levels
    outside it each side keeps.
    """

    def __init__(self, instrument_id: int, window: int = WINDOW, far_capacity: int = FAR_CAPACITY):
        size = lib.pmm_book_memsize(window, far_capacity)
        what = f"book of instrument {instrument_id}, window {window}, far {far_capacity}"
        check(lib.PMM_ERR_ARGUMENT if size == 0 else 0, what)
        #: The whole book as a writable buffer: it holds offsets only, so a copy is a book.
        self.memory = ffi.buffer(aligned_memory(size))
        # Not a cast: whoever holds it holds the memory.
        book = ffi.from_buffer("struct pmm_book *", self.memory)
        check(lib.pmm_book_init(book, size, instrument_id, window, far_capacity), what)
        super().__init__(book)

    def apply(self, events: Any, n: int) -> int:
        """Apply n records of a struct pmm_event *; returns how many this book took."""
        return lib.pmm_book_apply(self.cdata, events, n)

    def apply_array(self, events: np.ndarray) -> int:
        """The same for a contiguous array of dtype EVENT, shape (n,)."""
        return lib.pmm_book_apply(self.cdata, events_pointer(events), len(events))

    def top(self) -> Top:
        """Best prices and quantities, and whether the book is valid."""
        lib.pmm_book_top(self.cdata, self._top.cdata)
        return self._top.read()

    def depth(self, side: int, levels: int) -> np.ndarray:
        """Up to `levels` levels from the best: dtype LEVEL (price ticks, quantity lots)."""
        count, out = self._depth(lib.pmm_book_depth, side, levels)
        check(count, f"depth of side {side}")
        return out

    def quantity(self, side: int, price: int) -> int:
        """Lots at a price, 0 if there is no such level."""
        return lib.pmm_book_quantity(self.cdata, side, price)

    def snapshot(self, recv_ns: int) -> np.ndarray:
        """The whole book as records (dtype EVENT): applied elsewhere, they make the same book."""
        stats = self.stats()
        out = np.zeros(stats.bid_levels + stats.ask_levels + 2, dtype=EVENT)
        count = lib.pmm_book_snapshot(self.cdata, recv_ns, events_pointer(out), len(out))
        return out[: check(count, "snapshot")]


def create_shared_book(
    path: Path,
    instrument_id: int,
    window: int = WINDOW,
    far_capacity: int = FAR_CAPACITY,
    name: str = "book",
) -> None:
    """Make a book's segment file; `name` is for people."""
    sizes = (instrument_id, window, far_capacity)
    check(lib.pmm_book_create(os.fsencode(path), *sizes, name.encode()), path)


class _Shared:
    """A book's open segment: `segment` tells of its owner, epoch and heart; closing unmaps it."""

    segment: SegmentView
    cdata: Any

    def _open(self, path: Path, mode: int) -> Any:
        segment = ffi.gc(ffi.new("struct pmm_segment *"), lib.pmm_segment_close)
        book = ffi.new("struct pmm_book **")
        check(lib.pmm_book_open(segment, book, os.fsencode(path), mode), path)
        self.segment = SegmentView(segment)
        return book[0]

    def close(self) -> None:
        """Unmap; a writer gives the segment up. The book stays as it is for its readers."""
        self.cdata = None
        lib.pmm_segment_close(self.segment.pointer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SharedBookWriter(_Shared, Book):
    """The one writer of a book's segment. Opening it empties the book until the next BOOK_END."""

    def __init__(self, path: Path):
        _View.__init__(self, self._open(path, Mode.OWN))
        lib.pmm_book_repair(self.cdata)


class SharedBookReader(_Shared, _View):
    """A reader of another process's book; it maps the file read-only."""

    def __init__(self, path: Path):
        _View.__init__(self, self._open(path, Mode.READ))

    def top(self) -> Top:
        """The top as of one moment. `valid` is 0 with a reason if it must not be used; the reason
        is STALE if the writer died, or lost its processor, inside a change."""
        lib.pmm_book_read_top(self.cdata, self._top.cdata)
        return self._top.read()

    def depth(self, side: int, levels: int) -> np.ndarray | None:
        """Up to `levels` levels from the best (dtype LEVEL); None if the book cannot be used."""
        count, out = self._depth(lib.pmm_book_read_depth, side, levels)
        if count in (lib.PMM_ERR_INVALID, lib.PMM_ERR_STALE):
            return None
        check(count, f"depth of side {side}")
        return out
