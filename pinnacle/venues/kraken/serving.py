"""Kraken's server: WebSocket v2, books with checksums."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from pinnacle.core.schema import Side
from pinnacle.venues.kraken.catalogue import KrakenCatalogue
from pinnacle.venues.kraken.stream import DEPTHS, KrakenStream
from pinnacle.venues.served.dialect import Client, Dialect
from pinnacle.venues.served.serving import FollowedBook, StreamClient, StreamServed, encode

_AT = "2026-01-01T00:00:00.000000Z"
STATUS = {
    "channel": "status",
    "type": "update",
    "data": [{"system": "online", "api_version": "v2", "connection_id": 1, "version": "2.0.0"}],
}


class _Params(msgspec.Struct):
    channel: str = ""
    symbol: list[str] = []
    depth: int = DEPTHS[0]
    snapshot: bool = True


class _Request(msgspec.Struct):
    method: str
    params: _Params = msgspec.field(default_factory=_Params)
    req_id: int | None = None


class KrakenServed(StreamServed):
    """`depth`: how many levels a side the tape has: no other can be served from it."""

    CATALOGUE = KrakenCatalogue

    def __init__(
        self,
        dialect: Dialect,
        instruments: Mapping[str, np.ndarray],
        depth: int,
    ):
        super().__init__(dialect, instruments)
        self._depth = depth

    def connected(self) -> Client:
        return _Client(self.books, self._depth)


class _Client(StreamClient):
    def __init__(self, books: Mapping[str, FollowedBook], depth: int):
        super().__init__(books)
        self._depth = depth

    def hello(self) -> Sequence[bytes]:
        return [encode(STATUS)]

    def answer(self, text: bytes) -> Sequence[bytes]:
        try:
            request = msgspec.json.decode(text, type=_Request)
        except msgspec.DecodeError as error:
            return [encode({"error": f"Malformed request: {error}", "success": False})]
        if request.method == "ping":
            return [encode({"method": "pong", "req_id": request.req_id})]
        if request.method not in ("subscribe", "unsubscribe"):
            return [encode({"error": "Method not found", "method": request.method})]
        replies: list[bytes] = []
        for symbol in request.params.symbol:
            replies += self._subscribe(request, symbol)
        return replies

    def _subscribe(self, request: _Request, symbol: str) -> list[bytes]:
        params, book = request.params, self.books.get(symbol)
        fault = None
        if book is None:
            fault = f"Currency pair not supported {symbol}"
        elif params.channel not in ("book", "trade", "ticker"):
            fault = f"Channel not found {params.channel}"
        elif params.channel == "book" and params.depth != self._depth:
            fault = "Subscription depth not supported"
        head: dict[str, Any] = {"method": request.method, "req_id": request.req_id}
        head |= {"success": fault is None, "time_in": _AT, "time_out": _AT}
        if fault is not None or book is None:
            return [encode(head | {"error": fault, "symbol": symbol})]
        result: dict[str, Any] = {"channel": params.channel, "symbol": symbol}
        if params.channel == "book":
            result |= {"depth": params.depth, "snapshot": params.snapshot}
        replies, name = [encode(head | {"result": result})], f"{params.channel}:{symbol}"
        if request.method == "unsubscribe":
            self.channels.discard(name)
            return replies
        self.channels.add(name)
        if params.channel == "book" and book.known:
            replies.append(_snapshot(symbol, book))
        return replies


def _snapshot(symbol: str, book: FollowedBook) -> bytes:
    stream = book.stream
    assert isinstance(stream, KrakenStream)
    bids, asks = (_levels(book, side, stream.decimals_of(0)) for side in (Side.BID, Side.ASK))
    row = {"symbol": symbol, "bids": bids, "asks": asks, "checksum": stream.checksum_of(0)}
    data = [row | {"timestamp": _AT}]
    return encode({"channel": "book", "type": "snapshot", "data": data})


def _levels(book: FollowedBook, side: int, decimals: tuple[int, int]) -> list[dict[str, Any]]:
    """Digit for digit: the checksum is over them."""
    return [
        {"price": msgspec.Raw(price.encode()), "qty": msgspec.Raw(quantity.encode())}
        for price, quantity in book.levels(side, decimals=decimals)
    ]
