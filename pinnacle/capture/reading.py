"""Raw recordings of venues: their lines, in whichever form they were written.

A file may be compressed with gzip or zstd, and begin with a byte order mark. Each line is one of

    1723161253937085768 {"stream":...}           receive time in ns, and the frame
    {"t":"recv","ts":1786309548.6,"data":"..."}  in s, or `ns`; also http, send, connect
    1618677817.0789: {"type":...}                in s; `wss://host <-> time` is a connection,
                                                 `wss://host <- time: ...` what was sent
    {"channel":...}                              a bare frame

A `t` that is none of these words, on a line without `ts` and `ns`, is a venue's own key.
What a frame says is the venue's dialect's to know.
"""

import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import msgspec
import zstandard

from pinnacle.core.errors import DataError, UsageError, is_shortage
from pinnacle.core.kept import open_kept
from pinnacle.venues.market.codec import FRAMES_MAX
from pinnacle.venues.served.dialect import Dialect, Line, LineKind

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: What a capture may have been packed with, by its first bytes, and is not read here.
_PACKED = {b"\xfd7zX": "xz", b"BZh9": "bzip2", b"PK\x03\x04": "zip"}
#: What reads a file, by its first bytes. Some packers of zstd begin with a frame to be skipped.
_UNPACKERS: list[tuple[re.Pattern[bytes], Callable[[], Any]]] = [
    (re.compile(rb"\x1f\x8b"), lambda: zlib.decompressobj(wbits=31)),
    (
        re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"),
        lambda: zstandard.ZstdDecompressor().decompressobj(),
    ),
]
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
#: Of a frame with its stamp; the largest snapshots of venues have some megabytes.
LINE_MAX = 1 << 25
_CHUNK = 1 << 20
#: Of lines that are kept to be gone through again, and what one takes beside its text.
KEPT_BYTES_MAX = 1 << 26
_LINE_BYTES = 200
#: Of packed bytes: a block of four may be 128 KiB unpacked, and all of a chunk's are in memory.
_PACKED_CHUNK = 1 << 11
_KINDS = {
    "recv": LineKind.FRAME,
    "send": LineKind.SENT,
    "http": LineKind.REPLY,
    "connect": LineKind.CONNECTED,
}
_STAMPED = re.compile(rb"(\d{1,19}) (?=\S)")
_SECONDS = re.compile(rb"(\d{1,10})(?:\.(\d{1,9}))?: (?=\S)")
_TALK = re.compile(rb"(wss?://\S+) (<->|<-) (\d{1,10})(?:\.(\d{1,9}))?(?:: )?")


class _Recorded(msgspec.Struct, frozen=True):
    """A line of the form that says what it is; recorders of others write more into it."""

    t: str
    ns: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] | None = None
    ts: Annotated[float, msgspec.Meta(ge=0, le=9e9)] | None = None
    data: str = ""
    url: str = ""
    addr: str = ""


class _Named(msgspec.Struct, frozen=True):
    """As much of it as tells it from a venue's own frame."""

    t: object = None


_decode = msgspec.json.Decoder(_Recorded).decode
_decode_named = msgspec.json.Decoder(_Named).decode


def read_capture(path: Path) -> Iterator[Line]:
    """The lines of a capture that hold something, in their order.

    DataError naming file and line where it is damaged; UsageError if there is no such file.
    """
    number, found = 0, False
    try:
        with _opened(path) as file:
            for number, text in enumerate(iter(lambda: file.readline(LINE_MAX + 1), b""), 1):
                if len(text) > LINE_MAX:
                    raise DataError(f"{path}:{number}: a line of more than {LINE_MAX} bytes")
                if number == 1:
                    text = text.removeprefix(_BYTE_ORDER_MARK)
                try:
                    line = _line_of(number, text.strip())
                except DataError as error:
                    raise DataError(f"{path}:{number}: {error}") from None
                if line is not None:
                    found = True
                    yield line
    except (EOFError, zlib.error, zstandard.ZstdError) as error:
        raise DataError(f"{path}:{number + 1}: the packed data is damaged: {error}") from None
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except OSError as error:
        if is_shortage(error):
            raise
        raise DataError(f"{path}: {error.strerror or error}") from None
    if not found:
        raise DataError(f"{path}: empty capture")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with open_kept(path) as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic in _PACKED:
            raise DataError(f"{path}: packed with {_PACKED[magic]}: unpack it, or use gzip or zstd")
        unpacker = next((make for begins, make in _UNPACKERS if begins.match(magic)), None)
        if unpacker is None:
            yield raw
        else:
            with io.BufferedReader(_Unpacked(raw, unpacker), _CHUNK) as file:
                yield file


