"""Coinbase Exchange's server: the WebSocket feed, and books of orders by REST."""

import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import numpy as np

from pinnacle.core.credentials import Credentials
from pinnacle.core.schema import Side
from pinnacle.venues.coinbase_exchange.catalogue import CoinbaseExchangeCatalogue
from pinnacle.venues.coinbase_exchange.signing import signature
from pinnacle.venues.market.orders import OrdersStream
from pinnacle.venues.served.dialect import Client, Dialect, Entry, Reply
from pinnacle.venues.served.serving import (
    JSON,
    FollowedBook,
    StreamClient,
    StreamServed,
    encode,
)

#: What a subscription to a channel brings, by the names of the parts of a tape.
CHANNELS = {"level2": "level2", "level2_batch": "level2", "matches": "matches", "ticker": "ticker"}
CHANNELS |= {"heartbeat": "heartbeat", "full": "full"}
#: Those that the venue gives to nobody without a key.
SIGNED = ("level2", "full")
#: Whom this server knows: a recording is no secret, but who follows one signs as at the venue.
KNOWN = Credentials(
    key="pinnacle", passphrase="pinnacle", secret=base64.b64encode(b"pinnacle").decode()
)
BOOK = re.compile(r"/products/([^/]+)/book")


class _Request(msgspec.Struct):
    type: str
    product_ids: list[str] = []
    channels: list[str] = []
    key: str = ""
    passphrase: str = ""
    signature: str = ""
    timestamp: str = ""


class _Order(msgspec.Struct):
    type: str
    order_id: str = ""


class _Book(msgspec.Struct):
    bids: list[tuple[str, str, str]]
    asks: list[tuple[str, str, str]]


def folded(order_id: str) -> int:
    """An order's id as records have it: see csrc/wire/coinbase_exchange.h."""
    digits = order_id.replace("-", "")
    return int(digits[:16], 16) ^ int(digits[16:], 16)


class CoinbaseExchangeServed(StreamServed):
    """`firsts`: each product's first book on the tape, which says of what its tape is."""

    CATALOGUE = CoinbaseExchangeCatalogue

    def __init__(
        self, dialect: Dialect, instruments: Mapping[str, np.ndarray], firsts: Mapping[str, bytes]
    ):
        super().__init__(dialect, instruments)
        #: Channels of books that the tape does not have.
        self._missing = {
            f"{'full' if dialect.begins_book(body) else 'level2'}:{name}"
            for name, body in firsts.items()
        }
        #: Orders that may rest, as the venue calls them.
        self._ids: dict[int, str] = {}

    def connected(self) -> Client:
        return _Client(self.books, self._missing)

    def take(self, entry: Entry) -> bool:
        if entry.parts.channel is None:
            book = msgspec.json.decode(entry.frame, type=_Book)
            self._ids |= {folded(row[2]): row[2] for row in (*book.bids, *book.asks)}
        elif entry.parts.kind == "full":
            order = msgspec.json.decode(entry.frame, type=_Order)
            if order.type == "open":
                self._ids[folded(order.order_id)] = order.order_id
            elif order.type == "done":
                self._ids.pop(folded(order.order_id), None)
        return super().take(entry)

    def reply(self, path: str, ended: bool) -> Reply | None:
        where = urlsplit(path)
        found = BOOK.fullmatch(where.path)
        book = self.books.get(found[1]) if found else None
        by_order = parse_qs(where.query).get("level") == ["3"]
        if found is None or book is None or not by_order or f"full:{found[1]}" in self._missing:
            return super().reply(path, ended)
        if ended:
            return Reply(503, JSON, b'{"message":"The tape has ended."}')
        return Reply(200, JSON, self._book(book)) if book.known else None

    def _book(self, book: FollowedBook) -> bytes:
        assert isinstance(book.stream, OrdersStream)
        bids, asks = (
            [(price, size, self._ids[number]) for price, size, number in book.orders(side)]
            for side in (Side.BID, Side.ASK)
        )
        number = book.stream.syncs[0].last_id
        return encode({"bids": bids, "asks": asks, "sequence": number, "auction_mode": False})


class _Client(StreamClient):
    def __init__(self, books: Mapping[str, FollowedBook], missing: set[str]):
        super().__init__(books)
        self._missing = missing

    def answer(self, text: bytes) -> Sequence[bytes]:
        try:
            request = msgspec.json.decode(text, type=_Request)
        except msgspec.DecodeError as error:
            return [_error("Malformed JSON", str(error))]
        unknown = [name for name in request.product_ids if name not in self.books]
        if unknown:
            return [_error("Failed to subscribe", f"{unknown[0]} is not a valid product")]
        strange = [name for name in request.channels if name not in CHANNELS]
        if strange or request.type not in ("subscribe", "unsubscribe"):
            return [_error("Failed to subscribe", f"{strange or request.type} is not valid")]
        names = {
            f"{CHANNELS[channel]}:{product}"
            for channel in request.channels
            for product in request.product_ids
        }
        if request.type == "unsubscribe":
            self.channels -= names
            return [self._subscriptions(request)]
        absent = sorted(names & self._missing)
        if absent:
            return [_error("Failed to subscribe", f"{absent[0]} is not on the tape")]
        refused = _refused(request)
        if refused:
            return [_error("Authentication Failed", refused)]
        self.channels |= names
        books = {name for name in names if name.startswith("level2:")}
        known = [name for name in request.product_ids if self.books[name].known and books]
        return [self._subscriptions(request), *(self._snapshot(name) for name in known)]

    def frame_of(self, entry: Entry) -> bytes | None:
        parts = entry.parts
        if parts.kind == "matches" and f"full:{parts.symbol}" in self.channels:
            return entry.frame
        return super().frame_of(entry)

    def _subscriptions(self, request: _Request) -> bytes:
        told = [{"name": name, "product_ids": request.product_ids} for name in request.channels]
        return encode({"type": "subscriptions", "channels": told})

    def _snapshot(self, product: str) -> bytes:
        bids, asks = self.books[product].sides()
        head: dict[str, Any] = {"type": "snapshot", "product_id": product}
        return encode(head | {"bids": bids, "asks": asks})


def _refused(request: _Request) -> str:
    """Why a subscription is none of a known user's, where it must be."""
    if not set(SIGNED) & set(request.channels):
        return ""
    if not request.signature:
        return "this channel needs a key"
    if (request.key, request.passphrase) != (KNOWN.key, KNOWN.passphrase):
        return "Invalid API Key"
    good = hmac.compare_digest(request.signature, signature(KNOWN, request.timestamp))
    return "" if good else "invalid signature"


def _error(message: str, reason: str) -> bytes:
    return encode({"type": "error", "message": message, "reason": reason})
