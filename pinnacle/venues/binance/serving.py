"""Binance from its own side: what its server answers, and to whom it sends what."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import numpy as np

from pinnacle.core.schema import Side
from pinnacle.venues.binance.stream import DEPTH_LIMITS
from pinnacle.venues.market.fetched import FetchedStream
from pinnacle.venues.reference.currencies import currencies
from pinnacle.venues.served.dialect import Client, Dialect, Entry, Reply
from pinnacle.venues.served.serving import BooksServed, FollowedBook, texts

#: Binance writes eight decimals, whatever an instrument's tick and lot are.
DECIMALS = 8
DEPTH_LIMIT_DEFAULT = 100
HEADERS = {"Content-Type": "application/json;charset=UTF-8", "X-MBX-USED-WEIGHT-1M": "1"}


class RequestRefused(Exception):
    """A REST or WebSocket request with Binance's error code and words."""

    def __init__(self, code: int, text: str, status: int = 400):
        super().__init__(text)
        self.code, self.status = code, status

    @property
    def body(self) -> dict[str, Any]:
        return {"code": self.code, "msg": str(self)}


class BinanceServed(BooksServed):
    def __init__(self, dialect: Dialect, instruments: Mapping[str, np.ndarray]):
        super().__init__(dialect, instruments)
        self._instruments = instruments

    def client(self, path: str) -> Client | None:
        """/stream wraps each message, /ws sends it alone; both may be asked for streams at once."""
        url = urlsplit(path)
        if url.path == "/stream":
            return StreamsClient(True, parse_qs(url.query).get("streams", [""])[0])
        if url.path == "/ws" or url.path.startswith("/ws/"):
            return StreamsClient(False, url.path[4:])
        return None

    def reply(self, path: str, ended: bool) -> Reply | None:
        url = urlsplit(path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        try:
            body = self._rest(url.path, query, ended)
        except RequestRefused as refused:
            return Reply(refused.status, HEADERS, msgspec.json.encode(refused.body))
        return None if body is None else Reply(200, HEADERS, body)

    def _rest(self, path: str, query: dict[str, str], ended: bool) -> bytes | None:
        if path == "/api/v3/depth":
            return self._depth(query, ended)
        if path == "/api/v3/exchangeInfo":
            symbols = self._symbols(query)
            info = {"timezone": "UTC", "serverTime": time.time_ns() // 1_000_000, "rateLimits": []}
            rows = [_symbol_info(self._instruments[symbol][0]) for symbol in symbols]
            return msgspec.json.encode(info | {"symbols": rows})
        if path == "/api/v3/ticker/price":
            symbol = self._symbol(query)
            return msgspec.json.encode({"symbol": symbol, "price": self.price_of(symbol) or "0"})
        if path == "/api/v3/time":
            return msgspec.json.encode({"serverTime": time.time_ns() // 1_000_000})
        if path == "/api/v3/ping":
            return b"{}"
        raise RequestRefused(-1000, f"no such endpoint: {path}", 404)

    def _depth(self, query: dict[str, str], ended: bool) -> bytes | None:
        book = self.books[self._symbol(query)]
        text = query.get("limit", str(DEPTH_LIMIT_DEFAULT))
        if not text.isascii() or not text.isdigit() or int(text) == 0:
            raise RequestRefused(-1100, "Illegal characters found in parameter 'limit'.")
        if ended:
            raise RequestRefused(-1001, "The tape has ended.", 503)
        return _depth_of(book, min(int(text), max(DEPTH_LIMITS))) if book.known else None

    def _symbols(self, query: dict[str, str]) -> list[str]:
        if "symbols" not in query:
            return [self._symbol(query)] if "symbol" in query else list(self.books)
        try:
            names = msgspec.json.decode(query["symbols"], type=list[str])
        except msgspec.DecodeError as error:
            raise RequestRefused(-1100, f"Illegal parameter 'symbols': {error}") from None
        return [self._symbol({"symbol": name}) for name in names]

    def _symbol(self, query: dict[str, str]) -> str:
        if not query.get("symbol"):
            raise RequestRefused(-1102, "Mandatory parameter 'symbol' was not sent.")
        if query["symbol"] not in self.books:
            raise RequestRefused(-1121, "Invalid symbol.")
        return query["symbol"]


class _Request(msgspec.Struct):
    method: str
    id: int | str | None = None
    params: list[str] = []


class StreamsClient(Client):
    """What a client is subscribed to, and whether it wants frames wrapped."""

    def __init__(self, wrapped: bool, listed: str):
        self._wrapped = wrapped
        self._streams = dict.fromkeys(name for name in listed.split("/") if name)

    @property
    def subscribed(self) -> bool:
        return bool(self._streams)

    def hello(self) -> list[bytes]:
        return []

    def frame_of(self, entry: Entry) -> bytes | None:
        if entry.parts.channel not in self._streams:
            return None
        return entry.frame if self._wrapped else entry.parts.data

    def answer(self, text: bytes) -> list[bytes]:
        request_id = None
        try:
            try:
                request = msgspec.json.decode(text, type=_Request)
            except msgspec.ValidationError as error:
                raise RequestRefused(2, f"Invalid request: {error}") from None
            except msgspec.DecodeError as error:
                raise RequestRefused(3, f"Invalid JSON: {error}") from None
            request_id = request.id
            reply: dict[str, Any] = {"result": self._carry_out(request), "id": request_id}
        except RequestRefused as refused:
            reply = {"error": refused.body, "id": request_id}
        return [msgspec.json.encode(reply)]

    def _carry_out(self, request: _Request) -> list[str] | None:
        if request.method == "LIST_SUBSCRIPTIONS":
            return list(self._streams)
        if request.method not in ("SUBSCRIBE", "UNSUBSCRIBE"):
            raise RequestRefused(2, f"Invalid request: unknown variant {request.method}")
        for stream in request.params:
            if "@" not in stream:
                raise RequestRefused(2, f"Invalid request: not a stream: {stream}")
        for stream in request.params:
            if request.method == "SUBSCRIBE":
                self._streams[stream] = None
            else:
                self._streams.pop(stream, None)
        return None


def _depth_of(book: FollowedBook, limit: int) -> bytes:
    """The JSON of GET /api/v3/depth: up to `limit` levels a side, best first."""
    assert isinstance(book.stream, FetchedStream)
    return msgspec.json.encode(
        {
            "lastUpdateId": book.stream.syncs[0].last_id,
            "bids": book.levels(Side.BID, limit, (DECIMALS, DECIMALS)),
            "asks": book.levels(Side.ASK, limit, (DECIMALS, DECIMALS)),
        }
    )


def _symbol_info(row: np.void) -> dict[str, Any]:
    """A symbol of GET /api/v3/exchangeInfo, with the filters that the data bears out."""

    def step(decimals: int) -> str:
        return texts(np.array([1]), decimals, DECIMALS)[0]

    tick, lot = step(int(row["tick_decimals"])), step(int(row["lot_decimals"]))
    symbol = row["symbol"].decode()
    base, quote = currencies(symbol)
    return {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": base,
        "quoteAsset": quote,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "isSpotTradingAllowed": True,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "0", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "0", "stepSize": lot},
        ],
    }
