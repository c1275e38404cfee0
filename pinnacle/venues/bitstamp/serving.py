"""Bitstamp's server: channels of the WebSocket, and books by REST."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import numpy as np

from pinnacle.core.schema import Side
from pinnacle.venues.bitstamp.catalogue import BitstampCatalogue
from pinnacle.venues.market.fetched import FetchedStream
from pinnacle.venues.served.dialect import Client, Dialect, Reply
from pinnacle.venues.served.serving import JSON, FollowedBook, StreamClient, StreamServed, encode

BOOKS = "/api/v2/order_book/"
LEVELS, TRADES, ORDERS = "diff_order_book_", "live_trades_", "live_orders_"
CHANNELS = (LEVELS, TRADES, ORDERS)


class _Data(msgspec.Struct):
    channel: str = ""


class _Request(msgspec.Struct):
    event: str
    data: _Data = msgspec.field(default_factory=_Data)


class _Book(msgspec.Struct):
    bids: list[list[Any]] = []
    asks: list[list[Any]] = []


class BitstampServed(StreamServed):
    """`firsts`: each symbol's first book on the tape, which says of what its tape is."""

    CATALOGUE = BitstampCatalogue

    def __init__(
        self, dialect: Dialect, instruments: Mapping[str, np.ndarray], firsts: Mapping[str, bytes]
    ):
        super().__init__(dialect, instruments)
        #: Channels of books that the tape does not have.
        self._missing = {
            (LEVELS if by_order else ORDERS) + name
            for name, body in firsts.items()
            if (by_order := _is_by_order(body)) is not None
        }

    def connected(self) -> Client:
        return _Client(self.books, self._missing)

    def client(self, path: str) -> Client | None:
        return None if urlsplit(path).path.startswith("/api/") else super().client(path)

    def reply(self, path: str, ended: bool) -> Reply | None:
        url = urlsplit(path)
        where, by_order = url.path, parse_qs(url.query).get("group") == ["2"]
        if not where.startswith(BOOKS):
            return super().reply(path, ended)
        name = where.removeprefix(BOOKS).strip("/")
        book = self.books.get(name)
        if book is None or (by_order and ORDERS + name in self._missing):
            return Reply(404, JSON, b'{"status":"error","reason":"Not found"}')
        if ended:
            return Reply(503, JSON, b'{"status":"error","reason":"The tape has ended."}')
        return Reply(200, JSON, _book(book, by_order)) if book.known else None


class _Client(StreamClient):
    def __init__(self, books: Mapping[str, FollowedBook], missing: set[str]):
        super().__init__(books)
        self._missing = missing

    def answer(self, text: bytes) -> Sequence[bytes]:
        try:
            request = msgspec.json.decode(text, type=_Request)
        except msgspec.DecodeError as error:
            return [_said("bts:error", "", {"code": None, "message": str(error)})]
        if request.event == "bts:heartbeat":
            return [_said("bts:heartbeat", "", {"status": "success"})]
        channel = request.data.channel
        kind = next((k for k in CHANNELS if channel.startswith(k)), "")
        known = kind and channel.removeprefix(kind) in self.books
        if not known or channel in self._missing:
            words = {"code": None, "message": "Bad subscription string."}
            return [_said("bts:error", channel, words)]
        if request.event == "bts:unsubscribe":
            self.channels.discard(channel)
            return [_said("bts:unsubscription_succeeded", channel, {})]
        self.channels.add(channel)
        return [_said("bts:subscription_succeeded", channel, {})]


def _is_by_order(body: bytes) -> bool | None:
    """Whether a book has orders; None of one that has nothing."""
    book = msgspec.json.decode(body, type=_Book)
    rows = [*book.bids, *book.asks]
    return len(rows[0]) == 3 if rows else None


def _said(event: str, channel: str, data: dict[str, Any]) -> bytes:
    return encode({"event": event, "channel": channel, "data": data})


def _book(book: FollowedBook, by_order: bool) -> bytes:
    assert isinstance(book.stream, FetchedStream)
    micros = book.stream.syncs[0].last_id
    head: dict[str, Any] = {"timestamp": str(micros // 10**6), "microtimestamp": str(micros)}
    if not by_order:
        bids, asks = book.sides()
        return encode(head | {"bids": bids, "asks": asks})
    sides = {"bids": Side.BID, "asks": Side.ASK}
    return encode(
        head
        | {
            name: [(price, amount, str(number)) for price, amount, number in book.orders(side)]
            for name, side in sides.items()
        }
    )
