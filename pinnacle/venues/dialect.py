"""A venue's wire from its own side, without I/O: what recordings hold, what a server of them says.

`pinnacle capture` works with these alone. What a venue's server does is in a `Served`: it follows a
tape, and its clients get frames and answers from it; who has sockets carries them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from pinnacle.core.schema import EventBuffer, Venue
from pinnacle.venues.port import Sink, Top


class Parts(NamedTuple):
    """A recorded frame: the name under which clients have subscribed to it, None if it is only sent
    to those who ask; what it is ("depth"); the message without the wrapper that names it."""

    channel: str | None
    kind: str
    data: bytes


class Entry(NamedTuple):
    """One frame of a tape."""

    recv_ns: int
    symbol: str
    frame: bytes
    parts: Parts


class Reply(NamedTuple):
    """To an HTTP request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Reader(Protocol):
    """A recording's frames to records, each alone."""

    events: EventBuffer

    def scan(self, frame: bytes, recv_ns: int) -> int:
        """How many records it left in `events`, -1 for none of the market; DataError if damaged."""


class Follower(Protocol):
    """A recording's frames as a connection takes them: records to a sink, and what is judged.

    gaps, dropped, snapshots: how often the venue's numbers did not join on, repeated what was
    there, began a book.
    """

    @property
    def gaps(self) -> int: ...
    @property
    def dropped(self) -> int: ...
    @property
    def snapshots(self) -> int: ...

    def take(self, frame: bytes, recv_ns: int) -> None:
        """DataError for what cannot be read, or is none of the venue's frames."""


class Client(Protocol):
    """One client of a server; `subscribed`: to anything."""

    @property
    def subscribed(self) -> bool: ...

    def answer(self, text: bytes) -> Sequence[bytes]:
        """What is sent for a client's message."""

    def frame_of(self, entry: Entry) -> bytes | None:
        """What the client is sent of an entry, None for nothing."""


class Served(Protocol):
    """The venue at the moment that a tape has reached."""

    def take(self, entry: Entry) -> bool:
        """Follow the tape; whether requests that waited may find an answer now."""

    def client(self, path: str) -> Client | None:
        """Of a WebSocket at this path; None if there is none."""

    def reply(self, path: str, ended: bool) -> Reply | None:
        """To a GET; None: not before the tape has come further, or has `ended`."""


class Dialect(ABC):
    """What a venue's recordings and servers have of their own.

    venue            its name
    venue_id         in records
    decimals         that the venue writes, at most, of prices and quantities
    trades_numbered  a symbol's trades count without a hole
    """

    venue: ClassVar[str]
    venue_id: ClassVar[Venue]
    decimals: ClassVar[int]
    trades_numbered: ClassVar[bool] = False

    @abstractmethod
    def symbol(self, frame: bytes) -> str | None:
        """The symbol that a frame names, if it names one."""

    @abstractmethod
    def begins_book(self, frame: bytes) -> bool:
        """Whether a frame is a whole book, from which on updates make sense."""

    @abstractmethod
    def parts(self, frame: bytes) -> Parts:
        """DataError for what a server could not send."""

    @abstractmethod
    def reader(self, instruments: np.ndarray) -> Reader:
        """For the recording of the one instrument in the table."""

    @abstractmethod
    def follower(
        self, instruments: np.ndarray, sink: Sink, shown: Callable[[Top, bool], None]
    ) -> Follower:
        """For the recording of the one instrument in the table.

        shown(top, beyond): the venue itself shows these best prices of the book as the sink has it
        now; `beyond`: past what the recording's snapshot knew, so that nobody can tell.
        """

    @abstractmethod
    def served(self, instruments: Mapping[str, np.ndarray]) -> Served:
        """A server's state at the beginning of a tape of these, by symbol."""

    @abstractmethod
    def addresses(self, host: str) -> dict[str, str]:
        """Where a server at host:port is found, by the keys of the venue's section."""
