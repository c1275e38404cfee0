"""Binance from its own side: what is in a capture of its combined stream, what its server answers.

A capture is one symbol's frames of `/stream`, and among them one REST depth snapshot, inline, where
the recorder received it.
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import numpy as np

from pinnacle.core._native import ffi, lib
from pinnacle.core.book import FAR_CAPACITY, WINDOW, Book
from pinnacle.core.schema import EVENT, Kind, Side, Venue
from pinnacle.venues.binance.codec import RECORDS_MAX, Codec, FrameError, MessageKind
from pinnacle.venues.binance.stream import MarketStream, bound
from pinnacle.venues.binance.top import TopWatch
from pinnacle.venues.dialect import Client, Dialect, Entry, Follower, Parts, Reader, Reply, Served
from pinnacle.venues.port import Sink, Top

SYMBOL = re.compile(rb'"s":"([^"]*)"')
STREAM = re.compile(rb'\{"stream":"([^"@]+@([^"@]+)[^"]*)","data":')
#: Binance writes eight decimals, whatever an instrument's tick and lot are.
DECIMALS = 8
#: What the venue may be asked for: a side of a snapshot that is just as long has more behind it.
DEPTH_LIMITS = frozenset({5, 10, 20, 50, 100, 500, 1000, 5000})
DEPTH_LIMIT_DEFAULT = 100
HEADERS = {"Content-Type": "application/json;charset=UTF-8", "X-MBX-USED-WEIGHT-1M": "1"}


class BinanceDialect(Dialect):
    venue = "binance"
    venue_id = Venue.BINANCE
    decimals = DECIMALS
    trades_numbered = True

    def symbol(self, frame: bytes) -> str | None:
        found = SYMBOL.search(frame)
        return found[1].decode() if found else None

    def begins_book(self, frame: bytes) -> bool:
        return frame.startswith(b'{"lastUpdateId"')

    def parts(self, frame: bytes) -> Parts:
        if self.begins_book(frame):
            return Parts(None, "snapshot", frame)
        head = STREAM.match(frame)
        if head is None:
            raise FrameError("not a frame of a combined stream")
        return Parts(head[1].decode(), head[2].decode(), frame[head.end() : -1])

    def reader(self, instruments: np.ndarray) -> Reader:
        return _Reader(self, instruments)

    def follower(
        self, instruments: np.ndarray, sink: Sink, shown: Callable[[Top, bool], None]
    ) -> Follower:
        return _Follower(self, instruments, sink, shown)

    def served(self, instruments: Mapping[str, np.ndarray]) -> Served:
        return _Served(self, instruments)

    def addresses(self, host: str) -> dict[str, str]:
        return {"ws_url": f"wss://{host}/stream", "rest_url": f"https://{host}"}


class _Reader:
    def __init__(self, dialect: Dialect, instruments: np.ndarray):
        self._begins_book = dialect.begins_book
        self._codec = Codec(instruments, RECORDS_MAX)
        self.events = self._codec.events

    def scan(self, frame: bytes, recv_ns: int) -> int:
        return self._codec.scan(frame, recv_ns, 0 if self._begins_book(frame) else -1)


class _Follower:
    """The stream of a session, without its depth_limit: no snapshot but the one can be had."""

    def __init__(
        self,
        dialect: Dialect,
        instruments: np.ndarray,
        sink: Sink,
        shown: Callable[[Top, bool], None],
    ):
        self._begins_book = dialect.begins_book
        self._stream = MarketStream(instruments, self._give)
        self._sink = sink
        self._shown = shown
        self._watch = TopWatch()
        self._known_bid, self._known_ask = -(2**63), 2**63

    @property
    def gaps(self) -> int:
        return self._stream.gaps

    @property
    def dropped(self) -> int:
        return self._stream.dropped

    @property
    def snapshots(self) -> int:
        return self._stream.snapshots

    def take(self, frame: bytes, recv_ns: int) -> None:
        if self._begins_book(frame):
            self._stream.snapshot(0, frame, recv_ns)
        elif self._stream.frame(frame, recv_ns) == MessageKind.OTHER:
            raise FrameError(f"not a message of the stream: {frame[:60]!r}")

    def _give(self, events: Any, count: int) -> None:
        self._sink(events, count)
        first, update_id = events[0], self._stream.message.final_id
        if first.kind == Kind.TOP:
            shown = (first.price, first.quantity, first.order_id, first.aux)
            self._compare(self._watch.show(update_id, shown))
            return
        if first.kind == Kind.BOOK_BEGIN:
            self._know(events, count)
        if first.kind not in (Kind.TRADE, Kind.BOOK_INVALID):
            self._compare(self._watch.advance(update_id))

    def _compare(self, shown: Top | None) -> None:
        if shown is not None:
            bid, _, ask, _ = shown
            self._shown(shown, bid < self._known_bid or ask > self._known_ask)

    def _know(self, events: Any, count: int) -> None:
        """How far the snapshot shows each side."""
        records = np.frombuffer(bytes(ffi.buffer(events, count * EVENT.itemsize)), EVENT).copy()
        bound(records, DEPTH_LIMITS)
        begin = records[0]
        if begin["quantity"] & lib.PMM_BOUND_BIDS:
            self._known_bid = int(begin["price"])
        if begin["quantity"] & lib.PMM_BOUND_ASKS:
            self._known_ask = int(begin["order_id"])


class RequestRefused(Exception):
    """A REST or WebSocket request with Binance's error code and words."""

    def __init__(self, code: int, text: str, status: int = 400):
        super().__init__(text)
        self.code, self.status = code, status

    @property
    def body(self) -> dict[str, Any]:
        return {"code": self.code, "msg": str(self)}