class _Unpacked(io.RawIOBase):
    """What a packed file holds, its members one behind the other; EOFError where it is cut.

    All ahead of the damage can be read.
    """

    def __init__(self, packed: IO[bytes], make: Callable[[], Any]):
        self._packed = packed
        self._make = make
        self._member: Any = None
        self._waiting = self._input = b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: "WriteableBuffer") -> int:
        view = memoryview(into)
        while not self._waiting:
            chunk = self._input or self._packed.read(_PACKED_CHUNK)
            if not chunk:
                if self._member is not None:
                    raise EOFError("cut before its end")
                return 0
            self._input = b""
            self._unpack(chunk)
        taken = self._waiting[: len(view)]
        self._waiting = self._waiting[len(taken) :]
        view[: len(taken)] = taken
        return len(taken)

    def _unpack(self, chunk: bytes) -> None:
        if self._member is None:
            # Tapes and disks are padded with zeros.
            chunk = chunk.lstrip(b"\0")
            if not chunk:
                return
            self._member = self._make()
        self._waiting = self._member.decompress(chunk)
        if self._member.eof:
            self._input = self._member.unused_data
            self._member = None


def _ns(seconds: bytes, fraction: bytes | None) -> int:
    return int(seconds) * 10**9 + int((fraction or b"0").ljust(9, b"0"))


def _line_of(number: int, text: bytes) -> Line | None:
    """None for a line without anything in it."""
    if not text:
        return None
    if text.startswith(b"{"):
        return _recorded(number, text) if b'"t":' in text[:128] else Line(number, 0, text)
    if text.startswith(b"["):
        return Line(number, 0, text)
    stamped = _STAMPED.match(text)
    if stamped and int(stamped[1]) < 2**63:
        return Line(number, int(stamped[1]), text[stamped.end() :])
    stamped = _SECONDS.match(text)
    if stamped:
        return Line(number, _ns(stamped[1], stamped[2]), text[stamped.end() :])
    talk = _TALK.match(text)
    if talk:
        kind = LineKind.CONNECTED if talk[2] == b"<->" else LineKind.SENT
        rest = text[talk.end() :]
        return Line(number, _ns(talk[3], talk[4]), rest, kind, talk[1].decode(errors="replace"))
    raise DataError(f"neither a frame nor a stamp and a frame: {text[:60]!r}")


def _recorded(number: int, text: bytes) -> Line | None:
    try:
        try:
            line = _decode(text)
        except msgspec.ValidationError as error:
            named = _decode_named(text).t
            if named == "header":
                return None
            if named in tuple(_KINDS):
                raise DataError(f"{error}: {text[:60]!r}") from None
            return Line(number, 0, text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"cut or damaged: {error}: {text[:60]!r}") from None
    if line.t == "header":
        return None
    kind = _KINDS.get(line.t)
    if kind is None:
        if line.ns is None and line.ts is None:
            return Line(number, 0, text)
        raise DataError(f"`t` must be header or one of {', '.join(_KINDS)}: {line.t!r}")
    ns = round((line.ts or 0) * 1e9) if line.ns is None else line.ns
    return Line(number, ns, line.data.encode(), kind, _url(line.url or line.addr))


def _url(url: str) -> str:
    try:
        urlsplit(url)
    except ValueError as error:
        raise DataError(f"not a URL: {error}: {url[:60]!r}") from None
    return url


class Recording:
    """A capture whose lines are gone through several times: it is read once, unless it is large."""

    def __init__(self, path: Path):
        self.path = path
        self._lines: list[Line] | None = None

    def __iter__(self) -> Iterator[Line]:
        return self._reading() if self._lines is None else iter(self._lines)

    def _reading(self) -> Iterator[Line]:
        kept: list[Line] | None = []
        size = 0
        for line in read_capture(self.path):
            size += len(line.frame) + _LINE_BYTES
            if size > KEPT_BYTES_MAX:
                kept = None
            if kept is not None:
                kept.append(line)
            yield line
        self._lines = kept

    def several(
        self,
        dialect: Dialect,
        take: Callable[[list[Line], list[Any]], int],
        one: Callable[[Line], object],
    ) -> None:
        """Give `take` as many lines a call, with their frames, as may be; it says how many it has
        taken. `one` is given the next, and those that are no frames of a stream. What is wrong with
        a line names it and the file."""
        for waiting in _batches(iter(self)):
            frames, at = dialect.frames(waiting), 0
            while at < len(waiting):
                end = frames.index(None, at)
                if end > at:
                    at += take(waiting[at:end], frames[at:end])
                if at < len(waiting):
                    self._one(waiting[at], one)
                    at += 1

    def _one(self, line: Line, take: Callable[[Line], object]) -> None:
        try:
            take(line)
        except DataError as error:
            raise DataError(f"{self.path}:{line.number}: {error}") from None


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Of FRAMES_MAX; those before a line that cannot be read come before its DataError does."""
    waiting: list[Line] = []
    try:
        for line in lines:
            waiting.append(line)
            if len(waiting) == FRAMES_MAX:
                yield waiting
                waiting = []
    except DataError:
        yield waiting
        raise
    yield waiting
