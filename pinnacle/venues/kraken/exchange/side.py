"""Kraken's server over an exchange of our own: books with checksums, orders, executions."""

import base64
import secrets
import zlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
import numpy as np

from pinnacle.core.schema import Kind, Side
from pinnacle.venues.kraken.catalogue import KrakenCatalogue
from pinnacle.venues.kraken.exchange.desk import KrakenDesk
from pinnacle.venues.kraken.exchange.words import (
    METHODS,
    TROUBLES,
    order_name,
    raw,
    stamp,
    times,
)
from pinnacle.venues.kraken.serving import STATUS
from pinnacle.venues.orders.port import What
from pinnacle.venues.served.dialect import Client, Entry, Reply
from pinnacle.venues.served.exchange_side import (
    Asked,
    ExchangeClient,
    ExchangeSide,
    NewKey,
    Trouble,
    entry,
)
from pinnacle.venues.served.house import Event, House
from pinnacle.venues.served.serving import JSON, encode
from pinnacle.venues.served.shown_book import ShownBook

DEPTH = 100
_CHANNELS = ("book", "trade", "ticker")


class KrakenExchange(ExchangeSide):
    VENUE = "kraken"
    #: Its list of trades tells fees in the quote currency, always, and has no word for another.
    never = frozenset({"fee_in_base", "fee_in_third"})

    def __init__(self, house: House, instruments: Mapping[str, np.ndarray]):
        super().__init__(house, instruments)
        self._catalogue = KrakenCatalogue(instruments)
        self.books = [ShownBook(terms, DEPTH) for terms in house.terms]
        self.desk = KrakenDesk(house)
        self._trades = 0
        for row in range(len(self.books)):
            self._changes(row)

    @classmethod
    def new_key(cls) -> NewKey:
        name = base64.b64encode(secrets.token_bytes(42)).decode()
        fields = {"key": name, "secret": base64.b64encode(secrets.token_bytes(64)).decode()}
        return NewKey(name, fields, fields)

    def order_id(self, number: int) -> str:
        return order_name(number)

    def market(self, row: int, records: np.ndarray) -> Sequence[Entry]:
        name, at = self.terms(row).name, stamp(self.house.now_ns())
        entries = []
        if np.any(records["kind"] == Kind.DEPTH):
            changes = self._changes(row)
            if changes["bids"] or changes["asks"]:
                data: dict[str, Any] = {"symbol": name} | changes
                data |= {"checksum": self.checksum(row), "timestamp": at}
                frame = encode({"channel": "book", "type": "update", "data": [data]})
                entries.append(self._entry(row, "book", frame))
        trades = [self._trade(row, e, at) for e in records[records["kind"] == Kind.TRADE]]
        if trades:
            frame = encode({"channel": "trade", "type": "update", "data": trades})
            entries.append(self._entry(row, "trade", frame))
        return entries

    def opening(self, row: int) -> Sequence[Entry]:
        return [self._entry(row, "book", self.snapshot(row))]

    def snapshot(self, row: int) -> bytes:
        """The book as it has been shown so far."""
        book, terms = self.books[row], self.terms(row)
        sides = {
            name: [_level(terms.price(p), terms.quantity(q)) for p, q in book.best(side)]
            for name, side in (("bids", Side.BID), ("asks", Side.ASK))
        }
        data: dict[str, Any] = {"symbol": terms.name} | sides
        data |= {"checksum": self.checksum(row), "timestamp": stamp(self.house.now_ns())}
        return encode({"channel": "book", "type": "snapshot", "data": [data]})

    def checksum(self, row: int) -> int:
        """CRC32 over the ten best of each side, as Kraken writes them."""
        book, terms = self.books[row], self.terms(row)
        parts: list[str] = []
        for side in (Side.ASK, Side.BID):
            for price, quantity in book.best(side, 10):
                texts = terms.price(price), terms.quantity(quantity)
                parts += [text.replace(".", "").lstrip("0") for text in texts]
        return zlib.crc32("".join(parts).encode())

    def rest(self, asked: Asked) -> Reply:
        path = urlsplit(asked.target).path
        if path.startswith("/0/private/"):
            return self.desk.rest(asked)
        said = self._catalogue.answer(asked.target, self.house.now_ns(), self._price_of)
        if said is None:
            return Reply(404, JSON, b'{"error":["EGeneral:Unknown method"]}')
        return Reply(200, JSON, said)

    def what(self, said: Asked | bytes) -> What | None:
        if isinstance(said, Asked):
            return METHODS.get(urlsplit(said.target).path.rpartition("/")[2])
        try:
            return METHODS.get(msgspec.json.decode(said, type=_Request).method)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def troubled(self, trouble: Trouble, said: Asked | bytes) -> Reply | Sequence[bytes]:
        words = TROUBLES[trouble]
        if isinstance(said, Asked):
            if trouble is Trouble.BAN:
                return Reply(
                    429, JSON | {"Retry-After": "2"}, b'{"error":["EAPI:Rate limit exceeded"]}'
                )
            return Reply(200, JSON, encode({"error": [words]}))
        request = msgspec.json.decode(said, type=_Request)
        head: dict[str, Any] = {"method": request.method, "req_id": request.req_id}
        head |= {"success": False, "error": words}
        return [encode(head | times(self.house.now_ns()))]

    def open(self, path: str, headers: Mapping[str, str]) -> Client | Reply:
        return _Client(self)

    def addresses(self, host: str) -> dict[str, str]:
        return {"ws_url": f"wss://{host}/v2", "rest_url": f"https://{host}"}

    def _price_of(self, symbol: str) -> str | None:
        best = self.books[self.rows[symbol]].levels(Side.BID, 1)
        return best[0][0] if best else None

    def _changes(self, row: int) -> dict[str, list[dict[str, Any]]]:
        book, terms = self.books[row], self.terms(row)
        return {
            name: [
                _level(terms.price(p), terms.quantity(q))
                for p, q in book.become(side, self.house.depth(row, side, DEPTH))
            ]
            for name, side in (("bids", Side.BID), ("asks", Side.ASK))
        }

    def _trade(self, row: int, e: np.void, at: str) -> dict[str, Any]:
        terms = self.terms(row)
        self._trades += 1
        return {
            "symbol": terms.name,
            "side": "buy" if int(e["side"]) == Side.BID else "sell",
            "price": raw(terms.price(int(e["price"]))),
            "qty": raw(terms.quantity(int(e["quantity"]))),
            "ord_type": "limit",
            "trade_id": self._trades,
            "timestamp": at,
        }

    def _entry(self, row: int, channel: str, frame: bytes) -> Entry:
        name = self.terms(row).name
        return entry(name, f"{channel}:{name}", channel, frame, self.house.now_ns())


