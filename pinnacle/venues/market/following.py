"""Parts of frames that simply follow, and need no look (csrc/wire/follow.h)."""

import enum
from collections.abc import Iterable
from typing import Any, Protocol

from pinnacle.core._native import ffi, lib
from pinnacle.venues.market.codec import NO_SEQUENCE, Codec, MessageKind

_KINDS = sum(1 << kind for kind in (MessageKind.DEPTH, MessageKind.TRADE, MessageKind.TOP))
_run = lib.pmm_follow_run


class Rule(enum.IntEnum):
    """Which updates of a book that is whole follow: all, those of a later number than its own, or
    those that also join on to that."""

    ANY = lib.PMM_FOLLOW_ANY
    LATER = lib.PMM_FOLLOW_LATER
    NUMBERED = lib.PMM_FOLLOW_NUMBERED


class Watch(Protocol):
    """Who looks at parts beside the sink."""

    def sees(self, part: Any) -> object:
        """A part that does not simply follow is judged from here."""

    def took(self, parts: Any, count: int) -> object:
        """The sink has the records of these (struct pmm_wire_part *), and nothing since."""


class NotWhole(set[int]):
    """Rows whose book is not whole; what C goes by is told as it changes."""

    def __init__(self, standing: Any, rows: Iterable[int]):
        super().__init__(rows)
        self._standing = standing

    def add(self, row: int) -> None:
        super().add(row)
        self._standing[row].whole = 0

    def discard(self, row: Any) -> None:
        super().discard(row)
        self._standing[row].whole = 1


class Following:
    """struct pmm_follow of a codec's scans; `rows`: what stands of each instrument."""

    def __init__(self, codec: Codec, rule: Rule, sequenced: bool):
        count = len(codec.symbols)
        self.rows = ffi.new("struct pmm_follow_row[]", count)
        for row in self.rows:
            row.kinds, row.rule = _KINDS, rule
            row.low, row.high = -(2**63), 2**63 - 1
        self._touched = ffi.new("uint32_t[]", count)
        self._wire = codec.wire
        self._cdata = ffi.new("struct pmm_follow *")
        self._cdata.rows, self._cdata.touched = self.rows, self._touched
        self._cdata.sequenced = sequenced
        self._cdata.sequence = NO_SEQUENCE

    @property
    def sequence(self) -> int:
        """Of the last frame on the connection; NO_SEQUENCE: none yet."""
        return int(self._cdata.sequence)

    @sequence.setter
    def sequence(self, sequence: int) -> None:
        self._cdata.sequence = sequence

    def go(self, first: int, frame: int) -> int:
        """How many parts simply follow, from the first on; `frame`: whose number was judged."""
        return _run(self._cdata, self._wire, first, frame)

    def touched(self) -> list[int]:
        """The rows of whose books those were updates."""
        return list(ffi.unpack(self._touched, self._cdata.touched_count))
