"""Coinbase Advanced Trade's server over an exchange of our own: books, orders, states."""

import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from pinnacle.core.schema import Kind, Side
from pinnacle.venues.coinbase.exchange.client import CoinbaseClient
from pinnacle.venues.coinbase.exchange.desk import CoinbaseDesk
from pinnacle.venues.coinbase.exchange.gate import Gate
from pinnacle.venues.coinbase.exchange.products import Products
from pinnacle.venues.coinbase.exchange.replies import TROUBLES, asked_for
from pinnacle.venues.coinbase.exchange.words import decimal, message, name_of, stamp
from pinnacle.venues.orders.port import What
from pinnacle.venues.served.dialect import Client, Entry, Reply
from pinnacle.venues.served.exchange_side import Asked, ExchangeSide, NewKey, Trouble, entry
from pinnacle.venues.served.house import House
from pinnacle.venues.served.serving import JSON, encode
from pinnacle.venues.served.shown_book import ShownBook

BEAT_NS = 1_000_000_000
#: More than any book has.
_LEVELS = 1 << 20
_PUBLIC = re.compile(r"/api/v3/brokerage/(time|market/.*)")
_SIDES = {Side.BID: "bid", Side.ASK: "offer"}


class CoinbaseExchange(ExchangeSide):
    VENUE = "coinbase"
    #: A commission is an amount without a currency: it is the quote's.
    never = frozenset({"fee_in_base", "fee_in_third"})

    def __init__(self, house: House, instruments: Mapping[str, np.ndarray]):
        super().__init__(house, instruments)
        self.products = Products(instruments, house)
        self.books = [ShownBook(terms) for terms in house.terms]
        for row, book in enumerate(self.books):
            for side in _SIDES:
                book.become(side, house.depth(row, side, _LEVELS))
        self.gate = Gate(house)
        self.desk = CoinbaseDesk(house, self.gate)
        self._trades = [0] * len(self.books)
        self._prices = [""] * len(self.books)
        self._beaten_ns = self._beats = 0

    @classmethod
    def new_key(cls) -> NewKey:
        name = f"organizations/{uuid.uuid4()}/apiKeys/{uuid.UUID(bytes=secrets.token_bytes(16))}"
        private = generate_private_key(SECP256R1())
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        given = {"key": name, "private_key": pem}
        return NewKey(name, given, {"key": name, "public_key": public.decode()})

    def order_id(self, number: int) -> str:
        return name_of("order", number)

    def market(self, row: int, records: np.ndarray) -> Sequence[Entry]:
        at = stamp(self.house.now_ns())
        changes = self.books[row].follow(records)
        entries = []
        if changes:
            updates = [self._update(row, *change, at) for change in changes]
            entries.append(self._level2(row, "update", updates))
        sold = records[records["kind"] == Kind.TRADE]
        if len(sold):
            # The newest first, as the venue has them.
            trades = [self._trade(row, e, at) for e in sold][::-1]
            event = {"type": "update", "trades": trades}
            entries.append(self._entry(row, "market_trades", event))
            self._prices[row] = trades[0]["price"]
            entries.append(self._entry(row, "ticker", self.ticker(row, "update")))
        return entries

    def opening(self, row: int) -> Sequence[Entry]:
        return [self._level2(row, "snapshot", self._levels(row))]

    def due(self) -> Sequence[Entry]:
        self.desk.expire()
        now = self.house.now_ns()
        if now - self._beaten_ns < BEAT_NS:
            return ()
        self._beaten_ns, self._beats = now, self._beats + 1
        event = {"current_time": stamp(now), "heartbeat_counter": self._beats}
        frame = encode(message("heartbeats", now, event))
        return [entry("", "heartbeats", "heartbeats", frame, now)]

    def rest(self, asked: Asked) -> Reply:
        if not _PUBLIC.fullmatch(urlsplit(asked.target).path):
            return self.desk.rest(asked)
        said = self.products.answer(asked.target, self.house.now_ns(), self.price_of)
        if said is None or asked.method != "GET":
            return Reply(404, JSON, b'{"error":"NOT_FOUND","message":"no such endpoint"}')
        return Reply(200, JSON, said)

    def what(self, said: Asked | bytes) -> What | None:
        return asked_for(said) if isinstance(said, Asked) else None

    def troubled(self, trouble: Trouble, said: Asked | bytes) -> Reply | Sequence[bytes]:
        return TROUBLES[trouble]

    def open(self, path: str, headers: Mapping[str, str]) -> Client | Reply:
        return CoinbaseClient(self.house, self.gate, self.rows, self.snapshot)

    def price_of(self, symbol: str) -> str | None:
        """What was traded at last; before that the best bid."""
        row = self.rows[symbol]
        best = self.books[row].levels(Side.BID, 1)
        return self._prices[row] or (best[0][0] if best else None)

    def snapshot(self, channel: str, row: int) -> dict[str, Any] | None:
        """What a subscription of a channel begins with, as an event."""
        if channel == "l2_data":
            product = self.terms(row).name
            return {"type": "snapshot", "product_id": product, "updates": self._levels(row)}
        if channel == "ticker" and self._prices[row]:
            return self.ticker(row, "snapshot")
        return None

    def ticker(self, row: int, kind: str) -> dict[str, Any]:
        """The last price, and the best ones."""
        book = self.books[row]
        (bid, bid_size), (ask, ask_size) = (
            (book.levels(side, 1) or [("0", "0")])[0] for side in (Side.BID, Side.ASK)
        )
        ticker = {
            "type": "ticker",
            "product_id": self.terms(row).name,
            "price": self._prices[row],
            "best_bid": bid,
            "best_bid_quantity": bid_size,
            "best_ask": ask,
            "best_ask_quantity": ask_size,
        }
        return {"type": kind, "tickers": [ticker]}

    def _levels(self, row: int) -> list[dict[str, str]]:
        at, book = stamp(self.house.now_ns()), self.books[row]
        return [
            self._update(row, side, price, quantity, at)
            for side in _SIDES
            for price, quantity in book.best(side)
        ]

    def _update(self, row: int, side: int, price: int, quantity: int, at: str) -> dict[str, str]:
        terms = self.terms(row)
        return {
            "side": _SIDES[Side(side)],
            "event_time": at,
            "price_level": terms.price(price),
            "new_quantity": decimal(terms.lot.size * quantity),
        }

    def _trade(self, row: int, e: np.void, at: str) -> dict[str, str]:
        terms = self.terms(row)
        self._trades[row] += 1
        return {
            "product_id": terms.name,
            "trade_id": str(self._trades[row]),
            "price": terms.price(int(e["price"])),
            "size": decimal(terms.lot.size * int(e["quantity"])),
            "time": at,
            # The side of who was there before.
            "side": "SELL" if int(e["side"]) == Side.BID else "BUY",
        }

    def _level2(self, row: int, kind: str, updates: list[dict[str, str]]) -> Entry:
        product = self.terms(row).name
        event = {"type": kind, "product_id": product, "updates": updates}
        return self._entry(row, "l2_data", event)

    def _entry(self, row: int, channel: str, event: dict[str, Any]) -> Entry:
        name, now = self.terms(row).name, self.house.now_ns()
        frame = encode(message(channel, now, event))
        return entry(name, f"{channel}:{name}", channel, frame, now)