class _Request(msgspec.Struct):
    method: str
    params: Any = None
    req_id: int | None = None


class _Client(ExchangeClient):
    """One WebSocket: market data for anybody, orders for whoever shows a token."""

    def __init__(self, side: KrakenExchange):
        self._side = side
        self._channels: set[str] = set()
        self._executions = side.desk.listener()

    @property
    def subscribed(self) -> bool:
        return bool(self._channels)

    def hello(self) -> Sequence[bytes]:
        return [encode(STATUS)]

    def frame_of(self, entry: Entry) -> bytes | None:
        return entry.frame if entry.parts.channel in self._channels else None

    def event(self, event: Event) -> Sequence[bytes]:
        return self._executions.event(event)

    def skip(self) -> None:
        self._executions.skip()

    def answer(self, text: bytes) -> Sequence[bytes]:
        try:
            request = msgspec.json.decode(text, type=_Request)
            params = msgspec.convert(request.params or {}, dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return [encode({"error": f"Malformed request: {error}", "success": False})]
        if request.method == "ping":
            return [encode({"method": "pong", "req_id": request.req_id})]
        head: dict[str, Any] = {"method": request.method}
        if request.req_id is not None:
            head["req_id"] = request.req_id
        if request.method in ("subscribe", "unsubscribe"):
            if params.get("channel") == "executions":
                return self._executions.subscribe(head, params)
            return self._subscribe(request.method, head, params)
        return self._side.desk.asked(head, params)

    def _subscribe(
        self, method: str, head: dict[str, Any], params: Mapping[str, Any]
    ) -> list[bytes]:
        side, channel = self._side, params.get("channel")
        symbols = params.get("symbol") or []
        replies: list[bytes] = []
        for symbol in symbols if isinstance(symbols, list) else [symbols]:
            fault = None
            if symbol not in side.rows:
                fault = f"Currency pair not supported {symbol}"
            elif channel not in _CHANNELS:
                fault = f"Channel not found {channel}"
            elif channel == "book" and params.get("depth", 10) != DEPTH:
                fault = "Subscription depth not supported"
            said = head | {"success": fault is None} | times(side.house.now_ns())
            if fault is not None:
                replies.append(encode(said | {"error": fault, "symbol": symbol}))
                continue
            result: dict[str, Any] = {"channel": channel, "symbol": symbol}
            if channel == "book":
                result |= {"depth": DEPTH, "snapshot": True}
            replies.append(encode(said | {"result": result}))
            name = f"{channel}:{symbol}"
            if method == "unsubscribe":
                self._channels.discard(name)
                continue
            self._channels.add(name)
            if channel == "book":
                replies.append(side.snapshot(side.rows[symbol]))
        return replies


def _level(price: str, quantity: str) -> dict[str, Any]:
    return {"price": raw(price), "qty": raw(quantity)}
