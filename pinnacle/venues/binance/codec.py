"""Binance's messages: hot ones through the C scanner into records, the rest through msgspec.

No I/O and no state but the buffers: a frame goes in, records or a control message come out.
"""

from typing import Any

import msgspec
import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.enums import MessageKind as MessageKind
from pinnacle.core.errors import DataError
from pinnacle.core.schema import INSTRUMENT, EventBuffer

#: A snapshot of the largest depth that Binance serves, both sides, with its begin and end.
RECORDS_MAX = 2 * 5000 + 2


class FrameError(DataError):
    """A frame that cannot be read; the text names the byte."""


class OddMessageError(FrameError):
    """A frame that is sound, of one instrument, and says what cannot be: a price between two ticks,
    a number that does not fit, a field that is missing. `row` is the instrument's, `kind` the
    MessageKind as far as it was seen."""

    def __init__(self, text: str, row: int, kind: int):
        super().__init__(text)
        self.row = row
        self.kind = kind


class UnaskedError(FrameError):
    """A frame of a symbol that is not among the instruments."""


class VenueError(msgspec.Struct, frozen=True):
    """Binance's error object: `code` is negative, `msg` its words."""

    code: int
    msg: str = ""


class Control(msgspec.Struct, frozen=True):
    """A frame that is not market data: an answer to a request (`id`), or an event (`e`).

    Binance adds fields over time, so that unknown ones are let through here and nowhere else.
    """

    id: int | str | None = None
    result: Any = None
    error: VenueError | None = None
    code: int | None = None
    msg: str = ""
    e: str | None = None

    @property
    def refusal(self) -> VenueError | None:
        """The venue's error, in either of the two shapes in which it sends one."""
        if self.error is None and self.code is not None:
            return VenueError(self.code, self.msg)
        return self.error


class Subscribe(msgspec.Struct, frozen=True):
    """The request that starts streams; Binance answers {"result": null, "id": id}."""

    params: tuple[str, ...]
    id: int
    method: str = "SUBSCRIBE"


class _Wrapped(msgspec.Struct, frozen=True):
    data: Control


_scan = lib.pmm_binance_scan
_NOT_FOUND: int = lib.PMM_ERR_NOT_FOUND
_encode = msgspec.json.Encoder().encode
_decode_control = msgspec.json.Decoder(Control).decode
_decode_wrapped = msgspec.json.Decoder(_Wrapped).decode


def encode_subscribe(streams: tuple[str, ...], request_id: int) -> str:
    """The text of a SUBSCRIBE request."""
    return _encode(Subscribe(params=streams, id=request_id)).decode()


def decode_control(frame: bytes) -> Control:
    """A frame that the scanner did not know; FrameError if it is no JSON object of that shape."""
    try:
        if b'"data"' in frame:
            return _decode_wrapped(frame).data
        return _decode_control(frame)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FrameError(f"unreadable control frame: {error}: {_excerpt(frame, 0)}") from None


def stream_names(symbol: str) -> tuple[str, str, str]:
    """The three streams of a symbol that are used: depth changes, trades, best bid and ask."""
    name = symbol.lower()
    return f"{name}@depth@100ms", f"{name}@trade", f"{name}@bookTicker"


class Codec:
    """The scanner with the buffers that it writes into.

    `events` holds the records of the last scan, `message` what else it said; both are overwritten
    by the next. `instruments` is an array of dtype INSTRUMENT, the rows that may occur.
    """

    def __init__(self, instruments: np.ndarray, records_max: int = RECORDS_MAX):
        self.instruments = np.ascontiguousarray(instruments, dtype=INSTRUMENT)
        self.symbols = [row["symbol"].decode() for row in self.instruments]
        self.events = EventBuffer(records_max)
        self._rows = ffi.from_buffer("struct pmm_instrument[]", self.instruments)
        self._wire = wire = ffi.new("struct pmm_wire *")
        wire.instruments, wire.instrument_count = self._rows, len(self._rows)
        wire.out, wire.max, wire.snapshot_row = self.events.cdata, self.events.capacity, -1
        self.message = wire.message

    def scan(self, frame: bytes, recv_ns: int, snapshot_row: int = -1) -> int:
        """Records written to `events`, or -1 if the frame is well-formed but not market data.

        snapshot_row: which instrument a bare REST snapshot is about. FrameError if the frame is
        damaged; OddMessageError if it is one instrument's and only what it says is wrong;
        UnaskedError if it is of a symbol that is not among the instruments.
        """
        wire = self._wire
        if snapshot_row == -1:
            count = _scan(wire, frame, len(frame), recv_ns)
        else:
            wire.snapshot_row = snapshot_row
            count = _scan(wire, frame, len(frame), recv_ns)
            wire.snapshot_row = -1
        if count >= 0:
            return count
        if count == _NOT_FOUND and self.message.kind == MessageKind.OTHER:
            return -1
        raise self._error(count, frame)

    def _error(self, code: int, frame: bytes) -> FrameError:
        message = self.message
        if code == _NOT_FOUND:
            kind = MessageKind(message.kind).name
            return UnaskedError(f"{kind} of a symbol not asked for: {_excerpt(frame, 0)}")
        why = ffi.string(lib.pmm_strerror(code)).decode()
        text = f"{why} at byte {message.offset} of {len(frame)}: {_excerpt(frame, message.offset)}"
        if message.known and _is_json(frame):
            return OddMessageError(text, message.row, message.kind)
        return FrameError(text)


def _is_json(frame: bytes) -> bool:
    """Whether the text is whole: what a frame says may be odd, but not how it came."""
    try:
        msgspec.json.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _excerpt(frame: bytes, offset: int) -> str:
    start = max(0, offset - 30)
    return repr(frame[start : offset + 50].decode(errors="replace"))
