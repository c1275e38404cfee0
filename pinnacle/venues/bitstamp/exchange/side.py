"""Bitstamp's server over an exchange of our own: books and trades, orders, private channels."""

import secrets
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

from pinnacle.core.schema import Kind, Side
from pinnacle.venues.bitstamp.exchange.client import BitstampClient
from pinnacle.venues.bitstamp.exchange.desk import BASE, BitstampDesk
from pinnacle.venues.bitstamp.exchange.gate import Gate, refused
from pinnacle.venues.bitstamp.exchange.markets import Markets
from pinnacle.venues.bitstamp.exchange.words import order_name, raw, times
from pinnacle.venues.bitstamp.serving import BOOKS, LEVELS, TRADES
from pinnacle.venues.orders.port import What
from pinnacle.venues.served.dialect import Client, Entry, Reply
from pinnacle.venues.served.exchange_side import Asked, ExchangeSide, NewKey, Trouble, entry
from pinnacle.venues.served.house import House
from pinnacle.venues.served.serving import JSON, encode
from pinnacle.venues.served.shown_book import ShownBook

#: More than any book has.
_LEVELS = 1 << 20
_ASKED = {
    "buy": What.NEW,
    "sell": What.NEW,
    "cancel_order": What.CANCEL,
    "cancel_all_orders": What.CANCEL_ALL,
    "order_status": What.QUERY,
    "open_orders": What.OPEN,
    "user_transactions": What.FILLS,
    "account_balances": What.BALANCES,
    "fees": What.FEES,
    "websockets_token": What.TOKEN,
    "account_order_data": What.EVENTS,
}
_TIMED_OUT = {
    "status": "error",
    "reason": "request timed out before order confirmation. "
    "Please check order status with id in order_id",
    "response_code": "500.016",
    # One that nobody will find.
    "order_id": "1700000000000000",
}
_LIMIT = {"status": "error", "reason": "Request limit exceeded", "response_code": "400.002"}
_TROUBLES = {
    Trouble.RATE_LIMIT: Reply(400, JSON, encode(_LIMIT)),
    Trouble.BAN: Reply(429, JSON | {"Retry-After": "2"}, encode(_LIMIT)),
    Trouble.BAD_NONCE: refused("API0004"),
    Trouble.SESSION_EXPIRED: refused("API0001"),
    Trouble.UNKNOWN: Reply(500, JSON, encode(_TIMED_OUT)),
}


class BitstampExchange(ExchangeSide):
    VENUE = "bitstamp"
    #: A fee is in the quote currency, always.
    never = frozenset({"fee_in_base", "fee_in_third"})

    def __init__(self, house: House, instruments: Mapping[str, np.ndarray]):
        super().__init__(house, instruments)
        self._markets = Markets(instruments, house)
        self.books = [ShownBook(terms) for terms in house.terms]
        for row, book in enumerate(self.books):
            for side in (Side.BID, Side.ASK):
                book.become(side, house.depth(row, side, _LEVELS))
        #: When each book was changed last, in microseconds, which rise.
        self._changed_us = [house.now_ns() // 1000] * len(self.books)
        self.desk = BitstampDesk(house, Gate(house))
        self._trades = 0
        self._prices = [""] * len(self.books)

    @classmethod
    def new_key(cls) -> NewKey:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        name, secret = ("".join(secrets.choice(alphabet) for _ in range(32)) for _ in range(2))
        fields = {"key": name, "secret": secret}
        return NewKey(name, fields, fields)

    def order_id(self, number: int) -> str:
        return order_name(number)

    def market(self, row: int, records: np.ndarray) -> Sequence[Entry]:
        changes, entries = self.books[row].follow(records), []
        if changes:
            now_us = self.house.now_ns() // 1000
            self._changed_us[row] = max(now_us, self._changed_us[row] + 1)
            entries.append(self._levels(row, changes))
        entries += [self._trade(row, e) for e in records[records["kind"] == Kind.TRADE]]
        return entries

    def opening(self, row: int) -> Sequence[Entry]:
        return ()  # books are fetched

    def due(self) -> Sequence[Entry]:
        self.desk.placing.expire()
        return ()

    def rest(self, asked: Asked) -> Reply:
        reply = self._reply(asked)
        # The venue's clock is told by nothing else.
        date = formatdate(self.house.now_ns() / 1e9, usegmt=True)
        return reply._replace(headers={**reply.headers, "Date": date})

    def what(self, said: Asked | bytes) -> What | None:
        if not isinstance(said, Asked) or said.method != "POST":
            return None
        return _ASKED.get(urlsplit(said.target).path.removeprefix(BASE).partition("/")[0])

    def troubled(self, trouble: Trouble, said: Asked | bytes) -> Reply | Sequence[bytes]:
        return _TROUBLES[trouble]

    def open(self, path: str, headers: Mapping[str, str]) -> Client | Reply:
        return BitstampClient(self.house, self.desk, self.rows)

    def book(self, row: int) -> bytes:
        """As it has been shown so far."""
        bids, asks = self.books[row].sides()
        at_ns = self._changed_us[row] * 1000
        return encode(times(at_ns) | {"bids": bids, "asks": asks})

    def _reply(self, asked: Asked) -> Reply:
        url = urlsplit(asked.target)
        if asked.method != "GET":
            return self.desk.rest(asked)
        row = self.rows.get(url.path.removeprefix(BOOKS).strip("/"))
        if url.path.startswith(BOOKS) and row is not None and not parse_qs(url.query):
            return Reply(200, JSON, self.book(row))
        said = self._markets.answer(asked.target, self.house.now_ns(), self._price_of)
        if said is None:
            return Reply(404, JSON, b'{"status":"error","reason":"Not found"}')
        return Reply(200, JSON, said)

    def _price_of(self, symbol: str) -> str | None:
        """What was traded at last; before that the best bid."""
        row = self.rows[symbol]
        best = self.books[row].levels(Side.BID, 1)
        return self._prices[row] or (best[0][0] if best else None)

    def _levels(self, row: int, changes: Sequence[tuple[int, int, int]]) -> Entry:
        terms = self.terms(row)
        sides = {
            name: [
                (terms.price(price), terms.quantity(quantity))
                for of, price, quantity in changes
                if of == side
            ]
            for name, side in (("bids", Side.BID), ("asks", Side.ASK))
        }
        data = times(self._changed_us[row] * 1000) | sides
        return self._entry(row, LEVELS, "data", data)

    def _trade(self, row: int, e: np.void) -> Entry:
        terms = self.terms(row)
        self._trades += 1
        price, amount = terms.price(int(e["price"])), terms.quantity(int(e["quantity"]))
        self._prices[row] = price
        data = times(self.house.now_ns()) | {
            "id": self._trades,
            "amount": raw(amount),
            "amount_str": amount,
            "price": raw(price),
            "price_str": price,
            # The aggressor's.
            "type": 0 if int(e["side"]) == Side.BID else 1,
            "buy_order_id": 2 * self._trades,
            "sell_order_id": 2 * self._trades + 1,
        }
        return self._entry(row, TRADES, "trade", data)

    def _entry(self, row: int, channel: str, event: str, data: Mapping[str, Any]) -> Entry:
        name = self.terms(row).name
        frame = encode({"data": data, "channel": channel + name, "event": event})
        return entry(name, channel + name, "channel", frame, self.house.now_ns())
