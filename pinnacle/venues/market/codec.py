"""A venue's hot messages to records, through the C scanner; no I/O, no state but the buffers."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import MessageKind as MessageKind
from pinnacle.core.errors import DataError, check
from pinnacle.core.schema import INSTRUMENT, EventBuffer

NO_ROW: int = lib.PMM_WIRE_NO_ROW
NO_SEQUENCE: int = lib.PMM_WIRE_NO_SEQUENCE
#: Messages of one call, and parts of them.
FRAMES_MAX = 64
PARTS_MAX = 1024
_NOT_FOUND: int = lib.PMM_ERR_NOT_FOUND
_scan, _scan_one = lib.pmm_wire_scan, lib.pmm_wire_scan_one


class FrameError(DataError):
    """A frame that cannot be read; the text names the byte."""


class Codec:
    """The scanner of one venue, `lib.PMM_WIRE_*`, with the buffers that it writes into.

    `instruments` is an array of dtype INSTRUMENT, the rows that may occur; `names` what the venue
    calls them in its messages, where that is not their symbol. `events` holds the records of the
    last scan, `parts` what it said of instruments (struct pmm_wire_part, `part_count` of them);
    all are overwritten by the next. `wire`: the struct pmm_wire of all that.
    """

    def __init__(
        self,
        venue: Any,
        instruments: np.ndarray,
        names: Sequence[str] | None = None,
        records_max: int = 1 << 14,
    ):
        self.instruments = np.array(instruments, dtype=INSTRUMENT)
        self.symbols = [row["symbol"].decode() for row in self.instruments]
        self.names = self.symbols if names is None else list(names)
        self.instruments["symbol"] = [name.encode() for name in self.names]
        self.events = EventBuffer(records_max, blank=False)
        self.parts = ffi.new("struct pmm_wire_part[]", PARTS_MAX)
        self._rows = ffi.from_buffer("struct pmm_instrument[]", self.instruments)
        self._lengths = ffi.new("uint64_t[]", FRAMES_MAX)
        self.wire = wire = ffi.new("struct pmm_wire *")
        wire.venue = venue
        wire.instruments, wire.instrument_count = self._rows, len(self._rows)
        wire.out, wire.max = self.events.cdata, self.events.capacity
        wire.parts, wire.part_max = self.parts, PARTS_MAX
        wire.snapshot_row = -1

    @property
    def count(self) -> int:
        """Records of the last scan."""
        return self.wire.count

    @property
    def part_count(self) -> int:
        return self.wire.part_count

    @property
    def ended(self) -> bool:
        """Whether the last scan ended before a frame that is not hot."""
        return self.wire.code == _NOT_FOUND

    @property
    def sequence(self) -> int:
        """Of the frame that ended the last scan, on its connection; NO_SEQUENCE if it has none."""
        return self.wire.sequence

    def scan(self, frames: Sequence[bytes], recv_ns: int) -> int:
        """How many of the first FRAMES_MAX frames were read: up to one that is not hot.

        The parts of those are there. FrameError if the very first is damaged.
        """
        count = len(frames)
        if count == 1:
            frame = frames[0]
            taken = _scan_one(self.wire, frame, len(frame), recv_ns)
        else:
            if count > FRAMES_MAX:
                frames, count = frames[:FRAMES_MAX], FRAMES_MAX
            lengths = self._lengths
            lengths[0:count] = [len(frame) for frame in frames]
            taken = _scan(self.wire, b"".join(frames), lengths, count, recv_ns)
        if taken <= 0:
            check(taken, "frames of a venue")
            if self.wire.code not in (0, _NOT_FOUND):
                raise self._error(frames[0])
        return taken

    def scan_snapshot(self, body: bytes, recv_ns: int, row: int) -> int:
        """As `scan`, of one body that does not say which instrument it is about."""
        self.wire.snapshot_row = row
        try:
            return self.scan((body,), recv_ns)
        finally:
            self.wire.snapshot_row = -1

    def row(self, row: int) -> Any:
        """struct pmm_instrument * of a row."""
        return self._rows + row

    def last_parts(self) -> Iterator[Any]:
        """Those of the last scan."""
        return (self.parts[i] for i in range(self.part_count))

    def last_rows(self) -> set[int]:
        """Whose those are."""
        parts = self.parts
        rows = {parts[i].row for i in range(self.wire.part_count)}
        rows.discard(NO_ROW)
        return rows

    def words(self, part: Any, frame: bytes) -> str:
        """What is wrong with a part that has a code, for people."""
        said = _words(part.code, part.offset, frame)
        if part.code == lib.PMM_ERR_RANGE:
            said += ": too large, or between two of the instrument's steps"
        return said

    def _error(self, frame: bytes) -> FrameError:
        return FrameError(_words(self.wire.code, self.wire.offset, frame))


def _words(code: int, offset: int, frame: bytes) -> str:
    why = ffi.string(lib.pmm_strerror(code)).decode()
    return f"{why} at byte {offset} of {len(frame)}: {excerpt(frame, offset)}"


def excerpt(frame: bytes, offset: int = 0) -> str:
    """What stands around a byte of a frame."""
    start = max(0, offset - 30)
    return repr(frame[start : offset + 50].decode(errors="replace"))
