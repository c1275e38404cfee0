"""A venue's own side of the wire, as far as venues are alike: books that follow a tape, clients."""

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec
import numpy as np

from pinnacle.core.book import FAR_CAPACITY, WINDOW, Book
from pinnacle.core.schema import Kind, Side
from pinnacle.venues.market.fetched import FetchedStream
from pinnacle.venues.market.orders import OrdersStream
from pinnacle.venues.market.stream import MarketStream
from pinnacle.venues.served.catalogue import Catalogue
from pinnacle.venues.served.dialect import Client, Dialect, Entry, Reply, Served

JSON = {"Content-Type": "application/json"}
encode = msgspec.json.Encoder().encode


class FollowedBook:
    """The venue's book of one symbol, as the tape has made it so far."""

    def __init__(self, dialect: Dialect, table: np.ndarray):
        own = table.copy()
        own["instrument_id"] = 0
        self._dialect = dialect
        self._row = own[0]
        self.book = Book(0, WINDOW, FAR_CAPACITY)
        self.stream: MarketStream = dialect.followed(own, self.book.apply)

    @property
    def known(self) -> bool:
        """Whether the tape has come to what it begins with."""
        return not self.stream.wanted

    def begin(self, body: bytes) -> None:
        """A whole book, as it came in the stream or was fetched."""
        if self._dialect.begins_book(body):
            self.stream.take((body,), 1)
        elif isinstance(self.stream, FetchedStream):
            self.stream.snapshot(0, body, 1)

    def take(self, entry: Entry) -> None:
        """A frame, or a book that was fetched."""
        if entry.parts.channel is None and isinstance(self.stream, FetchedStream):
            self.stream.snapshot(0, entry.frame, entry.recv_ns)
        else:
            self.stream.take((entry.frame,), entry.recv_ns)

    def levels(
        self, side: int, limit: int = FAR_CAPACITY, decimals: tuple[int, int] | None = None
    ) -> list[tuple[str, str]]:
        """(price, quantity) as decimal text, best first; `decimals`: how many are written of each,
        no fewer than their steps have."""
        return list(zip(*self._texts(self.book.depth(side, limit), decimals), strict=True))

    def orders(self, side: int) -> list[tuple[str, str, int]]:
        """(price, quantity, id) of each order, the best and first first; of a tape of orders."""
        book = self.stream.book_of(0) if isinstance(self.stream, OrdersStream) else None
        if book is None:
            return []
        found = book.snapshot(0)
        found = found[(found["kind"] == Kind.ORDER_ADD) & (found["side"] == side)]
        return list(zip(*self._texts(found), found["order_id"].tolist(), strict=True))

    def _texts(
        self, found: np.ndarray, decimals: tuple[int, int] | None = None
    ) -> tuple[list[str], list[str]]:
        steps = int(self._row["tick_decimals"]), int(self._row["lot_decimals"])
        written = decimals or steps
        prices = texts(found["price"], steps[0], written[0])
        return prices, texts(found["quantity"], steps[1], written[1])

    def sides(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Bids and asks."""
        return self.levels(Side.BID), self.levels(Side.ASK)


def texts(units: np.ndarray, decimals: int, written: int) -> list[str]:
    """Units of 10^-decimals as decimal text with `written` digits behind the point, or more."""
    if written == 0:
        return [str(value) for value in units.tolist()]
    one, scale = 10**written, 10 ** (written - decimals)
    values = [value * scale for value in units.tolist()]
    return [f"{value // one}.{value % one:0{written}d}" for value in values]


class BooksServed(Served):
    """A venue whose books follow a tape."""

    openings: Mapping[str, bytes] = {}

    def __init__(self, dialect: Dialect, instruments: Mapping[str, np.ndarray]):
        self._dialect, self._tables = dialect, instruments
        self.books = {name: FollowedBook(dialect, table) for name, table in instruments.items()}

    def take(self, entry: Entry) -> bool:
        book = self.books.get(entry.symbol)
        if book is None:
            return False
        known = book.known
        book.take(entry)
        return book.known and not known

    def price_of(self, symbol: str) -> str | None:
        """The best bid that there is now, or that the tape will begin with: what was traded nobody
        knows."""
        best = self.books[symbol].levels(Side.BID, 1) or self._opening(symbol)
        return best[0][0] if best else None

    def _opening(self, symbol: str) -> list[tuple[str, str]]:
        if symbol not in self.openings:
            return []
        book = FollowedBook(self._dialect, self._tables[symbol])
        book.begin(self.openings[symbol])
        return book.levels(Side.BID, 1)


class StreamServed(BooksServed):
    """A venue whose clients learn everything on one WebSocket, at whatever address."""

    #: What it says of itself.
    CATALOGUE: ClassVar[type[Catalogue]]

    def __init__(self, dialect: Dialect, instruments: Mapping[str, np.ndarray]):
        super().__init__(dialect, instruments)
        self._catalogue = self.CATALOGUE(instruments)

    def client(self, path: str) -> Client | None:
        return self.connected()

    def reply(self, path: str, ended: bool) -> Reply | None:
        said = self._catalogue.answer(path, time.time_ns(), self.price_of)
        if said is None:
            return Reply(404, JSON, b'{"error":"no such endpoint"}')
        return Reply(200, JSON, said)

    @abstractmethod
    def connected(self) -> Client:
        """One more client."""


class StreamClient(Client):
    """What a client has subscribed to: names of channels as the venue's parts have them."""

    def __init__(self, books: Mapping[str, FollowedBook]):
        self.books = books
        self.channels: set[str] = set()

    @property
    def subscribed(self) -> bool:
        return bool(self.channels)

    def hello(self) -> Sequence[bytes]:
        return ()

    def frame_of(self, entry: Entry) -> bytes | None:
        return entry.frame if entry.parts.channel in self.channels else None
