"""A venue's wire from its own side, without I/O: what recordings hold, what a server of them says.

`pinnacle capture` works with these alone. What a venue's server does is in a `Served`: it follows a
tape, and its clients get frames and answers from it; who has sockets carries them.
"""

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from pinnacle.core.errors import DataError, UsageError
from pinnacle.core.schema import Venue
from pinnacle.venues.market.stream import MarketStream, Tell, untold
from pinnacle.venues.port import Sink, Top


class LineKind(enum.Enum):
    """What a line of a recording holds."""

    FRAME = enum.auto()
    SENT = enum.auto()
    REPLY = enum.auto()
    CONNECTED = enum.auto()


class Line(NamedTuple):
    """One line: its number from 1, when it was received (UTC ns, 0 if the recording does not say),
    its text; `where`: the URL that a reply is to, or a connection goes to."""

    number: int
    recv_ns: int
    frame: bytes
    kind: LineKind = LineKind.FRAME
    where: str = ""


class Parts(NamedTuple):
    """A recorded frame: the name under which clients have subscribed to it, None if it is only sent
    to those who ask, "" to nobody; what it is ("depth"); the message without the wrapper that names
    it; the symbol that it is of, "" if of none."""

    channel: str | None
    kind: str
    data: bytes
    symbol: str = ""


class Entry(NamedTuple):
    """One frame of a tape, and its line there."""

    recv_ns: int
    symbol: str
    frame: bytes
    parts: Parts
    number: int = 0


class Reply(NamedTuple):
    """To an HTTP request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client(Protocol):
    """One client of a server; `subscribed`: to anything."""

    @property
    def subscribed(self) -> bool: ...

    def hello(self) -> Sequence[bytes]:
        """What is sent as soon as it has connected."""

    def answer(self, text: bytes) -> Sequence[bytes]:
        """What is sent for a client's message."""

    def frame_of(self, entry: Entry) -> bytes | None:
        """What the client is sent of an entry, None for nothing."""


class Served(Protocol):
    """The venue at the moment that a tape has reached.

    openings   the first whole book of each symbol, from who plays the tape
    """

    openings: Mapping[str, bytes]

    def take(self, entry: Entry) -> bool:
        """Follow the tape; whether requests that waited may find an answer now."""

    def client(self, path: str) -> Client | None:
        """Of a WebSocket at this path; None if there is none."""

    def reply(self, path: str, ended: bool) -> Reply | None:
        """To a GET; None: not before the tape has come further, or has `ended`."""


#: shown(top, beyond) of a row: the venue itself shows these best prices of the book as the sink has
#: it now; `beyond`: past what the recording's snapshot knew, so that nobody can tell.
Shown = Callable[[int, Top, bool], None]


def _unjudged(row: int, top: Top, beyond: bool) -> None:
    """Nobody compares."""


class Dialect(ABC):
    """What a venue's recordings and servers have of their own.

    venue            its name
    venue_id         in records
    messages         lib.PMM_WIRE_*: how its hot ones are read
    decimals         that the venue writes, at most, of prices and of quantities
    records_max      of one frame
    trades_numbered  a symbol's trades count without a hole
    exact_lots       a book is judged by its quantities: checksums, sums of single orders
    """

    venue: ClassVar[str]
    venue_id: ClassVar[Venue]
    messages: ClassVar[Any]
    decimals: ClassVar[tuple[int, int]] = (10, 8)
    records_max: ClassVar[int] = 1 << 14
    trades_numbered: ClassVar[bool] = False
    exact_lots: ClassVar[bool] = False

    @abstractmethod
    def claims(self, line: Line) -> bool:
        """Whether a line shows that a recording is of this venue."""

    @abstractmethod
    def symbols(self, frame: bytes) -> list[str]:
        """The symbols that a frame names, as the venue writes them."""

    def book_of(self, line: Line) -> str | None:
        """Whose fetched book a line is: "" if it does not say, None if it is none."""
        return None

    def begins_book(self, frame: bytes) -> bool:
        """Whether a frame of the stream is a whole book, from which on updates make sense."""
        return False

    def reads(self, frame: bytes) -> bytes:
        """A frame as `messages` reads it: older recordings may need more than a look."""
        return frame

    def frames(self, lines: Sequence[Line]) -> list[bytes | None]:
        """As `messages` reads them; None of a line that is no frame of a stream, and of the end."""
        is_frame, book_of, reads = LineKind.FRAME, self.book_of, self.reads
        try:
            found = [
                reads(line.frame) if line.kind is is_frame and book_of(line) is None else None
                for line in lines
            ]
        except DataError:
            found = [None] * len(lines)
        return [*found, None]

    @abstractmethod
    def stream(self, instruments: np.ndarray, sink: Sink, tell: Tell, shown: Shown) -> MarketStream:
        """For a recording of the instruments in the table, by the venue's own symbols."""

    def followed(self, instruments: np.ndarray, sink: Sink) -> MarketStream:
        """For who follows one instrument of a recording that is known to be whole."""
        return self.stream(instruments, sink, untold, _unjudged)

    def served(self, instruments: Mapping[str, np.ndarray], firsts: Mapping[str, bytes]) -> Served:
        """A server's state at the beginning of a tape of these, by symbol; `firsts`: the first
        frame or reply of each that is a whole book."""
        raise UsageError(f"{self.venue}: its recordings cannot be served")

    def addresses(self, host: str) -> dict[str, str]:
        """Where a server at host:port is found, by the keys of the venue's section."""
        raise UsageError(f"{self.venue}: its recordings cannot be served")

    def parts(self, frame: bytes) -> Parts:
        """DataError for what a server could not send."""
        raise UsageError(f"{self.venue}: its recordings cannot be served")
