"""Bitstamp's server: channels of the WebSocket, and books by REST."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from pinnacle.core.schema import Side
from pinnacle.venues.bitstamp.catalogue import BitstampCatalogue
from pinnacle.venues.dialect import Client, Reply
from pinnacle.venues.fetched import FetchedStream
from pinnacle.venues.serving import JSON, FollowedBook, StreamClient, StreamServed, encode

BOOKS = "/api/v2/order_book/"
CHANNELS = ("diff_order_book_", "live_trades_", "live_orders_")


class _Data(msgspec.Struct):
    channel: str = ""


class _Request(msgspec.Struct):
    event: str
    data: _Data = msgspec.field(default_factory=_Data)


class BitstampServed(StreamServed):
    CATALOGUE = BitstampCatalogue

    def connected(self) -> Client:
        return _Client(self.books)

    def client(self, path: str) -> Client | None:
        return None if urlsplit(path).path.startswith("/api/") else super().client(path)

    def reply(self, path: str, ended: bool) -> Reply | None:
        url = urlsplit(path)
        where, by_order = url.path, parse_qs(url.query).get("group") == ["2"]
        if not where.startswith(BOOKS):
            return super().reply(path, ended)
        book = self.books.get(where.removeprefix(BOOKS).strip("/"))
        if book is None:
            return Reply(404, JSON, b'{"status":"error","reason":"Not found"}')
        if ended:
            return Reply(503, JSON, b'{"status":"error","reason":"The tape has ended."}')
        return Reply(200, JSON, _book(book, by_order)) if book.known else None


class _Client(StreamClient):
    def answer(self, text: bytes) -> Sequence[bytes]:
        try:
            request = msgspec.json.decode(text, type=_Request)
        except msgspec.DecodeError as error:
            return [_said("bts:error", "", {"code": None, "message": str(error)})]
        if request.event == "bts:heartbeat":
            return [_said("bts:heartbeat", "", {"status": "success"})]
        channel = request.data.channel
        kind = next((k for k in CHANNELS if channel.startswith(k)), "")
        if not kind or channel.removeprefix(kind) not in self.books:
            words = {"code": None, "message": "Bad subscription string."}
            return [_said("bts:error", channel, words)]
        if request.event == "bts:unsubscribe":
            self.channels.discard(channel)
            return [_said("bts:unsubscription_succeeded", channel, {})]
        self.channels.add(channel)
        return [_said("bts:subscription_succeeded", channel, {})]


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
