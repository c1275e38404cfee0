"""A venue's whole server over an exchange of our own: market data, requests, orders. No I/O."""

import enum
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

import numpy as np

from pinnacle.venues.orders.port import What
from pinnacle.venues.orders.terms import Terms
from pinnacle.venues.served.dialect import Client, Entry, Parts, Reply
from pinnacle.venues.served.house import Event, House


class Asked(NamedTuple):
    """An HTTP request; names of headers are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Trouble(enum.Enum):
    """What a venue may answer instead of doing what is asked."""

    RATE_LIMIT = "rate limit"
    BAN = "ban"
    BAD_NONCE = "bad nonce"
    SESSION_EXPIRED = "session expired"
    UNKNOWN = "execution status unknown"


class NewKey(NamedTuple):
    """A key that a venue gives: what requests call it, what its user keeps, and what the venue
    verifies with."""

    name: str
    given: dict[str, str]
    kept: dict[str, str]


class ExchangeClient(Client):
    """A client of one WebSocket that may have orders, too."""

    def event(self, event: Event) -> Sequence[bytes]:
        """What it is told of something that happened to an order; nothing if that is not its."""
        return ()

    def ended(self) -> Sequence[bytes]:
        """What the venue says when it ends its private stream and keeps the socket; nothing, if it
        has no words for that."""
        return ()

    def skip(self) -> None:
        """A message of its private stream is lost, where these are numbered."""


class ExchangeSide(ABC):
    """A venue's words for what happens in a House.

    never   faults (exchange/network/faults.py) that this venue has no words for
    """

    VENUE: ClassVar[str]
    never: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, house: House, instruments: Mapping[str, np.ndarray]):
        self.house = house
        self.rows = {terms.name: row for row, terms in enumerate(house.terms)}

    def terms(self, row: int) -> Terms:
        return self.house.terms[row]

    @abstractmethod
    def market(self, row: int, records: np.ndarray) -> Sequence[Entry]:
        """Public records of one instrument, in order, as the venue's frames."""

    @abstractmethod
    def opening(self, row: int) -> Sequence[Entry]:
        """The whole book as the venue's frames begin with it."""

    def due(self) -> Sequence[Entry]:
        """Frames that come by the clock, whatever the market does; asked for again and again."""
        return ()

    @abstractmethod
    def rest(self, asked: Asked) -> Reply:
        """To a request, signed or not."""

    @abstractmethod
    def what(self, said: Asked | bytes) -> What | None:
        """What a request, or a frame on a socket, asks for; None: nothing of an account's."""

    @abstractmethod
    def troubled(self, trouble: Trouble, said: Asked | bytes) -> Reply | Sequence[bytes]:
        """The venue's words for that: a Reply to a request, frames to a frame."""

    @abstractmethod
    def open(self, path: str, headers: Mapping[str, str]) -> Client | Reply:
        """Of a WebSocket at this path; a Reply refuses it."""

    @classmethod
    @abstractmethod
    def new_key(cls) -> "NewKey":
        """One that has never been given."""

    @abstractmethod
    def order_id(self, number: int) -> str:
        """What the venue calls its order with this number."""

    def addresses(self, host: str) -> dict[str, str]:
        """Where a server at host:port takes orders, by the keys of the venue's section."""
        return {"ws_url": f"wss://{host}", "rest_url": f"https://{host}"}

    def market_addresses(self, host: str) -> dict[str, str]:
        """The same of market data."""
        return self.addresses(host)


def entry(symbol: str, channel: str, kind: str, frame: bytes, at_ns: int) -> Entry:
    """A frame for those who have subscribed to a channel."""
    return Entry(at_ns, symbol, frame, Parts(channel, kind, frame, symbol))
