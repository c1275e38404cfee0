"""Gemini's server over an exchange of our own: v2 market data, requests, orders on a WebSocket."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
import numpy as np

from pinnacle.core.schema import Kind, Side
from pinnacle.venues.gemini.exchange.client import ApiRequest, OrdersClient
from pinnacle.venues.gemini.exchange.desk import GeminiDesk
from pinnacle.venues.gemini.exchange.gate import BURST, PER_S, Gate
from pinnacle.venues.gemini.exchange.symbols import Symbols
from pinnacle.venues.gemini.exchange.words import ASKED, Refused, order_name, reply
from pinnacle.venues.gemini.serving import HEARTBEAT, V2Client
from pinnacle.venues.gemini.signing import KEY_HEADER
from pinnacle.venues.orders.port import What
from pinnacle.venues.served.dialect import Client, Entry, Reply
from pinnacle.venues.served.exchange_side import Asked, ExchangeSide, NewKey, Trouble, entry
from pinnacle.venues.served.house import House
from pinnacle.venues.served.serving import encode
from pinnacle.venues.served.shown_book import ShownBook

MARKET_PATH = "/v2/marketdata"
BEAT_NS = 5_000_000_000
#: More than any book has.
_LEVELS = 1 << 20
_SIDES = {Side.BID: "buy", Side.ASK: "sell"}
_REFUSED = {
    Trouble.RATE_LIMIT: Refused("RateLimit", "Requests were made too frequently", 429),
    Trouble.BAN: Refused("RateLimit", "Requests were made too frequently", 429),
    Trouble.BAD_NONCE: Refused("InvalidNonce", "Nonce has not increased since your last call"),
    Trouble.SESSION_EXPIRED: Refused("InvalidSignature", "InvalidSignature"),
    Trouble.UNKNOWN: Refused("System", "We are experiencing technical issues", 500),
}
_ERRORS = {
    Trouble.RATE_LIMIT: (429, -1003, "Too many requests"),
    Trouble.BAN: (429, -1003, "Too many requests"),
    Trouble.BAD_NONCE: (401, -1002, "Unauthorized"),
    Trouble.SESSION_EXPIRED: (401, -1002, "Unauthorized"),
    Trouble.UNKNOWN: (500, -1000, "Internal error"),
}
BAN_S = "2"


class GeminiExchange(ExchangeSide):
    VENUE = "gemini"

    def __init__(
        self,
        house: House,
        instruments: Mapping[str, np.ndarray],
        per_s: float = PER_S,
        burst: float = BURST,
    ):
        """per_s, burst: requests of each key."""
        super().__init__(house, instruments)
        self._symbols = Symbols(instruments, house)
        self.books = {terms.name: ShownBook(terms) for terms in house.terms}
        for row, book in enumerate(self.books.values()):
            for side in _SIDES:
                book.become(side, house.depth(row, side, _LEVELS))
        self.gate = Gate(house, per_s, burst)
        self.desk = GeminiDesk(house, self.gate)
        self._trades = [0] * len(self.books)
        self._prices = [""] * len(self.books)
        self._beaten_ns = 0

    @classmethod
    def new_key(cls) -> NewKey:
        name = f"account-{secrets.token_urlsafe(15)}"
        fields = {"key": name, "secret": secrets.token_urlsafe(21), "nonce": "time-based"}
        return NewKey(name, fields, fields)

    def order_id(self, number: int) -> str:
        return order_name(number)

    def addresses(self, host: str) -> dict[str, str]:
        return {"ws_url": f"wss://{host}", "rest_url": f"https://{host}"}

    def market_addresses(self, host: str) -> dict[str, str]:
        return {"ws_url": f"wss://{host}{MARKET_PATH}", "rest_url": f"https://{host}"}

    # Market data

    def market(self, row: int, records: np.ndarray) -> Sequence[Entry]:
        name, terms = self.terms(row).name, self.terms(row)
        changes = [
            (_SIDES[Side(side)], terms.price(ticks), terms.quantity(lots))
            for side, ticks, lots in self.books[name].follow(records)
        ]
        entries = []
        if changes:
            body = {"changes": changes, "symbol": name, "type": "l2_updates"}
            entries.append(self._entry(row, body))
        sold = records[records["kind"] == Kind.TRADE]
        return [*entries, *(self._entry(row, self._trade(row, record)) for record in sold)]

    def opening(self, row: int) -> Sequence[Entry]:
        name = self.terms(row).name
        return [
            entry(
                name, f"l2:{name}", "l2", self._market_client().snapshot(name), self.house.now_ns()
            )
        ]

    def due(self) -> Sequence[Entry]:
        now = self.house.now_ns()
        # A clock that was set back beats again.
        if 0 <= now - self._beaten_ns < BEAT_NS:
            return ()
        self._beaten_ns = now
        frame = encode({"type": "heartbeat", "timestamp": now // 1_000_000})
        return [entry("", HEARTBEAT, HEARTBEAT, frame, now)]

    def _market_client(self) -> V2Client:
        return V2Client(self.books)

    def _trade(self, row: int, record: np.void) -> dict[str, Any]:
        terms = self.terms(row)
        self._trades[row] += 1
        self._prices[row] = terms.price(int(record["price"]))
        return {
            "type": "trade",
            "symbol": terms.name,
            "event_id": self._trades[row],
            "tid": self._trades[row],
            "timestamp": self.house.now_ns() // 1_000_000,
            "price": self._prices[row],
            "quantity": terms.quantity(int(record["quantity"])),
            "side": _SIDES[Side(int(record["side"]))],
        }

    def _entry(self, row: int, body: dict[str, Any]) -> Entry:
        name = self.terms(row).name
        return entry(name, f"l2:{name}", "l2", encode(body), self.house.now_ns())

    # Requests and orders

    def rest(self, asked: Asked) -> Reply:
        if asked.method == "POST":
            return self.desk.rest(asked)
        now = self.house.now_ns()
        said = self._symbols.answer(asked.target, now, self.price_of)
        if said is None:
            missing = Refused("EndpointNotFound", "no such endpoint", 404)
            return reply(404, missing.body, now)
        return reply(200, msgspec.Raw(said), now)

    def price_of(self, symbol: str) -> str | None:
        """What was traded at last; before that the best bid."""
        best = self.books[symbol].levels(Side.BID, 1)
        return self._prices[self.rows[symbol]] or (best[0][0] if best else None)

    def what(self, said: Asked | bytes) -> What | None:
        if isinstance(said, Asked):
            return ASKED.get(urlsplit(said.target).path) if said.method == "POST" else None
        request = _request(said)
        return None if request is None else ASKED.get(request.method)

    def troubled(self, trouble: Trouble, said: Asked | bytes) -> Reply | Sequence[bytes]:
        if isinstance(said, Asked):
            refused = _REFUSED[trouble]
            headers = {"Retry-After": BAN_S} if trouble is Trouble.BAN else {}
            return reply(refused.status, refused.body, self.house.now_ns(), headers)
        request, (status, code, words) = _request(said), _ERRORS[trouble]
        name = None if request is None else request.id
        return [encode({"id": name, "status": status, "error": {"code": code, "msg": words}})]

    def open(self, path: str, headers: Mapping[str, str]) -> Client | Reply:
        if urlsplit(path).path == MARKET_PATH:
            return self._market_client()
        if KEY_HEADER.lower() not in headers:
            return OrdersClient(self.house, self.desk, None)
        try:
            key = self.gate.of_opening(headers)
        except Refused as refused:
            return reply(refused.status, refused.body, self.house.now_ns())
        return OrdersClient(self.house, self.desk, key)


def _request(text: bytes) -> ApiRequest | None:
    try:
        return msgspec.json.decode(text, type=ApiRequest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