class _Served:
    def __init__(self, dialect: Dialect, instruments: Mapping[str, np.ndarray]):
        self._instruments = instruments
        self._books = {name: _VenueBook(dialect, table) for name, table in instruments.items()}

    def take(self, entry: Entry) -> bool:
        book = self._books[entry.symbol]
        known = book.known
        book.take(entry)
        return book.known and not known

    def client(self, path: str) -> Client | None:
        """/stream wraps each message, /ws sends it alone; both may be asked for streams at once."""
        url = urlsplit(path)
        if url.path == "/stream":
            return _Client(True, parse_qs(url.query).get("streams", [""])[0])
        if url.path == "/ws" or url.path.startswith("/ws/"):
            return _Client(False, url.path[4:])
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
            symbols = [self._symbol(query)] if "symbol" in query else list(self._books)
            info = {"timezone": "UTC", "serverTime": time.time_ns() // 1_000_000, "rateLimits": []}
            rows = [_symbol_info(self._instruments[symbol][0]) for symbol in symbols]
            return msgspec.json.encode(info | {"symbols": rows})
        if path == "/api/v3/ping":
            return b"{}"
        raise RequestRefused(-1000, f"no such endpoint: {path}", 404)

    def _depth(self, query: dict[str, str], ended: bool) -> bytes | None:
        book = self._books[self._symbol(query)]
        text = query.get("limit", str(DEPTH_LIMIT_DEFAULT))
        if not text.isascii() or not text.isdigit() or int(text) == 0:
            raise RequestRefused(-1100, "Illegal characters found in parameter 'limit'.")
        if ended:
            raise RequestRefused(-1001, "The tape has ended.", 503)
        return book.reply(min(int(text), max(DEPTH_LIMITS))) if book.known else None

    def _symbol(self, query: dict[str, str]) -> str:
        if not query.get("symbol"):
            raise RequestRefused(-1102, "Mandatory parameter 'symbol' was not sent.")
        if query["symbol"] not in self._books:
            raise RequestRefused(-1121, "Invalid symbol.")
        return query["symbol"]


class _VenueBook:
    """The venue's book of one symbol, as the tape has made it so far."""

    def __init__(self, dialect: Dialect, instrument: np.ndarray):
        self._begins_book = dialect.begins_book
        self._instrument = instrument[0]
        self._book = Book(int(instrument[0]["instrument_id"]), WINDOW, FAR_CAPACITY)
        self._stream = MarketStream(instrument, self._book.apply)

    @property
    def known(self) -> bool:
        """Whether the tape has come to the inline snapshot."""
        return self._stream.live

    def take(self, entry: Entry) -> None:
        """All but depth leaves the book as it is."""
        if self._begins_book(entry.frame):
            self._stream.snapshot(0, entry.frame, entry.recv_ns)
        elif entry.parts.kind == "depth":
            self._stream.frame(entry.frame, entry.recv_ns)

    def reply(self, limit: int) -> bytes:
        """The JSON of GET /api/v3/depth: up to `limit` levels a side, best first."""
        return msgspec.json.encode(
            {
                "lastUpdateId": self._stream.syncs[0].last_id,
                "bids": self._levels(Side.BID, limit),
                "asks": self._levels(Side.ASK, limit),
            }
        )

    def _levels(self, side: int, limit: int) -> list[tuple[str, str]]:
        row, levels = self._instrument, self._book.depth(side, limit)
        prices = _texts(levels["price"], int(row["tick_decimals"]))
        return list(zip(prices, _texts(levels["quantity"], int(row["lot_decimals"])), strict=True))


class _Request(msgspec.Struct):
    method: str
    id: int | str | None = None
    params: list[str] = []


class _Client:
    """What a client is subscribed to, and whether it wants frames wrapped."""

    def __init__(self, wrapped: bool, listed: str):
        self._wrapped = wrapped
        self._streams = dict.fromkeys(name for name in listed.split("/") if name)

    @property
    def subscribed(self) -> bool:
        return bool(self._streams)

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


def _texts(units: np.ndarray, decimals: int) -> list[str]:
    """Units of 10^-decimals as Binance writes them, with eight decimals."""
    one = 10**DECIMALS
    scaled = units * 10 ** (DECIMALS - decimals)
    return [f"{value // one}.{value % one:08d}" for value in scaled.tolist()]


def _symbol_info(row: np.void) -> dict[str, Any]:
    """A symbol of GET /api/v3/exchangeInfo, with the filters that the data bears out."""

    def step(decimals: int) -> str:
        return _texts(np.array([1]), decimals)[0]

    tick, lot = step(int(row["tick_decimals"])), step(int(row["lot_decimals"]))
    return {
        "symbol": row["symbol"].decode(),
        "status": "TRADING",
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "isSpotTradingAllowed": True,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "0", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "0", "stepSize": lot},
        ],
    }
